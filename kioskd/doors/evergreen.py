"""Evergreen's offline sessions: a file of rows, loaded and executed as one. Source: Evergreen, offline.pl.

A session is what makes it *once*: executed, it is complete and refuses everything else. Its key is written down before
it is executed, so that whoever starts after a power cut first waits for its end. What its exceptions do not name was
done.
"""

import asyncio
import datetime as dt
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from kioskd.doors.http import Lost, NotSent, Request, Response, Send
from kioskd.doors.way import Deed, Word, said
from kioskd.model.ils import AskCheckout, NoAnswer
from kioskd.model.settings import DoorSettings
from kioskd.model.written_late import dataclass

LOGIN: Final = "/osrf-gateway-v1"
PATH: Final = "/cgi-bin/offline/offline.pl"
LEFT: Final = "evergreen-session.json"
"""Beside the journal: the session that was about to be executed."""
ACTIVE, FILE_EXISTS, COMPLETE = 8000, 8001, 8010
"""Already being executed; this workstation's file is there already; already executed."""
UNKNOWN: Final = "OFFLINE_SESSION_NOT_FOUND"
POLL_S: Final = 0.5
END_OF_DAY: Final = dt.time(23, 59, 59)


class Refused(Exception):  # noqa: N818 - named for what happened, as all of the house's
    """Raised when it says no to something by which nothing was executed yet."""


@dataclass(frozen=True, slots=True)
class Event:
    """Its answer. `code` 0: done."""

    code: int
    textcode: str
    payload: Any


