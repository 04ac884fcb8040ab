"""Staff's forms in a real browser: by keys and by finger, what is wrong, and what is never lost."""

import itertools
import json
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.screen.browser import Browser, Page, chromium
from tests.screen.fake_core import FakeCore, fake_core
from tests.screen.scenes import scenes
from tests.screen.station import serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

_seqs = itertools.count(2)
FIELD = "document.querySelector('#field').value"
NAMED = "document.querySelector('#field-name').textContent"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@asynccontextmanager
async def at_the_desk(browser: Browser, path: Path, language: str = "en") -> AsyncIterator[tuple[FakeCore, Page]]:
    """Staff's tasks in an outage, at 800×480."""
    async with fake_core(path) as core, serving(path) as screen:
        page = await browser.page(reduced_motion="reduce")
        await page.open(screen.url)
        await page.until("document.body?.dataset.seq === '1'")
        core.show(scenes(language)["staff-outage"] | {"seq": next(_seqs)})
        await press(page, "tasks")
        try:
            yield core, page
        finally:
            await page.close()
            assert browser.faults() == []


async def press(page: Page, name: str) -> None:
    """Press a button that is there or comes, as assistive technology does."""
    await page.until(f"document.querySelector('[data-name=\"{name}\"]')")
    await page.ask(f"document.querySelector('[data-name=\"{name}\"]').click()")


async def field(page: Page, name: str) -> None:
    await page.until(f"document.activeElement?.id === 'field' && {NAMED} === {name!r}")


async def choice(page: Page, name: str, value: str) -> None:
    await page.until(f"{NAMED} === {name!r}")
    await press(page, f"choice-{value}")


async def told(page: Page) -> str:
    await page.until("document.querySelector('.told')")
    return str(await page.ask("document.querySelector('.told').textContent"))


async def asked(core: FakeCore, method: str) -> dict[str, Any]:
    found: dict[str, Any] = (await core.next_asked(method))["params"]
    return found


async def test_a_registration_by_keyboard_alone_and_the_fields_that_are_wrong(browser: Browser, tmp_path: Path) -> None:
    async with at_the_desk(browser, tmp_path / "s") as (core, page):
        await press(page, "forms_register")
        typed = {"Card number": "21168000000001", "First name": "Thérèse", "Middle name": "", "Last name": "Núñez"}
        for name, text in (typed | {"Birth date": "13011990"}).items():
            await field(page, name)
            if text:
                await page.type(text)
            await page.key("Enter")
        await press(page, "choice-SPANISH")
        for _ in range(2):
            await press(page, "next")
        await choice(page, "User category 1", "JUVENILE")
        for _ in range(8):
            await press(page, "next")
        await press(page, "save")
        sent = await asked(core, "patron.register")
        assert sent == {
            "card": "21168000000001",
            "first": "Thérèse",
            "last": "Núñez",
            "birth_date": "1990-13-01",
            "language": "SPANISH",
            "categories": ["1=JUVENILE"],
            "ticks": [],
        }
        await field(page, "Birth date")
        assert await page.ask(FIELD) == "13/01/1990"
        assert await page.ask("document.querySelector('#field').getAttribute('aria-invalid')") == "true"
        assert "MM/DD/YYYY" in await page.ask("document.querySelector('#field-hint').textContent")


@pytest.mark.long
async def test_letters_and_marks_by_finger(browser: Browser, tmp_path: Path) -> None:
    async with at_the_desk(browser, tmp_path / "s") as (_, page):
        await press(page, "forms_register")
        await press(page, "next")
        first, second = ("half", "N", "half", "g", "half", "u", "y", "half", "e"), ("half", "n", "space", "T")
        for key in (*first, "marks", "\u0302", "\u0303", "marks", *second):
            await press(page, key)
        assert await page.ask(FIELD) == "Nguyễn T"
        await press(page, "erase")
        assert await page.ask(FIELD) == "Nguyễn "


