"""The file of staff codes: a line `initials:salt:hash` each, made by `kioskctl staff add`. No code is ever stored."""

import hashlib
import hmac
import os
import re
import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

SHORTEST: Final = 4
_INITIALS: Final = re.compile(r"[A-Za-z0-9._-]{1,12}")
_N, _R, _P = 2**14, 8, 1
"""scrypt's cost: 16 MiB and some 50 ms a try on a Pi. Each line names its own, so that it can rise."""


class StaffCodesTrouble(Exception):  # noqa: N818 - it says what happened
    """Raised when the file cannot be read or changed; the text says what is wrong, where, and what to do."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """One line of the file."""

    initials: str
    cost: tuple[int, int, int]
    salt: bytes
    digest: bytes

    def fits(self, code: str) -> bool:
        """Tell whether this is the code, in a time that does not tell how far it fits."""
        return hmac.compare_digest(_digest(code, self.salt, self.cost), self.digest)

    def line(self) -> str:
        """Return the line as it stands in the file."""
        n, r, p = self.cost
        return f"{self.initials}:scrypt:{n}:{r}:{p}:{self.salt.hex()}:{self.digest.hex()}"


def _digest(code: str, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    n, r, p = cost
    return hashlib.scrypt(code.encode(), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)


@dataclass(frozen=True, slots=True)
class StaffCodes:
    """The codes of a station's staff."""

    path: Path
    _kept: Sequence[_Kept]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file. Raises StaffCodesTrouble."""
        try:
            lines = path.read_text().splitlines()
        except FileNotFoundError:
            raise StaffCodesTrouble(f"{path}: there is no such file; make it: kioskctl staff add INITIALS") from None
        except (OSError, UnicodeDecodeError) as error:
            raise StaffCodesTrouble(f"{path}: cannot be read: {error}") from error
        kept = [_parse(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
        return cls(path, kept)

    @classmethod
    def load_or_new(cls, path: Path) -> Self:
        """Read the file, or begin an empty one. Raises StaffCodesTrouble."""
        return cls.load(path) if path.exists() else cls(path, ())

    @property
    def initials(self) -> Sequence[str]:
        """Whose codes these are."""
        return tuple(kept.initials for kept in self._kept)

    def check(self, code: str) -> str | None:
        """Return whose code this is, or None. Tries every line, whichever fits: the time tells nothing."""
        found = [kept.initials for kept in self._kept if kept.fits(code)]
        return found[0] if found else None

    def add(self, initials: str, code: str) -> "StaffCodes":
        """Give a person a code, or another one; the file is replaced whole. Raises StaffCodesTrouble."""
        if not _INITIALS.fullmatch(initials):
            raise StaffCodesTrouble(f"initials {initials!r}: 1 to 12 letters, digits, dots, dashes")
        if len(code) < SHORTEST or code != code.strip() or not code.isprintable():
            raise StaffCodesTrouble(f"the code must have {SHORTEST} characters at least, and no blanks around it")
        owner = self.check(code)
        if owner is not None and owner != initials:
            raise StaffCodesTrouble("this code cannot be used; choose another")
        salt = secrets.token_bytes(16)
        cost = (_N, _R, _P)
        fresh = _Kept(initials, cost, salt, _digest(code, salt, cost))
        others = [kept for kept in self._kept if kept.initials != initials]
        changed = StaffCodes(self.path, (*others, fresh))
        changed._write()
        return changed

    def _write(self) -> None:
        folder = self.path.parent
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            fd, name = tempfile.mkstemp(dir=folder, prefix=self.path.name)
            with os.fdopen(fd, "w") as file:
                file.write("".join(kept.line() + "\n" for kept in self._kept))
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
            held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(held)
            finally:
                os.close(held)
        except OSError as error:
            raise StaffCodesTrouble(f"{self.path}: cannot be written: {error.strerror}") from error


def _parse(path: Path, number: int, line: str) -> _Kept:
    try:
        initials, kind, n, r, p, salt, digest = line.strip().split(":")
        if kind != "scrypt" or not _INITIALS.fullmatch(initials):
            raise ValueError(kind)
        cost = (int(n), int(r), int(p))
        if not (2 <= cost[0] <= 2**20 and cost[0] & (cost[0] - 1) == 0 and 1 <= cost[1] <= 32 and 1 <= cost[2] <= 16):
            raise ValueError(n)
        return _Kept(initials, cost, bytes.fromhex(salt), bytes.fromhex(digest))
    except ValueError:
        raise StaffCodesTrouble(
            f"{path}, line {number}: not a staff code; remove the line and run: kioskctl staff add INITIALS"
        ) from None
