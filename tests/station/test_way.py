"""A barcode's way through a whole station: online, through an outage, and back."""

from tests.station.conftest import Bench, wait_device


def test_online_checkout_is_on_the_account_before_the_patron_hears_of_it(station: Bench) -> None:
    card, item = station.cards[0], station.items[0]
    station.scan(card)
    view = station.screen("items")
    assert view["patron"] == {"label": "••••" + card[-4:]}
    station.scan(item)
    view = station.result(item, "checked_out")
    (line,) = view["items"]
    assert line["title"]
    assert line["due"]
    assert [entry["item"] for entry in station.ledger("loan")] == [item]
    station.settled()
    (entry,) = station.daemon.ctl("journal", "list")["entries"]
    assert entry["state"] == "settled"
    assert entry["patron"] == "…" + card[-4:]
    assert entry["mode"] == "online"


def test_an_outage_from_its_first_scan_to_settlement(station: Bench) -> None:
    cards, items = station.cards, station.items
    station.ils.fault(down=True)
    station.offline()
    station.scan(cards[0])
    station.screen("items")
    for item in items[:3]:
        station.scan(item)
        station.result(item, "recorded")
    station.client.call("session.finish", paper=[])
    station.screen("done")
    station.scan(cards[1])
    station.screen("items")
    station.scan(items[3])
    view = station.result(items[3], "recorded")
    assert view["unsent"] == 4
    assert station.ledger() == []
    station.ils.fault(down=False)
    station.settled()
    assert [(entry["patron"], entry["item"]) for entry in station.ledger()] == [
        (cards[0], items[0]),
        (cards[0], items[1]),
        (cards[0], items[2]),
        (cards[1], items[3]),
    ]
    summary = station.daemon.ctl("journal", "summary")
    assert summary["settled"] == 4
    assert summary["unsent"] == 0
    assert summary["exceptions"] == 0


def test_what_the_library_system_refuses_waits_for_a_person_and_holds_up_nothing_else(station: Bench) -> None:
    card, other = station.cards[:2]
    taken, free = station.items[:2]
    station.ils.fault(down=True)
    station.offline()
    station.scan(card)
    station.screen("items")
    for item in (taken, free):
        station.scan(item)
        station.result(item, "recorded")
    station.ils.post("/world", {"do": "loan", "patron": other, "item": taken})
    station.ils.fault(down=False)
    view = station.settled()
    assert view["exceptions"] == 1
    (exception,) = station.daemon.ctl("exceptions", "list")["exceptions"]
    assert exception["item"] == taken
    assert exception["class"] == "on_loan_to_another"
    assert exception["message"]
    loans = {loan["item"]: loan["patron"] for loan in station.ils.get("/loans")["loans"]}
    assert loans[taken] == other
    assert loans[free] == card


def test_renewals_made_offline_renew_once(station: Bench) -> None:
    card, item = station.cards[0], station.items[0]
    station.ils.post("/world", {"do": "loan", "patron": card, "item": item})
    station.ils.fault(down=True)
    station.offline()
    station.client.call("session.start", flow="renew")
    station.scan(item)
    station.result(item, "recorded")
    station.ils.fault(down=False)
    station.settled()
    entries = station.ledger("renewal")
    assert [entry["item"] for entry in entries] == [item]
    (entry,) = station.daemon.ctl("journal", "list")["entries"]
    assert entry["kind"] == "renewal"
    assert entry["patron"] is None


def test_a_restart_ends_the_session_and_says_what_was_recorded(station: Bench) -> None:
    card, item = station.cards[0], station.items[0]
    station.ils.fault(down=True)
    station.offline()
    station.scan(card)
    station.screen("items")
    station.scan(item)
    station.result(item, "recorded")
    station.daemon.kill()
    station.restart_daemon()
    view = station.client.views[-1]
    assert view["screen"] == "idle"
    assert view["message"]["key"] == "session_interrupted"
    assert view["message"]["params"]["count"] == "1"
    station.ils.fault(down=False)
    station.settled()
    assert [entry["item"] for entry in station.ledger()] == [item]


def test_forced_offline_survives_a_restart_and_ends_when_staff_say_so(station: Bench) -> None:
    station.client.call("mode.set", mode="offline", reason="the ILS is being moved")
    view = station.offline()
    assert view["mode"]["forced"] is True
    station.daemon.stop()
    station.restart_daemon()
    assert station.client.views[-1]["mode"]["forced"] is True
    wait_device(station, "front")
    station.scan(station.cards[0])
    station.screen("items")
    station.scan(station.items[0])
    station.result(station.items[0], "recorded")
    assert station.ledger() == []
    station.client.call("mode.set", mode="auto")
    station.settled()
    assert len(station.ledger()) == 1
