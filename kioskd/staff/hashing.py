"""One code's salted hash, as it stands on a line: `scrypt$LOG2_N$R$P$SALT$HASH`, the last two in base64.

Source: RFC 7914 (scrypt).
"""

import base64
import hashlib
import os
import re
import unicodedata
from typing import Final

from kioskd.model.written_late import dataclass

_FORM: Final = re.compile(
    r"scrypt\$(\d{1,2})\$(\d{1,2})\$(\d)\$([A-Za-z0-9+/]{16,64}={0,2})\$([A-Za-z0-9+/]{40,88}={0,2})", re.ASCII
)
_MEMORY_AT_MOST: Final = 1 << 26
"""Bytes. A line that asks for more was not made here, and would stop a small station."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a code is hashed. Lines that share one are checked with a single computation."""

    salt: bytes
    log2_n: int = 14
    r: int = 8
    p: int = 1

    def __post_init__(self) -> None:
        if not (1 <= self.log2_n <= 20 and self.r >= 1 and 1 <= self.p <= 4):
            raise ValueError("out of range")
        if self.memory > _MEMORY_AT_MOST:
            raise ValueError("it asks for too much memory")

    @property
    def memory(self) -> int:
        """Bytes that scrypt needs: 128 · r · (N + p), and a little for its own account."""
        return 128 * self.r * ((1 << self.log2_n) + self.p + 2)

    def hash(self, code: str) -> bytes:
        """Return the code's hash; the same letters spelled in another Unicode form are the same code."""
        plain = unicodedata.normalize("NFKC", code).encode("utf-8", "surrogatepass")
        return hashlib.scrypt(
            plain, salt=self.salt, n=1 << self.log2_n, r=self.r, p=self.p, maxmem=2 * self.memory, dklen=32
        )

    def line(self, digest: bytes) -> str:
        """Return what stands behind the initials."""
        salt, hashed = (base64.b64encode(part).decode("ascii") for part in (self.salt, digest))
        return f"scrypt${self.log2_n}${self.r}${self.p}${salt}${hashed}"


def new_recipe() -> Recipe:
    """Return a recipe with a salt of its own."""
    return Recipe(os.urandom(16))


def parsed(text: str) -> tuple[Recipe, bytes]:
    """Return recipe and hash of a line. Raises ValueError; its text repeats nothing of the line."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError("not a salted hash as `kioskctl staff add` writes it")
    recipe = Recipe(base64.b64decode(found[4]), int(found[1]), int(found[2]), int(found[3]))
    digest = base64.b64decode(found[5])
    if len(digest) != 32:
        raise ValueError("a hash of another length")
    return recipe, digest
