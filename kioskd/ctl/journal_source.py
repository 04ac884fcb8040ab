"""Where the `journal` verbs read: from the daemon, or, with the daemon down, from the journal itself."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from kioskd.ctl.arguments import Asked
from kioskd.ctl.client import Client
from kioskd.ctl.errors import CtlError, NoAnswer, Refused
from kioskd.front.protocol import MAX_LIST_LIMIT
from kioskd.model.errors import CODES, ErrorKind

NOT_NOW: Final = CODES[ErrorKind.NOT_NOW]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entries are wanted; `reveal`: with whole card numbers."""

    after: int = 0
    at_most: int | None = None
    state: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    reveal: bool = False


class JournalSource(Protocol):
    """The journal, as the verbs need it. Documents are the contract's."""

    def entries(self, wanted: Selection) -> list[dict[str, Any]]:
        """Return entries in sequence."""

    def exceptions(self, wanted: Selection) -> list[dict[str, Any]]:
        """Return the entries that wait for a person, with class and message."""

    def story(self, seq: int, *, reveal: bool) -> dict[str, Any] | None:
        """Return an entry with all that became of it; None if there is none."""

    def summary(self) -> dict[str, Any]:
        """Return the journal in numbers."""


class FromDaemon:
    """Asks the daemon, page by page."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def entries(self, wanted: Selection) -> list[dict[str, Any]]:
        """Return entries in sequence."""
        filters: dict[str, Any] = {"reveal": wanted.reveal}
        if wanted.state is not None:
            filters["state"] = wanted.state
        for name, moment in (("since", wanted.since), ("until", wanted.until)):
            if moment is not None:
                filters[name] = moment.isoformat()
        return self._pages("journal.list", "entries", filters, wanted)

    def exceptions(self, wanted: Selection) -> list[dict[str, Any]]:
        """Return the entries that wait for a person, with class and message."""
        return self._pages("exceptions.list", "exceptions", {"reveal": wanted.reveal}, wanted)

    def story(self, seq: int, *, reveal: bool) -> dict[str, Any] | None:
        """Return an entry with all that became of it; None if there is none."""
        try:
            told: dict[str, Any] = self._client.call("journal.show", {"seq": seq, "reveal": reveal})
        except Refused as refused:
            if refused.error.get("code") == NOT_NOW:
                return None
            raise
        return told

    def summary(self) -> dict[str, Any]:
        """Return the journal in numbers."""
        found: dict[str, Any] = self._client.call("journal.summary")
        return found

    def _pages(self, method: str, name: str, filters: dict[str, Any], wanted: Selection) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after: int | None = wanted.after
        while after is not None and (wanted.at_most is None or len(found) < wanted.at_most):
            room = MAX_LIST_LIMIT if wanted.at_most is None else wanted.at_most - len(found)
            page = self._client.call(method, filters | {"after": after, "limit": min(room, MAX_LIST_LIMIT)})
            found += page[name]
            after = page.get("next")
        return found


@contextmanager
def opened(asked: Asked) -> Iterator[JournalSource]:
    """Open the daemon's journal, or the file if the daemon is down. Raises CtlError, NoAnswer.

    A state directory without a socket is meant as it stands: another station's card in this reader, say.
    """
    if asked.where.state_dir is None or asked.where.socket is not None:
        try:
            client = asked.connect()
        except NoAnswer as away:
            with _from_file(asked, away) as source:
                yield source
            return
        with client:
            yield FromDaemon(client)
        return
    with _from_file(asked, None) as source:
        yield source


@contextmanager
def _from_file(asked: Asked, away: NoAnswer | None) -> Iterator[JournalSource]:
    from kioskd.ctl.journal_file import NotReadable, open_file  # noqa: PLC0415 # SQLite is for a daemon that is down

    try:
        with open_file(asked.where) as source:
            yield source
    except NotReadable as problem:
        if away is None:
            raise CtlError(str(problem)) from None
        raise NoAnswer(f"{away}; and its journal: {problem}") from None
