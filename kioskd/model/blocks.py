"""The block list: cards that staff look at before they borrow offline. No number is in it, only keyed hashes."""

from dataclasses import field
from enum import StrEnum
from typing import Final

from kioskd.model.written_late import dataclass


class BlockReason(StrEnum):
    """Why a card is listed; the values are the keys of what staff are asked."""

    LOST = "listed_lost"
    EXPIRED = "listed_expired"
    BARRED = "listed_barred"
    BLOCKED = "listed_blocked"
    UNSAID = "listed_unsaid"


LETTERS: Final = {
    "L": BlockReason.LOST,
    "E": BlockReason.EXPIRED,
    "B": BlockReason.BARRED,
    "D": BlockReason.BLOCKED,
}
"""Source: Evergreen, offline-blocked-list.pl (D: penalised)."""
REASONS: Final = tuple(BlockReason)
DIGEST: Final = 8
"""Bytes a card: among a million cards, another one is taken for a listed one once in ten million libraries."""


@dataclass(frozen=True, slots=True)
class BlockList:
    """`digests`: `DIGEST` bytes a card, in order; `reasons`: a number in `REASONS` each; `made_wall_s`: of the file."""

    key: bytes = field(repr=False)
    digests: bytes = field(repr=False)
    reasons: bytes = field(repr=False)
    made_wall_s: float

    def __len__(self) -> int:
        return len(self.reasons)
