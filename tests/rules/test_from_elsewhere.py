"""Entries of another station, and entries that come back from a hand-over: each lands once, whoever else has it too."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kioskd.model import calls as c
from kioskd.model import effects as e
from kioskd.model import handed_over as handed_over_notes
from kioskd.model.entry import EntryState, How, Kind, ModeName, Seq, Source, StorageProblem
from kioskd.model.errors import ErrorKind
from kioskd.model.time import ClockTrust
from tests.rules.library import Book, Library, Patron
from tests.rules.station import ANNA, BEN, BOOK, DISC, FILM, ZONE, Station

STAFF = c.Role.STAFF
MORNING = dt.datetime(2026, 11, 24, 9, 30, tzinfo=ZONE)


def rescued(number: int = 1, **changes: Any) -> c.Rescued:
    values: dict[str, Any] = {
        "id": f"00000000-0000-4000-9000-{number:012d}",
        "kind": Kind.CHECKOUT,
        "how": How.SCANNED,
        "at": MORNING + dt.timedelta(minutes=number),
        "clock": ClockTrust.TRUSTED,
        "mode": ModeName.OFFLINE,
        "station": "EAST-1",
        "session": "s-1",
        "state": EntryState.RECORDED,
        "patron": ANNA,
        "item": BOOK,
    }
    return c.Rescued(**{**values, **changes})


LOANS = (rescued(1), rescued(2, item=FILM, patron=BEN))


def library() -> Library:
    return Library({ANNA: Patron(), BEN: Patron()}, {BOOK: Book(), FILM: Book(), DISC: Book()})


def take(*entries: c.Rescued, part: str = "a", archive: str = "archive-1") -> c.JournalTakeIn:
    return c.JournalTakeIn(archive, part, entries or LOANS)


def taken(station: Station, call: c.JournalTakeIn) -> tuple[int, int]:
    answer = station.asks(call, STAFF)
    assert isinstance(answer, e.Reply), answer
    assert isinstance(answer.result, dict)
    return answer.result["taken"], answer.result["known"]


@pytest.fixture
def station() -> Station:
    return Station(library=library()).start().offline()


def test_they_are_recorded_as_they_were_and_say_where_they_are_from(station: Station) -> None:
    due = dt.date(2026, 12, 24)
    assert taken(station, take(rescued(due_date=due, by="KM", how=How.TYPED, unmatched=True))) == (1, 0)
    (entry,) = station.entries
    what = entry.what
    assert (what.source, what.station, what.how, what.by, what.due_date, what.unmatched) == (
        Source.RESCUE, "EAST-1", How.TYPED, "KM", due, True,
    )  # fmt: skip
    assert (what.patron, what.item, what.at_wall_s) == (ANNA, BOOK, rescued().at.timestamp())
    assert what.boot_id == "", "another machine's boot orders and corrects nothing here"


def test_a_part_that_came_is_not_taken_in_again_even_when_its_entries_are_forgotten(station: Station) -> None:
    assert taken(station, take()) == (2, 0)
    assert taken(station, take()) == (0, 2)
    station.journal.entries.clear()
    assert taken(station, take()) == (0, 2)


def test_an_entry_that_is_here_already_stays_as_it_is(station: Station) -> None:
    assert taken(station, take(LOANS[0])) == (1, 0)
    assert taken(station, take(*LOANS, LOANS[1], part="b")) == (1, 2)
    assert [entry.what.item for entry in station.entries] == [BOOK, FILM]


def test_they_go_up_each_once(station: Station) -> None:
    assert taken(station, take()) == (2, 0)
    station.back()
    station.advance(120)
    assert station.mode is ModeName.ONLINE
    assert station.lent() == [(ANNA, BOOK), (BEN, FILM)]


def test_a_station_that_is_online_sends_them_at_once() -> None:
    station = Station(library=library()).start()
    station.advance(60)
    assert taken(station, take()) == (2, 0)
    station.advance(60)
    assert station.lent() == [(ANNA, BOOK), (BEN, FILM)]
    assert station.mode is ModeName.ONLINE


def test_two_stations_and_the_dead_one_revived_send_each_loan_once() -> None:
    common = library()
    stations = [Station(library=common).start().offline() for _ in range(3)]
    for station in stations[:2]:
        assert taken(station, take()) == (2, 0)
    # The dead one, its mark taken off: it knows them as fresh, and goes last.
    dead = stations[2]
    dead.wall_s = MORNING.timestamp()
    for card, item in ((ANNA, BOOK), (BEN, FILM)):
        dead.scan(card)
        dead.scan(item)
        dead.finish()
        dead.advance(60)
    for station in stations:
        station.back()
        station.advance(300)
        assert station.journal.summary().unsent == 0
    assert [deed.item for deed in common.ledger if deed.what == "lent"] == [BOOK, FILM]
    outcomes = [entry.outcome for station in stations[:2] for entry in station.entries]
    assert outcomes == ["lent", "lent", "found_on_loan", "found_on_loan"]


@pytest.mark.parametrize(
    ("state", "due", "outcome"),
    [
        (EntryState.RECORDED, dt.date(2026, 11, 30), "renewed"),
        (EntryState.SENDING, dt.date(2026, 11, 30), "renewed"),
        (EntryState.SENDING, dt.date(2026, 12, 20), "unsure"),
    ],
    ids=["never sent", "certainly not done", "perhaps done"],
)
def test_a_renewal_is_sent_unless_it_may_be_done(
    station: Station, state: EntryState, due: dt.date, outcome: str
) -> None:
    station.library.books[BOOK] = Book(ANNA, due)
    assert taken(station, take(rescued(kind=Kind.RENEWAL, state=state))) == (1, 0)
    station.back()
    station.advance(120)
    assert [entry.outcome for entry in station.entries] == [outcome]


def test_what_was_lent_here_since_is_left_to_a_person(station: Station) -> None:
    station.back()
    station.advance(60)
    station.scan(BEN)
    station.scan(BOOK)
    station.finish()
    station.advance(60)
    assert taken(station, take(LOANS[0])) == (1, 0)
    station.advance(60)
    entry = station.entries[-1]
    assert (entry.state, entry.outcome) == (EntryState.EXCEPTION, "later_activity")
    assert station.lent() == [(BEN, BOOK)]


def test_a_registration_brings_its_form_and_its_locks(station: Station) -> None:
    entry = rescued(kind=Kind.REGISTRATION, item=None, sealed="sealed", keys="locks")
    assert taken(station, take(entry)) == (1, 0)
    (form,) = [note for note in station.journal.notes if note.kind == "registration"]
    assert form.content == {"id": entry.id, "sealed": "sealed", "keys": "locks"}
    assert station.entries[0].state is EntryState.RECORDED


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": EntryState.SETTLED},
        {"at": MORNING.replace(tzinfo=None)},
        {"item": None},
        {"patron": None},
        {"id": ""},
        {"kind": Kind.REGISTRATION, "patron": None},
    ],
)
def test_what_is_no_entry_is_refused_with_all_its_part(station: Station, wrong: dict[str, Any]) -> None:
    error = station.refused(take(LOANS[1], rescued(**wrong)), STAFF)
    assert error.kind is ErrorKind.BAD_PARAMS
    assert not station.entries


def test_a_full_disk_takes_nothing_and_says_so(station: Station) -> None:
    station.journal.problem = StorageProblem.FULL
    assert station.refused(take(), STAFF).kind is ErrorKind.STORAGE
    station.journal.problem = None
    station.advance(60)
    assert taken(station, take()) == (2, 0)


def test_two_parts_at_once_do_not_both_find_the_same_missing(station: Station) -> None:
    station.journal_waits = True
    first = station.call(take(), STAFF)
    assert station.refused(take(part="b"), STAFF).kind is ErrorKind.NOT_NOW
    while station.journal.asked:
        station.save()
    assert [answer.result for answer in station.answers[first] if isinstance(answer, e.Reply)] == [
        {"taken": 2, "known": 0}
    ]


# --- back from a hand-over ---------------------------------------------------------------------------


def handed_over(station: Station) -> list[Seq]:
    station.scan(ANNA)
    station.scan(BOOK)
    station.scan(FILM)
    station.finish()
    station.advance(60)
    seqs = [entry.seq for entry in station.entries]
    assert isinstance(station.asks(c.JournalHandOver(tuple(seqs), TO), STAFF), e.Reply)
    return seqs


def back(*seqs: Seq, reason: str = "the file was never loaded") -> c.JournalTakeBack:
    return c.JournalTakeBack(tuple(seqs), reason, "KM")


def test_what_was_handed_over_comes_back_and_goes_up_once(station: Station) -> None:
    seqs = handed_over(station)
    assert station.journal.summary().unsent == 0
    assert isinstance(station.asks(back(*seqs), STAFF), e.Reply)
    assert station.journal.summary().unsent == 2
    station.back()
    station.advance(120)
    assert station.lent() == [(ANNA, BOOK), (ANNA, FILM)]
    assert [entry.outcome for entry in station.entries] == ["lent", "lent"]


def test_a_file_that_was_loaded_all_the_same_is_noticed(station: Station) -> None:
    seqs = handed_over(station)
    station.library.books[BOOK] = Book(ANNA, dt.date(2026, 12, 15))
    assert isinstance(station.asks(back(*seqs), STAFF), e.Reply)
    station.back()
    station.advance(120)
    assert [entry.outcome for entry in station.entries] == ["found_on_loan", "lent"]
    assert station.lent() == [(ANNA, FILM)]


def test_it_comes_back_once_and_whole_or_not_at_all(station: Station) -> None:
    first, second = handed_over(station)
    assert station.refused(back(first, Seq(99)), STAFF).kind is ErrorKind.NOT_NOW
    assert station.journal.summary().unsent == 0
    assert isinstance(station.asks(back(first), STAFF), e.Reply)
    assert station.refused(back(first), STAFF).kind is ErrorKind.NOT_NOW
    assert isinstance(station.asks(back(second), STAFF), e.Reply)
    assert station.journal.summary().unsent == 2


TO = "koha-koc day.koc 1"


def there(station: Station) -> list[int]:
    """Return what the journal's notes say was handed over to that file."""
    notes = [note for note in station.journal.notes if note.kind == handed_over_notes.KIND]
    return handed_over_notes.numbers_at(notes, TO)


