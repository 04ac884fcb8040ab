"""Uploads through Koha's, Evergreen's and Symphony's own doors: each entry once, or an exception, whatever befalls."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hardware_sim.ils.doors import MISHAPS
from kioskd.model.entry import Kind
from kioskd.model.settings import Secret
from tests.comeback.kiosk import ZONE, entry
from tests.comeback.scene import book, card
from tests.doors.shop import DUE, LENT_S, Shop, all_settled, loans, play, renewals, seen, states, uploaded

REQUESTS = {"koha": 3, "evergreen": 5, "symphony": 3}
"""How many requests three loans take."""


def three(profile: str) -> list[Any]:
    return loans(3, due_date=DUE) if profile == "symphony" else loans(3)


def befallen(tmp_path: Path, profile: str, mishaps: list[str], **slow: float) -> None:
    async def scene() -> None:
        async with Shop(tmp_path, profile) as shop:
            shop.doors.mishaps.extend(mishaps)
            shop.doors.evergreen.row_s = slow.get("row_s", 0.0)
            kiosk = await uploaded(shop, three(profile))
            assert shop.doors.heard, "it went through the door"
            assert shop.lent() == {book(n): 1 for n in (1, 2, 3)}, mishaps
            assert all_settled(kiosk), states(kiosk)
            assert {item: shop.holder(item) for item in shop.lent()} == {book(n): card(n) for n in (1, 2, 3)}

    play(scene)


@pytest.mark.parametrize("profile", REQUESTS)
def test_three_loans_go_through_the_door(tmp_path: Path, profile: str) -> None:
    befallen(tmp_path, profile, [])


SHORT = [("koha", "lose_answer", 1), ("evergreen", "lose_answer", 2), ("symphony", "lose_answer", 0)]
ALL = [(profile, mishap, at) for profile, most in REQUESTS.items() for mishap in MISHAPS[1:] for at in range(most)]


@pytest.mark.parametrize(
    ("profile", "mishap", "at"),
    [pytest.param(*case, marks=() if case in SHORT else pytest.mark.long) for case in ALL],
)
def test_whatever_befalls_a_request_each_loan_lands_once(tmp_path: Path, profile: str, mishap: str, at: int) -> None:
    befallen(tmp_path, profile, ["ok"] * at + [mishap])


@pytest.mark.long
@pytest.mark.parametrize("profile", REQUESTS)
@pytest.mark.parametrize("mishap", MISHAPS[1:])
def test_half_a_batch_and_a_bad_hour(tmp_path: Path, profile: str, mishap: str) -> None:
    befallen(tmp_path, profile, [mishap, "ok", mishap, "ok", "ok", mishap], row_s=20.0)


@pytest.mark.parametrize("profile", ["koha", "symphony", pytest.param("evergreen", marks=pytest.mark.long)])
def test_a_wrong_login_does_nothing_and_goes_on_when_it_is_mended(tmp_path: Path, profile: str) -> None:
    async def scene() -> None:
        async with Shop(tmp_path, profile) as shop:
            kiosk = shop.station(*three(profile), password=Secret("wrong")).start()
            await seen(lambda: kiosk.station.state.link.upload_problem)
            assert shop.lent() == {}
            assert len(shop.doors.heard) <= 1, "one try, then a pause"
            users = shop.doors.koha.users
            users["uploader"] = "wrong"
            await kiosk.settled()
            assert shop.lent() == {book(n): 1 for n in (1, 2, 3)}

    play(scene)


@pytest.mark.parametrize("profile", ["evergreen", "symphony"])
def test_a_session_that_is_over_is_opened_anew(tmp_path: Path, profile: str) -> None:
    async def scene() -> None:
        async with Shop(tmp_path, profile) as shop:
            first, *rest = three(profile)
            kiosk = await uploaded(shop, [first])
            await kiosk.stop()
            shop.doors.evergreen.forget_tokens()
            shop.doors.symphony.forget_tokens()
            kiosk.fill(rest)
            kiosk.start()
            await kiosk.settled()
            assert shop.lent() == {book(n): 1 for n in (1, 2, 3)}

    play(scene)


UNKNOWN = "29999999999999"


@pytest.mark.parametrize(
    ("profile", "made", "outcome"),
    [
        ("koha", lambda: entry(UNKNOWN, book(1), LENT_S), "patron_not_found"),
        ("koha", lambda: entry(card(1), "39999999999999", LENT_S), "item_not_found"),
        ("koha", lambda: entry(card(2), book(4), LENT_S), "on_loan_to_another"),
        ("evergreen", lambda: entry(UNKNOWN, book(1), LENT_S), "patron_not_found"),
        ("evergreen", lambda: entry(card(1), "39999999999999", LENT_S), "item_not_found"),
        ("evergreen", lambda: entry(card(2), book(4), LENT_S), "on_loan_to_another"),
        ("symphony", lambda: entry(UNKNOWN, book(1), LENT_S, due_date=DUE), "patron_not_found"),
        ("symphony", lambda: entry(card(2), book(4), LENT_S, due_date=DUE), "on_loan_to_another"),
    ],
)
def test_what_it_refuses_waits_for_a_person(
    tmp_path: Path, profile: str, made: Callable[[], Any], outcome: str
) -> None:
    async def scene() -> None:
        async with Shop(tmp_path, profile, loans=[(3, 4)]) as shop:
            kiosk = shop.station(made(), *three(profile)[1:3]).start()
            await kiosk.settled()
            assert states(kiosk)[0] == ("exception", outcome)
            assert [state for state, _ in states(kiosk)[1:]] == ["settled", "settled"]
            assert shop.holder(book(4)) == card(3), "nobody's loan was taken from them"

    play(scene)


# --- what each keeps that SIP2 does not --------------------------------------------------------------


def test_koha_keeps_the_time_of_the_loan_and_staffs_dates_go_by_sip2(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Shop(tmp_path, "koha") as shop:
            kiosk = await uploaded(shop, [*loans(1), entry(card(2), book(2), LENT_S, due_date=DUE)])
            assert states(kiosk)[0][0] == "settled"
            first, second = shop.deeds("loan")
            assert dt.datetime.fromisoformat(first.as_of).timestamp() == LENT_S + 1
            assert second.message == "11"
            assert len(shop.doors.heard) == 1

    play(scene)


def test_koha_renews_by_sip2_for_its_door_would_take_the_item_from_whoever_has_it(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Shop(tmp_path, "koha", loans=[(1, 1)]) as shop:
            kiosk = await uploaded(shop, renewals(1, card_too=True))
            assert states(kiosk) == [("settled", "renewed")]
            assert not shop.doors.heard

    play(scene)


def test_evergreen_keeps_both_the_time_and_staffs_due_date(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Shop(tmp_path, "evergreen", loans=[(3, 3)]) as shop:
            entries = [*loans(2, due_date=DUE), *renewals(3, card_too=True)]
            kiosk = await uploaded(shop, entries)
            assert all_settled(kiosk), states(kiosk)
            for deed in shop.deeds("loan"):
                if deed.message == "evergreen":
                    assert dt.datetime.fromisoformat(deed.due).astimezone(ZONE).date() == DUE
                    assert deed.as_of
            assert shop.lent() == {book(n): 1 for n in (1, 2, 3)}
            (session,) = shop.doors.evergreen.sessions.values()
            assert session.complete
            assert session.description == "kioskd CENTRAL-1"

    play(scene)


def test_evergreen_skips_what_changed_since_and_a_person_sees_it(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Shop(tmp_path, "evergreen") as shop:
            shop.doors.evergreen.skips = True
            shop.system.world.force(card(1), book(1), None, shop.origin("desk"), takes_away=False)
            shop.system.world.take_back(book(1), shop.origin("desk"))
            kiosk = await uploaded(shop, loans(2))
            assert states(kiosk) == [("exception", "refused"), ("settled", "lent")]

    play(scene)


def test_evergreen_a_kill_between_writing_down_and_the_end_lands_each_once(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Shop(tmp_path, "evergreen") as shop:
            shop.doors.evergreen.row_s = 5.0
            kiosk = shop.station(*loans(3)).start()
            await seen(lambda: any(session.results for session in shop.doors.evergreen.sessions.values()))
            await kiosk.stop()
            assert (kiosk.folder / "evergreen-session.json").exists()
            kiosk.start()
            await kiosk.settled()
            assert shop.lent() == {book(n): 1 for n in (1, 2, 3)}
            assert all_settled(kiosk), states(kiosk)
            assert not (kiosk.folder / "evergreen-session.json").exists()

    play(scene)


def test_symphony_renews_by_the_item_alone_and_the_rest_goes_by_sip2(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Shop(tmp_path, "symphony", loans=[(3, 3)]) as shop:
            kiosk = await uploaded(shop, [*loans(1), *renewals(3)])
            assert all_settled(kiosk), states(kiosk)
            assert shop.doors.heard == ["/circulation/circRecord/renew"]

    play(scene)


def test_symphony_lends_in_spite_of_a_block_for_the_item_has_left(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Shop(tmp_path, "symphony") as shop:
            shop.system.world.patrons[card(1)].blocked = "Bring back the keys"
            kiosk = await uploaded(shop, loans(1, due_date=DUE))
            assert all_settled(kiosk), states(kiosk)
            assert shop.doors.heard == ["/circulation/circRecord/checkOut"] * 2

    play(scene)


def test_patrons_are_served_by_sip2_while_the_door_is_silent(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Shop(tmp_path, "koha") as shop:
            shop.doors.mishaps.append("late_answer")
            kiosk = shop.station(*loans(1)).start()
            await seen(lambda: shop.doors.heard)
            assert await kiosk.visit(card(2), [book(2)]) == ["checked_out"]
            assert max(wait.for_s for wait in kiosk.waits) < 1.0
            await kiosk.settled()
            assert shop.lent() == {book(1): 1, book(2): 1}

    play(scene)


def test_registrations_are_for_a_person_as_ever(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Shop(tmp_path, "evergreen") as shop:
            kiosk = await uploaded(shop, [entry(card(1), None, LENT_S, Kind.REGISTRATION)])
            assert states(kiosk) == [("exception", "register_by_hand")]

    play(scene)
