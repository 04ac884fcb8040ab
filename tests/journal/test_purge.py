"""Forgetting: what is over goes, whole and from the raw files; what waits stays; the numbers stay right."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kioskd.journal import purging
from kioskd.journal.journal import LOG_LEAST_ROOM_BYTES, LOG_ROOM_BYTES, Journal
from kioskd.journal.names import LOG
from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.entry import AddNote, AddRow, EntryFilter, EntryState, Kind, Seq
from tests.journal.making import NOON, add, opened, row

WAITING = {EntryState.RECORDED, EntryState.SENDING, EntryState.EXCEPTION}
LATER = NOON + 1e6


def purge(journal: Journal, before: float = LATER) -> int:
    total = 0
    while number := journal.purge(before):
        total += number
    return total


def raw(state_dir: Path) -> bytes:
    return b"".join(path.read_bytes() for path in state_dir.rglob("*") if path.is_file())


@pytest.mark.parametrize("state", EntryState)
def test_what_is_over_goes_and_what_waits_stays(tmp_path: Path, state: EntryState) -> None:
    with opened(tmp_path) as journal:
        journal.write([add(1), row(1, state)])
        before = journal.summary()
        assert purge(journal) == (0 if state in WAITING else 1)
        assert bool(journal.entries(EntryFilter())) is (state in WAITING)
        assert journal.summary() == before
    with opened(tmp_path) as journal:
        assert journal.summary() == before
        assert journal.write([add(2)]).seqs == (2,)


def test_what_ended_after_that_time_stays(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.write([add(1), row(1, EntryState.SETTLED)])
        assert purge(journal, NOON) == 0
        assert purge(journal, NOON + 1) == 1


def test_nothing_of_them_is_left_in_the_raw_files(tmp_path: Path) -> None:
    card, item, name = "21168000099998", "31168000099998", "Lent to Jane Doe"
    with opened(tmp_path) as journal:
        for number in range(1, 40):
            journal.write([add(number, patron=PatronBarcode(card), item=ItemBarcode(item))])
        journal.checkpoint()
        journal.write([row(n, EntryState.SETTLED, answer={"AF": name * 40}) for n in range(1, 40)])
        journal.write([add(40, kind=Kind.REGISTRATION, item=None), row(40, EntryState.RESOLVED)])
        journal.write([AddNote("registration", NOON, {"id": add(40).entry.id, "sealed": "U2VhbGVk" * 30})])
        journal.write([add(41)])
        assert card.encode() in raw(tmp_path)
        assert purge(journal) == 40
        for secret in (card, item, "Jane Doe", "U2VhbGVk"):
            assert secret.encode() not in raw(tmp_path), secret
        assert [entry.seq for entry in journal.entries(EntryFilter())] == [41]
        assert not journal.registrations()
        journal.write([row(41, EntryState.SETTLED)])
    with opened(tmp_path) as journal:
        assert journal.summary().settled == 40
        assert journal.salvaged is None


@pytest.mark.parametrize("most", [6, 40])
@pytest.mark.parametrize("waits", [0.1, 0.5])
def test_nothing_is_left_of_entries_that_earlier_purges_moved(tmp_path: Path, most: int, waits: float) -> None:
    """A purge joins pages: what stays moves, and where it lay before must not keep a copy until it goes itself."""
    chance = random.Random(1)
    ended: dict[int, float | None] = {}
    gone: list[bytes] = []
    with opened(tmp_path) as journal:
        for day in range(25):
            first = len(ended) + len(gone) + 1
            fresh = range(first, first + chance.randint(1, most))
            journal.write([add(number, item=_item(number)) for number in fresh])
            ended |= dict.fromkeys(fresh)
            now = [number for number, at_s in ended.items() if at_s is None and chance.random() > waits]
            said = {"AF": "words " * chance.choice((0, 10))}
            journal.write([AddRow(Seq(number), EntryState.SETTLED, NOON + day, "lent", said) for number in now])
            ended |= dict.fromkeys(now, NOON + day)
            before = NOON + day - chance.choice((-1, 0, 1))
            purge(journal, before)
            over = [number for number, at_s in ended.items() if at_s is not None and at_s < before]
            gone += [_item(number).encode() for number in over]
            ended = {number: at_s for number, at_s in ended.items() if number not in over}
            whole = raw(tmp_path)
            assert [number for number in gone if number in whole] == []
    assert len(gone) > 30


def _item(number: int) -> ItemBarcode:
    return ItemBarcode(f"3{number * 7_919:013d}")


def test_a_purge_that_was_cut_off_empties_the_log_the_next_time(tmp_path: Path) -> None:
    card = "21168000099998"
    with opened(tmp_path) as journal:
        journal.write([add(1, patron=PatronBarcode(card)), row(1, EntryState.SETTLED)])
        assert journal.purge(LATER) == 1
        assert card.encode() in raw(tmp_path)
    with opened(tmp_path) as journal:
        assert purge(journal) == 0
        assert card.encode() not in raw(tmp_path)


def test_a_purge_after_each_visit_costs_little_more_than_the_visit(tmp_path: Path) -> None:
    """The log is emptied by it, and gets room for what one visit writes: a whole new one would wear the card."""
    with opened(tmp_path) as journal:
        for number in range(1, 11):
            journal.write([add(number)])
        journal.write([row(number, EntryState.SETTLED) for number in range(1, 11)])
        assert purge(journal) == 10
        assert LOG_LEAST_ROOM_BYTES <= (tmp_path / LOG).stat().st_size <= LOG_ROOM_BYTES // 4
        assert purge(journal) == 0
        for number in range(11, 211):
            journal.write([add(number)])
        journal.write([row(number, EntryState.SETTLED) for number in range(11, 211)])
        assert purge(journal) == 200
        assert (tmp_path / LOG).stat().st_size == LOG_ROOM_BYTES


def test_the_number_of_the_last_entry_is_not_given_out_again(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.write([add(1), row(1, EntryState.WITHDRAWN), add(2), row(2, EntryState.SETTLED)])
        assert purge(journal) == 2
    with opened(tmp_path) as journal:
        (seq,) = journal.write([add(3)]).seqs
        assert seq == 3
        journal.write([row(3, EntryState.SETTLED)])
    with opened(tmp_path) as journal:
        summary = journal.summary()
        assert (summary.recorded, summary.settled, summary.withdrawn, summary.unsent) == (3, 2, 1, 0)


def test_many_go_in_pieces(tmp_path: Path) -> None:
    many = 2 * purging.AT_ONCE + 3
    with opened(tmp_path) as journal:
        journal.write([add(n, EntryState.REFUSED) for n in range(1, many + 1)])
        assert [journal.purge(LATER) for _ in range(4)] == [purging.AT_ONCE, purging.AT_ONCE, 3, 0]


STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "end", "purge", "reopen", "checkpoint"]), st.sampled_from(EntryState)),
    max_size=25,
)


@settings(max_examples=25)
@given(steps=STEPS)
def test_whatever_is_forgotten_the_numbers_stay_right(
    steps: list[tuple[str, EntryState]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    journal = opened(folder)
    states: dict[int, EntryState] = {}
    forgotten: set[int] = set()
    try:
        for what, state in steps:
            open_ = [seq for seq in states if states[seq] in WAITING]
            if what == "add":
                (seq,) = journal.write([add(len(states) + 1)]).seqs
                states[seq] = EntryState.RECORDED
            elif what == "end" and open_:
                journal.write([row(open_[0], state)])
                states[open_[0]] = state
            elif what == "purge":
                purge(journal)
                forgotten = {seq for seq in states if states[seq] not in WAITING}
            elif what == "reopen":
                journal.close()
                journal = opened(folder)
            elif what == "checkpoint":
                journal.checkpoint()
            summary = journal.summary()
            assert summary.recorded == len(states)
            assert summary.settled == list(states.values()).count(EntryState.SETTLED)
            assert summary.exceptions == list(states.values()).count(EntryState.EXCEPTION)
            assert {entry.seq for entry in journal.entries(EntryFilter())} == states.keys() - forgotten
    finally:
        journal.close()
