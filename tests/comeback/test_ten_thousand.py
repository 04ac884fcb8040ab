"""Ten thousand entries through a real daemon: the rate beside the bare echo's, and a memory that does not grow.

The library system answers after five milliseconds, the upload and the bare loop alike. Other work on the machine slows
the daemon more than the loop, so what is asserted is coarse; the figures are printed, `./dev bench` has the quiet ones.
"""

import time
import uuid
from pathlib import Path

import pytest

from hardware_sim.demo.client import Client
from hardware_sim.demo.processes import Daemon, Sim
from kioskd.journal.journal import Journal
from kioskd.model.entry import AddEntry
from tests.bench.uploading import LATENCY_MS, echo
from tests.comeback.kiosk import ZONE, entry
from tests.station.conftest import FAST_ILS, luhn14

ENTRIES = 10_000
ECHOES = 1_500
FIRST_BOOK = 100_000
WARM = 2_000
"""By then every window has been read and every buffer used."""
MIB = 1024 * 1024


def _rss(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096


@pytest.mark.long
@pytest.mark.timeout(900)
def test_ten_thousand_entries_at_the_echos_rate_and_in_flat_memory(tmp_path: Path) -> None:
    ils = Sim("ils", "--latency-ms", str(LATENCY_MS), "--patrons", "400", "--fault", "down")
    daemon = None
    try:
        ils.post("/world", {"do": "add_items", "count": ENTRIES + ECHOES, "first": FIRST_BOOK})
        host, _, port = ils.ready["sip2"].rpartition(":")
        cards = [row["barcode"] for row in ils.get("/catalog")["patrons"] if row["note"] == ""]
        config = {"ils": {"host": host, "port": int(port), **FAST_ILS}, "printer": {"driver": "none"}}
        daemon = Daemon(tmp_path, config)
        journal = Journal.open(daemon.state_dir, timezone=ZONE.key)
        now = time.time()
        for start in range(0, ENTRIES, 500):
            rows = [
                entry(cards[n % len(cards)], luhn14("3", FIRST_BOOK + n), now - 90_000 + n, id=str(uuid.uuid4()))
                for n in range(start, start + 500)
            ]
            journal.write([AddEntry(row) for row in rows])
        journal.close()
        daemon.start()
        assert daemon.process is not None
        resident: dict[int, int] = {}
        with Client(daemon.socket) as client:
            client.watch()
            ils.fault(down=False)
            for left in range(ENTRIES - WARM, -1, -WARM):
                client.until(lambda view, left=left: view["unsent"] <= left, timeout_s=300)
                resident[ENTRIES - left] = _rss(daemon.process.pid)
                client.views[:-1] = []
            client.until(lambda view: view["mode"]["name"] == "online", timeout_s=20)
        sent = ils.get("/ledger?kind=loan,renewal")["entries"]
        assert [row["item"] for row in sent] == [luhn14("3", FIRST_BOOK + n) for n in range(ENTRIES)]
        rate = (ENTRIES - 1) / (sent[-1]["monotonic"] - sent[0]["monotonic"])
        daemon.stop()
        lines = [row["line"] for row in ils.get("/transcript")["lines"] if row["line"].startswith("11")]
        # The echo numbers its items from where the upload's end.
        bare = ECHOES / echo((host, int(port)), lines[-1], ECHOES, first=FIRST_BOOK + ENTRIES)
    finally:
        if daemon is not None:
            daemon.stop()
        ils.close()
    shown = ", ".join(f"{done}: {rss / MIB:.1f}" for done, rss in resident.items())
    print(f"{rate:.0f} of {bare:.0f} a second ({rate / bare:.0%}); resident MiB after {shown}")
    assert rate >= 0.5 * bare
    assert resident[ENTRIES] - resident[WARM] <= 4 * MIB
