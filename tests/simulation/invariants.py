"""What must hold when a life is over, whatever happened in it: journals, library system and ledger side by side."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hardware_sim.ils.ledger import Deed
from kioskd.model.entry import UNSENT, Entry, EntryFilter, EntryState, Kind, Source
from kioskd.model.view import LineResult
from tests.simulation import elsewhere
from tests.simulation.ledger import Promise
from tests.simulation.library import Done
from tests.simulation.machine import Machine
from tests.simulation.procedure import STREETS, SURNAMES
from tests.simulation.unseen import twice_unseen

if TYPE_CHECKING:
    from tests.simulation.world import Asked, World

PEOPLE = frozenset({EntryState.EXCEPTION, EntryState.HANDED_OVER, EntryState.RESOLVED, EntryState.WITHDRAWN})
"""States in which a person has it, or had."""
NEVER_DONE = frozenset({EntryState.WITHDRAWN, EntryState.HANDED_OVER, EntryState.REFUSED})
"""Entries that may have led to no deed at all."""
PERSONAL = ("kiosk-password-8471", "24682468", *SURNAMES, *STREETS)


def entries(machine: Machine) -> list[Entry]:
    """Return all entries that there ever were; of those that were purged, as they stood then."""
    if machine.process is None:
        return []
    kept = {int(entry.seq): entry for entry in machine.process.journal.entries(EntryFilter())}
    return [entry for _, entry in sorted({**machine.over, **kept}.items())]


class Checks:
    """Counts what was looked at, and keeps what was wrong."""

    def __init__(self) -> None:
        self.made = 0
        self.wrong: list[str] = []

    def that(self, holds: bool, *what: object) -> None:
        self.made += 1
        if not holds:
            self.wrong.append(" ".join(map(str, what)))


def check(world: "World") -> tuple[int, list[str]]:
    """Check everything; return how many checks were made and what was wrong."""
    checks = Checks()
    checks.made += world.ledger.views
    checks.wrong += world.faults[:3] + world.ledger.wrong[:10]
    kept = {}
    for machine in world.running:
        checks.that(machine.process is not None, machine.name, "does not start any more")
        checks.wrong += machine.wrong[:3]
        kept[machine.name] = entries(machine)
        _journal(checks, machine, kept[machine.name])
        checks.that(
            not [entry for entry in kept[machine.name] if entry.state in UNSENT],
            machine.name,
            "still has unsent entries a day after all was well:",
            [(entry.seq, entry.state.value) for entry in kept[machine.name] if entry.state in UNSENT][:5],
        )
    _promises(checks, world, kept)
    _typed(checks, world, kept)
    elsewhere.check(checks, world, kept)
    _nothing_twice(checks, world, kept)
    for machine in world.running:
        _order(checks, world, machine, kept[machine.name])
    _nothing_offline(checks, world)
    _nothing_personal(checks, world)
    return checks.made, checks.wrong


def _journal(checks: Checks, machine: Machine, kept: Sequence[Entry]) -> None:
    if machine.process is None:
        return
    connection = machine.process.journal._connection
    checks.that(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], machine.name, "journal damaged")
    told = machine.process.journal.summary()
    checks.that(told.recorded == len(kept), machine.name, "counts", told.recorded, "entries and has", len(kept))
    for state, number in (
        (EntryState.SETTLED, told.settled),
        (EntryState.EXCEPTION, told.exceptions),
        (EntryState.WITHDRAWN, told.withdrawn),
    ):
        has = sum(entry.state is state for entry in kept)
        checks.that(number == has, machine.name, "counts", number, state.value, "and has", has)
    seqs = [entry.seq for entry in kept]
    checks.that(len(set(seqs)) == len(seqs) and seqs == sorted(seqs), machine.name, "numbers", seqs[-5:])
    checks.that(len({entry.what.id for entry in kept}) == len(kept), machine.name, "two entries share an id")


def _on_account(deeds: Sequence[Done], patron: str | None, item: str, since_s: float) -> bool:
    """Whether the item was this patron's by the library system's own books at any moment since then."""
    holder: str | None = None
    for done in deeds:
        if done.at_s >= since_s and holder is not None and patron in (None, holder):
            return True
        if done.item != item:
            continue
        match done.kind:
            case Deed.LOAN | Deed.RENEWAL:
                holder = done.patron
            case Deed.RETURN | Deed.FORGOTTEN:
                holder = None
        if done.at_s >= since_s and holder is not None and patron in (None, holder):
            return True
    return holder is not None and patron in (None, holder)


def _promises(checks: Checks, world: "World", kept: dict[str, list[Entry]]) -> None:
    """Every item that a patron was told is theirs is on their account, or waits before a person."""
    deeds: dict[str, list[Done]] = defaultdict(list)
    for done in world.library.deeds:
        deeds[done.item].append(done)
    found: dict[tuple[str, str, str], list[Entry]] = defaultdict(list)
    for station, its in kept.items():
        for entry in its:
            found[station, entry.what.session, str(entry.what.item)].append(entry)
    for promise in world.ledger.promises.values():
        its = found.get((promise.station, promise.session, promise.item), [])
        checks.that(bool(its), "promised and nowhere in the journal:", _told(promise, world))
        # Who was refused an item and held it up again has two entries of it, and heard the no to the first.
        for entry in [each for each in its if each.state is not EntryState.REFUSED] or its:
            now = elsewhere.away(world, kept, entry)
            _kept_promise(checks, world, promise, now, deeds[promise.item])


def _kept_promise(checks: Checks, world: "World", promise: Promise, entry: Entry, deeds: Sequence[Done]) -> None:
    told = _told(promise, world)
    patron = entry.what.patron
    if promise.who is not None and patron is not None:
        checks.that(patron in promise.who.cards, "recorded for another card than the person's:", told)
    if not promise.stands:
        checks.that(entry.state in PEOPLE, "taken back on the screen, and", entry.state.value, told)
        return
    if entry.state is EntryState.REFUSED:
        checks.that(False, "promised and then refused:", told)
    elif entry.state is EntryState.WITHDRAWN:
        checks.that(entry.outcome != "not_saved", "promised and then taken back by the disk:", told)
    elif entry.state is EntryState.SETTLED:
        checks.that(
            _on_account(deeds, patron, promise.item, promise.at_s - 60.0),
            f"settled ({entry.outcome}) and never on the account:",
            told,
            f"entry {entry.seq}",
        )
    if LineResult.CHECKED_OUT in [result for _, result in promise.results]:
        # If the station died before that outcome was on the disk, it found out anew, and may have found a doubt; or
        # staff had it handed over to a file meanwhile.
        died = any(machine.name == promise.station and machine.died_since(promise.at_s) for machine in world.running)
        doubted = entry.state in (EntryState.EXCEPTION, EntryState.RESOLVED, EntryState.HANDED_OVER)
        good = entry.state is EntryState.SETTLED or (died and doubted)
        checks.that(good, "said yes to, and", entry.state.value, told)


def _typed(checks: Checks, world: "World", kept: dict[str, list[Entry]]) -> None:
    """What staff typed and heard the number of is on the account or waits before a person."""
    for typed in world.afterwards.typed:
        entry = next((each for each in kept[typed.station] if each.seq == typed.seq), None)
        told = f"entry {typed.seq} of {typed.station}, typed by staff"
        checks.that(entry is not None, "nowhere in the journal:", told)
        if entry is None:
            continue
        checks.that((entry.what.patron, entry.what.item) == (typed.patron, typed.item), "another one than", told)
        entry = elsewhere.away(world, kept, entry)
        if entry.state is EntryState.SETTLED and typed.item is not None:
            deeds = [done for done in world.library.deeds if done.item == typed.item]
            since_s = typed.told_s - 60.0
            checks.that(_on_account(deeds, typed.patron, typed.item, since_s), "settled, not on the account:", told)
        else:
            checks.that(entry.state in PEOPLE, told, "is", entry.state.value)


def _told(promise: Promise, world: "World") -> str:
    day, left = divmod(promise.at_s - world.began_s, 86_400)
    who = f"patron {promise.who.patron}" if promise.who is not None else "nobody"
    return (
        f"{promise.item} ({promise.last.value}) to {who} at {promise.station}, "
        f"day {int(day) + 1} {int(left // 3600):02d}:{int(left % 3600 // 60):02d}:{left % 60:04.1f}"
    )


def _nothing_twice(checks: Checks, world: "World", kept: dict[str, list[Entry]]) -> None:
    """No entry led to two deeds: there are never more deeds of a card and an item than entries that may be sent."""
    deeds: dict[tuple[str, str], int] = defaultdict(int)
    for done in world.library.deeds:
        if done.kind in (Deed.LOAN, Deed.RENEWAL):
            deeds[done.patron, done.item] += 1
        elif done.kind is Deed.FORGOTTEN:
            deeds[done.patron, done.item] -= 1
    asked: dict[tuple[str | None, str], list[Entry]] = defaultdict(list)
    alone: dict[str, int] = defaultdict(int)
    sent = {(each.station, each.seq) for each in world.asked}
    more = elsewhere.twice_allowed(world, kept)
    unseen = twice_unseen(world, kept)
    for its in elsewhere.loans_once(kept).values():
        for entry in its:
            # What was sent, and handed to a file before its answer was on the disk, may have been done once.
            lost = entry.state is EntryState.HANDED_OVER and (entry.what.station, entry.seq) in sent
            if entry.state not in NEVER_DONE or lost:
                asked[entry.what.patron, str(entry.what.item)].append(entry)
            if entry.what.patron is None:
                alone[str(entry.what.item)] += 1
    for (patron, item), number in deeds.items():
        may = len(asked[patron, item]) + alone[item] + more[patron, item] + unseen[patron, item]
        checks.that(
            number <= may,
            f"{number} deeds for {may} entries: card {patron}, item {item},",
            [(entry.seq, entry.what.station, entry.state.value, entry.outcome) for entry in asked[patron, item]],
        )


def _order(checks: Checks, world: "World", machine: Machine, kept: Sequence[Entry]) -> None:
    """What waited was first sent in sequence: entries of one item always, and all of them but for those that had to
    step aside because line after line died of them. What had been in a file could not hold up what went meanwhile."""
    first: dict[int, Asked] = {}
    for asked in world.asked:
        if asked.station == machine.name and asked.seq is not None:
            first.setdefault(asked.seq, asked)
    # Rows of sheets go by their own times, and what waited for a person by that person's word.
    items = {
        int(entry.seq): str(entry.what.item)
        for entry in kept
        if entry.what.source is Source.STATION and entry.what.kind is not Kind.REGISTRATION
    }
    items = {seq: number for seq, number in items.items() if seq not in machine.were_exceptions}
    aside = {items.get(seq) for seq in machine.stepped_aside}
    newest: dict[str, int] = {}
    newest_upload = 0
    for seq, asked in sorted(first.items(), key=lambda each: each[1].at_s):
        number = items.get(seq)
        if number is None:
            continue
        home_s = machine.came_home.get(seq, 0.0)
        before = newest.get(number, 0)
        in_turn = before < seq or first[before].at_s < home_s
        checks.that(in_turn, machine.name, f"sent {before} before {seq}, both of item {number}")
        newest[number] = max(before, seq)
        if asked.urgency == "upload" and number not in aside and machine.settings.ils.connections == 1:
            in_turn = newest_upload < seq or first[newest_upload].at_s < home_s
            checks.that(in_turn, machine.name, f"uploaded {newest_upload} before {seq}")
            newest_upload = max(newest_upload, seq)


def _nothing_offline(checks: Checks, world: "World") -> None:
    """Each check-in that happened was asked for while the station was online with nothing unsent."""
    for done in world.library.deeds:
        if done.message == "09":
            fitting = [
                allowed
                for station, item, at_s, allowed in world.checkins
                if station == done.station and item == done.item and at_s - 1 <= done.at_s <= at_s + 40
            ]
            checks.that(any(fitting), "checked in while offline:", done)


def _nothing_personal(checks: Checks, world: "World") -> None:
    """No PIN, password or staff code is kept, shown or logged anywhere; no card's number outside of the journal."""
    secrets = [*sorted(world.pins), *PERSONAL]
    for machine in world.running:
        for path, content in machine.disk.files.items():
            whole = bytes(content.now)
            for secret in secrets:
                checks.that(secret.encode() not in whole, secret, "stands in", path)
    told = "\n".join(_texts(world))
    for secret in secrets:
        checks.that(secret not in told, secret, "stands in a log, a trace or a masked line")
    for machine in world.running:
        for number in {card for who in (world.last.get(machine.name),) if who is not None for card in who.cards}:
            checks.that(number not in told, "a card's number stands in a log, a trace or a masked line")


def _texts(world: "World") -> Iterator[str]:
    yield from world.logs
    yield from world.masked_lines
    for machine in world.running:
        if machine.process is not None:
            for traced in machine.process.ring.kept():
                yield _whole(traced)


def _whole(value: object) -> str:
    """Every text inside, also what a repr hides."""
    import dataclasses

    if isinstance(value, str):
        return str.__str__(value) + "\n"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return "".join(_whole(getattr(value, field.name)) for field in dataclasses.fields(value))
    if isinstance(value, dict):
        return "".join(_whole(key) + _whole(each) for key, each in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return "".join(_whole(each) for each in value)
    return ""


__all__ = ["Kind", "check", "entries", "json"]
