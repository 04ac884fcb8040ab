"""Who goes first while it recovers: a patron is served live unless an unsent entry has the same card or item.

The numbers are read once, in slices, when recovery begins, so that no scan waits for a search. One that was settled
meanwhile keeps its place until recovery ends: it is then recorded where it could have been sent, which harms nobody.
"""

from dataclasses import replace

from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.effects import FetchUnsent
from kioskd.model.entry import Entry, ModeName
from kioskd.rules.in_flight import FetchFor
from kioskd.rules.sending import Backlog
from kioskd.rules.state import State
from kioskd.rules.turn import Turn

SLICE = 500
"""Entries read at once."""


def serves_live(state: State, patron: PatronBarcode | None, item: ItemBarcode | None = None) -> bool:
    """Tell whether a patron's card, or a loan to it, is asked about at once rather than recorded behind the queue."""
    match state.mode.name:
        case ModeName.ONLINE:
            return True
        case ModeName.OFFLINE:
            return False
        case ModeName.RECOVERING:
            known = state.backlog
            # One that failed at its work lately, or refused it, shows first by an entry that it does it.
            trusted = known.loaded and not state.link.relapses and not state.link.suspect
            return trusted and patron not in known.numbers and item not in known.numbers


def begin(turn: Turn) -> None:
    """Forget what was known: recovery begins, and the journal is read anew."""
    turn.set(backlog=Backlog())


def go_on(turn: Turn) -> None:
    """Read the next slice, if one is missing and nobody else is reading."""
    state = turn.state
    if not state.backlog.loaded and state.fetch is None and state.storage is None:
        turn.set(fetch=FetchFor.BACKLOG)
        turn.do(FetchUnsent(state.backlog.read_to, SLICE))


def fetched(turn: Turn, entries: tuple[Entry, ...]) -> None:
    """The journal gave a slice."""
    known = turn.state.backlog
    found = {number for entry in entries for number in (entry.what.patron, entry.what.item) if number is not None}
    read_to = entries[-1].seq if entries else known.read_to
    numbers = known.numbers | found
    turn.set(backlog=Backlog(loaded=len(entries) < SLICE, read_to=read_to, numbers=numbers))


def add_all(turn: Turn, numbers: frozenset[str]) -> None:
    """Entries of these cards and items wait for the upload from now on."""
    known = turn.state.backlog
    if not numbers <= known.numbers:
        turn.set(backlog=replace(known, numbers=known.numbers | numbers))


def add(turn: Turn, patron: PatronBarcode | None, item: ItemBarcode | None) -> None:
    """An entry waits for the upload from now on: later ones of its card or item come behind it."""
    known = turn.state.backlog
    found = {number for number in (patron, item) if number is not None}
    if not found <= known.numbers:
        turn.set(backlog=replace(known, numbers=known.numbers | found))
