"""Answers that are read, not decided: lists out of the journal, and the status."""

from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo

from kioskd.daemon import status
from kioskd.front.server import Front
from kioskd.journal.errors import JournalError
from kioskd.journal.folder import free_mib
from kioskd.journal.jobs import AskJob, JournalQueue, ScanJob
from kioskd.journal.journal import Journal
from kioskd.journal.listing import entry_document, exception_document, story_document
from kioskd.journal.reading import Story
from kioskd.model.calls import (
    ExceptionsList,
    JournalList,
    JournalShow,
    RegistrationsList,
    StatsGet,
    StatusGet,
    TraceGet,
)
from kioskd.model.effects import Query
from kioskd.model.entry import AddNote, Entry, EntryFilter, EntryState, Seq
from kioskd.model.errors import CallError, ErrorKind
from kioskd.model.settings import Settings
from kioskd.rules.state import State
from kioskd.trace.file import page_document
from kioskd.trace.ring import Ring


class Answering:
    """Reads and replies."""

    def __init__(
        self, settings: Settings, journal: JournalQueue, front: Front, wall_s: Callable[[], float], ring: Ring
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
            case ExceptionsList() as call:
                wanted = EntryFilter(after=Seq(call.after), limit=call.limit + 1, state=EntryState.EXCEPTION)
                self._list(query, wanted, call.limit)
            case RegistrationsList():
                self._journal.submit(
                    AskJob(lambda journal: journal.registrations()), partial(self._registrations, query)
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

    def _registrations(self, query: Query, found: list[tuple[Entry, AddNote]] | JournalError) -> None:
        if isinstance(found, JournalError):
            self._front.fail(query.request, CallError(ErrorKind.STORAGE, str(found)))
            return
        documents = [
            {
                **entry_document(entry, self._zone),
                "sealed": note.content.get("sealed", ""),
                # Of a rescued one: it opens with the codes of its own station.
                **({"keys": keys} if (keys := note.content.get("keys")) else {}),
            }
            for entry, note in found
        ]
        self._front.reply(query.request, {"registrations": documents})

    def _told(self, query: Query, call: JournalShow, found: Story | JournalError | None) -> None:
        if isinstance(found, JournalError):
            self._front.fail(query.request, CallError(ErrorKind.STORAGE, str(found)))
        elif found is None:
            self._front.fail(query.request, CallError(ErrorKind.NOT_NOW, f"seq: there is no entry {call.seq}"))
        else:
            shown = story_document(found.entry, found.rows, self._zone, reveal=call.reveal)
            self._front.reply(query.request, shown)

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


def _story(call: JournalShow, journal: Journal) -> Story | None:
    return journal.story(call.seq)
