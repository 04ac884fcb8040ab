"""The file of staff's codes: `initials:salted-hash` a line, `#` begins a remark; made by `kioskctl staff add`."""

import fcntl
import hmac
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from kioskd.model.written_late import dataclass
from kioskd.staff.hashing import Recipe, new_recipe, parsed

SHORTEST_CODE: Final = 4
LONGEST_CODE: Final = 128
_INITIALS: Final = re.compile(r"[^\W_][\w.-]{0,11}")
_LARGEST_BYTES: Final = 1 << 20


class StaffCodesTrouble(Exception):  # noqa: N818 - named for what happened, as all of the house's
    """Raised when the codes cannot be read or changed; its text names file, line and remedy, and never a code."""


@dataclass(frozen=True, slots=True)
class _Row:
    initials: str
    recipe: Recipe
    digest: bytes


class StaffCodes:
    """The codes as the file had them when it was read."""

    def __init__(self, path: Path, rows: Sequence[_Row] = ()) -> None:
        self.path: Final = path
        self._rows: Final = tuple(rows)

    @classmethod
    def load(cls, path: Path) -> "StaffCodes":
        """Read the file. Raises StaffCodesTrouble if there is none, or naming the line that is none."""
        return cls(path, _rows(path, _lines(path)))

    @classmethod
    def load_or_new(cls, path: Path) -> "StaffCodes":
        """Read the file, or begin an empty one. Raises StaffCodesTrouble."""
        return cls.load(path) if path.exists() else cls(path)

    @property
    def initials(self) -> tuple[str, ...]:
        """Who has a code, in the file's order."""
        return tuple(row.initials for row in self._rows)

    def check(self, code: str) -> str | None:
        """Return whose code it is, or None.

        Takes tens of milliseconds, so not for an event loop: one scrypt for all lines that share a salt, as those
        written here do. All lines are compared, whether one has matched or not.
        """
        hashes = {row.recipe: b"" for row in self._rows}
        for recipe in hashes:
            hashes[recipe] = recipe.hash(code[:LONGEST_CODE])
        whose = None
        for row in self._rows:
            if hmac.compare_digest(hashes[row.recipe], row.digest):
                whose = row.initials
        return whose if len(code) <= LONGEST_CODE else None

    def add(self, initials: str, code: str) -> "StaffCodes":
        """Give a person a code, or another one; return the codes as they are then. The first one makes the file.

        It is read again, then replaced whole: synced, 0600, remarks kept. Raises StaffCodesTrouble for a
        weak code, for one that is somebody else's (not saying whose), and if the file cannot be changed.
        """
        if not _INITIALS.fullmatch(initials):
            raise StaffCodesTrouble(f"initials {initials!r}: 1 to 12 letters, digits, . _ or - are wanted")
        if reason := weakness(code):
            raise StaffCodesTrouble(f"the code of {initials} {reason}; nothing was changed")
        with _alone_in(self.path.parent):
            lines = _lines(self.path) if self.path.exists() else []
            rows = _rows(self.path, lines)
            if StaffCodes(self.path, rows).check(code) not in {None, initials}:
                raise StaffCodesTrouble(f"the code of {initials} cannot be used; choose another")
            recipe = rows[0].recipe if rows else new_recipe()
            line = f"{initials}:{recipe.line(recipe.hash(code))}"
            kept = [each for each in lines if each.partition(":")[0] != initials]
            _replace(self.path, [*kept, line])
            return StaffCodes.load(self.path)


def weakness(code: str) -> str | None:
    """Return why a code must not be used, or None."""
    if len(code) < SHORTEST_CODE:
        return f"is too short: at least {SHORTEST_CODE} characters"
    if len(code) > LONGEST_CODE:
        return f"is too long: at most {LONGEST_CODE} characters"
    if not code.isprintable() or code != code.strip():
        return "holds a control character, or a blank at an end"
    if len(set(code)) == 1:
        return "is one character again and again"
    return None


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise StaffCodesTrouble(f"{path}: there is no such file; make it: kioskctl staff add INITIALS") from None
    except OSError as error:
        raise StaffCodesTrouble(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > _LARGEST_BYTES:
        raise StaffCodesTrouble(f"{path} is too large for a file of staff codes")
    try:
        return content.decode().splitlines()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise StaffCodesTrouble(f"{path}, line {line}: not UTF-8") from None


def _rows(path: Path, lines: Sequence[str]) -> list[_Row]:
    rows: list[_Row] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        initials, colon, rest = line.partition(":")
        if not colon or not _INITIALS.fullmatch(initials):
            raise StaffCodesTrouble(f"{path}, line {number}: not `initials:salted-hash`")
        if any(row.initials == initials for row in rows):
            raise StaffCodesTrouble(f"{path}, line {number}: {initials} has a line already; take one of them out")
        try:
            recipe, digest = parsed(rest.strip())
        except ValueError as error:
            raise StaffCodesTrouble(f"{path}, line {number}: {error}") from None
        rows.append(_Row(initials, recipe, digest))
    return rows


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep two people who add codes at once from undoing each other's."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise StaffCodesTrouble(f"{folder} cannot be opened: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _replace(path: Path, lines: Sequence[str]) -> None:
    """Put the lines in the file's place, whole or not at all; its owner stays, or becomes the folder's."""
    temporary: str | None = None
    try:
        keeper = (path if path.exists() else path.parent).stat()
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "wb") as stream:
            if os.geteuid() == 0:
                os.fchown(stream.fileno(), keeper.st_uid, keeper.st_gid)
            stream.write("".join(f"{line}\n" for line in lines).encode())
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
        temporary = None
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise StaffCodesTrouble(f"{path} cannot be written: {error.strerror}") from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
