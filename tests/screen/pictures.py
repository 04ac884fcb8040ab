"""`python -m tests.screen.pictures`: a picture of every state, in every language and size, to be looked at.

`--out DIR` keeps them all as PNG. `--docs DIR` writes what docs/SCREEN.md shows: each state once, and a contact sheet a
language. Whatever is clipped or sticks out is printed and ends it with 1.
"""

import argparse
import asyncio
import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from tests.screen.browser import Page, chromium
from tests.screen.fake_core import FakeCore, fake_core
from tests.screen.scenes import CLIPPED, FETCHES, OVERLAPPING, PANELS, SMALL, TEXTS, scenes
from tests.screen.station import running
from tests.screen.views import LANGUAGES

SIZES = ((800, 480), (1024, 768), (1080, 1920))
HIGH = 180
"""Pixels of a picture on a contact sheet."""
ACROSS = 2
"""States side by side on a contact sheet."""

ARRIVED = "new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))"

PAINTED = "[...document.images].every((image) => image.complete && (image.naturalWidth || image.hidden))"
"""The doctor's code takes a moment to be drawn."""

LOOKS = f"[...{CLIPPED}, ...{TEXTS}, ...{OVERLAPPING}, ...(innerWidth === 800 ? {SMALL} : [])]"
"""A finger's size is known of the 7-inch panel alone."""

Keep = Callable[[str, str, tuple[int, int], bytes], None]


async def take(core: FakeCore, page: Page, language: str, only: str, keep: Keep | None) -> list[str]:
    """Show every state in every size; return what is clipped, sticks out or lies on something else."""
    seq = core.view["seq"]
    faults: list[str] = []

    async def show(shown: dict[str, Any]) -> None:
        nonlocal seq
        seq += 1
        core.show(shown | {"seq": seq})
        await page.until(f'document.body.dataset.seq === "{seq}"')

    async def shoot(name: str) -> None:
        for size in SIZES:
            await page.size(*size)
            await page.ask(ARRIVED)
            faults.extend(f"{language} {size[0]}x{size[1]} {name}: {fault}" for fault in await page.ask(LOOKS))
            if keep is not None:
                keep(language, name, size, await page.picture())

    every = scenes(language)
    for name, shown in every.items():
        if only in name:
            await show(shown)
            await page.until(PAINTED)
            await shoot(name)
    for name, (scene, *taps) in PANELS.items():
        if only not in name:
            continue
        await show(every["idle"])
        await show(every[scene])
        for tap in taps:
            await page.until(f"document.querySelector({tap!r})")
            await page.ask(f"document.querySelector({tap!r}).click()")
            if tap in FETCHES:
                await page.until(f"!document.querySelector({tap!r})")
        await shoot(name)
    return faults


class Album:
    """Where the pictures go."""

    def __init__(self, out: Path | None, docs: Path | None) -> None:
        self.out, self.docs = out, docs
        self.small: dict[str, dict[str, list[Image.Image]]] = {}
        for folder in (out, docs):
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)

    def keep(self, language: str, name: str, size: tuple[int, int], picture: bytes) -> None:
        """Take a picture in: whole into the folders that were asked for, small onto the sheet."""
        width, height = size
        if self.out is not None:
            (self.out / f"{name}.{language}.{width}x{height}.png").write_bytes(picture)
        if self.docs is None:
            return
        image = Image.open(io.BytesIO(picture)).convert("RGB")
        if language == "en" and size == SIZES[0]:
            image.save(self.docs / f"{name}.webp", quality=70, method=6)
        small = image.resize((round(width * HIGH / height), HIGH), Image.Resampling.LANCZOS)
        self.small.setdefault(language, {}).setdefault(name, []).append(small)

    def sheets(self) -> None:
        """Write a contact sheet a language."""
        for language, states in self.small.items():
            wide = max(sum(image.width + 6 for image in row) for row in states.values()) + 14
            rows = -(-len(states) // ACROSS)
            sheet = Image.new("RGB", (wide * ACROSS, rows * (HIGH + 24)), "#5a5a5a")
            pen = ImageDraw.Draw(sheet)
            for number, (name, row) in enumerate(states.items()):
                x, y = number % ACROSS * wide + 8, number // ACROSS * (HIGH + 24)
                pen.text((x, y + 4), name, fill="white")
                for image in row:
                    sheet.paste(image, (x, y + 18))
                    x += image.width + 6
            assert self.docs is not None
            sheet.save(self.docs / f"sheet.{language}.webp", quality=55, method=6)


def ended(faults: list[str]) -> int:
    """Name what is wrong, and return the exit status: any of it fails the command."""
    if faults:
        print(*faults, sep="\n")
    return 1 if faults else 0


async def main() -> int:
    """Take the pictures."""
    command = argparse.ArgumentParser(prog="python -m tests.screen.pictures")
    command.add_argument("--out", type=Path)
    command.add_argument("--docs", type=Path)
    command.add_argument("--languages", default=",".join(LANGUAGES))
    command.add_argument("--only", default="", help="pictures whose name has this in it")
    asked = command.parse_args()
    album = Album(asked.out, asked.docs)
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "core.sock"
        async with fake_core(path) as core, running(path) as screen, chromium() as browser:
            page = await browser.page(reduced_motion="reduce")
            await page.open(screen.url)
            await page.until("document.body?.dataset.screen === 'idle'")
            for language in asked.languages.split(","):
                faults += await take(core, page, language, asked.only, album.keep)
            await core.stop()
            await page.until("document.body.dataset.screen === 'down'")
            for size in SIZES:
                await page.size(*size)
                album.keep("en", "down", size, await page.picture())
            faults += browser.faults()
    album.sheets()
    return ended(faults)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
