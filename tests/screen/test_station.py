"""The page in a real browser before the real daemon and simulated devices: a visit online, and one offline."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from hardware_sim.demo.processes import Daemon, Sim
from tests.screen.browser import Page, chromium
from tests.screen.station import serving

SHORT_TIMES = {
    "login_user": "",
    "timeout_s": 2.0,
    "poll_online_s": 0.5,
    "poll_offline_s": 0.2,
    "poll_return_s": 0.1,
    "answers_to_return": 2,
    "upload_spread_s": 0.0,
}
TEXT = "document.querySelector('#screen').innerText"
LATE_S = 10.0
TAP_GUARD_S = 0.36
"""So long after a new screen the page takes no tap (screen.js)."""


class Desk:
    """A station of real processes and what the test does with it."""

    def __init__(self, ils: Sim, scanner: Sim, printer: Sim, daemon: Daemon) -> None:
        self.ils, self.scanner, self.printer, self.daemon = ils, scanner, printer, daemon
        catalog = ils.get("/catalog")
        plain = [row for row in catalog["items"] if row["kind"] == "book" and not row["note"]]
        self.items = [row for row in plain if not row["on_loan_to"] and not row["held_for"]]
        self.cards = [row["barcode"] for row in catalog["patrons"] if not row["blocked"] and not row["expires"]]
        self.page: Page

    async def scan(self, code: str) -> None:
        await asyncio.to_thread(self.scanner.post, "/scan", {"code": code})

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

    async def tap(self, name: str) -> None:
        await self.sees(f"document.querySelector('[data-name=\"{name}\"]')")
        await self.page.ask(f"new Promise((done) => setTimeout(done, {TAP_GUARD_S * 1000}))")
        await self.page.tap(f'[data-name="{name}"]')

    def loans(self) -> list[tuple[str, str]]:
        return [(entry["patron"], entry["item"]) for entry in self.ils.get("/ledger?kind=loan")["entries"]]


@contextmanager
def processes(folder: Path) -> Iterator[Desk]:
    with ExitStack() as stack:

        def sim(*arguments: str) -> Sim:
            started = Sim(*arguments)
            stack.callback(started.close)
            return started

        ils = sim("ils")
        scanner = sim("scanner", "--link", str(folder / "scanner"))
        printer = sim("printer", "--listen", "127.0.0.1:0")
        host, _, port = ils.ready["sip2"].rpartition(":")
        config: dict[str, Any] = {
            "ils": {"host": host, "port": int(port), **SHORT_TIMES},
            "scanner": [{"name": "front", "driver": "serial", "port": str(folder / "scanner")}],
            "printer": {"driver": "network", "url": printer.ready["tcp"]},
        }
        daemon = Daemon(folder, config).start()
        stack.callback(daemon.stop)
        deadline = time.monotonic() + LATE_S
        while not scanner.get("/state")["heard"]:
            assert time.monotonic() < deadline, "the daemon did not open the scanner"
            time.sleep(0.02)
        yield Desk(ils, scanner, printer, daemon)


@asynccontextmanager
async def station(folder: Path) -> AsyncIterator[Desk]:
    with ExitStack() as stack:
        starting = asyncio.create_task(asyncio.to_thread(stack.enter_context, processes(folder)))
        async with chromium() as browser, serving((desk := await starting).daemon.socket) as server:
            desk.page = await browser.page()
            await desk.page.size(800, 480)
            await desk.page.open(server.url)
            await desk.sees("document.querySelector('.mode-online.on-idle')")
            yield desk
            assert browser.faults() == []


async def test_a_visit_online_and_a_visit_offline(tmp_path: Path) -> None:
    async with station(tmp_path) as desk:
        first, second, third = desk.items[:3]

        await desk.scan(desk.cards[0])
        await desk.screen("items")
        await desk.scan(first["barcode"])
        shown = await desk.line(1, "checked_out")
        for words in (first["title"], "Checked out", "Due"):
            assert words in shown
        await desk.tap("finish")
        await desk.tap("receipt")
        await desk.screen("done")
        (slip,) = (await asyncio.to_thread(desk.printer.get, "/slips?count=1&wait_s=5"))["slips"]
        assert first["barcode"] in slip["text"]
        assert first["title"] not in slip["text"]
        assert await asyncio.to_thread(desk.loans) == [(desk.cards[0], first["barcode"])]
        await desk.tap("enter")
        await desk.screen("idle")

        await asyncio.to_thread(desk.ils.fault, down=True)
        await desk.sees("document.querySelector('.mode-offline')")
        assert "You can still borrow and renew." in await desk.page.ask(TEXT)
        await desk.tap("language-es")
        await desk.scan(desk.cards[1])
        await desk.screen("items")
        await desk.scan(second["barcode"])
        assert "Registrado" in await desk.line(1, "recorded")
        await desk.scan(third["barcode"])
        await desk.line(2, "recorded")
        await desk.tap("remove")
        await desk.sees("document.querySelector('[data-n=\"2\"] button')")
        await desk.page.tap('[data-n="2"] button')
        await desk.line(2, "withdrawn")
        await desk.tap("back")
        await desk.tap("finish")
        await desk.tap("no_paper")
        await desk.screen("done")
        assert "¡Gracias!" in await desk.page.ask(TEXT)
        await desk.tap("enter")
        await desk.screen("idle")

        await asyncio.to_thread(desk.ils.fault, down=False)
        await desk.sees("document.querySelector('.mode-online') && !document.querySelector('.unsent')")
        wanted = [(desk.cards[0], first["barcode"]), (desk.cards[1], second["barcode"])]
        assert await asyncio.to_thread(desk.loans) == wanted