class Evergreen:
    """One session after the other."""

    def __init__(self, settings: DoorSettings, zone: dt.tzinfo, station: str, state_dir: Path) -> None:
        self._settings = settings
        self._zone = zone
        self._station = station
        self._left = state_dir / LEFT
        self._token = ""

    async def carry(self, deeds: Sequence[Deed], send: Send, until_mono_s: float) -> Sequence[Word]:
        """Return a word on each deed. Raises NotSent."""
        try:
            await self._log_in(send, until_mono_s)
            over = await self._earlier(send, until_mono_s)
        except Lost as problem:
            # A log-in or a question has done nothing.
            raise NotSent(str(problem)) from None
        except Refused:
            self._token = ""
            return [NoAnswer.NO_SEAT] * len(deeds)
        if over is None:
            raise NotSent("an earlier session is still being executed")
        # What that one held may have been done since it was last looked at: it is looked at again before it is sent.
        again = [_name(deed) in over for deed in deeds]
        rows = [deed for deed, seen in zip(deeds, again, strict=True) if not seen]
        words = iter(await self._session(rows, send, until_mono_s) if rows else ())
        return [NoAnswer.DOOR_LOST if seen else next(words) for seen in again]

    async def _session(self, deeds: Sequence[Deed], send: Send, until_mono_s: float) -> Sequence[Word]:
        try:
            made = await self._ask(send, until_mono_s, "create", org=self._settings.branch, desc=self._describe())
            key = str(made.payload)
            if made.code != 0 or not key:
                raise Refused(made.textcode)
            await self._load(key, deeds, send, until_mono_s)
        except Lost as problem:
            # Loaded or not, it is not executed, and nobody here ever will.
            raise NotSent(str(problem)) from None
        except Refused:
            self._token = ""
            return [NoAnswer.NO_SEAT] * len(deeds)
        await asyncio.to_thread(self._keep, key, [_name(deed) for deed in deeds])
        if not await self._execute(key, send, until_mono_s):
            await asyncio.to_thread(self._forget)
            return [NoAnswer.NO_LINE] * len(deeds)
        failed = await self._results(key, send, until_mono_s)
        if failed is None:
            return [NoAnswer.DOOR_LOST] * len(deeds)
        await asyncio.to_thread(self._forget)
        return [_meant(deed, failed) for deed in deeds]

    async def _load(self, key: str, deeds: Sequence[Deed], send: Send, until_mono_s: float) -> None:
        """Load the file; a second time it says that it is there."""
        file = "".join(json.dumps(self.row(deed), ensure_ascii=True) + "\n" for deed in deeds).encode("ascii")
        try:
            loaded = await self._ask(send, until_mono_s, "load", file=file, seskey=key, delta="0")
        except Lost:
            loaded = await self._ask(send, until_mono_s, "load", file=file, seskey=key, delta="0")
        if loaded.code not in (0, FILE_EXISTS):
            raise Refused(loaded.textcode)

    async def _execute(self, key: str, send: Send, until_mono_s: float) -> bool:
        """Have it executed; False: it says no. It does it once, so asking again after a lost answer is harmless."""
        for _ in range(3):
            try:
                begun = await self._ask(send, until_mono_s, "execute", seskey=key)
            except (Lost, NotSent):
                continue
            return begun.code in (0, ACTIVE, COMPLETE)
        # Whether it heard is seen at its progress; `_left` stands until then.
        return True

    async def _results(self, key: str, send: Send, until_mono_s: float) -> list[dict[str, Any]] | None:
        """Wait for its end and return its exceptions; None: there was no end in time."""
        loop = asyncio.get_running_loop()
        while loop.time() < until_mono_s:
            try:
                if await self._done(key, send, until_mono_s):
                    told = await self._ask(send, until_mono_s, "status", seskey=key, status_type="exceptions")
                    rows = told.payload if isinstance(told.payload, list) else []
                    return [row for row in rows if isinstance(row, dict)] if told.code == 0 else None
            except (Lost, NotSent, Refused):
                pass
            await asyncio.sleep(min(POLL_S, max(0.0, until_mono_s - loop.time())))
        return None

    async def _done(self, key: str, send: Send, until_mono_s: float) -> bool:
        told = await self._ask(send, until_mono_s, "status", seskey=key, status_type="summary")
        if told.code != 0 or not isinstance(told.payload, dict):
            raise Refused(told.textcode)
        total, done = (int(told.payload.get(name) or 0) for name in ("total", "num_complete"))
        return total > 0 and done >= total

    async def _earlier(self, send: Send, until_mono_s: float) -> set[str] | None:
        """Return what the session held that was cut off, if it has come to its end; None: it has not.

        One that it does not know, or that it will not execute, never began.
        """
        try:
            left = json.loads(await asyncio.to_thread(self._left.read_bytes))
            key, names = str(left["key"]), {str(name) for name in left["names"]}
        except FileNotFoundError:
            return set()
        except (OSError, ValueError, KeyError, TypeError):
            return set()
        try:
            done = await self._done(key, send, until_mono_s)
        except Refused as refused:
            if str(refused) != UNKNOWN:
                raise
            await asyncio.to_thread(self._forget)
            return names
        if not done:
            # It was perhaps never begun; begun, it says so.
            if not await self._execute(key, send, until_mono_s):
                await asyncio.to_thread(self._forget)
                return names
            if await self._results(key, send, until_mono_s) is None:
                return None
        await asyncio.to_thread(self._forget)
        return names

    async def _log_in(self, send: Send, until_mono_s: float) -> None:
        """Get a token. Source: Evergreen, SIP2Mediator's session, and public clients of its gateway. Raises Refused."""
        if self._token:
            return
        own = self._settings
        who = {
            "username": own.user, "password": str(own.password), "type": "staff", "workstation": own.workstation,
        }  # fmt: skip
        form = {"service": "open-ils.auth", "method": "open-ils.auth.login", "param": json.dumps(who)}
        answer = await send(Request("POST", LOGIN, form=form), until_mono_s)
        try:
            event = json.loads(answer.body)["payload"][0]
            token = event["payload"]["authtoken"] if int(event["ilsevent"]) == 0 else ""
        except (ValueError, KeyError, TypeError, IndexError):
            raise Refused("no token") from None
        if not token:
            raise Refused(str(event.get("textcode")))
        self._token = str(token)

    async def _ask(
        self, send: Send, until_mono_s: float, action: str, *, file: bytes | None = None, **more: str
    ) -> Event:
        """Ask the script. Raises NotSent, Lost; Refused where the token is not good any more."""
        form = {"action": action, "ses": self._token, "ws": self._settings.workstation, "wc": "1", **more}
        answer = await send(Request("POST", PATH, form=form, file=file), until_mono_s)
        event = _event(answer)
        if event.textcode in ("NO_SESSION", "PERM_FAILURE"):
            self._token = ""
            raise Refused(event.textcode)
        return event

    def row(self, deed: Deed) -> dict[str, object]:
        """Return a deed as a row of `pending.xacts`."""
        at = dt.datetime.fromtimestamp(int(deed.at_wall_s), self._zone)
        row: dict[str, object] = {
            "type": "checkout" if isinstance(deed, AskCheckout) else "renew",
            "timestamp": int(deed.at_wall_s),
            "delta": 0,
            "barcode": deed.item,
            "checkout_time": at.isoformat(timespec="seconds"),
        }
        if deed.patron:
            row["patron_barcode"] = deed.patron
        if deed.due is not None:
            due = dt.datetime.combine(deed.due, END_OF_DAY, self._zone)
            row["due_date"] = due.isoformat(timespec="seconds")
        return row

    def _describe(self) -> str:
        return f"kioskd {self._station}"

    def _keep(self, key: str, names: Sequence[str]) -> None:
        """Write down, durably, which session is about to be executed. Raises OSError."""
        beside = self._left.with_name(f".{LEFT}.new")
        fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with open(fd, "w") as stream:  # noqa: PTH123 - a descriptor, for its mode
            json.dump({"key": key, "names": list(names)}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        beside.rename(self._left)
        folder = os.open(self._left.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _forget(self) -> None:
        self._left.unlink(missing_ok=True)


def _name(deed: Deed) -> str:
    """Return what tells a deed from others without anybody's number: the item's and its second."""
    return f"{deed.item} {int(deed.at_wall_s)}"


def _event(answer: Response) -> Event:
    """Return what it said. Raises Lost if that is no answer of the script's."""
    try:
        document = json.loads(answer.body)
        code = int(document["ilsevent"])
        return Event(code, str(document.get("textcode", "")), document.get("payload"))
    except (ValueError, KeyError, TypeError):
        if answer.status in (401, 403, 404):
            raise NotSent(f"there is no such script: HTTP {answer.status}") from None
        raise Lost(f"no answer of the script's: HTTP {answer.status}") from None


def _meant(deed: Deed, failed: Sequence[Mapping[str, Any]]) -> Word:
    """Return the word on a deed: what the exceptions do not name was done."""
    for each in failed:
        command = each.get("command")
        if not isinstance(command, dict) or str(command.get("barcode")) != deed.item:
            continue
        if int(command.get("timestamp") or 0) == int(deed.at_wall_s):
            event = each.get("event")
            first = event[0] if isinstance(event, list) and event else event
            told = first.get("textcode", "") if isinstance(first, dict) else ""
            return said(deed, ok=False, message=str(told))
    return said(deed, ok=True, renewal=not isinstance(deed, AskCheckout))
