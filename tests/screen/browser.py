"""Debian's own Chromium without a window, driven by Playwright: pages, keys, taps, pictures."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright import async_api as playwright

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), "chromium"
)

FLAGS = [
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
]
"""The last as a station's own browser has it (docs/SCREEN.md)."""

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Page:
    """One tab in a context of its own: nothing of another one is there."""

    def __init__(self, tab: playwright.Page, tools: playwright.CDPSession) -> None:
        self.tab = tab
        self._tools = tools

    async def open(self, url: str) -> None:
        await self.tab.goto(url, wait_until="commit")

    async def size(self, width: int, height: int) -> None:
        await self.tab.set_viewport_size({"width": width, "height": height})

    async def ask(self, expression: str) -> Any:
        """The value of an expression in the page, awaited if it is a promise.

        By the browser's own tools: the page's policy forbids to evaluate texts, and Playwright's way needs that.
        """
        asked = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        answer = await self._tools.send("Runtime.evaluate", asked)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def until(self, condition: str, seconds: float = 30) -> None:
        """Wait until a condition holds in the page; who has to be in time says how many seconds that are."""
        async with asyncio.timeout(seconds):
            while True:
                try:
                    if await self.ask(f"Boolean({condition})"):
                        return
                except (AssertionError, playwright.Error):  # the page is being loaded
                    pass
                await asyncio.sleep(0.02)

    async def key(self, key: str) -> None:
        await self.tab.keyboard.press(key)

    async def type(self, text: str) -> None:
        await self.tab.keyboard.type(text)

    async def tap(self, selector: str) -> None:
        """Touch what stands there now, be it covered or not: a finger does not know either."""
        box = await self.ask(
            f"(() => {{ const r = document.querySelector({selector!r}).getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        await self.tab.touchscreen.tap(*box)

    async def picture(self) -> bytes:
        """What is to be seen now, as PNG."""
        return await self.tab.screenshot(animations="disabled", caret="hide")

    async def violations(self) -> list[str]:
        """What axe-core finds, put into the page by the browser itself: its own policy lets no script in."""
        if not await self.ask("typeof axe === 'object'"):
            await self.ask(AXE.read_text() + ";0")
        found = await self.ask(
            f"axe.run(document, {{runOnly: {json.dumps(AXE_TAGS)}, resultTypes: ['violations']}}).then((all) => "
            "all.violations.map((v) => [v.id, v.nodes.map((n) => n.target.join(' ') + ' ' + n.failureSummary)]))"
        )
        return [f"{rule}: {node}" for rule, nodes in found for node in nodes]

    async def close(self) -> None:
        await self.tab.context.close()


class Browser:
    """One Chromium."""

    def __init__(self, chromium: playwright.Browser) -> None:
        self.chromium = chromium
        self._faults: list[str] = []

    async def page(self, **options: Any) -> Page:
        context = await self.chromium.new_context(viewport={"width": 800, "height": 480}, has_touch=True, **options)
        tab = await context.new_page()
        tab.on("pageerror", lambda error: self._faults.append(str(error)))
        tab.on("console", self._told)
        return Page(tab, await context.new_cdp_session(tab))

    def _told(self, message: playwright.ConsoleMessage) -> None:
        # A lost connection is reported by the browser itself; what a page says is not.
        if "ERR_CONNECTION" not in message.text and "WebSocket" not in message.text:
            self._faults.append(f"console: {message.text} {json.dumps(message.location)}")

    def faults(self) -> list[str]:
        """Exceptions, console messages and refused resources of every page so far."""
        return self._faults


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with playwright.async_playwright() as driver:
        started = await driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS, chromium_sandbox=False)
        try:
            yield Browser(started)
        finally:
            await started.close()
