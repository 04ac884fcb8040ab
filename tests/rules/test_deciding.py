"""What an answer makes of an entry, from the first question to the row: renewals, dates, order, rate, and its story."""

import datetime as dt
from dataclasses import replace

import pytest

from kioskd.model import calls as c
from kioskd.model.entry import Entry, EntryState, Kind, ModeName, Seq, Source
from kioskd.model.ils import AskCheckout
from kioskd.model.settings import NoBlockDue, StationKind
from kioskd.model.time import ClockTrust
from kioskd.model.view import Flow
from kioskd.rules import ordering, pace
from kioskd.rules.lanes import lanes
from tests.rules.library import Book, Deed
from tests.rules.outage import comes_back, fates, recorded
from tests.rules.station import ANNA, BEN, BOOK, CLEO, DISC, FILM, Station, settings, town

TODAY = dt.date(2026, 11, 24)
STAFF = c.Role.STAFF


def renewal(*, card: bool = True, due: dt.date = dt.date(2026, 11, 30), **ils: object) -> Station:
    """A renewal recorded offline of a book that Anna has, with or without her card."""
    station = town(kind=StationKind.STAFF, ils=ils).offline()
    station.library.books[BOOK] = Book(holder=ANNA, due=due)
    if card:
        station.scan(ANNA)
    station.call(c.SessionStart(Flow.RENEW))
    station.scan(BOOK)
    station.finish()
    station.advance(10)
    assert [entry.what.kind for entry in station.entries] == [Kind.RENEWAL]
    return station


def decided(station: Station) -> list[str | None]:
    """By which row each entry's newest row was decided."""
    newest = {row.seq: row.decided for row in station.journal.rows}
    return [newest[seq] for seq in sorted(newest)]


class TestRenewals:
    def test_one_that_was_never_sent_is_sent_once(self) -> None:
        station = comes_back(renewal())
        assert station.library.ledger == [Deed("renewed", ANNA, BOOK)]
        assert (fates(station), decided(station)) == ([(EntryState.SETTLED, "renewed")], ["yes_renewed"])

    @pytest.mark.parametrize("card", [True, False])
    @pytest.mark.parametrize(("days", "done"), [(27, False), (28, True), (40, True)])
    def test_what_is_due_late_enough_is_done_already(self, card: bool, days: int, done: bool) -> None:
        station = comes_back(renewal(card=card, due=TODAY + dt.timedelta(days=days), min_renew_days=28))
        assert fates(station) == [(EntryState.SETTLED, "already_done" if done else "renewed")]
        assert (station.library.ledger == []) is done

    def test_where_the_library_does_not_say_how_long_it_renews_each_is_sent(self) -> None:
        station = comes_back(renewal(due=TODAY + dt.timedelta(days=300)))
        assert fates(station) == [(EntryState.SETTLED, "renewed")]

    def test_a_time_that_nobody_vouches_for_makes_nothing_done(self) -> None:
        station = renewal(due=TODAY + dt.timedelta(days=40), min_renew_days=28)
        entry = station.journal.entries[Seq(1)]
        station.journal.entries[Seq(1)] = replace(entry, what=replace(entry.what, clock=ClockTrust.UNSURE))
        assert fates(comes_back(station)) == [(EntryState.SETTLED, "renewed")]

    def test_what_came_back_since_is_not_renewed(self) -> None:
        station = renewal()
        station.library.books[BOOK] = Book()
        comes_back(station)
        assert (fates(station), decided(station)) == ([(EntryState.EXCEPTION, "later_activity")], ["renewal_back"])
        assert station.library.ledger == []

    def test_what_another_has_since_is_not_renewed(self) -> None:
        station = renewal(due=TODAY + dt.timedelta(days=40), min_renew_days=28)
        station.library.books[BOOK] = Book(holder=BEN, due=TODAY + dt.timedelta(days=40))
        comes_back(station)
        assert (fates(station), decided(station)) == (
            [(EntryState.EXCEPTION, "later_activity")],
            ["renewal_lent_since"],
        )

    def test_a_refusal_of_one_that_another_has_is_later_activity(self) -> None:
        station = renewal()
        station.library.books[BOOK] = Book(holder=BEN, due=TODAY + dt.timedelta(days=40))
        comes_back(station, 900)
        assert decided(station)[-1] == "no_renewal_lent"


