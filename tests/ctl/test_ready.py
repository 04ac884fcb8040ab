"""`kioskctl ready`: each thing that is not ready is found, one by one, and none that is."""

import datetime as dt
from typing import Any

import pytest

from kioskd.ctl.doctor.facts import Facts
from kioskd.ctl.doctor.fault import find
from kioskd.ctl.doctor.faults import FAULTS
from kioskd.ctl.readiness import CHECKS, Ready, Seen, check

NOW = dt.datetime(2026, 11, 27, 8, 0, tzinfo=dt.UTC).timestamp()
STATUS: dict[str, Any] = {
    "mode": {"name": "online", "reason": "", "forced": False, "slow": False},
    "ils": {"state": "ready", "round_trip_ms": 12.0, "problem": None, "flags": {}},
    "devices": [
        {"name": "front", "kind": "scanner", "driver": "serial", "state": "ready"},
        {"name": "paper", "kind": "printer", "driver": "usblp", "state": "ready"},
    ],
    "journal": {"recorded": 12, "unsent": 0, "settled": 12, "exceptions": 0, "oldest_unsent": None},
    "clock": {"trusted": True, "source": "ntp"},
    "disk": {"free_mib": 9000, "problem": None},
    "version": "0.1.0",
}


def seen(*, status: dict[str, Any] | None = None, paper: str | None = "ok", login: str | None = "same",
         blocks: bool = True, **facts: Any) -> Seen:  # fmt: skip
    values: dict[str, Any] = {
        "status": {**STATUS, **(status or {})},
        "version": "0.1.0",
        "wall_s": NOW,
        "block_list": "/etc/kioskd/blocked",
        "block_list_age_days": 1.0,
        "block_list_days": 7,
    }
    what = Facts(**{**values, **facts})
    return Seen(what, tuple(find(FAULTS, what)), paper=paper, login=login, blocks=blocks)


def ends(what: Seen) -> dict[str, Ready]:
    return {each.name: each.ready for each in check(what)}


def test_a_station_that_has_all_is_ready() -> None:
    assert set(ends(seen()).values()) == {Ready.YES}


def device(kind: str, state: str, advice: str) -> dict[str, Any]:
    others = [each for each in STATUS["devices"] if each["kind"] != kind]
    return {"devices": [*others, {"name": kind, "kind": kind, "driver": "x", "state": state, "advice": advice}]}


NOT_READY: dict[str, list[dict[str, Any]]] = {
    "clock": [{"status": {"clock": {"trusted": False, "source": "none"}}}, {"status": {"clock": None}}],
    "disk": [
        {"status": {"disk": {"free_mib": 3, "problem": None}}},
        {"status": {"disk": {"free_mib": 900, "problem": "disk_read_only"}}},
        {"status": {"disk": {}}},
    ],
    "journal": [{"state_dir_there": False, "state_dir": "/x"}, {"moved": "moved at noon, 3 unsent, to x"}],
    "printer": [
        {"status": device("printer", "absent", "switch the printer on and check its cable")},
        {"status": device("printer", "opening", "")},
    ],
    "paper": [{"paper": "out"}],
    "scanner": [
        {"status": device("scanner", "absent", "plug the scanner in, or correct its path")},
        {"status": {"devices": STATUS["devices"][1:]}},
    ],
    "line": [
        {"status": {"ils": {"state": "down", "problem": "login_refused: no"}}},
        {"status": {"ils": {"state": "connecting", "problem": None}}},
    ],
    "upload login": [{"login": "94 refuses the login"}, {"login": None}],
    "block list": [{"block_list_age_days": 9.0}, {"block_list_age_days": None}],
    "unsent": [{"status": {"journal": {**STATUS["journal"], "unsent": 4}}}],
}


def test_every_check_is_tried() -> None:
    assert set(NOT_READY) == {name for name, _ in CHECKS}


@pytest.mark.parametrize(("name", "wrong"), [(name, wrong) for name, all_ in NOT_READY.items() for wrong in all_])
def test_each_fault_is_found_with_its_advice_and_no_other(name: str, wrong: dict[str, Any]) -> None:
    checks = {each.name: each for each in check(seen(**wrong))}
    assert [each.name for each in checks.values() if each.ready is Ready.NO] == [name]
    assert checks[name].do, "what to do"
    assert checks[name].seen


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("paper", {"paper": "low"}),
        ("paper", {"paper": "unknown"}),
        ("printer", {"status": {"devices": STATUS["devices"][:1]}, "paper": "none"}),
        ("block list", {"blocks": False, "block_list": None, "block_list_age_days": None}),
        ("unsent", {"status": {"journal": {**STATUS["journal"], "exceptions": 2}}}),
    ],
)
def test_what_will_do_is_a_notice(name: str, note: dict[str, Any]) -> None:
    found = ends(seen(**note))
    assert [each for each, ready in found.items() if ready is not Ready.YES] == [name]
    assert found[name] is Ready.NOTICE


def test_with_the_daemon_away_hardly_anything_is_ready_and_nothing_is_guessed() -> None:
    what = Facts(away="/run/kioskd.sock: nobody listens there", version="0.1.0")
    found = ends(Seen(what, tuple(find(FAULTS, what))))
    assert {name for name, ready in found.items() if ready is Ready.NO} == {name for name, _ in CHECKS} - {"block list"}
