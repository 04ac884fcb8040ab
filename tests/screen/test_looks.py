"""What eyes and hands meet, measured in the browser: axe-core, contrast, room for fingers, text twice as large."""

import itertools
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.screen.browser import Browser, Page, chromium
from tests.screen.fake_core import FakeCore, fake_core
from tests.screen.pictures import SIZES, ended, take
from tests.screen.scenes import FETCHES, OVERLAPPING, PANELS, SMALL, scenes
from tests.screen.station import serving
from tests.screen.views import LANGUAGES

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEVEN = 7.0
"""For whatever is read; 4.5 is what WCAG's AA asks."""

# Every text that is seen, with the colour it has and the ground that it stands on.
CONTRAST = """(() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const linear = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const found = parts(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] > 0.99) return found;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.querySelector("#screen"), NodeFilter.SHOW_TEXT);
  const low = [];
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const e = text.parentElement;
    if (!text.data.trim() || !e.getBoundingClientRect().width || e.closest("svg")) continue;
    const [a, b] = [light(parts(getComputedStyle(e).color)), light(ground(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < SEVEN) low.push(`${ratio.toFixed(2)} ${e.className}: ${text.data}`);
  }
  return low;
})()"""

# With text twice as large: nothing sticks out sideways, nothing is cut, and every button can be brought to view.
CUT = """[...document.querySelectorAll("#screen *")].filter((e) => {
  const box = e.getBoundingClientRect();
  if (!box.width || e.closest("svg, .unseen")) return false;
  const hidden = ["hidden", "clip"].includes(getComputedStyle(e).overflowY) && e.scrollHeight > e.clientHeight + 4;
  return box.right > innerWidth + 1 || box.left < -1 || hidden;
}).map((e) => `${e.tagName}.${e.className} ${e.textContent.slice(0, 30)}`)"""

HIGH = """(() => {
  const wanted = [...document.querySelectorAll("#screen button")];
  return wanted.filter((b) => b.getBoundingClientRect().bottom + scrollY > document.documentElement.scrollHeight + 1)
    .map((b) => b.dataset.name ?? b.className);
})()"""

_seqs = itertools.count(2)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def states(core: FakeCore, page: Page, language: str, *, every: int = 1, **changes: object) -> AsyncIterator[str]:
    """Show every state of a language, the page's own panels included; yields each one's name."""
    known = {name: shown | changes for name, shown in scenes(language).items()}
    for name, shown in known.items():
        await show(core, page, shown)
        yield name
    for name, (scene, *taps) in PANELS.items():
        await show(core, page, known["idle"])
        await show(core, page, known[scene])
        for tap in taps:
            await page.until(f"document.querySelector({tap!r})")
            await page.ask(f"document.querySelector({tap!r}).click()")
            if tap in FETCHES:
                await page.until(f"!document.querySelector({tap!r})")
        yield name


async def show(core: FakeCore, page: Page, shown: dict[str, object]) -> None:
    seq = next(_seqs)
    core.show(shown | {"seq": seq})
    await page.until(f"document.body.dataset.seq === '{seq}'")


@pytest.mark.parametrize("language", [pytest.param(name, marks=pytest.mark.long) for name in LANGUAGES])
async def test_axe_finds_nothing_and_contrast_is_seven_in_every_state(
    browser: Browser, tmp_path: Path, language: str
) -> None:
    async with fake_core(tmp_path / "s") as core, serving(tmp_path / "s") as screen:
        page = await browser.page(reduced_motion="reduce")
        await page.open(screen.url)
        await page.until("document.body?.dataset.screen === 'idle'")
        async for name in states(core, page, language):
            assert await page.violations() == [], name
            assert await page.ask(CONTRAST.replace("SEVEN", str(SEVEN))) == [], name
        await core.stop()
        await page.until("document.body.dataset.screen === 'down'")
        assert await page.violations() == []
        assert await page.ask(CONTRAST.replace("SEVEN", str(SEVEN))) == []
        await page.close()


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
async def test_nothing_is_cut_or_covered_in_any_state_and_size(browser: Browser, tmp_path: Path, language: str) -> None:
    async with fake_core(tmp_path / "s") as core, serving(tmp_path / "s") as screen:
        page = await browser.page(reduced_motion="reduce")
        await page.open(screen.url)
        await page.until("document.body?.dataset.screen === 'idle'")
        assert await take(core, page, language, "", None) == []
        await page.close()


