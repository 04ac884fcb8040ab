"""`python -m tests.screen.pictures --out DIR`: a picture of every screen, to be looked at."""

import argparse
import asyncio
import tempfile
from pathlib import Path
from typing import Any

from tests.screen.browser import Page, chromium
from tests.screen.fake_core import FakeCore, fake_core
from tests.screen.scenes import CLIPPED, PANELS, scenes
from tests.screen.station import running
from tests.screen.views import LANGUAGES

SIZES = ((800, 480), (1024, 768), (1080, 1920))


ARRIVED = """Promise.all(document.getAnimations()
  .filter((moving) => moving.effect.getTiming().iterations === 1).map((moving) => moving.finished)).then(() => 0)"""


def keep(file: Path, picture: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(picture)


async def take(core: FakeCore, page: Page, language: str, out: Path, only: str) -> None:
    seq = core.view["seq"]

    async def show(shown: dict[str, Any]) -> None:
        nonlocal seq
        seq += 1
        core.show(shown | {"seq": seq})
        await page.until(f'document.body.dataset.seq === "{seq}"')

    async def shoot(name: str) -> None:
        if only not in name:
            return
        await page.ask(ARRIVED)
        for width, height in SIZES:
            await page.size(width, height)
            await page.ask("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")
            for fault in await page.ask(CLIPPED):
                print(f"{language} {width}x{height} {name}: {fault}")
            keep(out / f"{name}.{language}.{width}x{height}.png", await page.picture())

    every = scenes(language)
    for name, shown in every.items():
        await show(shown)
        await shoot(name)
    await page.size(*SIZES[0])
    for name, (scene, tap) in PANELS.items():
        await show(every["idle"])
        await show(every[scene])
        await page.ask(f"document.querySelector({tap!r}).click()")
        await shoot(name)


async def main() -> None:
    command = argparse.ArgumentParser(prog="python -m tests.screen.pictures")
    command.add_argument("--out", type=Path, required=True)
    command.add_argument("--languages", default=",".join(LANGUAGES))
    command.add_argument("--only", default="", help="pictures whose name has this in it")
    asked = command.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "core.sock"
        async with fake_core(path) as core, running(path) as screen, chromium() as browser:
            page = await browser.page()
            await page.open(screen.url)
            await page.until("document.body.dataset.screen === 'idle'")
            try:
                for language in asked.languages.split(","):
                    await take(core, page, language, asked.out, asked.only)
            finally:
                print(*browser.faults(), sep="\n")
            await core.stop()
            await page.until("document.body.dataset.screen === 'down'")
            for width, height in SIZES:
                await page.size(width, height)
                keep(asked.out / f"down.{width}x{height}.png", await page.picture())


if __name__ == "__main__":
    asyncio.run(main())
