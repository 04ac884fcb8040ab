"""Answers that are read, not decided: lists out of the journal, and the status."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol
from zoneinfo import ZoneInfo

from kioskd.daemon import reporting, status
from kioskd.journal.activity import Activity, activity
from kioskd.journal.errors import JournalError
from kioskd.journal.folder import free_mib
from kioskd.journal.jobs import AskJob, JournalQueue, ScanJob
from kioskd.journal.journal import Journal
from kioskd.journal.listing import entry_document, exception_document, moment, story_document
from kioskd.journal.reading import Story
from kioskd.model import handed_over
from kioskd.model.calls import (
    ExceptionsList,
    JournalHandedOver,
    JournalList,
    JournalShow,
    RegistrationsList,
    RequestId,
    StatsGet,
    StatusGet,
    TraceGet,
)
from kioskd.model.downtime_calls import ReportGet, WorklistGet
from kioskd.model.effects import Query
from kioskd.model.entry import AddNote, Entry, EntryFilter, EntryState, Seq
from kioskd.model.errors import CallError, ErrorKind
from kioskd.model.settings import Settings
from kioskd.model.spans import spans
from kioskd.rules import reviewing, worklist
from kioskd.rules.outage import NOTE as OUTAGE
from kioskd.rules.state import State
from kioskd.trace.file import page_document
from kioskd.trace.ring import Ring

_Registered = tuple[list[tuple[Entry, AddNote]], list[AddNote]]
"""Registrations with the notes that hold their forms, and what was ticked of them."""


class Answers(Protocol):
    """Who answers a call."""

    def reply(self, request: RequestId, result: object = None) -> None:
        """Answer it."""

    def fail(self, request: RequestId, error: CallError) -> None:
        """Refuse it."""


class Answering:
    """Reads and replies."""

    def __init__(
        self, settings: Settings, journal: JournalQueue, front: Answers, wall_s: Callable[[], float], ring: Ring
    ) -> None:
        self._ring = ring
        self._zone = ZoneInfo(settings.station.timezone)
        self._state_dir = settings.station.state_dir
        self._journal = journal
        self._front = front
        self._wall_s = wall_s

    def answer(self, query: Query, state: State) -> None:
        """Answer a call by reading."""
        match query.call:
            case StatusGet():
                drawn = status.draw(state, wall_s=self._wall_s(), free_mib=free_mib(self._state_dir))
                self._front.reply(query.request, drawn)
            case StatsGet() as call:
                self._count_and_tell(query, call)
            case TraceGet() as call:
                self._front.reply(query.request, page_document(self._ring.page(call.after, call.limit)))
            case JournalList() as call:
                wanted = EntryFilter(
                    after=Seq(call.after),
                    limit=call.limit + 1,
                    state=call.state,
                    since_wall_s=call.since.timestamp() if call.since else None,
                    until_wall_s=call.until.timestamp() if call.until else None,
                )
                self._list(query, wanted, call.limit)
            case JournalShow() as call:
                self._journal.submit(AskJob(partial(_story, call)), partial(self._told, query, call))
            case JournalHandedOver() as call:
                self._journal.submit(
                    AskJob(lambda journal: journal.notes(handed_over.KIND)), partial(self._handed_over, query, call)
                )
            case ExceptionsList() as call:
                wanted = EntryFilter(after=Seq(call.after), limit=call.limit + 1, state=EntryState.EXCEPTION)
                self._list(query, wanted, call.limit)
            case RegistrationsList():
                self._journal.submit(AskJob(_registered), partial(self._registrations, query))
            case WorklistGet():
                exceptions = EntryFilter(state=EntryState.EXCEPTION)
                self._journal.submit(
                    ScanJob(lambda journal: journal.scan(exceptions)), partial(self._worklist, query, state.language)
                )
            case ReportGet() as call:
                self._journal.submit(
                    AskJob(lambda journal: journal.notes(OUTAGE)), partial(self._report, query, call, state)
                )

    def _count_and_tell(self, query: Query, call: StatsGet) -> None:
        def counted(result: bool | JournalError) -> None:
            if result is True:
                self._journal.submit(AskJob(lambda journal: journal.count_up()), counted)
                return
            lines = AskJob(lambda journal: journal.statistics(call.by, call.since, call.until))
            self._journal.submit(lines, partial(self._counts, query))

        counted(True)

    def _counts(self, query: Query, found: list[dict[str, object]] | JournalError) -> None:
        if isinstance(found, JournalError):
            self._front.fail(query.request, CallError(ErrorKind.STORAGE, str(found)))
        else:
            self._front.reply(query.request, {"lines": found})

    def _worklist(self, query: Query, language: str, found: list[Entry] | JournalError) -> None:
        if isinstance(found, JournalError):
            self._front.fail(query.request, CallError(ErrorKind.STORAGE, str(found)))
            return
        assert isinstance(query.call, WorklistGet)
        documents = [exception_document(entry, self._zone, reveal=query.call.reveal) for entry in found]
        self._front.reply(query.request, {"classes": worklist.classes(language, documents)})

    def _report(self, query: Query, call: ReportGet, state: State, found: list[AddNote] | JournalError) -> None:
        if isinstance(found, JournalError):
            self._front.fail(query.request, CallError(ErrorKind.STORAGE, str(found)))
            return
        notes, until = reporting.chosen(found, call.outage)
        if not notes:
            self._front.fail(query.request, CallError(ErrorKind.NOT_NOW, "outage: there was no such outage"))
            return
        since = notes[0].at_wall_s
        self._journal.submit(
            ScanJob(lambda journal: activity(journal, since, until)), partial(self._reported, query, state, notes)
        )

    def _reported(
        self, query: Query, state: State, notes: Sequence[AddNote], found: list[Activity] | JournalError
    ) -> None:
        if isinstance(found, JournalError):
            self._front.fail(query.request, CallError(ErrorKind.STORAGE, str(found)))
            return
        self._front.reply(query.request, reporting.document(notes, found, state, now_wall_s=self._wall_s()))

    def _registrations(self, query: Query, found: _Registered | JournalError) -> None:
        if isinstance(found, JournalError):
            self._front.fail(query.request, CallError(ErrorKind.STORAGE, str(found)))
            return
        registrations, ticks = found
        documents = []
        for entry, note in registrations:
            mine = [tick for tick in ticks if tick.content.get("id") == entry.what.id]
            missing = note.content.get("missing", "")
            documents.append(
                {
                    **entry_document(entry, self._zone),
                    "sealed": note.content.get("sealed", ""),
                    # Of a rescued one: it opens with the codes of its own station.
                    **({"keys": keys} if (keys := note.content.get("keys")) else {}),
                    "open": reviewing.still_open(missing, [tick.content.get("item", "") for tick in mine]),
                    "ticked": [
                        {
                            "item": tick.content.get("item", ""),
                            "by": tick.content.get("by", ""),
                            "at": moment(tick.at_wall_s, self._zone),
                        }
                        for tick in mine
                    ],
                }
            )
        self._front.reply(query.request, {"registrations": documents})

    def _told(self, query: Query, call: JournalShow, found: Story | JournalError | None) -> None:
        if isinstance(found, JournalError):
            self._front.fail(query.request, CallError(ErrorKind.STORAGE, str(found)))
        elif found is None:
            self._front.fail(query.request, CallError(ErrorKind.NOT_NOW, f"seq: there is no entry {call.seq}"))
        else:
            shown = story_document(found.entry, found.rows, self._zone, reveal=call.reveal)
            self._front.reply(query.request, shown)

    def _handed_over(self, query: Query, call: JournalHandedOver, found: list[AddNote] | JournalError) -> None:
        if isinstance(found, JournalError):
            self._front.fail(query.request, CallError(ErrorKind.STORAGE, str(found)))
        else:
            numbers = handed_over.numbers_at(found, call.to)
            self._front.reply(query.request, {"numbers": spans(numbers), "count": len(numbers)})

    def _list(self, query: Query, wanted: EntryFilter, limit: int) -> None:
        self._journal.submit(ScanJob(lambda journal: journal.scan(wanted)), partial(self._listed, query, limit))

    def _listed(self, query: Query, limit: int, found: list[Entry] | JournalError) -> None:
        if isinstance(found, JournalError):
            self._front.fail(query.request, CallError(ErrorKind.STORAGE, str(found)))
            return
        page = found[:limit]
        more = page[-1].seq if len(found) > limit else None
        exceptions = isinstance(query.call, ExceptionsList)
        draw = exception_document if exceptions else entry_document
        reveal = isinstance(query.call, JournalList | ExceptionsList) and query.call.reveal
        documents = [draw(entry, self._zone, reveal=reveal) for entry in page]
        self._front.reply(query.request, {"exceptions" if exceptions else "entries": documents, "next": more})


def _registered(journal: Journal) -> _Registered:
    return journal.registrations(), journal.notes(reviewing.TICK)


def _story(call: JournalShow, journal: Journal) -> Story | None:
    return journal.story(call.seq)
