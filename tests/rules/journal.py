"""A journal in memory that answers in the order it was asked, when it is told to, or refuses as a full disk does."""

import datetime as dt
from collections import deque
from collections.abc import Set
from dataclasses import dataclass, field, replace

from kioskd.model import effects as e
from kioskd.model import entry as n
from kioskd.model import inputs
from kioskd.model.downtime import Figures

Request = e.Save | e.FetchUnsent | e.FetchExceptions | e.ReadEntries | e.FindEntries | e.ReadTaken | e.CheckDisk


@dataclass
class Journal:
    entries: dict[n.Seq, n.Entry] = field(default_factory=dict)
    notes: list[n.AddNote] = field(default_factory=list)
    rows: list[n.AddRow] = field(default_factory=list)
    problem: n.StorageProblem | None = None
    asked: deque[Request] = field(default_factory=deque)

    def answer(self) -> inputs.Input:
        """Carry out the oldest request."""
        match self.asked.popleft():
            case e.Save() as save:
                return self._save(save)
            case e.FetchUnsent() as fetch:
                waiting = [entry for entry in self._unsent() if entry.seq > fetch.after]
                if fetch.ahead:
                    own = n.Source.STATION
                    waiting = [
                        entry
                        for entry in waiting
                        if entry.what.kind is n.Kind.REGISTRATION or entry.what.source is not own
                    ]
                return inputs.Fetched(tuple(waiting[: fetch.limit]))
            case e.FetchExceptions() as fetch:
                found = [
                    entry
                    for entry in self.entries.values()
                    if (entry.state, entry.outcome) == (n.EntryState.EXCEPTION, fetch.outcome)
                ]
                return inputs.ExceptionsFetched(tuple(found[: fetch.limit]))
            case e.ReadEntries() as read:
                found = tuple(self.entries[seq] for seq in read.seqs if seq in self.entries)
                return inputs.EntriesRead(read.request, found)
            case e.FindEntries() as find:
                return inputs.EntriesRead(
                    find.request,
                    tuple(
                        entry
                        for entry in self.entries.values()
                        if (entry.what.item is not None and entry.what.item == find.item)
                        or (entry.what.patron is not None and entry.what.patron == find.patron)
                    ),
                )
            case e.ReadTaken() as read:
                if self.problem is not None:
                    return inputs.TakenRead(read.request, problem=self.problem)
                mine = [note for note in self.notes if note.content.get("archive") == read.archive]
                there = [
                    entry
                    for entry in self.entries.values()
                    if entry.what.id in read.ids or (entry.what.item is not None and entry.what.item in read.items)
                ]
                return inputs.TakenRead(read.request, tuple(there), frozenset(note.content["part"] for note in mine))
            case e.CheckDisk():
                return inputs.DiskChecked(self.problem, 100)

    def figures(self, since_wall_s: float) -> Figures:
        found = [entry for entry in self.entries.values() if entry.what.at_wall_s >= since_wall_s]
        times = [entry.what.at_wall_s for entry in found]
        return Figures(
            recorded=len(found),
            settled=sum(entry.state is n.EntryState.SETTLED for entry in found),
            waiting=sum(entry.state in n.UNSENT for entry in found),
            exceptions=sum(entry.state is n.EntryState.EXCEPTION for entry in found),
            first_wall_s=min(times, default=None),
            last_wall_s=max(times, default=None),
        )

    def summary(self) -> n.Summary:
        states = [entry.state for entry in self.entries.values()]
        return n.Summary(
            recorded=len(states),
            unsent=sum(state in n.UNSENT for state in states),
            settled=states.count(n.EntryState.SETTLED),
            refused=states.count(n.EntryState.REFUSED),
            exceptions=states.count(n.EntryState.EXCEPTION),
            withdrawn=states.count(n.EntryState.WITHDRAWN),
            handed_over=states.count(n.EntryState.HANDED_OVER),
            oldest_unsent=self._oldest(n.UNSENT),
            oldest_exception=self._oldest({n.EntryState.EXCEPTION}),
        )

    def _oldest(self, states: Set[n.EntryState]) -> str | None:
        return next((_moment(entry) for entry in self.entries.values() if entry.state in states), None)

    def _unsent(self) -> list[n.Entry]:
        found = []
        for entry in self.entries.values():
            if entry.state in n.UNSENT:
                before = [
                    other.seq
                    for other in self.entries.values()
                    if other.seq < entry.seq
                    and other.what.item == entry.what.item
                    and other.state is n.EntryState.EXCEPTION
                ]
                cards = [
                    other.seq
                    for other in self.entries.values()
                    if other.what.kind is n.Kind.REGISTRATION
                    and other.what.patron == entry.what.patron
                    and other.state is n.EntryState.EXCEPTION
                ]
                behind, card = (before[0] if before else None), (cards[-1] if cards else None)
                found.append(replace(entry, behind=behind, registration=card))
        return found

    def _save(self, save: e.Save) -> inputs.Input:
        if self.problem is not None:
            return inputs.NotSaved(save.token, self.problem)
        assert save.writes, "a save of nothing costs a sync"
        seqs = []
        for write in save.writes:
            match write:
                case n.AddEntry():
                    assert write.entry.id not in {entry.what.id for entry in self.entries.values()}
                    seq = n.Seq(len(self.entries) + 1)
                    sendings = 1 if write.state is n.EntryState.SENDING else 0
                    self.entries[seq] = n.Entry(seq, write.entry, write.state, sendings=sendings)
                    seqs.append(seq)
                case n.AddRow():
                    self._row(write)
                case n.AddNote():
                    self.notes.append(write)
        return inputs.Saved(save.token, tuple(seqs), self.summary())

    def _row(self, row: n.AddRow) -> None:
        before = self.entries[row.seq]
        ended = {n.EntryState.SETTLED, n.EntryState.REFUSED, n.EntryState.WITHDRAWN, n.EntryState.HANDED_OVER}
        if before.state in ended:
            # One way only: what was lent and is then taken back is a person's work.
            ways = {(n.EntryState.SETTLED, "check_this_in"), (n.EntryState.HANDED_OVER, "taken_back")}
            assert (before.state, row.outcome) in ways, (before.state, row)
        if before.state is n.EntryState.EXCEPTION:
            again = (n.EntryState.SENDING if before.sendings else n.EntryState.RECORDED, "tried_again")
            ends = (n.EntryState.EXCEPTION, n.EntryState.WITHDRAWN, n.EntryState.HANDED_OVER, n.EntryState.RESOLVED)
            assert row.state in ends or (row.state, row.outcome) == again, row
        self.rows.append(row)
        sending = row.state is n.EntryState.SENDING
        self.entries[row.seq] = replace(
            before,
            state=row.state,
            outcome=row.outcome,
            answer=row.answer,
            reason=row.reason,
            sendings=before.sendings + sending,
            due_before=row.due_before if sending else before.due_before,
        )


def _moment(entry: n.Entry) -> str:
    return dt.datetime.fromtimestamp(entry.what.at_wall_s, dt.UTC).isoformat(timespec="seconds")
