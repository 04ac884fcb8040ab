"""Carrying out what the rules ask for: each effect goes to its room, and the room's answer comes back as an input."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, Final, Protocol, assert_never

from kioskd.daemon.answering import Answering
from kioskd.daemon.drafts import Drafts
from kioskd.daemon.open_session import OpenSession
from kioskd.daemon.sealing import Sealing
from kioskd.journal.activity import Activity, activity, figures
from kioskd.journal.errors import JournalError, NotRead, NotWritten
from kioskd.journal.jobs import AskJob, JournalQueue, ScanJob, WriteJob
from kioskd.journal.journal import Journal, Written
from kioskd.model import effects as e
from kioskd.model import inputs
from kioskd.model.calls import RequestId
from kioskd.model.downtime import DraftForm
from kioskd.model.effects import Effect
from kioskd.model.entry import AddNote, Entry, StorageProblem
from kioskd.model.errors import CallError
from kioskd.model.ils import AskId
from kioskd.model.inputs import Input
from kioskd.model.slip import SlipFate
from kioskd.model.view import View
from kioskd.rules.by_hand import NOTE
from kioskd.rules.from_elsewhere import RESCUE
from kioskd.rules.state import State
from kioskd.staff import StaffCodes, StaffCodesTrouble

log: Final = logging.getLogger("kioskd")
LEVELS: Final = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class Line(Protocol):
    """The conversation with the library system, as far as effects know it."""

    def ask(self, ask: e.Ask) -> None:
        """Ask the library system."""

    def forget(self, ask: AskId) -> None:
        """Send what was asked no more, if it is not under way."""

    def go_on(self) -> None:
        """Send what is next, if it can be: all that one input leads to has been asked."""

    def connect(self, timeout_s: float) -> None:
        """Open a line."""

    def disconnect(self) -> None:
        """Close it."""


class Paper(Protocol):
    """The printer, as far as effects know it."""

    def print(self, job: e.Print) -> None:
        """Print a slip."""

    def drop(self) -> None:
        """Drop what has not started."""


class Scanners(Protocol):
    """The scanners, as far as effects know them."""

    def signal(self, scanner: str, *, accepted: bool) -> None:
        """Let one tell *accepted* or *refused*."""


class Glass(Protocol):
    """The socket's clients, as far as effects know them."""

    def publish(self, view: View) -> None:
        """Show a View."""

    def reply(self, request: RequestId, result: object = None) -> None:
        """Answer a call; None: the View as it now stands."""

    def fail(self, request: RequestId, error: CallError) -> None:
        """Refuse a call."""