async def test_a_code_that_is_typed_by_a_scanner_goes_into_the_field(browser: Browser, tmp_path: Path) -> None:
    async with at_the_desk(browser, tmp_path / "s") as (core, page):
        await press(page, "forms_sheet")
        for name in ("next", "next", "choice-checkout"):
            await press(page, name)
        await field(page, "Card number")
        await page.ask("document.activeElement.blur()")
        await page.type("21168000000001")
        await page.key("Enter")
        await field(page, "Item number")
        assert [each["method"] for each in core.clients[0].asked].count("session.input") == 0


@pytest.mark.long
async def test_a_sheets_rows_follow_one_another_and_a_warning_can_be_overruled(
    browser: Browser, tmp_path: Path
) -> None:
    async with at_the_desk(browser, tmp_path / "s") as (core, page):
        core.answers["sheet.add"] = lambda params: (
            {"result": {"seq": 41}}
            if params.get("sure")
            else core.refused("item", "form_known_row", {"sure": True}, seq="3")
        )
        await press(page, "forms_sheet")
        await field(page, "Date on the sheet")
        await page.key("Enter")
        await field(page, "Time")
        await page.type("1423")
        await page.key("Enter")
        await press(page, "choice-checkout")
        for name, text in {
            "Card number": "21168000000001",
            "Item number": "30000900123456",
            "Due date": "",
            "Initials": "MK",
        }.items():
            await field(page, name)
            if text:
                await page.type(text)
            await page.key("Enter")
        await press(page, "save")
        first = await asked(core, "sheet.add")
        assert first["kind"] == "checkout"
        assert first["item"] == "30000900123456"
        assert first["by"] == "MK"
        assert "T14:23:00" in first["at"]
        assert "due_date" not in first
        assert "Entry 3 is this item" in await told(page)
        await press(page, "save_sure")
        assert (await asked(core, "sheet.add"))["sure"] is True
        await field(page, "Time")
        assert await page.ask(FIELD) == ""
        await press(page, "back")
        await field(page, "Date on the sheet")
        assert await page.ask(FIELD), "the day stands for the next row as well"


async def test_nothing_typed_is_lost_by_a_restart_and_nothing_is_left_by_a_lock(
    browser: Browser, tmp_path: Path
) -> None:
    async with at_the_desk(browser, tmp_path / "s") as (core, page):
        await press(page, "forms_register")
        await field(page, "Card number")
        await page.type("21168")
        await page.key("Enter")
        assert await asked(core, "draft.keep") == {"form": "register", "fields": {"card": "21168"}}
        await field(page, "First name")
        await page.type("Momo")
        await core.stop()
        await page.until("document.body.dataset.screen === 'down'")
        core.view = scenes("en")["staff-outage"] | {"seq": 1}
        await core.start()
        await press(page, "tasks")
        await press(page, "forms_register")
        await page.until(f"{FIELD} === 'Momo'")
        core.show(scenes("en")["idle"] | {"seq": next(_seqs)})
        await page.until("document.body.dataset.screen === 'idle'")
        assert "Momo" not in await page.ask("document.documentElement.outerHTML")
        core.answers["draft.get"] = lambda params: {"error": {"code": -32012, "message": "there is none", "data": {}}}
        core.show(scenes("en")["staff-outage"] | {"seq": next(_seqs)})
        await press(page, "tasks")
        await press(page, "forms_register")
        await field(page, "Card number")
        assert await page.ask(FIELD) == ""


@pytest.mark.long
async def test_an_exception_is_dropped_with_a_reason_and_another_one_retried(browser: Browser, tmp_path: Path) -> None:
    async with at_the_desk(browser, tmp_path / "s") as (core, page):
        await press(page, "task_worklist")
        await press(page, "open-7")
        await press(page, "action_correct_and_retry")
        assert await asked(core, "exceptions.resolve") == {"seq": 7, "action": "correct_and_retry"}
        await asked(core, "worklist.get")
        await press(page, "open-12")
        await press(page, "action_drop")
        await field(page, "Reason")
        await page.type("paid")
        await page.key("Enter")
        await press(page, "save")
        assert await asked(core, "exceptions.resolve") == {"seq": 12, "action": "drop", "reason": "paid"}
        await page.until("document.querySelector('[data-name=\"open-7\"]')")  # the list again, and its own way back
        await press(page, "back")
        await press(page, "task_registrations")
        await press(page, "tick-3-pin")
        assert await asked(core, "registration.tick") == {"seq": 3, "item": "pin"}


