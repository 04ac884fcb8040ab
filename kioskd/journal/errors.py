"""What can go wrong with the journal, each with what to do about it."""

from pathlib import Path

from kioskd.model.entry import Seq, StorageProblem


class JournalError(Exception):
    """Raised when the journal cannot do what was asked; `str()` says what is wrong and what to do."""


class NotWritten(JournalError):  # noqa: N818 - a state of affairs, named as the contract does
    """Raised when nothing of a write was kept, because the disk is full, read-only or broken.

    The journal stays usable: when the disk takes rows again, the next write succeeds.
    """

    def __init__(self, problem: StorageProblem, detail: str) -> None:
        super().__init__(f"{problem.value}: {detail}")
        self.problem = problem
        self.detail = detail


class NotRead(JournalError):  # noqa: N818 - a state of affairs, named as the contract does
    """Raised when the disk does not give back what the journal holds."""

    def __init__(self, problem: StorageProblem, detail: str) -> None:
        super().__init__(f"{problem.value}: {detail}")
        self.problem = problem
        self.detail = detail


class NoSuchEntry(JournalError):  # noqa: N818 - a state of affairs, named as the contract does
    """Raised when a row is to be written for an entry that does not exist; nothing was written."""

    def __init__(self, seq: Seq) -> None:
        super().__init__(f"the journal has no entry {seq}")
        self.seq = seq


class NoJournal(JournalError):  # noqa: N818 - a state of affairs, named as the contract does
    """Raised when there is no journal to read."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: there is no journal; check the state directory")


class JournalHeld(JournalError):  # noqa: N818 - a state of affairs, named as the contract does
    """Raised when another process has the journal open. `pid` is 0 where it could not be found out."""

    def __init__(self, state_dir: Path, pid: int) -> None:
        who = f"process {pid}" if pid else "another process"
        super().__init__(f"{state_dir}: the journal is in use by {who}; stop it, or ask it through its socket")
        self.pid = pid


class OtherVersion(JournalError):  # noqa: N818 - a state of affairs, named as the contract does
    """Raised when the journal's schema is newer than this program (or older, and may only be read)."""

    def __init__(self, path: Path | str, found: int, known: int) -> None:
        remedy = "install the newer kioskd again" if found > known else "start this kioskd once, which brings it up"
        super().__init__(f"{path}: schema version {found}, this program knows {known}; {remedy}. Nothing was changed")
        self.found = found
        self.known = known


class JournalDamaged(JournalError):  # noqa: N818 - a state of affairs, named as the contract does
    """Raised when the journal's file is not what was written to it."""

    def __init__(self, path: Path | str, detail: str) -> None:
        super().__init__(f"{path}: damaged ({detail})")
        self.path = path
        self.detail = detail
