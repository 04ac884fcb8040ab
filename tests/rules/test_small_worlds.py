"""Every way through a small world, a few moves deep: two cards, two items, the library system there or gone."""

import copy
from collections.abc import Callable, Hashable
from typing import Any

import pytest

from kioskd.model import calls as c
from kioskd.model.entry import ModeName, Seq, StorageProblem
from kioskd.model.settings import StationKind
from kioskd.model.view import Flow
from tests.rules import invariants
from tests.rules.journal import Journal
from tests.rules.station import ANNA, BEN, BOOK, FILM, Station, town

DEEP = 4
STATES_AT_MOST = 1500
"""A bound on time, not on what is true: each state more is tried with every move."""

Move = Callable[[Station], Any]


def scans(code: str) -> Move:
    def move(station: Station) -> None:
        station.advance(2)
        station.scan(code)

    return move


def disk(station: Station) -> None:
    station.journal.problem = None if station.journal.problem else StorageProblem.FULL


def line(station: Station) -> None:
    if station.reachable:
        station.outage()
        station.advance(60)
    else:
        station.back()
        station.advance(45)


LENDING: dict[str, Move] = {
    "Anna's card": scans(ANNA),
    "Ben's card": scans(BEN),
    "a book": scans(BOOK),
    "a film": scans(FILM),
    "yes": lambda station: station.confirm(yes=True),
    "no": lambda station: station.confirm(yes=False),
    "renew": lambda station: station.call(c.SessionStart(Flow.RENEW)),
    "finish": lambda station: station.finish(),
    "withdraw": lambda station: station.call(c.SessionWithdraw(1)),
    "16 s": lambda station: station.advance(16),
    "the line": line,
    "the disk": disk,
}
RECOVERY: dict[str, Move] = {
    "it answers": lambda station: station.answer() if station.line.current else None,
    "it acts and dies": lambda station: dies(station, "after"),
    "it dies": lambda station: dies(station, "before"),
    "the line comes up": lambda station: station.open_line() if station.line.opening else None,
    "the journal answers": lambda station: station.save() if station.journal.asked else None,
    "staff take the book back": lambda station: station.call(c.JournalWithdraw(Seq(1)), c.Role.STAFF),
    "a film": scans(FILM),
    "2 s": lambda station: station.advance(2.1),
}


def dies(station: Station, fate: str) -> None:
    if station.line.current:
        station.dies = [fate]
        station.answer()
        station.dies = []


def fork(station: Station) -> Station:
    twin = copy.copy(station)
    twin.library = copy.deepcopy(station.library)
    twin.library.heard = []
    twin.journal = Journal(dict(station.journal.entries), problem=station.journal.problem)
    twin.journal.asked.extend(station.journal.asked)
    twin.line = copy.copy(station.line)
    twin.line.queue = list(station.line.queue)
    twin.effects, twin.scans = [], list(station.scans)
    twin.answers = {request: list(answers) for request, answers in station.answers.items()}
    twin.printing, twin.checks = list(station.printing), copy.copy(station.checks)
    twin._inputs = copy.copy(station._inputs)
    return twin


def seen_as(station: Station) -> Hashable:
    """What tells two states apart: not their ids and moments."""
    state, session = station.state, station.state.session
    lines = session.lines if session else ()
    current = state.upload.current
    return (
        None if session is None else (session.stage, session.flow, session.patron, len(session.held), session.warned),
        tuple((each.item, each.result, each.asked, each.seq) for each in lines),
        type(state.question).__name__,
        state.overlay,
        (state.mode.name, state.mode.reason, state.link.phase, min(state.link.good, 5), state.link.poll is not None),
        (state.storage, len(state.saves), len(state.waiting), len(state.outbox), len(state.reading)),
        None if current is None else (current.entry.seq, current.step, current.ask is not None),
        (state.upload.running, len(state.upload.queue), tuple(sorted(state.upload.marked))),
        tuple((each.what.patron, each.what.item, each.state, each.outcome) for each in station.entries),
        tuple((item, book.holder) for item, book in station.library.books.items()),
        (station.reachable, station.journal.problem, len(station.journal.asked)),
        type(station.line.current.question).__name__ if station.line.current else None,
    )


def walk(start: Station, moves: dict[str, Move], deep: int) -> tuple[int, int]:
    """Try every move in every state, the nearest first; return how many states and moves there were."""
    known, edge, tried = {seen_as(start)}, [(start, ())], 0
    for _ in range(deep):
        further = []
        for station, way in edge:
            for name, move in moves.items():
                twin = fork(station)
                tried += 1
                try:
                    move(twin)
                    key = seen_as(twin)
                    if key not in known and len(known) < STATES_AT_MOST:
                        known.add(key)
                        further.append((twin, (*way, name)))
                        invariants.choices_are_honest(twin)
                except AssertionError as wrong:
                    raise AssertionError(" → ".join((*way, name))) from wrong
        edge = further
    return len(known), tried


@pytest.mark.parametrize("kind", list(StationKind))
def test_lending(kind: StationKind) -> None:
    states, tried = walk(town(kind=kind), LENDING, DEEP)
    print(f"lending at a {kind} station: {states} states, {tried} moves")
    assert states > 300


def test_recovery() -> None:
    station = town(kind=StationKind.STAFF).offline()
    station.scan(ANNA)
    station.scan(BOOK)
    station.reachable = station.library_waits = station.journal_waits = True
    while station.mode is ModeName.OFFLINE:
        station.advance(1)
        if station.line.opening:
            station.open_line()
        if station.journal.asked:
            station.save()
        if station.line.current:
            station.answer()
    while station.journal.asked:
        station.save()
    assert (station.state.backlog.loaded, station.state.upload.ahead_read) == (True, True)
    states, tried = walk(station, RECOVERY, 7)
    print(f"recovery: {states} states, {tried} moves")
    assert states > 300
