"""Reading the block list into keyed hashes, in a worker thread; the numbers themselves are not kept."""

import secrets
from pathlib import Path
from typing import Final

from kioskd.model.blocks import LETTERS, REASONS, BlockList, BlockReason
from kioskd.model.inputs import BlockListRead
from kioskd.rules.listed import digest

LARGEST_BYTES: Final = 64 << 20
_KEY: Final = secrets.token_bytes(32)
"""New with each start: what is in memory cannot be compared with anything else."""


def read_block_list(path: Path | None) -> BlockListRead:
    """Return the list, or why there is none.

    Lines: a number, or a number, a blank and L, E, B or D; of a number that stands twice the first line counts.
    """
    if path is None:
        return BlockListRead(None, "offline.block_list names no file")
    try:
        if path.stat().st_size > LARGEST_BYTES:
            return BlockListRead(None, f"{path}: larger than 64 MiB, so no block list")
        made = path.stat().st_mtime
        found: dict[bytes, int] = {}
        with path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                card, reason = _parsed(line.rstrip("\r\n"))
                if card:
                    found.setdefault(digest(_KEY, card), REASONS.index(reason))
    except OSError as problem:
        return BlockListRead(None, f"{path}: {problem.strerror}")
    ordered = sorted(found.items())
    blocks = BlockList(_KEY, b"".join(each for each, _ in ordered), bytes(reason for _, reason in ordered), made)
    return BlockListRead(blocks)


def _parsed(line: str) -> tuple[str, BlockReason]:
    if len(line) > 2 and line[-2] == " " and line[-1] in LETTERS:
        return line[:-2].strip(), LETTERS[line[-1]]
    return line.strip(), BlockReason.UNSAID
