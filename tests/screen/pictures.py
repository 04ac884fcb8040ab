"""`python -m tests.screen.pictures --out DIR`: a picture of every screen, to be looked at."""

import argparse
import asyncio
import tempfile
from pathlib import Path
from typing import Any

from tests.screen.browser import Page, chromium
from tests.screen.fake_core import FakeCore, fake_core
from tests.screen.station import running
from tests.screen.views import CHOICES, LANGUAGES, SCREENS, line, message, view

SIZES = ((800, 480), (1024, 768), (1080, 1920))


def scenes(language: str) -> dict[str, dict[str, Any]]:
    """Every screen once, online, and those that look different offline or with other things to say."""

    def of(screen: str, **changes: Any) -> dict[str, Any]:
        return view(screen, language=language, **changes)

    warned = [*CHOICES["items"], "session.more_time"]
    several = [line(n, language=language) for n in (1, 2, 3)]

    def saying(key: str, tone: str, **params: str) -> dict[str, Any]:
        return {"message": message(language, key, tone, **params)}

    found = {screen: of(screen) for screen in SCREENS}
    found |= {
        "idle-offline": of("idle", mode="offline"),
        "idle-recovering": of("idle", mode="recovering"),
        "idle-message": of("idle", **saying("storage", "stop")),
        "idle-interrupted": of("idle", mode="offline", **saying("session_interrupted", "warn", count="3")),
        "idle-blocked": of("idle", **saying("card_blocked", "stop")),
        "card-checking": of("card", **saying("card_checking", "ok")),
        "confirm-code": of("confirm", **saying("unmatched_card_sure", "ask", code="W-1234567890123")),
        "confirm-kind": of("confirm", mode="offline", **saying("card_or_item", "ask")),
        "card-renew": of("card", flow="renew", mode="offline", **saying("scan_card_or_item", "ask")),
        "items-none": of("items", items=[]),
        "items-offline": of("items", mode="offline"),
        "items-recorded": of(
            "items", mode="offline", items=several, **saying("recorded", "ok", item=several[-1]["item"])
        ),
        "items-titled": of("items", **saying("checked_out", "ok", item=line(6)["item"])),
        "items-refused": of(
            "items",
            mode="offline",
            items=[*several, line(4, "refused", language=language)],
            **saying("max_items", "stop", max="30"),
        ),
        "items-many": of("items", mode="offline", items=[line(n, language=language) for n in range(1, 25)]),
        "items-staff": of(
            "items",
            staff={"unlocked": True, "by": "MK"},
            due_date={"date": "2026-12-18", "scope": "next_item"},
            choices=[*CHOICES["items"], "session.due_date", "staff.lock"],
        ),
        "items-warned": of("items", mode="offline", choices=warned, timer={"ends_in_s": 18, "kind": "idle"}),
        "finish-no-paper": of("finish", paper="out", mode="offline"),
        "finish-offline": of("finish", mode="offline"),
        "done-offline": of("done", mode="offline", **saying("done_gate", "ok", count="3")),
        "done-no-paper": of("done", mode="offline", **saying("done_no_paper", "warn", count="12")),
        "due_date-offline": of("due_date", mode="offline"),
        "staff-offline": of("staff", mode="offline", paper="low"),
    }
    return found


# What the page itself puts over a screen: the scene, and where to tap.
PANELS = {
    "panel-number": ("card", '[data-name="type_number"]'),
    "panel-languages": ("items", '[data-name="language"]'),
    "panel-remove": ("items-recorded", '[data-name="remove"]'),
    "panel-staff-code": ("help", '[data-name="staff"]'),
    "panel-reasons": ("staff", '[data-name="go_offline"]'),
}

# What stands outside the screen or does not fit into its own box; lists may scroll.
CLIPPED = """[...document.querySelectorAll("#screen *")].filter((e) => {
  const box = e.getBoundingClientRect();
  if (!box.width || e.closest(".list, .devices, .headline, svg")) return false;
  const outside = box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < -1 || box.top < -1;
  const wide = e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 2;
  const high = e.tagName === "MAIN" && e.scrollHeight > e.clientHeight + 4;
  return outside || wide || high;
}).map((e) => `${e.tagName}.${e.className} ${e.textContent.slice(0, 40)}`)"""

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
    await page.ask("document.querySelector('[data-name=\"back\"]').click()")


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
