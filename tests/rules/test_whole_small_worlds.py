"""Every sequence of inputs up to a depth, in every mode, with the disk, the printer and the clock joining in.

States that tell apart nothing but ids and moments are one; what must always hold is looked at after each step (the
world's `watch`), and what the View offers after each move. One move each time, three each night, more by
`python -m tests.rules.test_whole_small_worlds DEPTH`.
"""

import sys
from collections.abc import Hashable

import pytest

from kioskd.model import calls as c
from kioskd.model import inputs
from kioskd.model.device import DeviceKind, DeviceState, DeviceStatus
from kioskd.model.entry import ModeName
from kioskd.model.settings import StationKind
from kioskd.model.slip import SlipFate, SlipKind
from kioskd.model.time import Clock, ClockSource
from kioskd.model.view import Flow, Paper
from tests.rules import invariants
from tests.rules.station import ANNA, BEN, BOOK, DISC, FILM, Station, town
from tests.rules.test_small_worlds import Move, disk, fork, line, scans, seen_as


def paper(station: Station) -> None:
    out = station.state.paper is Paper.OUT
    station.tell(inputs.PrinterChanged(Paper.OK if out else Paper.OUT, ready=out))


def printer(station: Station) -> None:
    there = any(each.kind is DeviceKind.PRINTER and each.state is DeviceState.READY for each in station.state.devices)
    state = DeviceState.ABSENT if there else DeviceState.READY
    station.tell(inputs.DeviceChanged(DeviceStatus("paper", DeviceKind.PRINTER, "usblp", state)))
    station.tell(inputs.PrinterChanged(Paper.UNKNOWN if there else Paper.OK, ready=not there))


def slip(fate: SlipFate) -> Move:
    return lambda station: station.slip(fate) if station.printing else None


def clock(station: Station) -> None:
    trusted = not station.state.clock.trusted
    source = ClockSource.NTP if trusted else ClockSource.NONE
    station.tell(inputs.ClockChanged(Clock(trusted, source, station.clock.boot_id)))


def jump(station: Station) -> None:
    station.wall_s += 86_400
    station.tell(inputs.Tick())


def hang(station: Station) -> None:
    station.hangs = not station.hangs
    station.advance(10)


def forced(station: Station) -> None:
    wish = c.ModeWish.AUTO if station.state.mode.forced is not None else c.ModeWish.OFFLINE
    station.call(c.ModeSet(wish, "works on the line"), c.Role.STAFF)


MOVES: dict[str, Move] = {
    "Anna's card": scans(ANNA),
    "Ben's card": scans(BEN),
    "a book": scans(BOOK),
    "a film": scans(FILM),
    "yes": lambda station: station.confirm(yes=True),
    "no": lambda station: station.confirm(yes=False),
    "renew": lambda station: station.call(c.SessionStart(Flow.RENEW)),
    "finish with a receipt": lambda station: station.finish(SlipKind.RECEIPT),
    "cancel": lambda station: station.call(c.SessionCancel()),
    "withdraw": lambda station: station.call(c.SessionWithdraw(1)),
    "16 s": lambda station: station.advance(16),
    "90 s": lambda station: station.advance(90),
    "the line": line,
    "it hangs": hang,
    "the disk": disk,
    "the paper": paper,
    "the printer": printer,
    "a slip is out": slip(SlipFate.PRINTED),
    "a slip breaks off": slip(SlipFate.BROKEN),
    "the clock's trust": clock,
    "the clock jumps a day": jump,
    "staff unlock": lambda station: station.unlock(),
    "staff force it offline, or not": forced,
    "staff check in": lambda station: station.call(c.ItemCheckin(BOOK), c.Role.STAFF),
    "half a scan": lambda station: station.tell(inputs.ScanLost("front")),
}


def told_apart(station: Station) -> Hashable:
    state = station.state
    return (
        seen_as(station),
        (state.paper, state.printer_ready, tuple(device.state for device in state.devices), len(station.printing)),
        (state.clock.trusted, state.mode.forced is not None, state.staff.by, state.language),
        None if state.message is None else state.message.key,
        None if state.session is None else (state.session.paper, len(state.session.slips)),
        (station.hangs, state.link.doubted, state.link.relapses > 0),
    )


def begin(mode: ModeName, kind: StationKind) -> Station:
    """A station in a mode; but for *online*, with one thing unsent."""
    station = town(kind=kind, printer_waits=True).with_printer()
    if mode is not ModeName.ONLINE:
        station.offline()
        station.scan(ANNA)
        station.scan(DISC)
        station.call(c.SessionCancel())
        station.advance(60)
    if mode is ModeName.RECOVERING:
        station.reachable = True
        station.dies = ["before"] * 6
        for _ in range(400):
            station.advance(0.5)
            if station.mode is not ModeName.OFFLINE:
                break
    assert station.mode is mode
    return station


def walk(start: Station, deep: int) -> tuple[list[int], int]:
    """Try every sequence so long; return how many distinct states each depth added, and how many moves were tried."""
    known, edge, tried, found = {told_apart(start)}, [(start, ())], 0, [1]
    for _ in range(deep):
        further = []
        for station, way in edge:
            for name, move in MOVES.items():
                twin = fork(station)
                twin.dies = list(station.dies)
                tried += 1
                try:
                    move(twin)
                    key = told_apart(twin)
                    if key not in known:
                        known.add(key)
                        further.append((twin, (*way, name)))
                        invariants.choices_are_honest(twin)
                except AssertionError as wrong:
                    raise AssertionError(" → ".join((*way, name))) from wrong
        found.append(len(further))
        edge = further
    return found, tried


def told(mode: ModeName, kind: StationKind, deep: int) -> list[int]:
    found, tried = walk(begin(mode, kind), deep)
    sequences = sum(len(MOVES) ** depth for depth in range(1, deep + 1))
    print(f"{kind} station, {mode}: {sequences} sequences of {deep} moves at most, {tried} moves tried, ", end="")
    print(f"{sum(found)} distinct states ({' + '.join(map(str, found))})")
    return found


@pytest.mark.parametrize("mode", list(ModeName))
@pytest.mark.parametrize("kind", list(StationKind))
def test_every_move_in_every_mode(mode: ModeName, kind: StationKind) -> None:
    assert sum(told(mode, kind, 1)) > 10


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", list(ModeName))
@pytest.mark.parametrize("kind", list(StationKind))
def test_every_three_moves_in_every_mode(mode: ModeName, kind: StationKind) -> None:
    assert sum(told(mode, kind, 3)) > 200


if __name__ == "__main__":
    for each in StationKind:
        for name in ModeName:
            told(name, each, int(sys.argv[1]) if len(sys.argv) > 1 else 3)