async def test_axe_and_contrast_where_most_people_are(browser: Browser, tmp_path: Path) -> None:
    async with fake_core(tmp_path / "s") as core, serving(tmp_path / "s") as screen:
        page = await browser.page(reduced_motion="reduce")
        await page.open(screen.url)
        await page.until("document.body?.dataset.screen === 'idle'")
        for name in ("idle-offline", "items-refused", "loans", "finish", "staff-offline"):
            await show(core, page, scenes("en")[name])
            assert await page.violations() == [], name
            assert await page.ask(CONTRAST.replace("SEVEN", str(SEVEN))) == [], name
        await page.close()


LETTERS = "parseFloat(getComputedStyle(document.querySelector('.steps span')).fontSize)"
LARGER = "document.querySelector('[data-name=\"larger\"]').click()"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("language", [pytest.param(name, marks=pytest.mark.long) for name in LANGUAGES])
async def test_text_twice_as_large_loses_nothing(
    browser: Browser, tmp_path: Path, language: str, size: tuple[int, int]
) -> None:
    async with fake_core(tmp_path / "s") as core, serving(tmp_path / "s") as screen:
        page = await browser.page(reduced_motion="reduce")
        await page.size(*size)
        await page.open(screen.url)
        await page.until("document.body?.dataset.screen === 'idle'")
        await show(core, page, scenes(language)["help"])
        before = await page.ask(LETTERS)
        for _ in range(2):
            await page.ask(LARGER)
        assert await page.ask(LETTERS) == pytest.approx(2 * before, rel=0.01)
        wrong = {}
        # The size goes with the visit; so this is none.
        async for name in states(core, page, language, session=None):
            assert await page.ask("document.documentElement.dataset.size") == "2", name
            found = [fault for look in (CUT, HIGH, OVERLAPPING) for fault in await page.ask(look)]
            found += await page.ask(SMALL) if size == SIZES[0] else []
            if found:
                wrong[name] = found[:4]
        assert wrong == {}
        await page.close()


ADOPT = (
    "(() => { const sheet = new CSSStyleSheet(); sheet.replaceSync(RULE); document.adoptedStyleSheets = [sheet]; })()"
)

SPOILT = {
    "a text on another": (".headline { translate: 0 4rem; }", " on "),
    "a text out of its box": (".line { width: 6rem; }", ""),
    "a button off the screen": (".rail { translate: 6rem; }", ""),
    "a button too small": (".rail .button { min-width: 0; width: 4rem; }", "small: "),
    "a button on another": ('[data-name="finish"] { translate: 0 7rem; }', "button finish on "),
}


@pytest.mark.parametrize(
    "how", [name if name == next(iter(SPOILT)) else pytest.param(name, marks=pytest.mark.long) for name in SPOILT]
)
async def test_a_page_that_looks_wrong_is_named_and_fails_the_pictures(
    browser: Browser, tmp_path: Path, how: str
) -> None:
    rule, named = SPOILT[how]
    async with fake_core(tmp_path / "s") as core, serving(tmp_path / "s") as screen:
        page = await browser.page(reduced_motion="reduce")
        await page.open(screen.url)
        await page.until("document.body?.dataset.screen === 'idle'")
        assert await take(core, page, "en", "items-titled", None) == []
        await page.ask(ADOPT.replace("RULE", json.dumps(rule)))
        faults = await take(core, page, "en", "items-titled", None)
        assert any(named in fault for fault in faults), faults
        assert ended(faults) == 1
        await page.close()
