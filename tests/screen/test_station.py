"""The page in a real browser before the real daemon and simulated devices: online, across an outage, and staff's way;
by touch, by keyboard alone, by scanner alone."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

from hardware_sim.demo.processes import BIN, Daemon, Sim
from tests.screen.browser import Page, chromium
from tests.screen.station import serving

SHORT_TIMES = {
    "login_user": "",
    "timeout_s": 4.0,
    "poll_online_s": 0.5,
    "poll_offline_s": 0.2,
    "poll_return_s": 0.1,
    "answers_to_return": 2,
    "upload_spread_s": 0.0,
}
TEXT = "document.querySelector('#screen').innerText"
LATE_S = 20.0
TAP_GUARD_S = 0.36
"""So long after a new screen the page takes no tap (screen.js)."""
CODE = "2468"
REPEAT_S = 1.6
"""The same barcode again within `barcodes.repeat_s` is one scan."""


class Desk:
    """A station of real processes and what the test sees of it."""

    def __init__(self, ils: Sim, scanner: Sim, printer: Sim, daemon: Daemon) -> None:
        self.ils, self.scanner, self.printer, self.daemon = ils, scanner, printer, daemon
        catalog = ils.get("/catalog")
        plain = [row for row in catalog["items"] if row["kind"] == "book" and not row["note"]]
        self.items = [row for row in plain if not row["on_loan_to"] and not row["held_for"]]
        self.cards = [row["barcode"] for row in catalog["patrons"] if not row["blocked"] and not row["expires"]]
        self.page: Page

    async def sees(self, condition: str) -> None:
        try:
            await self.page.until(condition, LATE_S)
        except TimeoutError:
            raise AssertionError(f"{condition}: {await self.page.ask(TEXT)}") from None

    async def screen(self, name: str) -> None:
        await self.sees(f"document.body.dataset.screen === '{name}'")

    async def line(self, n: int, result: str) -> str:
        await self.sees(f"document.querySelector('.line.is-{result}[data-n=\"{n}\"]')")
        return str(await self.page.ask(f"document.querySelector('[data-n=\"{n}\"]').innerText"))

    def ledger(self, kind: str) -> list[tuple[str, str]]:
        return [(entry["patron"], entry["item"]) for entry in self.ils.get(f"/ledger?kind={kind}")["entries"]]


class Touch:
    """Codes by the scanner, all else by finger."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.last = ""

    async def scan(self, code: str) -> None:
        if code == self.last:
            await asyncio.sleep(REPEAT_S)  # the rule under test counts in seconds
        self.last = code
        await asyncio.to_thread(self.desk.scanner.post, "/scan", {"code": code})

    code = scan

    async def press(self, name: str) -> None:
        await self.desk.sees(f"document.querySelector('[data-name=\"{name}\"]')")
        await self.desk.page.ask(f"new Promise((done) => setTimeout(done, {TAP_GUARD_S * 1000}))")
        await self.desk.page.tap(f'[data-name="{name}"]')

    async def finish(self, paper: str) -> None:
        await self.press("finish")
        await self.press(paper)

    async def withdraw_last(self) -> None:
        await self.press("remove")
        await self.desk.sees("document.querySelector('.line button')")
        await self.desk.page.tap(".line button")
        await self.desk.sees("document.querySelector('.is-withdrawn')")
        await self.press("back")

    async def unlock(self) -> None:
        await self.press("help")
        await self.press("staff")
        for digit in CODE:
            await self.press(digit)
        await self.press("enter")

    async def go_offline(self) -> None:
        await self.press("go_offline")
        await self.press("reason_drill")

    async def due_in_a_week_more(self) -> None:
        await self.press("due_date")
        await self.desk.screen("due_date")
        await self.press("due_next")


class Keys(Touch):
    """A keyboard alone: numbers typed, buttons reached by arrows and pressed by Enter."""

    async def code(self, code: str) -> None:
        await self.desk.page.type(code)
        await self.desk.page.key("Enter")

    async def press(self, name: str) -> None:
        await self.desk.sees(f"document.querySelector('[data-name=\"{name}\"]')")
        await self.desk.page.ask("new Promise((done) => setTimeout(done, 150))")  # a scanner's second Enter is over
        for _ in range(40):
            await self.desk.page.key("ArrowDown")
            if await self.desk.page.ask("document.activeElement.dataset.name") == name:
                break
        assert await self.desk.page.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid", name
        await self.desk.page.key("Enter")

    async def withdraw_last(self) -> None:
        await self.press("remove")
        await self.desk.sees("document.querySelector('.line button')")
        await self.desk.page.ask("document.querySelector('.line button').focus()")
        await self.desk.page.key("Enter")
        await self.desk.sees("document.querySelector('.is-withdrawn')")
        await self.press("back")

    async def unlock(self) -> None:
        await self.press("help")
        await self.press("staff")
        await self.desk.sees("document.querySelector('.keypad')")
        await self.code(CODE)