def test_what_was_handed_over_is_noted_as_long_as_it_is_not_taken_back(station: Station) -> None:
    """An entry that is over is forgotten; who finishes a hand-over that was cut off must know of it all the same."""
    first, second = handed_over(station)
    assert there(station) == [first, second]
    assert isinstance(station.asks(back(first), STAFF), e.Reply)
    assert there(station) == [second]
    assert isinstance(station.asks(c.JournalHandOver((first,), TO), STAFF), e.Reply)
    assert there(station) == [first, second]
    assert isinstance(station.asks(back(second, first), STAFF), e.Reply)
    assert there(station) == []


def test_nobody_hears_that_nothing_was_handed_over_while_it_is_being_saved(station: Station) -> None:
    station.scan(ANNA)
    station.scan(BOOK)
    station.finish()
    station.advance(60)
    station.journal_waits = True
    first = station.call(c.JournalHandOver((station.entries[0].seq,), TO), STAFF)
    assert station.refused(c.JournalHandedOver(TO), STAFF).kind is ErrorKind.NOT_NOW
    station.save()
    assert station.asks(c.JournalHandedOver(TO), STAFF) is None, "read, and being saved: it waits"
    while station.journal.asked:
        station.save()
    assert [type(answer) for answer in station.answers[first]] == [e.Reply]
    assert [type(answer) for answer in station.answers[c.RequestId(first + 2)]] == [e.Query]
    assert there(station) == [1]


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b"]), st.sets(st.integers(1, 30), min_size=1), st.booleans()), max_size=8)
)
def test_notes_tell_what_was_handed_over_and_not_taken_back(deeds: list[tuple[str, set[int], bool]]) -> None:
    plain: dict[str, set[int]] = {"a": set(), "b": set()}
    notes = []
    for to, seqs, is_back in deeds:
        notes.append(handed_over_notes.note(to, seqs, 0.0, back=is_back))
        plain[to] = plain[to] - seqs if is_back else plain[to] | seqs
    for to, seqs in plain.items():
        assert handed_over_notes.numbers_at(notes, to) == sorted(seqs)


def test_whoever_takes_back_says_why(station: Station) -> None:
    (first, _) = handed_over(station)
    assert station.refused(back(first, reason=" "), STAFF).kind is ErrorKind.BAD_PARAMS
    assert station.refused(back(first)).kind is ErrorKind.NOT_ALLOWED
