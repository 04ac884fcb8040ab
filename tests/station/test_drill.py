"""`kioskctl drill` on a whole station: a real card is no card meanwhile, and nothing of it is left anywhere."""

import pytest

from hardware_sim.demo.client import RpcError
from tests.station.conftest import Bench, wait_device
from tests.station.test_export import kioskctl


@pytest.fixture
def online(bench: Bench) -> Bench:
    bench.start_ils()
    bench.start_scanner()
    bench.start_printer()
    bench.start_daemon()
    bench.online()
    wait_device(bench, "front")
    return bench


def said_to_the_ils(bench: Bench) -> list[str]:
    return [row["line"] for row in bench.ils.get("/transcript")["lines"] if row["direction"] == ">"]


def test_a_drill_leaves_no_trace(online: Bench) -> None:
    before = online.daemon.ctl("journal", "summary")
    done = online.daemon.ctl("drill")
    assert done["recorded"] == 3
    assert [each["step"] for each in done["steps"]][1:3] == [
        "a card is taken without the library system",
        "3 items are recorded, each safe on the disk",
    ]
    assert online.daemon.ctl("journal", "summary") == before == {**before, "recorded": 0}
    assert online.ledger() == []
    assert not any("DRILL" in line for line in said_to_the_ils(online))
    assert {line[:2] for line in said_to_the_ils(online)} <= {"99", "93"}
    assert not (online.daemon.state_dir / "drill").exists()
    assert b"DRILLITEM" not in (online.daemon.state_dir / "journal.sqlite3").read_bytes()


def test_while_it_lasts_a_real_card_is_no_card_and_afterwards_it_is(online: Bench) -> None:
    started = online.client.call("drill.start")
    view = online.until(lambda view: view["mode"]["name"] == "offline", what="the drill's")
    assert view["station"]["id"].endswith("DRILL")
    online.scan(online.cards[0])
    online.until(lambda view: view["message"] is not None, what="a word on the card")
    assert online.client.call("view.get")["session"] is None
    # Rows that staff type meanwhile are real ones, and so is what the journal's verbs say.
    row = {"at": "2026-11-20T10:00:00+00:00", "kind": "C", "item": online.items[1], "patron": online.cards[1]}
    assert online.client.call("sheet.add", **row, by="AB")["seq"] == 1
    assert online.client.call("journal.summary")["recorded"] == 1
    online.scan(started["card"])
    online.screen("items")
    with pytest.raises(RpcError, match="a drill is on"):
        online.client.call("drill.start")
    assert online.client.call("drill.end")["recorded"] == 0
    assert [each["source"] for each in online.client.call("journal.list")["entries"]] == ["sheet"]
    online.online()
    online.scan(online.cards[0])
    online.screen("items")
    with pytest.raises(RpcError, match="somebody is at the station"):
        online.client.call("drill.start")
    online.scan(online.items[0])
    online.result(online.items[0], "checked_out")
    assert {entry["item"] for entry in online.ledger()} == set(online.items[:2])


@pytest.mark.long
def test_a_daemon_killed_in_a_drill_comes_back_as_itself(online: Bench) -> None:
    codes = online.client.call("drill.start")
    online.scan(codes["card"])
    online.screen("items")
    online.scan(codes["items"][0])
    online.result(codes["items"][0], "recorded")
    online.daemon.kill()
    online.restart_daemon()
    online.online()
    assert online.daemon.ctl("journal", "summary")["recorded"] == 0
    assert not (online.daemon.state_dir / "drill").exists()
    assert kioskctl(online, "drill").returncode == 0
