"""Ten thousand sessions in one page: its memory stays where it was."""

import json
import os
from pathlib import Path

import pytest

from tests.screen.browser import chromium
from tests.screen.fake_core import fake_core
from tests.screen.station import serving
from tests.screen.views import view

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

SESSIONS = int(os.environ.get("KIOSKD_TEST_SESSIONS", "2000"))
"""`KIOSKD_TEST_SESSIONS=10000` takes its minutes."""

# The page's own functions, fed Views as the socket brings them; each is drawn, announced and sounded.
LIVE = """(async () => {
  const { draw, announcements, heard } = await import("./draw.js");
  const { patch } = await import("./dom.js");
  const root = document.getElementById("screen");
  const nothing = () => null;
  const act = { ask: nothing, change: nothing, submit: nothing, type: nothing, larger: nothing };
  const use = { panel: null, typed: "", notice: null, date: null, tab: "station" };
  const kept = { languages: ["en"], connected: true, status: null, host: null, last_known: {}, size: 0 };
  const page = { ...kept, use, remaining_s: null };
  const VIEW = BASE;
  let before = null;
  for (let session = FROM; session < TO; session += 1) {
    for (const screen of ["idle", "card", "items", "finish", "done"]) {
      const items = ["items", "finish", "done"].includes(screen)
        ? [1, 2, 3].map((n) => ({ ...VIEW.items[0], n, item: `3${session}${n}`, result: "recorded" }))
        : [];
      const view = { ...VIEW, screen, session: `s${session}`, seq: session, items };
      patch(root, draw({ ...page, view }, act));
      announcements(before, view);
      heard(before, view);
      before = view;
    }
    if (session % 100 === 0) await new Promise((next) => requestAnimationFrame(next));
  }
  return document.querySelectorAll("*").length;
})()"""


async def test_memory_is_flat_over_thousands_of_sessions(tmp_path: Path) -> None:

    async with fake_core(tmp_path / "s"), serving(tmp_path / "s") as screen, chromium() as browser:
        page = await browser.page(reduced_motion="reduce")
        await page.open(screen.url)
        await page.until("document.body?.dataset.screen === 'idle'")
        tools = await page.tab.context.new_cdp_session(page.tab)

        async def live(since: int, to: int) -> tuple[float, int]:
            told = LIVE.replace("BASE", json.dumps(view("items"))).replace("FROM", str(since)).replace("TO", str(to))
            nodes = await page.ask(told)
            await tools.send("HeapProfiler.collectGarbage")
            used = await tools.send("Runtime.getHeapUsage")
            return used["usedSize"] / 1024, nodes

        warm_kib, warm_nodes = await live(0, 200)
        kib, nodes = await live(200, SESSIONS)
        assert nodes == warm_nodes
        assert kib - warm_kib < 300, f"{warm_kib:.0f} KiB grew to {kib:.0f} over {SESSIONS} sessions"
