"""Staff's forms in a real browser: by keys and by finger, what is wrong, and what is never lost."""

import itertools
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
async def at_the_desk(browser: Browser, path: Path) -> AsyncIterator[tuple[FakeCore, Page]]:
    """Staff's tasks in an outage, at 800×480."""
    async with fake_core(path) as core, serving(path) as screen:
        page = await browser.page(reduced_motion="reduce")
        await page.open(screen.url)
        await page.until("document.body?.dataset.seq === '1'")
        core.show(scenes("en")["staff-outage"] | {"seq": next(_seqs)})
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


async def asked(core: FakeCore, method: str) -> dict[str, Any]:
    found: dict[str, Any] = (await core.next_asked(method))["params"]
    return found


async def test_a_registration_by_keyboard_alone_and_the_fields_that_are_wrong(browser: Browser, tmp_path: Path) -> None:
    async with at_the_desk(browser, tmp_path / "s") as (core, page):
        wrong = {"code": -32602, "message": "birth_date: expected a day", "data": {"field": "birth_date"}}
        core.answers["patron.register"] = lambda params: {"error": wrong}
        await press(page, "forms_register")
        typed = {"Card number": "21168000000001", "First name": "Thérèse", "Middle name": "", "Last name": "Núñez"}
        for name, text in (typed | {"Birth date": "13011990"}).items():
            await field(page, name)
            if text:
                await page.type(text)
            await page.key("Enter")
        await press(page, "choice-SPANISH")
        for _ in range(9):
            await press(page, "next")
        await press(page, "save")
        sent = await asked(core, "patron.register")
        assert sent == {
            "card": "21168000000001",
            "first": "Thérèse",
            "last": "Núñez",
            "birth_date": "13/01/1990",
            "language": "SPANISH",
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
        for key in ("N", "g", "u", "y", "e", "marks", "\u0302", "\u0303", "marks", "n", "space", "T"):
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
        twin = {"code": -32602, "message": "item: entry 3 is this item", "data": {"field": "item", "sure": True}}
        core.answers["sheet.add"] = lambda params: {"result": {"seq": 41}} if params.get("sure") else {"error": twin}
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
        await press(page, "tick-step_2")
        assert await asked(core, "downtime.tick") == {"step": "step_2"}
        await press(page, "settlement")
        assert await asked(core, "slip.print") == {"what": "settlement"}
