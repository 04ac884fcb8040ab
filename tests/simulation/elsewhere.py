"""What must hold of entries that left their station, and of exercises, when a life is over."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from kioskd.daemon.drill import CARD, FOLDER, ITEMS
from kioskd.model.entry import Entry, EntryState, Kind, Source
from tests.simulation.machine import Machine
from tests.simulation.procedure import in_clear

if TYPE_CHECKING:
    from tests.simulation.world import World

Kept = dict[str, list[Entry]]


class Checks(Protocol):
    """Counts what was looked at, and keeps what was wrong."""

    def that(self, holds: bool, *what: object) -> None:
        """Note what is wrong if this does not hold."""


def check(checks: Checks, world: "World", kept: Kept) -> None:
    """Check all of it."""
    checks.that(world.sticks_under_way == 0, "a technician never came to an end")
    _sticks(checks, world, kept)
    _at_home_and_away(checks, world, kept)
    _exported(checks, world, kept)
    for machine in world.running:
        _drills(checks, world, machine)
        in_clear(world, machine)
    for wrong in world.procedure.wrong:
        checks.that(False, wrong)


def _sticks(checks: Checks, world: "World", kept: Kept) -> None:
    """Whoever took an archive in has each of its entries once; of one that was destroyed all are at home again."""
    for stick in world.sticks:
        gone = {entry.what.id: entry for entry in kept[stick.home] if entry.outcome == stick.to}
        if stick.destroyed:
            checks.that(not gone, f"{stick.to} is destroyed, and {len(gone)} entries of {stick.home} stayed with it")
            continue
        checks.that(len(stick.taken) == 1, f"{stick.to} was taken in by {stick.taken}")
        checks.that(len(gone) == len(stick.numbers), f"{stick.to}: {len(gone)} at home, {stick.numbers} on its cover")
        for station in (*stick.taken, *stick.copied):
            has = [entry.what.id for entry in kept[station] if entry.what.id in gone]
            checks.that(sorted(has) == sorted(gone), f"{station} took in {stick.to}: {len(has)} of {len(gone)} entries")


def _at_home_and_away(checks: Checks, world: "World", kept: Kept) -> None:
    """An entry is sendable at one station alone: what came by a stick was handed over where it is from."""
    at_home = {
        entry.what.id: (station, entry)
        for station, its in kept.items()
        for entry in its
        if entry.what.source is not Source.RESCUE
    }
    on_sticks = {stick.to for stick in world.sticks}
    for station, its in kept.items():
        gone = {str(entry.outcome) for entry in its if entry.state is EntryState.HANDED_OVER} - on_sticks
        lost = [to for to in gone if to.startswith("rescue ")]
        checks.that(not lost, f"entries of {station} went to {lost}, which no technician knows of")
    copies = {(station, stick.to) for stick in world.sticks for station in stick.copied}
    came: dict[str, list[str]] = defaultdict(list)
    for station, its in kept.items():
        for entry in its:
            if entry.what.source is not Source.RESCUE:
                continue
            home, there = at_home.get(entry.what.id, ("", None))
            checks.that(there is not None, f"{station} has an entry from nowhere: {entry.seq}")
            if there is None:
                continue
            away = there.state is EntryState.HANDED_OVER and there.outcome in on_sticks
            checks.that(away, f"entry {there.seq} of {home} is at {station} too, and is {there.state} {there.outcome}")
            if (station, there.outcome) not in copies:
                came[entry.what.id].append(station)
    for id_, stations in came.items():
        checks.that(len(stations) == 1, f"an entry of {at_home[id_][0]} came to {stations}")


def away(world: "World", kept: Kept, entry: Entry) -> Entry:
    """Return an entry where it is by now: at the station that a stick brought it to, or here."""
    if entry.state is EntryState.HANDED_OVER:
        for stick in world.sticks:
            if stick.to == entry.outcome and stick.taken:
                here = next((each for each in kept[stick.taken[0]] if each.what.id == entry.what.id), None)
                return here if here is not None else entry
    return entry


def twice_allowed(world: "World", kept: Kept) -> dict[tuple[str | None, str], int]:
    """Return how many deeds more than entries there may be, by card and item.

    A renewal on a copied stick cannot be told from another one; what a file was loaded with has no entry that is sent.
    """
    found: dict[tuple[str | None, str], int] = defaultdict(int)
    loaded = {id_ for file in world.afterwards.exported if file.loaded for id_ in file.ids}
    for its in kept.values():
        for entry in its:
            if entry.what.id in loaded and entry.state is EntryState.HANDED_OVER:
                found[entry.what.patron, str(entry.what.item)] += 1
    return found


def loans_once(kept: Kept) -> Kept:
    """Return all entries, a loan that came on a copied stick once."""
    seen: set[str] = set()
    found: Kept = {}
    for station, its in kept.items():
        found[station] = []
        for entry in its:
            again = entry.what.id in seen and entry.what.kind is Kind.CHECKOUT
            if entry.what.source is Source.RESCUE and entry.state is not EntryState.HANDED_OVER:
                # One that went on by another stick is sent from there, not from here.
                seen.add(entry.what.id)
            if not (again and entry.what.source is Source.RESCUE):
                found[station].append(entry)
    return found


def _exported(checks: Checks, world: "World", kept: Kept) -> None:
    """Each entry that was handed over to a file is in that one, and no other is; what was taken back is nowhere."""
    files = {(each.station, each.to): sorted(each.ids) for each in world.afterwards.exported if not each.taken_back}
    there = [each for each in world.afterwards.exported if not each.taken_back]
    checks.that(len(files) == len(there), "a file was made twice")
    checks.that(world.afterwards.unfinished == 0, "a hand-over never came to its end")
    marked: dict[tuple[str, str], list[str]] = defaultdict(list)
    for station, its in kept.items():
        for entry in its:
            if entry.state is EntryState.HANDED_OVER and str(entry.outcome).startswith("csv "):
                marked[station, str(entry.outcome)].append(entry.what.id)
    for key in files.keys() | marked.keys():
        checks.that(
            sorted(marked[key]) == files.get(key, []), f"{key}: marked {marked[key]}, in the file", files.get(key)
        )


def _drills(checks: Checks, world: "World", machine: Machine) -> None:
    """Nothing of an exercise is left: in no row, file, line or deed."""
    process = machine.process
    if process is not None and not process.drills.on:
        left = [path for path in machine.disk.files if f"/{FOLDER}/" in path]
        checks.that(not left, f"a drill left {left} at {machine.name}")
    for path, content in machine.disk.files.items():
        if f"/{FOLDER}/" not in path:
            found = [code for code in (CARD, *ITEMS) if code.encode() in content.now]
            checks.that(not found, f"{found} of a drill stand in {path}")
    checks.that(not world.drilled_lines, f"a drill was heard at the library system: {world.drilled_lines[:1]}")


__all__: Sequence[str] = ("away", "check", "loans_once", "twice_allowed")
