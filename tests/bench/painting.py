"""Scan to pixels, from the last byte of a scan on a pty until the line is painted in a real browser; and first paint.

`first_paint_ms` goes from the navigation's start to first-contentful-paint, as the browser itself takes them: the
browser runs and rests, the tab is new and has nothing of the page, which comes from a real kioskd-screen before a real
daemon. `empty_paint_ms` is the same for a page of one line, in turns with it; `first_idle_ms` ends with the first whole
screen.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from kioskd.screen.server import bind
from tests.bench import figures
from tests.bench.figures import Figure
from tests.bench.scanning import CARD, Desk, luhn14
from tests.screen.browser import Browser, Page, chromium
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

PAINTS = 20
REST_S = 1.0
"""A new tab of the whole browser loads pages of the browser's own first."""

FIRST_PAINT = """new Promise((done) => new PerformanceObserver((list) => {
  const [paint] = list.getEntriesByName('first-contentful-paint');
  if (paint) done(paint.startTime);
}).observe({ type: 'paint', buffered: true }))"""
FRAME = "new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()))))"
IDLE = "document.body?.dataset.screen === 'idle'"

EMPTY = b"<!doctype html><html lang=en><meta charset=utf-8><title>Empty</title><body><p>Empty</p></html>"


def scan_to_pixels(folder: Path, n: int = 100) -> dict[str, Figure]:
    """Measure a desk with the bridge and Debian's Chromium; what the browser's tools take is in the figure."""
    desk = Desk(folder)
    try:
        return asyncio.run(_measure(desk, n))
    finally:
        desk.close()


async def _measure(desk: Desk, n: int) -> dict[str, Figure]:
    async with running(desk.daemon.socket) as screen, chromium() as browser:
        paints = await _first_paints(browser, screen.url)
        page = await browser.page()
        await page.open(screen.url)
        await page.until(IDLE)
        taken = [await _one(desk, page, number) for number in range(n)]
    return {
        "scan_to_pixels_ms": figures.of([each * 1000 for each in taken], "ms"),
        **{name: figures.of(each, "ms") for name, each in paints.items()},
    }


async def _first_paints(browser: Browser, url: str) -> dict[str, list[float]]:
    paints: dict[str, list[float]] = {"first_paint_ms": [], "empty_paint_ms": [], "first_idle_ms": []}
    async with _empty_page() as empty:
        for _ in range(PAINTS):
            for address, name in ((empty, "empty_paint_ms"), (url, "first_paint_ms")):
                page = await browser.page()
                await asyncio.sleep(REST_S)
                await page.open(address)
                paints[name].append(await page.ask(FIRST_PAINT))
                if address == url:
                    await page.until(IDLE)
                    paints["first_idle_ms"].append(await page.ask(FRAME))
                await page.close()
    return paints


@asynccontextmanager
async def _empty_page() -> AsyncIterator[str]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=EMPTY, content_type="text/html", charset="utf-8")

    app = web.Application()
    app.router.add_route("*", "/{name:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    listener = bind("127.0.0.1", 0)
    try:
        await web.SockSite(runner, listener).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        await runner.cleanup()


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
