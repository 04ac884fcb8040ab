"""Paper: item numbers yes; card, name, title, due date no; and never anything for the next person."""

import time
from typing import Any

from hardware_sim.demo.client import Client
from tests.station.conftest import Bench


def slips(bench: Bench, count: int) -> list[dict[str, Any]]:
    """Return the slips on paper as soon as there are `count`; read by the simulated printer's own parser."""
    found: list[dict[str, Any]] = bench.printer.get(f"/slips?count={count}&wait_s=15")["slips"]
    return found


def test_the_receipt_holds_item_numbers_and_nothing_of_the_patron(station: Bench) -> None:
    card, items = station.cards[0], station.items[:3]
    station.scan(card)
    station.screen("items")
    for item in items:
        station.scan(item)
        station.result(item, "checked_out")
    view = station.client.views[-1]
    titles = [line["title"] for line in view["items"]]
    due = {line["due"] for line in view["items"]}
    station.client.call("session.finish", paper=["receipt"])
    station.screen("done")
    (slip,) = slips(station, 1)
    paper = slip["text"]
    for item in items:
        assert item in paper
    assert "TEST-1" in paper
    assert "3" in paper
    names = [patron["name"] for patron in station.catalog["patrons"] if patron["barcode"] == card]
    for forbidden in [card, card[-4:] + " ", *titles, *names, *due]:
        assert forbidden not in paper, forbidden


def test_paper_out_is_said_and_lending_goes_on(station: Bench) -> None:
    station.printer.fault(paper="out")
    station.until(lambda view: view["paper"] == "out", what="paper out")
    station.scan(station.cards[0])
    station.screen("items")
    station.scan(station.items[0])
    station.result(station.items[0], "checked_out")
    station.client.call("session.finish", paper=["receipt"])
    view = station.screen("done")
    assert view["message"]["key"] == "done_no_paper"


def test_a_technician_sees_the_slips_bytes_and_the_masked_lines(station: Bench) -> None:
    with Client(station.daemon.socket) as technician:
        technician.call("diagnostics.watch")
        card, item = station.cards[0], station.items[0]
        station.scan(card)
        station.screen("items")
        station.scan(item)
        station.result(item, "checked_out")
        station.client.call("session.finish", paper=["receipt"])
        station.screen("done")
        deadline = time.monotonic() + 10
        seen: list[dict[str, Any]] = []
        while not any(event["kind"] == "printer" for event in seen):
            seen.append(technician.next(deadline)["params"])
    (slip,) = [event for event in seen if event["kind"] == "printer"]
    assert item.encode() in bytes.fromhex(slip["bytes"])
    lines = [event["line"] for event in seen if event["kind"] == "sip2"]
    assert any(line.startswith("11") and item in line for line in lines)
    assert not any(card in line for line in lines), "card numbers are masked"