@pytest.mark.long
async def test_boards_ask_for_what_their_buttons_say(browser: Browser, tmp_path: Path) -> None:
    async with at_the_desk(browser, tmp_path / "s") as (core, page):
        await press(page, "task_board")
        assert "Symphony Web answers" in await page.ask("document.querySelector('#screen').innerText")
        await press(page, "task_review")
        await press(page, "review_right")
        assert await asked(core, "downtime.review") == {}
        await press(page, "review_clock_wrong")
        await press(page, "next")
        await field(page, "Time")
        await page.type("0930")
        await page.key("Enter")
        await press(page, "save")
        assert "T09:30:00" in (await asked(core, "downtime.review"))["time"]
        await press(page, "back")
        await press(page, "task_crates")
        await press(page, "label-2")
        assert await asked(core, "slip.print") == {"what": "crate", "n": 2}
        await press(page, "crate_new")
        await field(page, "Items in the crate")
        await page.type("25")
        await page.key("Enter")
        await press(page, "save")
        assert await asked(core, "crate.count") == {"items": 25, "crate": 0}
        core.show(scenes("en")["staff-after"] | {"seq": next(_seqs)})
        await press(page, "back")
        await press(page, "task_recovery")
        await press(page, "tick-sheets")
        assert await asked(core, "downtime.tick") == {"step": "sheets"}
        await press(page, "settlement")
        assert await asked(core, "slip.print") == {"what": "settlement"}


ORDERS = {
    "en": ("12/31/1990", "MM/DD/YYYY"),
    "es": ("31/12/1990", "DD/MM/AAAA"),
    "vi": ("31/12/1990", "DD/MM/YYYY"),
    "ru": ("31.12.1990", "ДД.ММ.ГГГГ"),
    "zh-Hans": ("1990-12-31", "YYYY-MM-DD"),
}
"""How people of a language write the last day of 1990, and how they are told to."""


@pytest.mark.parametrize(
    "language", [name if name == "es" else pytest.param(name, marks=pytest.mark.long) for name in ORDERS]
)
async def test_a_birth_date_is_typed_in_the_order_of_the_language_and_means_the_same_day(
    browser: Browser, tmp_path: Path, language: str
) -> None:
    written, hint = ORDERS[language]
    async with at_the_desk(browser, tmp_path / "s", language) as (core, page):
        await press(page, "forms_register")
        for _ in range(4):
            await press(page, "next")
        await page.type(re.sub(r"\D", "", written))
        assert await page.ask(FIELD) == written
        assert hint in await page.ask("document.querySelector('#field-hint').textContent")
        await press(page, "erase")
        assert await page.ask(FIELD) == written[:-1]
        await page.type(written[-1])
        await press(page, "next")
        while (kept := await asked(core, "draft.keep"))["fields"].get("birth_date") != "1990-12-31":
            assert kept["form"] == "register"
        other = "ru" if language == "en" else "en"
        core.show(scenes(other)["staff-outage"] | {"seq": next(_seqs)})
        await press(page, "back")
        await page.until(f"{FIELD} === {ORDERS[other][0]!r}")


