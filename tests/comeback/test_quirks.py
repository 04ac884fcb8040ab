"""Each known way of a server switched on by itself: a whole upload passes, and what it does is what was meant."""

from pathlib import Path

import pytest

from hardware_sim.ils.quirks import QUIRKS, Quirk
from kioskd.model.entry import EntryState, Kind
from kioskd.model.settings import Terminator
from tests.comeback.kiosk import entry
from tests.comeback.scene import NOON, Scene, book, card, play

LOANS, RENEWALS = 6, 3
SOME = 7
"""Each way is met on the line by tests/ils/test_faults.py too; all the whole uploads are in the long tier."""


def _upload(folder: Path, quirk: Quirk) -> None:
    async def scene() -> None:
        had = [(1, LOANS + n) for n in range(1, RENEWALS + 1)]
        needs = dict(quirk.station)
        if "terminator" in needs:
            needs["terminator"] = Terminator(needs["terminator"])
        async with Scene(folder, loans=had, items=LOANS + RENEWALS + 1, **quirk.switches) as it:
            kiosk = it.kiosk(**needs)
            entries = [entry(card(1 + n % 2), book(n), NOON - 900 + n) for n in range(1, LOANS + 1)]
            entries += [entry(card(1), book(LOANS + n), NOON - 100 + n, Kind.RENEWAL) for n in range(1, RENEWALS + 1)]
            kiosk.fill(entries)
            # One whose answer was lost though it was done: the look-ups speak this server's way too.
            it.system.world.lend(card(2), book(1), it.origin("11"))
            kiosk.note(1, EntryState.SENDING)
            kiosk.start()
            await kiosk.settled()
            seen = it.times_done()
            assert all(seen["loan", book(n)] == 1 for n in range(1, LOANS + 1))
            assert all(seen["renewal", book(LOANS + n)] == 1 for n in range(1, RENEWALS + 1))
            return it.waiting_for_a_person()

    left = play(scene)
    if quirk.switches.get("list_at_most") == 0:
        assert left == [("CENTRAL-1", 1, "unsure")], "a list that is not whole proves nothing, so a person looks"
    else:
        assert left == []


@pytest.mark.parametrize("quirk", QUIRKS[::SOME], ids=lambda quirk: quirk.fact)
def test_a_whole_upload_against_some_ways_of_a_server(folder: Path, quirk: Quirk) -> None:
    _upload(folder, quirk)


@pytest.mark.long
@pytest.mark.parametrize("quirk", QUIRKS, ids=lambda quirk: quirk.fact)
def test_a_whole_upload_against_one_way_of_a_server(folder: Path, quirk: Quirk) -> None:
    _upload(folder, quirk)
