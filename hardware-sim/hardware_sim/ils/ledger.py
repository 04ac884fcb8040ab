"""What truly happened at the library system, in order, whatever the station was told."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from io import FileIO
from pathlib import Path

import msgspec

from hardware_sim.errors import SimulatorError, UsageError


class Deed(StrEnum):
    """The kinds of ledger entries."""

    LOAN = "loan"
    RENEWAL = "renewal"
    RETURN = "return"
    REFUSED = "refused"
    FORGOTTEN = "forgotten"  # lose_memory: this loan was lost with the restart


class Origin(msgspec.Struct, frozen=True):
    """Who caused a deed. `connection` 0 and `message` `world`: the control address, as another station would."""

    connection: int
    message: str
    login: str = ""
    no_block: str = ""
    transaction_date: str = ""
    nb_due_date: str = ""


class Entry(msgspec.Struct, frozen=True):
    """One deed. `seq` rises by one; `wall` is RFC 3339; `monotonic` in seconds; `due` RFC 3339 or empty.

    `as_of`: the moment for which it was booked, where that is another than `wall` (RFC 3339), or empty.
    """

    seq: int
    wall: str
    monotonic: float
    kind: Deed
    patron: str
    item: str
    due: str
    reason: str
    connection: int
    message: str
    login: str
    no_block: str
    transaction_date: str
    nb_due_date: str
    as_of: str = ""


class Ledger:
    """Append-only in memory and, if a path is given, a JSON line each in a file.

    A file that exists is read first, so that a killed library system comes back with its memory.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        clock: Callable[[], datetime],
        on_entry: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.entries: list[Entry] = []
        self._clock = clock
        self._monotonic = monotonic
        self._on_entry = on_entry
        self._path = path
        self._file: FileIO | None = None
        if path is not None:
            self._open(path)

    def _open(self, path: Path) -> None:
        try:
            for count, line in enumerate(path.read_bytes().splitlines() if path.exists() else (), start=1):
                try:
                    self.entries.append(msgspec.json.decode(line, type=Entry))
                except msgspec.MsgspecError as wrong:
                    raise UsageError(f"--ledger {path}, line {count}: {wrong}; move the file away") from wrong
            self._file = FileIO(path, "a")
        except OSError as wrong:
            raise UsageError(f"--ledger {path}: {wrong.strerror}") from wrong

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def add(
        self,
        kind: Deed,
        patron: str,
        item: str,
        origin: Origin,
        *,
        due: datetime | None = None,
        reason: str = "",
        as_of: datetime | None = None,
    ) -> Entry:
        """Write down a deed and return its entry."""
        now = self._clock()
        entry = Entry(
            seq=self.entries[-1].seq + 1 if self.entries else 1,
            wall=now.isoformat(timespec="milliseconds"),
            monotonic=self._monotonic(),
            kind=kind,
            patron=patron,
            item=item,
            due=due.isoformat() if due else "",
            reason=reason,
            connection=origin.connection,
            message=origin.message,
            login=origin.login,
            no_block=origin.no_block,
            transaction_date=origin.transaction_date,
            nb_due_date=origin.nb_due_date,
            as_of=as_of.isoformat(timespec="seconds") if as_of is not None and as_of != now else "",
        )
        self.entries.append(entry)
        if self._file is not None:
            try:
                self._file.write(msgspec.json.encode(entry) + b"\n")
            except OSError as wrong:
                raise SimulatorError(f"--ledger {self._path}: {wrong.strerror}") from wrong
        self._on_entry()
        return entry

    def begin_anew(self) -> None:
        """Forget all entries, in the file too."""
        self.entries.clear()
        if self._file is not None:
            self._file.truncate(0)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