class Keeper:
    """What a daemon keeps of forms, over its own restarts."""

    def __init__(self, core: FakeCore) -> None:
        self.drafts: dict[str, dict[str, str]] = {}
        core.answers |= {"draft.keep": self._keep, "draft.get": self._get, "draft.drop": self._drop}

    def _keep(self, params: dict[str, Any]) -> dict[str, Any]:
        self.drafts[params["form"]] = params["fields"]
        return {"result": {}}

    def _get(self, params: dict[str, Any]) -> dict[str, Any]:
        if params["form"] in self.drafts:
            return {"result": {"fields": self.drafts[params["form"]]}}
        return {"error": {"code": -32012, "message": "there is none", "data": {}}}

    def _drop(self, params: dict[str, Any]) -> dict[str, Any]:
        self.drafts.pop(params["form"], None)
        return {"result": {}}


FORMS = {
    "register": (("forms_register",), "patron.register", "last"),
    "sheet": (("forms_sheet",), "sheet.add", "item"),
    "review": (("task_review", "review_clock_wrong"), "downtime.review", "time"),
    "crate": (("task_crates", "crate_new"), "crate.count", "items"),
    "drop": (("task_worklist", "open-7", "action_drop"), "exceptions.resolve", "reason"),
}
"""How each form is opened, what it asks, and a field that the daemon may not like."""

# Fill a field, whatever kind it is, and go on.
FILL = """(() => {
  const field = document.querySelector("#field"), at = document.querySelector(".progress").textContent;
  const choice = document.querySelector(".choices .button:not(.chosen)");
  if (field) {
    field.value = TEXT;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  } else choice?.click();
  if (document.querySelector(".progress")?.textContent === at) document.querySelector('[data-name="next"]').click();
  return document.querySelector(".entries") === null;
})()"""
ALL_SHOWN = """(() => {
  while (!document.querySelector(".entries")) document.querySelector('[data-name="next"]').click();
  return [...document.querySelectorAll(".entries .entry")].map((e) => e.querySelector("b").textContent);
})()"""


@pytest.mark.parametrize(
    ("form", "seed"),
    [("sheet", 1)] + [pytest.param(name, seed, marks=pytest.mark.long) for name in FORMS for seed in range(2, 6)],
)
async def test_no_field_loses_what_was_typed_by_an_error_a_reload_or_a_restart(
    browser: Browser, tmp_path: Path, form: str, seed: int
) -> None:
    """Any text in each field; a text area keeps its lines, every other field is one line."""
    way, method, doubted = FORMS[form]
    dice = random.Random(seed)
    async with at_the_desk(browser, tmp_path / "s") as (core, page):
        keeper = Keeper(core)
        core.answers[method] = lambda params: core.refused(doubted, "form_needed", {})

        async def again() -> list[str]:
            for name in way:
                await press(page, name)
            await page.until("document.querySelector('.form, .entries')")
            return list(await page.ask(ALL_SHOWN))

        for name in way:
            await press(page, name)
        await page.until("document.querySelector('.form')")
        while await page.ask(FILL.replace("TEXT", json.dumps(any_text(dice)))):
            pass
        typed = await page.ask(ALL_SHOWN)
        assert any(text not in {"missing", "–"} for text in typed)
        await press(page, "save")
        await asked(core, method)
        await page.until("document.querySelector('.worry, .told')")
        assert await page.ask(ALL_SHOWN) == typed, "the refusal"
        await page.tab.reload()
        await page.until("document.querySelector('[data-name=\"tasks\"]')")
        await press(page, "tasks")
        assert await again() == typed, "the page came anew"
        assert keeper.drafts[form]
        await core.stop()
        await page.until("document.body.dataset.screen === 'down'")
        core.view = scenes("en")["staff-outage"] | {"seq": 1}
        await core.start()
        await press(page, "tasks")
        assert await again() == typed, "the daemon came anew"


def any_text(dice: random.Random) -> str:
    """Digits as a day has them, a number, or letters and signs of any kind that fit on a line."""
    letters = "aZé'<b>&\"ñộЖ漢 -.,/:0123456789"
    kinds = (
        "12311990",
        "30000900123456",
        "".join(dice.choice("0123456789") for _ in range(dice.randrange(1, 9))),
        "".join(dice.choice(letters) for _ in range(dice.randrange(1, 40))).strip() or "x",
    )
    return dice.choice(kinds)
