"""What can be asked of the journal from the loop, and the journal as the daemon knows it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar, overload

from kioskd.journal.errors import JournalDamaged, JournalError
from kioskd.journal.journal import Journal, Written
from kioskd.model.entry import AddEntry, Write
from kioskd.model.written_late import dataclass

T = TypeVar("T")
Deliver = Callable[[Callable[[], None]], object]
"""Calls what it is given in the loop, soon and in order: `loop.call_soon_threadsafe`."""


@dataclass(frozen=True, slots=True)
class WriteJob:
    """Write all of these, or none."""

    writes: Sequence[Write]


@dataclass(frozen=True, slots=True)
class AskJob(Generic[T]):
    """Have the journal do one short thing: read something, `correct_clock`, `takes_rows`."""

    ask: Callable[[Journal], T]


@dataclass(frozen=True, slots=True)
class ScanJob(Generic[T]):
    """Have it read something long, such as `Journal.scan`; other jobs are done between two slices, and answered."""

    ask: Callable[[Journal], Iterator[list[T]]]


class JournalQueue(Protocol):
    """Jobs in, answers out, in the loop; a job that failed is answered with its error."""

    @overload
    def submit(self, job: WriteJob, done: Callable[[Written | JournalError], None]) -> None: ...
    @overload
    def submit(self, job: AskJob[T], done: Callable[[T | JournalError], None]) -> None: ...
    @overload
    def submit(self, job: ScanJob[T], done: Callable[[list[T] | JournalError], None]) -> None: ...

    def checkpoint(self) -> None:
        """Nobody waits now: write the log back."""
        ...

    def stop(self) -> None:
        """Do and answer what is queued, then close the journal."""
        ...


def write_together(journal: Journal, jobs: Sequence[WriteJob]) -> list[Written | JournalError]:
    """Write several jobs with one flush; if that fails, each alone, so that one does not spoil the others."""
    if len(jobs) > 1:
        try:
            written = journal.write([write for job in jobs for write in job.writes])
        except JournalError:
            return [write_alone(journal, job) for job in jobs]
        seqs = iter(written.seqs)
        return [
            Written(tuple(next(seqs) for write in job.writes if isinstance(write, AddEntry)), written.summary)
            for job in jobs
        ]
    return [write_alone(journal, job) for job in jobs]


def write_alone(journal: Journal, job: WriteJob) -> Written | JournalError:
    """Write one job."""
    try:
        return journal.write(job.writes)
    except JournalError as error:
        return error


def ask(journal: Journal, job: AskJob[T]) -> T | JournalError:
    """Do one thing; if the file turns out to be damaged, mend it and do it again."""
    try:
        try:
            return job.ask(journal)
        except JournalDamaged as error:
            journal.mend(error.detail)
            return job.ask(journal)
    except JournalError as error:
        return error


class Scan(Generic[T]):
    """A long reading under way."""

    __slots__ = ("_found", "_job", "_journal", "_slices")

    def __init__(self, journal: Journal, job: ScanJob[T]) -> None:
        self._journal = journal
        self._job = job
        self._slices = job.ask(journal)
        self._found: list[T] = []

    def go_on(self) -> list[T] | JournalError | None:
        """Read another slice; None: there is more."""
        try:
            part = next(self._slices, None)
        except JournalDamaged as error:
            return self._again(error)
        except JournalError as error:
            return error
        if part is None:
            return self._found
        self._found.extend(part)
        return None

    def _again(self, damage: JournalDamaged) -> JournalError | None:
        try:
            self._journal.mend(damage.detail)
        except JournalError as error:
            return error
        self._slices = self._job.ask(self._journal)
        self._found = []
        return None
