"""Several connections carry an upload: a real daemon at a real port, everything once, one card or item at a time."""

import itertools
import time
import uuid
from collections import defaultdict
from pathlib import Path

from hardware_sim.demo.client import Client
from hardware_sim.demo.processes import Daemon, Sim
from kioskd.journal.journal import Journal
from kioskd.model.entry import AddEntry
from tests.comeback.kiosk import ZONE, entry
from tests.station.conftest import FAST_ILS, luhn14

ENTRIES = 90
FIRST_BOOK = 100_000
CONNECTIONS = 3
CARDS = 7
"""Few, so that two entries of one card would often be under way at once."""


def test_three_connections_share_an_upload(tmp_path: Path) -> None:
    ils = Sim("ils", "--latency-ms", "15", "--patrons", "40", "--fault", "down")
    daemon = None
    try:
        ils.post("/world", {"do": "add_items", "count": ENTRIES, "first": FIRST_BOOK})
        host, _, port = ils.ready["sip2"].rpartition(":")
        cards = [row["barcode"] for row in ils.get("/catalog")["patrons"] if row["note"] == ""][:CARDS]
        settings = {"host": host, "port": int(port), **FAST_ILS, "connections": CONNECTIONS}
        daemon = Daemon(tmp_path, {"ils": settings, "printer": {"driver": "none"}})
        journal = Journal.open(daemon.state_dir, timezone=ZONE.key)
        now = time.time() - 9000
        books = [luhn14("3", FIRST_BOOK + n) for n in range(ENTRIES)]
        whose = {book: cards[n * n % CARDS] for n, book in enumerate(books)}
        journal.write([AddEntry(entry(whose[book], book, now, id=str(uuid.uuid4()))) for book in books])
        journal.close()
        daemon.start()
        with Client(daemon.socket) as client:
            client.watch()
            ils.fault(down=False)
            client.until(lambda view: view["mode"]["name"] == "online" and view["unsent"] == 0, timeout_s=60)
        lent = ils.get("/ledger?kind=loan,renewal")["entries"]
        said = ils.get("/transcript")["lines"]
        assert daemon.ctl("journal", "summary")["exceptions"] == 0
    finally:
        if daemon is not None:
            daemon.stop()
        ils.close()
    assert sorted(deed["item"] for deed in lent) == sorted(books), "each once"
    assert len({deed["connection"] for deed in lent}) == CONNECTIONS
    for card in cards:
        own = [deed["item"] for deed in lent if deed["patron"] == card]
        assert own == [book for book in books if whose[book] == card], "each card's in its order"
    _never_two_of_one_card_at_once(said)


def _never_two_of_one_card_at_once(said: list[dict[str, object]]) -> None:
    spans: dict[str, list[tuple[float, float]]] = defaultdict(list)
    asked: dict[object, tuple[str, float]] = {}
    for row in said:
        line, at = str(row["line"]), float(str(row["monotonic"]))
        if row["direction"] == ">" and line.startswith("11"):
            asked[row["connection"]] = (line.partition("|AA")[2].partition("|")[0], at)
        elif row["direction"] == "<" and line.startswith("12"):
            card, since = asked.pop(row["connection"])
            spans[card].append((since, at))
    assert sum(map(len, spans.values())) == ENTRIES
    for each in spans.values():
        for (_, ended), (begun, _) in itertools.pairwise(sorted(each)):
            assert begun >= ended
