"""A library system that accepts and never answers: one patron waits once."""

import time

from tests.station.conftest import FAST_ILS, Bench


def test_a_patron_waits_once_then_the_station_is_offline_and_goes_on(station: Bench) -> None:
    card, first, second = station.cards[0], *station.items[:2]
    station.scan(card)
    station.screen("items")
    station.ils.fault(mute=True)
    begun = time.monotonic()
    station.scan(first)
    station.result(first, "recorded")
    waited_s = time.monotonic() - begun
    assert waited_s < float(str(FAST_ILS["timeout_s"])) + 0.5
    view = station.offline()
    assert view["mode"]["reason"] == "no_answer"
    begun = time.monotonic()
    station.scan(second)
    station.result(second, "recorded")
    assert time.monotonic() - begun < 0.5
    station.ils.fault(mute=False)
    station.settled()
    # It had done the first one and only kept silent: looked up, not lent again.
    loans = [entry["item"] for entry in station.ledger("loan", "renewal")]
    assert loans == [first, second]
    outcomes = {entry["item"]: entry["outcome"] for entry in station.daemon.ctl("journal", "list")["entries"]}
    assert outcomes == {first: "found_on_loan", second: "lent"}


def test_two_items_in_flight_wait_together_not_one_after_the_other(station: Bench) -> None:
    card, items = station.cards[0], station.items[:3]
    station.scan(card)
    station.screen("items")
    station.ils.fault(hang=True)
    begun = time.monotonic()
    for item in items:
        station.scan(item)
    for item in items:
        station.result(item, "recorded")
    assert time.monotonic() - begun < float(str(FAST_ILS["timeout_s"])) + 0.7