class TestLaterActivity:
    def loan(self, holder: str, days: int, **ils: object) -> Station:
        station = recorded((ANNA, BOOK), ils=ils)
        station.library.books[BOOK] = Book(holder=holder, due=TODAY + dt.timedelta(days=days))
        return comes_back(station)

    @pytest.mark.parametrize(
        ("days", "told"), [(10, "on_loan_to_another"), (21, "on_loan_to_another"), (22, "later_activity")]
    )
    def test_a_loan_that_began_later_is_told_from_one_that_stands_still(self, days: int, told: str) -> None:
        station = self.loan(BEN, days)
        assert fates(station) == [(EntryState.EXCEPTION, told)]
        assert station.library.books[BOOK].holder == BEN

    @pytest.mark.parametrize(("days", "told"), [(10, "on_loan_to_another"), (22, "later_activity")])
    def test_no_block_takes_nothing_from_anybody(self, days: int, told: str) -> None:
        station = self.loan(BEN, days, no_block_forces=True, no_block_due=NoBlockDue.BOOKMARK)
        assert fates(station) == [(EntryState.EXCEPTION, told)]
        assert not any(isinstance(question, AskCheckout) for question in station.library.heard)
        assert station.library.books[BOOK].holder == BEN

    def test_with_no_block_what_the_patron_has_is_renewed_once(self) -> None:
        station = self.loan(ANNA, 5, no_block_forces=True, no_block_due=NoBlockDue.BOOKMARK)
        assert station.library.ledger == [Deed("renewed", ANNA, BOOK)]
        assert fates(station) == [(EntryState.SETTLED, "renewed")]

    def test_a_lost_loan_that_another_has_now_is_not_sent_again(self) -> None:
        station = recorded((ANNA, BOOK))
        entry = station.journal.entries[Seq(1)]
        station.journal.entries[Seq(1)] = replace(entry, state=EntryState.SENDING, sendings=1)
        station.library.books[BOOK] = Book(holder=BEN, due=TODAY + dt.timedelta(days=30))
        comes_back(station)
        assert (fates(station), decided(station)) == ([(EntryState.EXCEPTION, "later_activity")], ["lost_lent_since"])
        assert not any(isinstance(question, AskCheckout) for question in station.library.heard)


class TestNoBlock:
    def due(self, date: dt.date, **ils: object) -> Station:
        station = town(kind=StationKind.STAFF, ils=ils).offline()
        station.scan(ANNA)
        station.call(c.SessionDueDate(date), STAFF)
        station.scan(BOOK)
        station.finish()
        station.advance(10)
        return station

    def sent(self, station: Station) -> AskCheckout:
        return next(question for question in station.library.heard if isinstance(question, AskCheckout))

    def test_without_any_date_it_is_not_sent(self) -> None:
        question = self.sent(comes_back(recorded((ANNA, BOOK))))
        assert (question.no_block, question.due) == (False, None)

    def test_a_profile_may_take_the_bookmarks_date(self) -> None:
        question = self.sent(comes_back(recorded((ANNA, BOOK), ils={"no_block_due": NoBlockDue.BOOKMARK})))
        assert (question.no_block, question.due) == (True, TODAY + dt.timedelta(days=21))

    def test_nothing_is_due_before_the_day_on_which_it_goes_up(self) -> None:
        station = self.due(TODAY + dt.timedelta(days=1), poll_offline_s=600.0)
        for _ in range(72):
            station.advance(3600)
        comes_back(station, 1200)
        assert self.sent(station).due == TODAY + dt.timedelta(days=3)
        assert fates(station) == [(EntryState.EXCEPTION, "due_date_not_kept")]

    @pytest.mark.parametrize(("does", "fate"), [(True, "lent"), (False, "not_done")])
    def test_a_yes_to_no_block_is_looked_at(self, does: bool, fate: str) -> None:
        station = self.due(TODAY + dt.timedelta(days=40), no_block_forces=True)
        if not does:
            answer = station.library.answer

            def forgetful(question: object, today: dt.date) -> object:
                said = answer(question, today)  # type: ignore[arg-type]
                if isinstance(question, AskCheckout):
                    station.library.books[BOOK].holder = None
                return said

            station.library.answer = forgetful  # type: ignore[method-assign, assignment]
        station.watch = False
        comes_back(station, 2400)
        assert fates(station)[0][1] == fate


