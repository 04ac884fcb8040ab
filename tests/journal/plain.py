"""The journal as a few lists in memory: what the real one must agree with."""

from dataclasses import dataclass, field, replace

from kioskd.model.entry import (
    UNSENT,
    AddEntry,
    AddNote,
    AddRow,
    Entry,
    EntryState,
    NewEntry,
    Seq,
    Summary,
    Write,
)
from kioskd.model.time import ClockTrust


@dataclass
class Plain:
    entries: list[AddEntry] = field(default_factory=list)
    rows: list[AddRow] = field(default_factory=list)
    notes: list[AddNote] = field(default_factory=list)

    def write(self, writes: list[Write]) -> tuple[Seq, ...]:
        seqs = []
        for write in writes:
            match write:
                case AddEntry():
                    self.entries.append(write)
                    seqs.append(Seq(len(self.entries)))
                case AddRow():
                    self.rows.append(write)
                case AddNote():
                    self.notes.append(write)
        return tuple(seqs)

    def correct(self, boot_id: str, offset: float) -> int:
        found = 0
        for index, write in enumerate(self.entries):
            what = write.entry
            if what.boot_id == boot_id and what.clock is ClockTrust.UNSURE:
                right = replace(what, at_wall_s=what.at_boot_s + offset, clock=ClockTrust.CORRECTED)
                self.entries[index] = replace(write, entry=right)
                found += 1
        return found

    def rows_of(self, seq: Seq) -> list[AddRow]:
        write = self.entries[seq - 1]
        first = AddRow(seq, write.state, write.entry.at_wall_s, by=write.entry.by)
        return [first, *(row for row in self.rows if row.seq == seq)]

    def state(self, seq: Seq) -> EntryState:
        return self.rows_of(seq)[-1].state

    def behind(self, seq: Seq) -> Seq | None:
        item = self.entries[seq - 1].entry.item
        if item is None:
            return None
        before = [
            Seq(other)
            for other in range(1, seq)
            if self.entries[other - 1].entry.item == item and self.state(Seq(other)) is EntryState.EXCEPTION
        ]
        return before[-1] if before else None

    def entry(self, seq: Seq) -> Entry:
        rows = self.rows_of(seq)
        sendings = [row for row in rows if row.state is EntryState.SENDING]
        newest = rows[-1]
        return Entry(
            seq=seq,
            what=self.what(seq),
            state=newest.state,
            outcome=newest.outcome,
            answer=newest.answer,
            reason=newest.reason,
            sendings=len(sendings),
            due_before=sendings[-1].due_before if sendings else None,
            behind=self.behind(seq) if newest.state in UNSENT else None,
        )

    def what(self, seq: Seq) -> NewEntry:
        return self.entries[seq - 1].entry

    def every(self) -> list[Entry]:
        return [self.entry(Seq(number + 1)) for number in range(len(self.entries))]

    def summary(self, oldest_text: str | None, exception_text: str | None) -> Summary:
        states = [entry.state for entry in self.every()]
        return Summary(
            recorded=len(states),
            unsent=sum(state in UNSENT for state in states),
            settled=states.count(EntryState.SETTLED),
            refused=states.count(EntryState.REFUSED),
            exceptions=states.count(EntryState.EXCEPTION),
            withdrawn=states.count(EntryState.WITHDRAWN),
            handed_over=states.count(EntryState.HANDED_OVER),
            oldest_unsent=oldest_text,
            oldest_exception=exception_text,
        )
