"""Reads true rows out of a damaged file, page by page and without SQLite.

SQLite finds rows through a tree; where the tree is broken, it gives up what hangs below. We look at each leaf by itself
and take a row if its own sum says that it is as it was written. As these rows are never changed, any copy will do.
Source: https://www.sqlite.org/fileformat2.html
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from kioskd.journal import log
from kioskd.journal.columns import LASTING, Cell, Cells, Table, is_true
from kioskd.journal.schema import PAGE_SIZE

LEAF: Final = 0x0D
"""The first byte of a page that holds rows of a table."""
LONGEST_ROW: Final = 1 << 20


class UnreadableError(Exception):
    """Raised when bytes are not a row; it is left out."""


class Pages:
    """The pages of a file and its log, newest first where both have one."""

    def __init__(self, tables: BinaryIO, journal: BinaryIO | None, size: int, logged: list[log.Frame]) -> None:
        self._tables = tables
        self._journal = journal
        self._size = size
        self._logged = logged
        self._newest = {frame.page: frame.offset for frame in logged}

    def every(self) -> Iterator[tuple[int, bytes]]:
        """Yield each page that is there, numbered from 1, those of the log as often as it has them."""
        number = 1
        while page := self._of_tables(number):
            yield number, page
            number += 1
        for frame in self._logged:
            yield frame.page, self._of_log(frame.offset)

    def page(self, number: int) -> bytes:
        """Return the newest copy of a page. Raises UnreadableError."""
        offset = self._newest.get(number)
        page = self._of_log(offset) if offset is not None else self._of_tables(number)
        if len(page) < self._size:
            raise UnreadableError
        return page

    def _of_tables(self, number: int) -> bytes:
        if number < 1:
            raise UnreadableError
        self._tables.seek((number - 1) * self._size)
        return self._tables.read(self._size)

    def _of_log(self, offset: int) -> bytes:
        assert self._journal is not None
        self._journal.seek(offset)
        return self._journal.read(self._size)


def true_rows(path: Path) -> Iterator[tuple[Table, Cells]]:
    """Yield every true row of the lasting tables in the file and its log; the same one perhaps several times."""
    journal_path = path.with_name(path.name + "-wal")
    has_log = journal_path.exists() and journal_path.stat().st_size > log.HEADER
    if not path.exists() and not has_log:
        return
    size = _page_size(path, journal_path if has_log else None)
    logged = log.committed(journal_path, size) if has_log else []
    with path.open("rb") as tables:
        if not logged:
            yield from _rows(Pages(tables, None, size, []))
            return
        with journal_path.open("rb") as journal:
            yield from _rows(Pages(tables, journal, size, logged))


def _page_size(path: Path, journal_path: Path | None) -> int:
    with path.open("rb") as tables:
        head = tables.read(100)
    size = struct.unpack(">H", head[16:18])[0] if len(head) == 100 else 0
    size = 65536 if size == 1 else size
    if log.plausible(size) and path.stat().st_size % size == 0:
        return int(size)
    return log.page_size(journal_path, PAGE_SIZE) if journal_path is not None else PAGE_SIZE


def _rows(pages: Pages) -> Iterator[tuple[Table, Cells]]:
    for number, page in pages.every():
        start = 100 if number == 1 else 0
        if len(page) < start + 8 or page[start] != LEAF:
            continue
        cells = struct.unpack(">H", page[start + 3 : start + 5])[0]
        for index in range(min(cells, len(page) // 4)):
            try:
                (offset,) = struct.unpack_from(">H", page, start + 8 + 2 * index)
                row = _row(pages, page, offset)
            except (UnreadableError, IndexError, ValueError, struct.error):
                continue
            if row is not None:
                yield row


def _row(pages: Pages, page: bytes, offset: int) -> tuple[Table, Cells] | None:
    """Return the row at this place in a leaf; None if it is of no lasting table."""
    length, offset = _varint(page, offset)
    rowid, offset = _varint(page, offset)
    if length > LONGEST_ROW:
        raise UnreadableError
    record = _payload(pages, page, offset, length)
    cells = _record(record)
    for table in LASTING:
        if len(table.columns) == len(cells):
            row = _as_written(table, rowid, cells)
            if is_true(table, row):
                return table, row
    return None


def _as_written(table: Table, rowid: int, stored: list[Cell]) -> Cells:
    cells = list(stored)
    # The number is the row's key and not stored a second time; whole floats are stored as integers.
    cells[0] = rowid
    for real in table.reals:
        value = cells[real]
        cells[real] = float(value) if isinstance(value, int) else value
    return tuple(cells)


def _payload(pages: Pages, page: bytes, offset: int, length: int) -> bytes:
    """Return a row's bytes, those on overflow pages included."""
    usable = len(page)
    local = length
    if length > usable - 35:
        least = (usable - 12) * 32 // 255 - 23
        local = least + (length - least) % (usable - 4)
        local = local if local <= usable - 35 else least
    payload = page[offset : offset + local]
    if local < length:
        (number,) = struct.unpack_from(">I", page, offset + local)
        while number and len(payload) < length:
            more = pages.page(number)
            (number,) = struct.unpack_from(">I", more)
            payload += more[4:]
    if len(payload) < length:
        raise UnreadableError
    return payload[:length]


def _record(record: bytes) -> list[Cell]:
    """Return the values of a record (file format, *Record Format*)."""
    head, offset = _varint(record, 0)
    if head > len(record):
        raise UnreadableError
    cells: list[Cell] = []
    at = head
    while offset < head:
        kind, offset = _varint(record, offset)
        cell, at = _value(record, kind, at)
        cells.append(cell)
    return cells


def _value(record: bytes, kind: int, at: int) -> tuple[Cell, int]:
    if kind == 0:
        return None, at
    if kind in {8, 9}:
        return kind - 8, at
    if kind in {10, 11}:
        raise UnreadableError
    length = (0, 1, 2, 3, 4, 6, 8, 8)[kind] if kind < 8 else (kind - 12) // 2
    content = record[at : at + length]
    if len(content) < length:
        raise UnreadableError
    if kind == 7:
        return float(struct.unpack(">d", content)[0]), at + length
    if kind < 7:
        return int.from_bytes(content, "big", signed=True), at + length
    return (content.decode() if kind % 2 else content), at + length


def _varint(source: bytes, offset: int) -> tuple[int, int]:
    """Return a variable-length integer (1 to 9 bytes, big-endian, seven bits each but for the ninth) and its end."""
    value = 0
    for count in range(9):
        byte = source[offset + count]
        if count == 8:
            value = value << 8 | byte
            break
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            break
    return (value - (1 << 64) if value >> 63 else value), offset + count + 1
