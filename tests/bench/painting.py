"""Scan to pixels: from the last byte of a scan on a pty until the line is painted in a real browser."""

import asyncio
import time
from pathlib import Path

from tests.bench import figures
from tests.bench.figures import Figure
from tests.bench.scanning import CARD, Desk, luhn14
from tests.screen.browser import Page, chromium
from tests.screen.station import running

PAINTED = """new Promise((done) => {
  const there = () => document.querySelector('.line.is-recorded[data-n="N"]');
  const after = () => requestAnimationFrame(() => setTimeout(() => done(true)));
  if (there()) return after();
  new MutationObserver((_, watch) => there() && (watch.disconnect(), after()))
    .observe(document.body, { childList: true, subtree: true, attributes: true });
})"""
"""A task that is begun in a frame runs once that frame is painted."""

A_VISIT = 20


def scan_to_pixels(folder: Path, n: int = 100) -> dict[str, Figure]:
    """Measure a desk with the bridge and Debian's Chromium; what the browser's tools take is in the figure."""
    desk = Desk(folder)
    try:
        return asyncio.run(_measure(desk, n))
    finally:
        desk.close()


async def _measure(desk: Desk, n: int) -> dict[str, Figure]:
    async with running(desk.daemon.socket) as screen, chromium() as browser:
        page = await browser.page()
        await page.open(screen.url)
        await page.until("document.body?.dataset.screen === 'idle'")
        taken = [await _one(desk, page, number) for number in range(n)]
        paint = await page.ask("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    return {
        "scan_to_pixels_ms": figures.of([each * 1000 for each in taken], "ms"),
        "first_paint_ms": figures.single(paint, "ms", 1),
    }


async def _one(desk: Desk, page: Page, number: int) -> float:
    if number % A_VISIT == 0:
        if number:
            desk.client.call("session.cancel")
        desk.scanner.scan(CARD)
        await page.until("document.body.dataset.screen === 'items' && !document.querySelector('.line')")
    waiting = asyncio.create_task(page.ask(PAINTED.replace("N", str(number % A_VISIT + 1))))
    await asyncio.sleep(0.03)  # the page is asked before the scan comes
    begun = time.perf_counter()
    desk.scanner.scan(luhn14("3", 700_000 + number))
    await waiting
    return time.perf_counter() - begun