def entry(seq: int, **changes: object) -> Entry:
    station = recorded((ANNA, BOOK))
    (made,) = station.entries
    return replace(made, seq=Seq(seq), what=replace(made.what, **changes))  # type: ignore[arg-type]


SURE: dict[str, object] = {"clock": ClockTrust.TRUSTED, "source": Source.SHEET}
UNSURE: dict[str, object] = {"clock": ClockTrust.UNSURE, "source": Source.RESCUE}


class TestOrder:
    def test_registrations_first_then_sheets_by_time(self) -> None:
        late, early = entry(7, at_wall_s=200.0, **SURE), entry(8, at_wall_s=100.0, **SURE)
        registration = entry(9, kind=Kind.REGISTRATION, item=None)
        assert [each.seq for each in ordering.ordered((late, early, registration))] == [9, 8, 7]

    def test_unsure_times_are_compared_within_their_boot_only(self) -> None:
        first = entry(1, at_boot_s=50.0, boot_id="a", **UNSURE)
        assert ordering.earlier(replace(first, what=replace(first.what, at_boot_s=10.0)), first)
        assert not ordering.earlier(replace(first, what=replace(first.what, at_boot_s=10.0, boot_id="b")), first)
        assert not ordering.earlier(entry(2, at_wall_s=0.0, **SURE), first)
        assert ordering.goes_before(first, None)
        assert not ordering.goes_before(first, entry(3))

    def test_own_entries_keep_their_sequence_whatever_their_clocks_say(self) -> None:
        station = recorded((ANNA, BOOK), (BEN, FILM), (CLEO, DISC))
        for seq, change in ((1, 0.0), (2, -2 * 86400.0), (3, -86400.0)):
            made = station.journal.entries[Seq(seq)]
            station.journal.entries[Seq(seq)] = replace(
                made, what=replace(made.what, at_wall_s=made.what.at_wall_s + change)
            )
        comes_back(station)
        assert station.lent() == [(ANNA, BOOK), (BEN, FILM), (CLEO, DISC)]

    def test_a_row_of_a_sheet_goes_where_its_time_says(self) -> None:
        station = recorded((ANNA, BOOK), (BEN, FILM), (CLEO, DISC))
        sheet, first = station.journal.entries[Seq(3)], station.journal.entries[Seq(1)]
        what = replace(sheet.what, source=Source.SHEET, at_wall_s=first.what.at_wall_s - 60)
        station.journal.entries[Seq(3)] = replace(sheet, what=what)
        comes_back(station)
        assert station.lent() == [(CLEO, DISC), (ANNA, BOOK), (BEN, FILM)]


class TestPace:
    def after(self, *round_trips_s: float) -> pace.Pace:
        found = pace.Pace()
        for round_trip_s in round_trips_s:
            found = pace.heard(found, round_trip_s)
        return found

    def test_a_steady_system_is_asked_without_a_rest(self) -> None:
        assert self.after(*[0.005, 0.012, 0.004] * 50).gap_s == 0.0
        assert self.after(*[0.9] * 50).gap_s == 0.0

    def test_twice_as_slow_or_two_seconds_make_it_rest(self) -> None:
        assert self.after(*[0.1] * 20, *[0.3] * 5).gap_s > 0.3
        assert self.after(2.5).gap_s >= 2.5
        assert self.after(*[3.0] * 100).gap_s == pace.LONGEST_GAP_S

    def test_it_goes_on_when_that_is_over(self) -> None:
        assert self.after(*[0.1] * 20, *[1.0] * 8, *[0.1] * 40).gap_s == 0.0

    def test_one_slow_answer_among_quick_ones_costs_no_more_than_itself(self) -> None:
        rest_s, now = 0.0, self.after(*[0.006] * 50)
        for round_trip_s in [1.0, *[0.006] * 40]:
            now = pace.heard(now, round_trip_s)
            rest_s += now.gap_s
        assert 0 < rest_s < 1.0

    def test_the_upload_rests(self) -> None:
        station = recorded((ANNA, BOOK), (BEN, FILM), (CLEO, DISC))
        station.round_trip_s = 4.0
        station.back()
        while station.mode is ModeName.OFFLINE:
            station.advance(0.1)
        times = []
        for _ in range(40):
            times.append(len(station.lent()))
            station.advance(0.5)
        # Four seconds to rest and four for the answer; the second went with the yes to the first, before it was slow.
        assert times.count(2) >= 15


