"""A whole outage day with staff, in a real browser before the real daemon and simulated devices."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.screen.test_station import TEXT, Desk, Touch, station

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

PROCEDURE: dict[str, Any] = {
    "helpdesk": {"phone": "x85100"},
    "registration": {
        "languages": ["ENGLISH", "SPANISH"],
        "libraries": ["CENTRAL", "NORTHWEST"],
        "categories": ["1=ADULT", "1=CHILD"],
    },
    "crates": {"destination": "Sort Center", "mail_to": ["leads@sort.example"]},
    "related": [
        {"name": "Symphony Web", "up": "Use it for accounts.", "down": "Look at it now and then."},
        {"name": "Sorter", "down": "Do not check in."},
    ],
}
NEW_CARD = "21168000000009"
LABEL = "DO NOT CHECK IN"


class Staff(Touch):
    """Fingers on the screen, a keyboard for names, the desk's own scanner for codes."""

    async def field(self, name: str) -> None:
        await self.desk.sees(f"document.querySelector('#field-name')?.textContent === {name!r}")

    async def fills(self, name: str, text: str) -> None:
        await self.field(name)
        if text:
            await self.desk.page.type(text)
        await self.desk.page.key("Enter")

    async def chooses(self, name: str, choice: str) -> None:
        await self.field(name)
        await self.press(f"choice-{choice}")

    async def scans_into(self, name: str, code: str) -> None:
        await self.field(name)
        await self.scan(code)

    async def sees(self, *words: str) -> None:
        for each in words:
            await self.desk.sees(f"{TEXT}.includes({each!r})")

    async def to_tasks(self) -> None:
        await self.press("back")
        await self.desk.sees("document.querySelector('.tasks')")


async def test_an_outage_day_with_staff(tmp_path: Path) -> None:
    async with station(tmp_path, **PROCEDURE) as desk:
        staff = Staff(desk)
        await asyncio.to_thread(desk.ils.fault, down=True)
        await desk.sees("document.querySelector('.mode-offline')")
        await staff.unlock()
        await desk.screen("staff")
        await staff.press("tasks")
        await the_board_and_the_review(staff)
        await a_registration(staff)
        await a_row_of_the_sheet(desk, staff)
        await a_crate(desk, staff)
        await staff.press("back")
        await a_due_date_for_one_item_and_not_for_the_next(desk, staff)
        await asyncio.to_thread(desk.ils.fault, down=False)
        await desk.sees("document.querySelector('.mode-online') && !document.querySelector('.unsent')")
        await staff.press("tasks")
        await the_worklist(staff)
        await the_recovery(desk, staff)
        lent = await asyncio.to_thread(desk.ledger, "loan")
        assert set(lent) == {
            (desk.cards[0], desk.items[0]["barcode"]),
            (desk.cards[1], desk.items[1]["barcode"]),
            (desk.cards[1], desk.items[2]["barcode"]),
        }


async def the_board_and_the_review(staff: Staff) -> None:
    await staff.press("task_board")
    await staff.sees("x85100", "Symphony Web", "Do not check in.", "CENTRAL")
    await staff.press("task_review")
    await staff.sees("TEST-1", "CENTRAL")
    await staff.press("review_right")
    await staff.sees("Reviewed", "MK")
    await staff.to_tasks()


async def a_registration(staff: Staff) -> None:
    await staff.press("forms_register")
    await staff.scans_into("Card number", NEW_CARD)
    await staff.fills("First name", "Thérèse")
    await staff.fills("Middle name", "")
    await staff.fills("Last name", "Núñez")
    await staff.fills("Birth date", "13011990")
    await staff.chooses("Language", "SPANISH")
    await staff.chooses("Library", "CENTRAL")
    await staff.fills("Profile", "")
    await staff.chooses("User category 1", "ADULT")
    for _ in range(6):
        await staff.press("next")
    await staff.desk.sees("document.querySelector('[data-name=\"tick-paper_form_kept\"]')")
    await staff.press("tick-paper_form_kept")
    await staff.press("next")
    await staff.press("save")
    await staff.field("Birth date")  # there is no thirteenth month
    await staff.sees("a day that was, as MM/DD/YYYY")
    await staff.press("clear")
    await staff.fills("Birth date", "11301990")
    for _ in range(11):
        await staff.press("next")
    await staff.press("save")
    await staff.field("Card number")  # an empty form: it is recorded
    await staff.to_tasks()


async def a_row_of_the_sheet(desk: Desk, staff: Staff) -> None:
    await staff.press("forms_sheet")
    await staff.fills("Date on the sheet", "")
    await staff.fills("Time", "0001")
    await staff.chooses("C or R", "checkout")
    await staff.scans_into("Card number", desk.cards[0])
    await staff.scans_into("Item number", desk.items[0]["barcode"])
    await staff.fills("Due date", "")
    await staff.fills("Initials", "MK")
    await staff.press("save")
    await staff.field("Time")  # the next row
    await staff.press("back")
    await staff.press("back")
    await desk.sees("document.querySelector('.tasks')")


async def a_crate(desk: Desk, staff: Staff) -> None:
    await staff.press("task_crates")
    await staff.press("crate_new")
    await staff.fills("Items in the crate", "25")
    await staff.press("save")
    await staff.sees("Crate 1", "25 items")
    await staff.press("label-1")
    stub, label = (await asyncio.to_thread(desk.printer.get, "/slips?count=2&wait_s=20"))["slips"]
    assert NEW_CARD not in stub["text"]
    assert "Núñez" not in stub["text"]
    assert LABEL in label["text"]
    await staff.to_tasks()


async def a_due_date_for_one_item_and_not_for_the_next(desk: Desk, staff: Staff) -> None:
    await staff.code(desk.cards[1])
    await desk.screen("items")
    await staff.due_in_a_week_more()
    await desk.sees("document.querySelector('.due-band')")
    await staff.code(desk.items[1]["barcode"])
    assert "Due" in await desk.line(1, "recorded")
    await desk.sees("!document.querySelector('.due-band')")
    await staff.code(desk.items[2]["barcode"])
    assert "Due" not in await desk.line(2, "recorded")
    await staff.finish("no_paper")
    await staff.press("enter")
    await desk.screen("staff")


async def the_worklist(staff: Staff) -> None:
    await staff.press("task_worklist")
    await staff.desk.sees("document.querySelector('.exception')")
    await staff.press("open-1")
    await staff.press("action_done_by_hand")
    await staff.desk.sees("!document.querySelector('[data-name=\"open-1\"]') && !document.querySelector('.facts')")
    await staff.to_tasks()
    await staff.press("task_registrations")
    for item in ("pin", "text_phone", "form_reviewed"):
        await staff.press(f"tick-1-{item}")
        await staff.desk.sees(f"!document.querySelector('[data-name=\"tick-1-{item}\"]')")
    await staff.to_tasks()


async def the_recovery(desk: Desk, staff: Staff) -> None:
    await staff.press("task_recovery")
    for step in ("other_pcs", "unsent", "sheets", "registrations", "crates"):
        await staff.press(f"tick-{step}")
        await desk.sees(f"document.querySelector('[data-name=\"untick-{step}\"]')")
    await staff.press("settlement")
    (slip,) = (await asyncio.to_thread(desk.printer.get, "/slips?count=3&wait_s=20"))["slips"][2:]
    assert desk.cards[0] not in slip["text"]
    await staff.press("tick-report")
    await desk.sees("document.querySelector('.tasks') && !document.querySelector('[data-name=\"task_board\"]')")