class Scanner(Touch):
    """A scanner alone: every button is a command barcode of the printed card."""

    BARCODES: ClassVar[dict[str, str]] = {
        "receipt": "KIOSK04",
        "no_paper": "KIOSK03",
        "enter": "KIOSK07",
        "language-es": "KIOSK21",
        "my_loans": "KIOSK15",
        "renew_all": "KIOSK16",
        "go_auto": "KIOSK41",
        "lock": "KIOSK42",
        "cancel": "KIOSK07",
    }

    async def press(self, name: str) -> None:
        await self.scan(self.BARCODES[name])

    async def finish(self, paper: str) -> None:
        await self.press(paper)

    async def withdraw_last(self) -> None:
        await self.scan("KIOSK14")
        await self.desk.sees("document.querySelector('.is-withdrawn')")

    async def unlock(self) -> None:
        await self.scan("KIOSK62")
        for digit in CODE:
            await self.scan(f"KIOSK5{digit}")
        await self.desk.sees("document.querySelector('.field')?.textContent === '••••'")
        await self.scan("KIOSK60")

    async def go_offline(self) -> None:
        await self.scan("KIOSK40")

    async def due_in_a_week_more(self) -> None:
        await self.scan("KIOSK46")


@contextmanager
def processes(folder: Path, **more: Any) -> Iterator[Desk]:
    with ExitStack() as stack:

        def sim(*arguments: str) -> Sim:
            started = Sim(*arguments)
            stack.callback(started.close)
            return started

        ils = sim("ils")
        scanner = sim("scanner", "--link", str(folder / "scanner"))
        printer = sim("printer", "--listen", "127.0.0.1:0")
        codes = folder / "codes"
        add = [str(BIN / "kioskctl"), "staff", "add", "MK", "--code-stdin", "--codes-file", str(codes)]
        subprocess.run(add, input=CODE + "\n", text=True, check=True, capture_output=True)
        host, _, port = ils.ready["sip2"].rpartition(":")
        config: dict[str, Any] = {
            "ils": {"host": host, "port": int(port), **SHORT_TIMES},
            "staff": {"codes_file": str(codes)},
            "scanner": [{"name": "front", "driver": "serial", "port": str(folder / "scanner")}],
            "printer": {"driver": "network", "url": printer.ready["tcp"]},
            **more,
        }
        daemon = Daemon(folder, config).start()
        stack.callback(daemon.stop)
        deadline = time.monotonic() + LATE_S
        while not scanner.get("/state")["heard"]:
            assert time.monotonic() < deadline, "the daemon did not open the scanner"
            time.sleep(0.02)
        yield Desk(ils, scanner, printer, daemon)


@asynccontextmanager
async def station(folder: Path, **more: Any) -> AsyncIterator[Desk]:
    with ExitStack() as stack:
        starting = asyncio.create_task(asyncio.to_thread(stack.enter_context, processes(folder, **more)))
        async with chromium() as browser, serving((desk := await starting).daemon.socket) as server:
            desk.page = await browser.page()
            await desk.page.open(server.url)
            await desk.sees("document.querySelector('.mode-online.on-idle')")
            yield desk
            assert browser.faults() == []


async def a_visit_online(desk: Desk, hands: Touch) -> None:
    card, first = desk.cards[0], desk.items[0]
    await hands.code(card)
    await desk.screen("items")
    await hands.code(first["barcode"])
    shown = await desk.line(1, "checked_out")
    for words in (first["title"], "Checked out", "Due"):
        assert words in shown
    await hands.finish("receipt")
    await desk.screen("done")
    (slip,) = (await asyncio.to_thread(desk.printer.get, "/slips?count=1&wait_s=10"))["slips"]
    assert first["barcode"] in slip["text"]
    assert first["title"] not in slip["text"]
    await hands.press("enter")
    await desk.screen("idle")