class TestLanes:
    @pytest.mark.parametrize(
        ("ils", "found"),
        [
            ({}, [0]),
            ({"connections": 3}, [0, 1, 2]),
            ({"upload_login_user": "up"}, [1]),
            ({"upload_port": 6001}, [0]),
            ({"upload_port": 6002, "connections": 2}, [1, 2]),
        ],
    )
    def test_no_more_seats_are_taken_than_are_set(self, ils: dict[str, object], found: list[int]) -> None:
        assert list(lanes(settings(ils=ils).ils)) == found

    def test_two_entries_of_a_card_or_an_item_are_never_under_way_at_once(self) -> None:
        pairs = [(ANNA, BOOK), (ANNA, FILM), (BEN, BOOK), (CLEO, DISC)]
        station = recorded(*pairs, ils={"connections": 3})
        seen: list[set[int]] = []

        def watch() -> None:
            behind = {ask.ask for ask in station.line.followers.values()}
            currents = station.state.upload.currents.items()
            seen.append(
                {int(seq) for seq, current in currents if current.ask is not None and current.ask not in behind}
            )

        step = station._step
        station._step = lambda what: (step(what), watch())[0]  # type: ignore[method-assign, func-returns-value]
        comes_back(station)
        assert {1, 4} in seen
        assert not any({1, 2} <= each or {1, 3} <= each for each in seen)
        assert fates(station)[0] == fates(station)[3] == (EntryState.SETTLED, "lent")


class TestStory:
    def test_each_look_is_kept_with_the_row_that_it_led_to(self) -> None:
        station = recorded((ANNA, BOOK))
        station.dies = ["after"]
        comes_back(station)
        row = station.journal.rows[-1]
        assert row.decided == "lost_listed"
        assert [(look.asked, dict(look.heard)) for look in row.looked] == [
            ("11", {"none": "dropped"}),
            ("63", {"BL": "Y", "AU": "listed"}),
        ]

    def test_a_plain_yes_keeps_no_more_than_its_row(self) -> None:
        row = comes_back(recorded((ANNA, BOOK))).journal.rows[-1]
        assert (row.decided, row.looked) == ("yes", ())

    def test_nobodys_name_or_number_stands_in_a_look(self) -> None:
        station = recorded((ANNA, BOOK))
        station.library.books[BOOK].on_hold = True
        comes_back(station)
        kept = repr(station.journal.rows[-1].looked)
        assert "63" in kept
        assert not any(word in kept for word in (ANNA, BOOK, "A book"))


def test_after_three_deaths_it_is_looked_up_once_more_and_then_a_persons() -> None:
    station = recorded((BEN, FILM), (ANNA, BOOK), (CLEO, DISC))
    station.watch = False
    answer = station._answer

    def deadly() -> None:
        question = station.line.current.question if station.line.current else None
        if isinstance(question, AskCheckout) and question.item == BOOK:
            station.dies = ["before"]
        answer()

    station._answer = deadly  # type: ignore[method-assign]
    comes_back(station, 900)
    assert [outcome for _, outcome in fates(station)] == ["lent", "unsure", "lent"]
    last = station.journal.rows[-1]
    assert (last.decided, last.looked[-1].asked) == ("lost_doubted", "17")
