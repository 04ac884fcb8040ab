"""Random histories, written to the journal and to lists in memory: both must tell the same, also after a restart."""

import datetime as dt
import random
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kioskd.journal.journal import Journal
from kioskd.model.barcode import ItemBarcode
from kioskd.model.entry import (
    UNSENT,
    AddEntry,
    AddNote,
    AddRow,
    Entry,
    EntryFilter,
    EntryState,
    How,
    Kind,
    ModeName,
    Seq,
    Source,
    Write,
)
from kioskd.model.time import ClockTrust

from .making import BOOT, NOON, ZONE, new_entry, opened
from .plain import Plain

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
items = st.sampled_from([None, "30000000000001", "30000000000002", "3x'\"é"])
entries = st.builds(
    lambda number, state, **what: AddEntry(new_entry(number, **what), state),
    number=st.integers(1, 999),
    state=st.sampled_from([EntryState.RECORDED, EntryState.SENDING]),
    kind=st.sampled_from(Kind),
    how=st.sampled_from(How),
    source=st.sampled_from(Source),
    mode=st.sampled_from(ModeName),
    clock=st.sampled_from([ClockTrust.TRUSTED, ClockTrust.UNSURE]),
    boot_id=st.sampled_from([BOOT, "another"]),
    patron=st.none() | text,
    item=items,
    by=st.none() | text,
    unmatched=st.booleans(),
    due_date=st.none() | st.dates(),
    at_wall_s=st.floats(0, 4e9) | st.integers(0, 4_000_000_000),
)
rows = st.builds(
    AddRow,
    seq=st.integers(1, 12).map(Seq),
    state=st.sampled_from(EntryState),
    at_wall_s=st.floats(0, 4e9),
    outcome=st.none() | text,
    answer=st.none() | st.dictionaries(text, text, max_size=2),
    by=st.none() | text,
    reason=st.none() | text,
    due_before=st.none() | text,
)
notes = st.builds(AddNote, st.sampled_from(["mode", "other"]), st.floats(0, 4e9), st.dictionaries(text, text))
steps = st.one_of(
    st.lists(entries | rows | notes, min_size=1, max_size=4),
    st.sampled_from(["reopen", "checkpoint", "correct", "correct another"]),
)


def possible(plain: Plain, writes: list[Write]) -> bool:
    known = len(plain.entries)
    for write in writes:
        known += isinstance(write, AddEntry)
        if isinstance(write, AddRow) and write.seq > known:
            return False
    return True


def first_time(entries: list[Entry]) -> str | None:
    if not entries:
        return None
    return dt.datetime.fromtimestamp(entries[0].what.at_wall_s, ZoneInfo(ZONE)).isoformat(timespec="seconds")


def agree(journal: Journal, plain: Plain) -> None:
    every = plain.every()
    unsent = [entry for entry in every if entry.state in UNSENT]
    exceptions = [entry for entry in every if entry.state is EntryState.EXCEPTION]
    assert journal.summary() == plain.summary(first_time(unsent), first_time(exceptions))
    assert journal.entries(EntryFilter()) == every
    assert journal.unsent() == unsent
    for kind in ("mode", "other", "none"):
        of_kind = [note for note in plain.notes if note.kind == kind]
        assert journal.last_note(kind) == (of_kind[-1] if of_kind else None)
    for state in EntryState:
        assert journal.entries(EntryFilter(state=state)) == [entry for entry in every if entry.state is state]
    for item in ("30000000000001", "30000000000002"):
        assert journal.unsent_of_item(ItemBarcode(item)) == any(entry.what.item == item for entry in unsent)


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=12))
def test_a_journal_tells_what_was_written(history: list[list[Write] | str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plain = Plain()
        journal = opened(Path(folder))
        try:
            for step in history:
                if step == "reopen":
                    journal.close()
                    journal = opened(Path(folder))
                elif step == "checkpoint":
                    journal.checkpoint()
                elif isinstance(step, str):
                    boot = BOOT if step == "correct" else "another"
                    assert journal.correct_clock(boot, NOON, NOON) == plain.correct(boot, NOON)
                elif possible(plain, step):
                    assert journal.write(step).seqs == plain.write(step)
                agree(journal, plain)
            for number in range(len(plain.entries)):
                story = journal.story(Seq(number + 1))
                assert story is not None
                assert list(story.rows) == plain.rows_of(Seq(number + 1))
        finally:
            journal.close()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 700), st.none() | st.integers(0, 300), st.sampled_from([None, *EntryState]), st.integers(0, 700))
def test_a_long_list_is_cut_where_it_was_asked(
    long_journal: Journal, after: int, limit: int | None, state: EntryState | None, since: int
) -> None:
    wanted = EntryFilter(Seq(after), limit, state, since_wall_s=NOON + since, until_wall_s=NOON + 600)
    every = long_journal.entries(EntryFilter())
    chosen = [
        entry
        for entry in every
        if entry.seq > after and state in {None, entry.state} and NOON + since <= entry.what.at_wall_s < NOON + 600
    ]
    assert long_journal.entries(wanted) == chosen[:limit]
    assert (
        long_journal.unsent(Seq(after), limit)
        == [entry for entry in every if entry.seq > after and entry.state in UNSENT][:limit]
    )


@pytest.mark.parametrize("rounds", [4, pytest.param(20, marks=pytest.mark.long)])
def test_the_numbers_stay_right_at_many_thousands(tmp_path: Path, rounds: int) -> None:
    chance = random.Random(1)
    states: list[EntryState] = []
    journal = opened(tmp_path)
    for _ in range(rounds):
        new = [AddEntry(new_entry(len(states) + number)) for number in range(1, 5001)]
        states += [EntryState.RECORDED] * 5000
        journal.write(new)
        changes: list[Write] = []
        for _ in range(1000):
            seq, state = chance.randrange(len(states)), chance.choice(list(EntryState))
            changes.append(AddRow(Seq(seq + 1), state, NOON))
            states[seq] = state
        summary = journal.write(changes).summary
        if chance.random() < 0.3:
            journal.close()
            journal = opened(tmp_path)
            assert journal.summary() == summary
        assert summary.recorded == len(states)
        assert summary.unsent == sum(state in UNSENT for state in states)
        assert summary.settled == states.count(EntryState.SETTLED)
        assert summary.exceptions == states.count(EntryState.EXCEPTION)
        oldest = next(seq for seq, state in enumerate(states, 1) if state in UNSENT)
        assert journal.unsent(limit=1)[0].seq == oldest
        assert summary.oldest_unsent is not None
        assert dt.datetime.fromisoformat(summary.oldest_unsent).timestamp() == NOON + oldest
    journal.close()
