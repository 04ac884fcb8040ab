"""Deeds that no look could show to whoever then sent the same entry again.

Nothing in SIP2 says that a question which was given up is still going to be done, nor that what is on the shelf had
been lent and brought back (docs/ILS.md, *What no row can tell*). Where a look was made, and that happened behind its
back, an entry is done once more; an entry that is sent again without a look is never among these.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hardware_sim.ils.ledger import Deed
from kioskd.model.entry import Entry
from tests.simulation.afterwards import LOADED
from tests.simulation.library import DONE_WITHIN_S, Done, Heard

if TYPE_CHECKING:
    from tests.simulation.world import Asked, World

FRESH_S = 60.0
"""A look that is older than this was no look before sending."""


def twice_unseen(world: "World", kept: dict[str, list[Entry]]) -> dict[tuple[str | None, str], int]:
    """Return how many deeds came of entries that had led to one already, which no look could show; by card and item."""
    entries = {(station, int(entry.seq)): entry for station, its in kept.items() for entry in its}
    sendings: dict[str, list[Asked]] = defaultdict(list)
    for asked in world.asked:
        entry = entries.get((asked.station, asked.seq)) if asked.seq is not None else None
        if entry is not None and entry.what.item is not None:
            sendings[entry.what.id].append(asked)
    deeds: dict[str, list[Done]] = defaultdict(list)
    for done in world.library.deeds:
        deeds[done.item].append(done)
    loaded = {id_ for file in world.afterwards.exported if file.loaded for id_ in file.ids}
    found: dict[tuple[str | None, str], int] = defaultdict(int)
    for id_, its in sendings.items():
        what = entries[its[0].station, its[0].seq or 0].what
        item = str(what.item)
        mine = [each for each in deeds[item] if each.patron == what.patron]
        by_file = [each for each in mine if each.message == LOADED.message] if id_ in loaded else []
        if len(its) > 1 or by_file:
            found[what.patron, item] += done_again(its, world.library.heard_of[item], mine, by_file)
    return found


def done_again(
    sendings: Sequence["Asked"], heard: Sequence[Heard], deeds: Sequence[Done], by_file: Sequence[Done] = ()
) -> int:
    """Count the sendings that did once more what an earlier one had done behind the back of the look before it.

    `by_file`: what was done when a file was loaded in which the entry stood, before it was taken back from there.
    """
    found, did = 0, [_deed(n, sendings, heard, deeds) for n in range(len(sendings))]
    for n, asked in enumerate(sendings):
        looks = [each.at_s for each in heard if each.code == "17" and each.station == asked.station]
        looks = [at_s for at_s in looks if asked.at_s - FRESH_S <= at_s <= asked.at_s]
        if not looks or did[n] is None:
            continue
        lent = [each for each in by_file if each.kind is Deed.LOAN and each.at_s < asked.at_s]
        found += any(_behind_the_back(each, looks[-1], deeds) for each in lent) or any(
            before is not None
            and (earlier.station != asked.station or earlier.at_s < looks[-1])
            and _behind_the_back(before, looks[-1], deeds)
            for earlier, before in zip(sendings[:n], did[:n], strict=True)
        )
    return found


def _behind_the_back(done: Done, look_s: float, deeds: Sequence[Done]) -> bool:
    """Tell whether this was done after the look, or was undone by a return before it."""
    returned = any(each.kind is Deed.RETURN and done.at_s < each.at_s < look_s for each in deeds)
    return done.at_s > look_s or returned


def _deed(n: int, sendings: Sequence["Asked"], heard: Sequence[Heard], deeds: Sequence[Done]) -> Done | None:
    """Return what a sending led to, if it did: on the connection on which it was heard, or through a door."""
    asked = sendings[n]
    again = (each.at_s for each in sendings[n + 1 :] if each.station == asked.station)
    until_s = min((asked.at_s + DONE_WITHIN_S, *again))
    for line in heard:
        if line.code in ("11", "29") and line.station == asked.station and asked.at_s <= line.at_s < until_s:
            on_it = [each for each in deeds if (each.connection, each.message) == (line.connection, line.code)]
            return next((each for each in on_it if line.at_s <= each.at_s <= line.at_s + DONE_WITHIN_S), None)
    by_door = [each for each in deeds if each.message == "koha" and asked.at_s <= each.at_s < until_s]
    return next(iter(by_door), None)