async def loans_are_shown_and_renewed(desk: Desk, hands: Touch) -> None:
    await hands.code(desk.cards[0])
    await desk.screen("items")
    await hands.press("my_loans")
    await desk.screen("loans")
    await desk.sees(f"{TEXT}.includes({desk.items[0]['title']!r})")
    await hands.press("renew_all")
    await desk.sees("document.querySelector('.loan.is-renewed .due')")
    await hands.finish("no_paper") if isinstance(hands, Scanner) else await leave(desk, hands)
    await desk.screen("done")
    await hands.press("enter")
    await desk.screen("idle")
    assert desk.items[0]["title"] not in await desk.page.ask("document.documentElement.outerHTML")


async def leave(desk: Desk, hands: Touch) -> None:
    await hands.press("back")
    await desk.screen("items")
    await hands.finish("no_paper")


async def a_visit_across_an_outage(desk: Desk, hands: Touch) -> None:
    second, third, fourth = (row["barcode"] for row in desk.items[1:4])
    await hands.code(desk.cards[1])
    await desk.screen("items")
    await hands.code(second)
    await desk.line(1, "checked_out")
    await asyncio.to_thread(desk.ils.fault, down=True)
    await desk.sees("document.querySelector('.mode-offline')")
    assert "You can still borrow and renew." in await desk.page.ask(TEXT)
    await hands.code(third)
    await desk.line(2, "recorded")
    await hands.code(fourth)
    await desk.line(3, "recorded")
    await hands.withdraw_last()
    await hands.finish("no_paper")
    await desk.screen("done")
    await hands.press("enter")
    await desk.screen("idle")


async def another_language_offline(desk: Desk, hands: Touch) -> None:
    await hands.press("language-es")
    await desk.sees(f"{TEXT}.includes('Escanee su tarjeta')")
    await hands.code(desk.cards[2])
    await desk.screen("items")
    await hands.code(desk.items[4]["barcode"])
    assert "Registrado" in await desk.line(1, "recorded")
    await hands.finish("no_paper")
    await desk.screen("done")
    assert "¡Gracias!" in await desk.page.ask(TEXT)
    await hands.press("enter")
    await desk.sees(f"{TEXT}.includes('Scan your library card')")


async def staff_force_an_outage_and_set_a_date(desk: Desk, hands: Touch) -> str:
    await hands.unlock()
    await desk.sees(f"document.body.dataset.screen === 'staff' && {TEXT}.includes('MK')")
    await hands.go_offline()
    await desk.sees("document.querySelector('.mode-offline')")
    await hands.code(desk.cards[3])
    await desk.screen("items")
    await hands.due_in_a_week_more()
    await desk.sees("document.querySelector('.due-band')")
    await hands.code(desk.items[5]["barcode"])
    shown = await desk.line(1, "recorded")
    await desk.sees("!document.querySelector('.due-band')")
    await hands.press("cancel") if isinstance(hands, Scanner) else await hands.finish("no_paper")
    if not isinstance(hands, Scanner):
        await hands.press("enter")
    await desk.screen("staff")
    await hands.press("go_auto")
    await desk.sees("document.querySelector('.mode-online')")
    await hands.press("lock")
    await desk.screen("idle")
    return shown


async def play(folder: Path, kind: type[Touch]) -> None:
    async with station(folder) as desk:
        hands = kind(desk)
        await a_visit_online(desk, hands)
        await loans_are_shown_and_renewed(desk, hands)
        await a_visit_across_an_outage(desk, hands)
        await another_language_offline(desk, hands)
        await asyncio.to_thread(desk.ils.fault, down=False)
        await desk.sees("document.querySelector('.mode-online') && !document.querySelector('.unsent')")
        assert "Due" in await staff_force_an_outage_and_set_a_date(desk, hands)
        await desk.sees("document.querySelector('.mode-online') && !document.querySelector('.unsent')")
        wanted = [(0, 0), (1, 1), (1, 2), (2, 4), (3, 5)]
        lent = await asyncio.to_thread(desk.ledger, "loan")
        assert lent == [(desk.cards[card], desk.items[item]["barcode"]) for card, item in wanted]
        renewed = await asyncio.to_thread(desk.ledger, "renewal")
        assert renewed == [(desk.cards[0], desk.items[0]["barcode"])]


async def test_both_ways_through_an_outage_by_touch(tmp_path: Path) -> None:
    await play(tmp_path, Touch)


@pytest.mark.long
@pytest.mark.parametrize("hands", [Keys, Scanner])
async def test_both_ways_through_an_outage_without_touch(tmp_path: Path, hands: type[Touch]) -> None:
    await play(tmp_path, hands)
