"""Each profile's defaults against the servers that it is for: fresh entries, lost answers, staff's dates, refusals.

What can be played is played; symphony, polaris and sierra have no server that anybody read, so theirs is the plain one.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from kioskd.config.profiles import PROFILES
from kioskd.model.entry import EntryState, Kind
from kioskd.model.settings import Terminator
from tests.comeback.kiosk import ZONE, entry
from tests.comeback.scene import NOON, Scene, book, card, play

PLAYED_BY: Mapping[str, Sequence[tuple[str, dict[str, Any]]]] = {
    "generic": [("plain", {}), ("sipserver", {}), ("pysip2ish", {"encoding": "utf-8"})],
    "koha": [("koha", {}), ("koha_noblock", {})],
    "evergreen": [("evergreen", {}), ("mediator", {})],
    "folio": [("plain", {"encoding": "cp850"})],
    "symphony": [("plain", {"needs_one_segment": True})],
    "polaris": [("plain", {"needs_one_segment": True})],
    "sierra": [("plain", {"needs_crlf": True, "terminator": "crlf"})],
}
"""The server's ways, and switches beyond them."""
STAFFS = dt.datetime.fromtimestamp(NOON, ZONE).date() + dt.timedelta(days=21)
"""The date that these servers give by themselves, so that those who ignore staff's keep it by chance."""
ANNA, BEN, BLOCKED = card(1), card(2), card(3)
LENT, LOST_AND_DONE, LOST_UNDONE, DATED, RENEWED, LOST_RENEWAL, BENS, ON_BLOCKED = (book(n) for n in range(1, 9))


async def _upload(folder: Path, profile: str, personality: str, switches: dict[str, Any]) -> dict[int, str | None]:
    had = [(1, 5), (1, 6), (2, 7)]
    defaults: dict[str, Any] = dict(PROFILES[profile].defaults)
    if "terminator" in defaults:
        defaults["terminator"] = Terminator(defaults["terminator"])
    async with Scene(folder, personality, items=10, loans=had, **switches) as scene:
        world = scene.system.world
        world.patrons[BLOCKED].blocked = "Please see staff"
        due_before = world.loans[LOST_RENEWAL].due.strftime("%Y%m%d    235900")
        if personality == "mediator":
            due_before = world.loans[LOST_RENEWAL].due.strftime("%Y-%m-%d %H:%M:%S")
        world.lend(ANNA, LOST_AND_DONE, scene.origin("11"))
        world.renew(LOST_RENEWAL, scene.origin("29"), patron=ANNA)
        kiosk = scene.kiosk(**defaults)
        kiosk.fill(
            [
                entry(ANNA, LENT, NOON - 900),
                entry(ANNA, LOST_AND_DONE, NOON - 800),
                entry(ANNA, LOST_UNDONE, NOON - 700),
                entry(ANNA, DATED, NOON - 600, due_date=STAFFS),
                entry(ANNA, RENEWED, NOON - 500, Kind.RENEWAL),
                entry(ANNA, LOST_RENEWAL, NOON - 400, Kind.RENEWAL),
                entry(ANNA, BENS, NOON - 300, due_date=STAFFS),
                entry(BLOCKED, ON_BLOCKED, NOON - 200),
                entry(BEN, book(9), NOON - 100),
            ]
        )
        for seq in (2, 3):
            kiosk.note(seq, EntryState.SENDING)
        kiosk.note(6, EntryState.SENDING, due_before=due_before)
        kiosk.start()
        await kiosk.settled()
        done = scene.times_done()
        assert all(done["loan", item] == 1 for item in (LENT, LOST_AND_DONE, LOST_UNDONE, DATED, book(9)))
        assert all(done["renewal", item] == 1 for item in (RENEWED, LOST_RENEWAL))
        assert sum(done.values()) == 7, "and nothing else"
        assert scene.holder(BENS) == BEN, "no-block takes nothing from anybody"
        return kiosk.outcomes()


@pytest.mark.parametrize(
    ("profile", "personality", "switches"),
    [(name, *row) for name, rows in PLAYED_BY.items() for row in rows],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_a_whole_upload_by_each_profile(folder: Path, profile: str, personality: str, switches: dict[str, Any]) -> None:
    async def scene() -> dict[int, str | None]:
        return await _upload(folder, profile, personality, switches)

    outcomes: dict[int, str | None] = play(scene)
    assert list(outcomes.values()) == [
        "lent",
        "found_on_loan",
        "lent",
        "lent",
        "renewed",
        "found_renewed",
        "on_loan_to_another",
        "patron_blocked",
        "lent",
    ]


def test_no_profile_is_left_out() -> None:
    assert set(PLAYED_BY) == set(PROFILES)
