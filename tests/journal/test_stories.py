"""An entry's story as the journal keeps it, and what the upload asks the journal for besides the next in turn."""

import zoneinfo
from pathlib import Path

import pytest

from kioskd.journal.journal import Journal
from kioskd.journal.listing import entry_document, story_document
from kioskd.model.barcode import PatronBarcode
from kioskd.model.entry import EntryState, Kind, Look, Seq, Source

from .making import NOON, ZONE, add, opened, row

LOOKED = (Look(NOON + 1, "11", {"none": "dropped"}), Look(NOON + 2.5, "63", {"BL": "Y", "AU": "listed"}))
CARD = PatronBarcode("21234000004575")


@pytest.mark.parametrize("answer", [None, {"AH": "20261214", "AF": "é|_"}])
def test_a_row_keeps_how_it_came_about_over_a_restart(state_dir: Path, answer: dict[str, str] | None) -> None:
    with opened(state_dir) as journal:
        journal.write([add(1)])
        journal.write([row(1, EntryState.SENDING)])
        journal.write(
            [row(1, EntryState.SETTLED, "found_on_loan", answer=answer, decided="lost_listed", looked=LOOKED)]
        )
    with opened(state_dir) as journal:
        story = journal.story(Seq(1))
        assert story is not None
        recorded, sending, last = story.rows
        assert (recorded.decided, recorded.looked, sending.decided) == (None, (), None)
        assert (last.answer, last.decided, last.looked) == (answer, "lost_listed", LOOKED)
        assert story.entry.answer == answer


def test_the_due_date_before_a_renewal_outlives_a_restart(state_dir: Path) -> None:
    # By it the upload decides whether a renewal whose answer was lost was made.
    with opened(state_dir) as journal:
        journal.write([add(1), row(1, EntryState.SENDING, due_before="20261214")])
        journal.write([add(2), row(2, EntryState.SENDING, due_before="20261214")])
        journal.write([row(2, EntryState.EXCEPTION, "unsure")])
    with opened(state_dir) as journal:
        both = journal.those([Seq(1), Seq(2)])
        assert [(entry.due_before, entry.sendings) for entry in both] == [("20261214", 1)] * 2
        # What is sent as a loan again is no renewal any more.
        journal.write([row(1, EntryState.SENDING)])
        (once_more,) = journal.those([Seq(1)])
        assert (once_more.due_before, once_more.sendings) == (None, 2)


def test_what_it_came_about_by_is_no_part_of_the_answer_on_lists(journal: Journal) -> None:
    journal.write([add(1), row(1, EntryState.SETTLED, "lent", answer={"AH": "x"}, decided="yes", looked=LOOKED)])
    story = journal.story(Seq(1))
    assert story is not None
    zone = zoneinfo.ZoneInfo(ZONE)
    assert entry_document(story.entry, zone)["answer"] == {"AH": "x"}
    told = story_document(story.entry, story.rows, zone)["story"]
    assert isinstance(told, list)
    assert [each["decided"] for each in told] == [None, "yes"]
    assert [look["asked"] for look in told[1]["looked"]] == ["11", "63"]
    assert story.entry.what.patron is not None
    assert story.entry.what.patron not in repr(story_document(story.entry, story.rows, zone))


def test_registrations_and_rows_from_elsewhere_are_given_by_themselves(journal: Journal) -> None:
    journal.write(
        [
            add(1),
            add(2, kind=Kind.REGISTRATION, item=None),
            add(3, source=Source.SHEET),
            add(4, EntryState.SENDING, source=Source.RESCUE),
            add(5, source=Source.SHEET),
            row(5, EntryState.SETTLED, "lent"),
        ]
    )
    assert [entry.seq for entry in journal.ahead(10)] == [2, 3, 4]
    assert [entry.seq for entry in journal.ahead(2)] == [2, 3]
    assert [entry.seq for entry in journal.unsent()] == [1, 2, 3, 4]


def test_exceptions_of_one_kind_are_found(journal: Journal) -> None:
    journal.write([add(number) for number in range(1, 5)])
    kinds = ("behind_exception", "refused", "behind_exception", "behind_exception")
    journal.write([row(number, EntryState.EXCEPTION, kind) for number, kind in enumerate(kinds, 1)])
    journal.write([row(3, EntryState.RECORDED, "tried_again")])
    assert [entry.seq for entry in journal.exceptions_of("behind_exception", 10)] == [1, 4]
    assert [entry.seq for entry in journal.exceptions_of("behind_exception", 1)] == [1]


def test_an_entry_knows_of_a_registration_of_its_card_that_waits(journal: Journal) -> None:
    journal.write([add(1, kind=Kind.REGISTRATION, item=None, patron=CARD), add(2, patron=CARD), add(3)])
    assert [entry.registration for entry in journal.unsent()] == [None, None, None]
    journal.write([row(1, EntryState.EXCEPTION, "register_by_hand")])
    assert [entry.registration for entry in journal.unsent()] == [1, None]
    journal.write([row(1, EntryState.RESOLVED, "done_by_hand")])
    assert [entry.registration for entry in journal.unsent()] == [None, None]