class Rooms:
    """The rooms that carry effects out.

    The socket answers before line and devices are there; what they are asked until `attach` waits for them.
    """

    def __init__(
        self,
        *,
        deliver: Callable[[Input], None],
        journal: JournalQueue,
        front: Glass,
        staff_codes: Callable[[], StaffCodes | None],
        answering: Answering,
        session: OpenSession,
        sealing: Sealing,
        drafts: Drafts,
        read_blocks: Callable[[], Input],
    ) -> None:
        self._deliver = deliver
        self._journal = journal
        self._front = front
        self._line: Line | None = None
        self._paper: Paper | None = None
        self._scanners: Scanners | None = None
        self._early: list[Effect] | None = []
        self._staff_codes = staff_codes
        self._answering = answering
        self._session = session
        self._sealing = sealing
        self._drafts = drafts
        self._read_blocks = read_blocks
        self._checks: set[asyncio.Task[None]] = set()

    def attach(self, line: Line, paper: Paper | None, scanners: Scanners, state: State) -> None:
        """Let line and printer have what they were asked meanwhile, and all from now on."""
        self._line, self._paper, self._scanners = line, paper, scanners
        early, self._early = self._early or [], None
        for effect in early:
            self.carry(effect, state)

    def ask(self, questions: Sequence[e.Ask], state: State) -> None:
        """Ask all that one step wants to know of the library system."""
        for question in questions:
            self.carry(question, state)
        if self._line is not None:
            self._line.go_on()

    def carry(self, effect: Effect, state: State) -> None:
        """Hand one effect to its room."""
        match effect:
            case e.Ask() | e.Forget() | e.Connect() | e.Disconnect() | e.Print() | e.DropSlips():
                self._carry_out(effect)
            case e.Save():
                # The mark first: who sees *recorded* and pulls the plug shall be told at the next start.
                self._session.follow(state)
                self._journal.submit(WriteJob(effect.writes), partial(self._saved, effect))
            case e.Show():
                self._front.publish(effect.view)
                self._session.follow(state)
            case e.Reply():
                self._front.reply(effect.request, effect.result)
            case e.Fail():
                self._front.fail(effect.request, effect.error)
            case e.Query():
                self._answering.answer(effect, state)
            case e.FetchUnsent():
                self._journal.submit(AskJob(partial(_unsent, effect)), self._fetched)
            case e.FetchExceptions():
                self._journal.submit(
                    AskJob(lambda journal: journal.exceptions_of(effect.outcome, effect.limit)),
                    self._exceptions_fetched,
                )
            case e.ReadEntries():
                self._journal.submit(
                    AskJob(lambda journal: journal.those(effect.seqs)), partial(self._entries_read, effect)
                )
            case e.Purge():
                # Counted first, a stretch at a time: what is forgotten stays as a number.
                self.count_up(lambda: self._purge(effect, 0))
            case e.FindEntries():
                self._journal.submit(
                    ScanJob(lambda journal: journal.of_number(effect.item, effect.patron)),
                    partial(self._entries_read, effect),
                )
            case e.ReadTaken():
                self._journal.submit(AskJob(lambda journal: journal.notes(RESCUE)), partial(self._taken_read, effect))
            case e.Seal():
                self._journal.submit(AskJob(lambda journal: journal.notes(NOTE)), partial(self._notes_read, effect))
            case e.CheckDisk():
                self._journal.submit(
                    AskJob(lambda journal: (journal.takes_rows(), journal.free_mib())), self._disk_checked
                )
            case e.CorrectClock():
                self._journal.submit(
                    AskJob(
                        lambda journal: journal.correct_clock(
                            effect.boot_id, effect.wall_minus_boot_s, effect.at_wall_s
                        )
                    ),
                    _clock_corrected,
                )
            case e.KeepDraft() | e.DropDrafts() | e.Probe() | e.ReadBlockList() | e.CheckStaffCode():
                self._carry_beside(effect)
            case e.ReadFigures():
                self._journal.submit(
                    ScanJob(lambda journal: activity(journal, effect.since_wall_s, None)),
                    partial(self._figures_read, effect),
                )
            case e.Beep():
                if self._scanners is not None:
                    self._scanners.signal(effect.scanner, accepted=effect.good)
            case e.Log():
                write_log(effect)
            case _:
                assert_never(effect)

    def _carry_beside(self, effect: e.KeepDraft | e.DropDrafts | e.Probe | e.ReadBlockList | e.CheckStaffCode) -> None:
        """Carry out what is done beside the loop."""
        match effect:
            case e.KeepDraft():
                self._in_a_thread(partial(self._drafts.keep, effect))
            case e.DropDrafts():
                self._in_a_thread(partial(self._drafts.drop, effect))
            case e.Probe():
                self._in_the_loop(self._look(effect))
            case e.ReadBlockList():
                self._in_a_thread(self._read_blocks)
            case e.CheckStaffCode():
                self._in_a_thread(partial(self._check_staff_code, effect))

    def _saved(self, effect: e.Save, result: Written | JournalError) -> None:
        if isinstance(result, JournalError):
            self._deliver(inputs.NotSaved(effect.token, _problem("journal_not_written", result)))
        else:
            self._deliver(inputs.Saved(effect.token, result.seqs, result.summary))

    def _fetched(self, result: list[Entry] | JournalError) -> None:
        if isinstance(result, JournalError):
            self._deliver(inputs.FetchFailed(_problem("journal_not_read", result)))
        else:
            self._deliver(inputs.Fetched(tuple(result)))

    def _exceptions_fetched(self, result: list[Entry] | JournalError) -> None:
        if isinstance(result, JournalError):
            _problem("journal_not_read", result)
            result = []
        self._deliver(inputs.ExceptionsFetched(tuple(result)))

    def count_up(self, then: Callable[[], None] = lambda: None) -> None:
        """Have what came since counted into the statistics, a stretch at a time; then go on, whatever came of it."""

        def counted(result: bool | JournalError) -> None:
            if result is True:
                self.count_up(then)
                return
            if isinstance(result, JournalError):
                _problem("statistics_not_counted", result)
            then()

        self._journal.submit(AskJob(lambda journal: journal.count_up()), counted)

    def _purge(self, effect: e.Purge, done: int) -> None:
        self._journal.submit(
            AskJob(lambda journal: journal.purge(effect.before_wall_s)), partial(self._purged, effect, done)
        )

    def _purged(self, effect: e.Purge, done: int, result: int | JournalError) -> None:
        if isinstance(result, JournalError):
            _problem("journal_not_purged", result)
        elif result:
            self._purge(effect, done + result)
        elif done:
            log.info("journal_purged entries=%d", done)

    def _notes_read(self, effect: e.Seal, result: list[AddNote] | JournalError) -> None:
        if isinstance(result, JournalError):
            _problem("journal_not_read", result)
            result = []
        self._in_a_thread(partial(self._sealing.seal, effect, result))

    def _taken_read(self, effect: e.ReadTaken, result: list[AddNote] | JournalError) -> None:
        if isinstance(result, JournalError):
            self._deliver(inputs.TakenRead(effect.request, problem=_problem("journal_not_read", result)))
            return
        parts = frozenset(note.content["part"] for note in result if note.content.get("archive") == effect.archive)
        self._journal.submit(
            ScanJob(lambda journal: journal.of_ids(effect.ids, effect.items)),
            partial(self._found_read, effect, parts),
        )

    def _found_read(self, effect: e.ReadTaken, parts: frozenset[str], result: list[Entry] | JournalError) -> None:
        if isinstance(result, JournalError):
            self._deliver(inputs.TakenRead(effect.request, problem=_problem("journal_not_read", result)))
        else:
            self._deliver(inputs.TakenRead(effect.request, tuple(result), parts))

    def _figures_read(self, effect: e.ReadFigures, result: list[Activity] | JournalError) -> None:
        if isinstance(result, JournalError):
            _problem("journal_not_read", result)
            self._deliver(inputs.FiguresRead(effect.request, None))
        else:
            self._deliver(inputs.FiguresRead(effect.request, figures(result)))

    async def _look(self, effect: e.Probe) -> Input:
        from kioskd.probes import answers  # noqa: PLC0415 - TLS is loaded in an outage, and not at the start

        return inputs.Probed(effect.system, await answers(effect.kind, effect.address, effect.timeout_s))

    def _in_a_thread(self, work: Callable[[], Input | None]) -> None:
        """Do what takes a while beside the loop, and hand its input to the rules, if it has one."""
        self._in_the_loop(asyncio.to_thread(work))

    def _in_the_loop(self, work: Coroutine[Any, Any, Input | None]) -> None:
        async def done() -> None:
            answer = await work
            if answer is not None:
                self._deliver(answer)

        task = asyncio.get_running_loop().create_task(done())
        self._checks.add(task)
        task.add_done_callback(self._checks.discard)

    def _entries_read(self, effect: e.ReadEntries | e.FindEntries, result: list[Entry] | JournalError) -> None:
        if isinstance(result, JournalError):
            _problem("journal_not_read", result)
            result = []
        self._deliver(inputs.EntriesRead(effect.request, tuple(result)))

    def _disk_checked(self, result: tuple[StorageProblem | None, int | None] | JournalError) -> None:
        if isinstance(result, JournalError):
            result = (_problem("journal_not_written", result), None)
        problem, free_mib = result
        self._deliver(inputs.DiskChecked(problem, free_mib))

    def _check_staff_code(self, effect: e.CheckStaffCode) -> Input:
        initials = None
        drafts: Mapping[DraftForm, Mapping[str, str]] = {}
        try:
            codes = self._staff_codes()
            initials = codes.check(str(effect.code)) if codes is not None else None
        except StaffCodesTrouble as trouble:
            log.error("staff codes: %s", trouble)
        if initials is not None:
            drafts = self._drafts.opened(initials, str(effect.code))
        return inputs.StaffCodeChecked(effect.request, initials, drafts)

    def _carry_out(self, effect: e.Ask | e.Forget | e.Connect | e.Disconnect | e.Print | e.DropSlips) -> None:
        """Hand an effect to the line or to the printer."""
        if self._line is None:
            assert self._early is not None
            self._early.append(effect)
            return
        match effect:
            case e.Ask():
                self._line.ask(effect)
            case e.Forget():
                self._line.forget(effect.ask)
            case e.Connect():
                self._line.connect(effect.timeout_s)
            case e.Disconnect():
                self._line.disconnect()
            case e.Print() if self._paper is not None:
                self._paper.print(effect)
            case e.Print():
                dropped = inputs.SlipEnded(effect.slip, SlipFate.DROPPED)
                asyncio.get_running_loop().call_soon(self._deliver, dropped)
            case e.DropSlips():
                if self._paper is not None:
                    self._paper.drop()


def _unsent(effect: e.FetchUnsent, journal: Journal) -> list[Entry]:
    return journal.ahead(effect.limit) if effect.ahead else journal.unsent(effect.after, effect.limit)


def _problem(event: str, error: JournalError) -> StorageProblem:
    log.error("%s %s", event, error)
    return error.problem if isinstance(error, NotWritten | NotRead) else StorageProblem.BROKEN


def _clock_corrected(result: int | JournalError) -> None:
    if isinstance(result, JournalError):
        _problem("clock_not_corrected", result)
    elif result:
        log.info("clock_corrected entries=%d", result)


def write_log(effect: e.Log) -> None:
    """Write a line to the log: the event's name, then its fields."""
    fields = " ".join(f"{name}={_plain(value)}" for name, value in effect.fields.items())
    log.log(LEVELS[effect.level], "%s %s", effect.event, fields)


def _plain(value: object) -> str:
    text = str(value)
    return repr(text) if " " in text else text
