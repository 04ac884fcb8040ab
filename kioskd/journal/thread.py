"""The journal off the loop: one thread, one queue, and one flush for all that waits in it.

Answers come in the loop, in the order of the jobs (but for scans, which others overtake). While the disk flushes, more
is queued; all writes that wait then share the next flush. Nothing wakes while nothing is asked.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, NoReturn

from kioskd.journal import jobs
from kioskd.journal.errors import JournalError
from kioskd.journal.jobs import AskJob, Deliver, Scan, ScanJob, WriteJob
from kioskd.journal.journal import Journal
from kioskd.journal.salvage import Salvage

QUIET_S: Final = 5.0
"""After that long without a job, a log that has grown is written back."""

Job = WriteJob | AskJob[Any] | ScanJob[Any]
Done = Callable[[Any], None]
OnSalvage = Callable[[Salvage], None]


class _Worker:
    """Does jobs in the calling thread; `deliver` brings each answer to the loop."""

    def __init__(self, journal: Journal, deliver: Deliver, on_salvage: OnSalvage | None) -> None:
        self.journal = journal
        self.deliver = deliver
        self.scans: deque[tuple[Scan[Any], Done]] = deque()
        self._on_salvage = on_salvage
        self._salvaged = journal.salvaged

    def work(self, batch: Sequence[tuple[Job, Done]]) -> None:
        """Do what has come in: all writes first and together, so that whoever reads sees them; answer in order."""
        written = iter(jobs.write_together(self.journal, [job for job, _ in batch if isinstance(job, WriteJob)]))
        for job, done in batch:
            match job:
                case WriteJob():
                    self.deliver(partial(done, next(written)))
                case AskJob():
                    self.deliver(partial(done, jobs.ask(self.journal, job)))
                case ScanJob():
                    self.scans.append((Scan(self.journal, job), done))
        self._tell_salvage()

    def read_on(self) -> None:
        """Read one slice of the scan that has waited longest."""
        scan, done = self.scans.popleft()
        found = scan.go_on()
        if found is None:
            self.scans.append((scan, done))
        else:
            self.deliver(partial(done, found))
        self._tell_salvage()

    def checkpoint(self) -> None:
        """Write the log back; if the disk does not let us, another time will do."""
        try:
            self.journal.checkpoint()
        except JournalError:
            # The log stands as it was; whatever ails the disk shows at the next write, to somebody who is told.
            return

    def _tell_salvage(self) -> None:
        salvaged = self.journal.salvaged
        if salvaged is not None and salvaged is not self._salvaged:
            self._salvaged = salvaged
            if self._on_salvage is not None:
                self.deliver(partial(self._on_salvage, salvaged))


class _Stop:
    """Queued last."""


class _Checkpoint:
    """Queued when nobody waits."""


_Queued = tuple[Job, Done] | _Checkpoint | _Stop


class JournalThread:
    """The journal on a thread of its own, which alone uses it from now on (see `JournalQueue`).

    `on_salvage` is told (in the loop) of a damage found meanwhile; of one found at opening, `journal.salvaged` tells.
    """

    def __init__(self, journal: Journal, deliver: Deliver, on_salvage: OnSalvage | None = None) -> None:
        self._queue: queue.SimpleQueue[_Queued] = queue.SimpleQueue()
        self._worker = _Worker(journal, deliver, on_salvage)
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def submit(self, job: Job, done: Done) -> None:
        """Queue a job; `done` is called in the loop, with its answer or its JournalError."""
        self._queue.put((job, done))

    def checkpoint(self) -> None:
        """Nobody waits now: write the log back."""
        self._queue.put(_Checkpoint())

    def stop(self) -> None:
        """Do what is queued, hand its answers to the loop, close the journal, and return when that is done."""
        self._queue.put(_Stop())
        self._thread.join()

    def _run(self) -> None:
        try:
            while self._turn():
                pass
        except BaseException as error:
            # A fault of ours: the loop is to fail by it, not this thread alone and unseen.
            self._worker.deliver(partial(_raise, error))
            raise
        finally:
            self._worker.journal.close()

    def _turn(self) -> bool:
        """Wait for jobs and do those that are there; False: it is over."""
        worker = self._worker
        batch: list[tuple[Job, Done]] = []
        stop = checkpoint = False
        for item in self._waiting():
            match item:
                case _Stop():
                    stop = True
                case _Checkpoint():
                    checkpoint = True
                case _:
                    batch.append(item)
        if batch:
            worker.work(batch)
        if worker.scans:
            worker.read_on()
        while stop and worker.scans:
            worker.read_on()
        if checkpoint or (worker.journal.checkpoint_urgent and self._queue.empty()):
            worker.checkpoint()
        return not stop

    def _waiting(self) -> list[_Queued]:
        """Return all that is queued, waiting for it if there is nothing else to do."""
        items: list[_Queued] = []
        if not self._worker.scans:
            quiet_s = QUIET_S if self._worker.journal.checkpoint_due else None
            try:
                items.append(self._queue.get(timeout=quiet_s))
            except queue.Empty:
                return [_Checkpoint()]
        while not self._queue.empty():
            items.append(self._queue.get())
        return items


class JournalInline:
    """The same without a thread, for simulated time: a job is done within the call, and answered by `deliver`."""

    def __init__(self, journal: Journal, deliver: Deliver, on_salvage: OnSalvage | None = None) -> None:
        self._worker = _Worker(journal, deliver, on_salvage)

    def submit(self, job: Job, done: Done) -> None:
        """Do a job; `done` gets its answer or its JournalError."""
        self._worker.work([(job, done)])
        while self._worker.scans:
            self._worker.read_on()

    def checkpoint(self) -> None:
        """Write the log back."""
        self._worker.checkpoint()

    def stop(self) -> None:
        """Close the journal."""
        self._worker.journal.close()


def _raise(error: BaseException) -> NoReturn:
    raise error
