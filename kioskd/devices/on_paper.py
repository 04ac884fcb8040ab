"""A slip as the rules made it → bytes for a printer, in pieces that a small printer's buffer holds."""

import logging
from typing import Final, assert_never

from drivers.slip import Align, Barcode, PaperProfile, QrCode, SlipRow
from drivers.slip import Slip as PaperSlip
from drivers.slip import SlipLine as PaperLine
from kioskd.model.slip import Align as ModelAlign
from kioskd.model.slip import LineKind, Slip, SlipLine
from kioskd.model.written_late import dataclass

log: Final = logging.getLogger("kioskd.printer")

PIECE_BYTES: Final = 2048
"""Half of a small printer's buffer. A text slip is one piece; pictures (Chinese, say) are 2 KiB a line."""

CODE_ROWS: Final = 5
QR_ROWS: Final = 10
"""Lines of paper that a code takes at most, its text included."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole lines of a slip. Between two pieces the printer may be asked how it is: within a picture it may not."""

    payload: bytes
    rows: int
    """Lines of paper."""


def on_paper(slip: Slip, paper: PaperProfile) -> list[Piece]:
    """Return the pieces that together print `slip`; the last one cuts. Raises ValueError, and OSError for a font."""
    from drivers.escpos_encode import encode  # noqa: PLC0415 - only when something is printed

    lines = [_line(line) for line in slip.lines]
    encoded = [encode(PaperSlip((line,), cut=False, feed_lines=0), paper) for line in lines]
    encoded.append(encode(PaperSlip(()), paper))
    replaced = frozenset[str]().union(*(line.replaced for line in encoded))
    if replaced:
        # How many, not which text: it could be somebody's.
        log.warning(
            "%d characters of a slip are in no font here and were printed as a likeness: "
            "apt install fonts-dejavu-core fonts-wqy-microhei",
            len(replaced),
        )
    pieces: list[Piece] = []
    for one, rows in zip(encoded, [*map(_rows, lines), 0], strict=True):
        if pieces and len(pieces[-1].payload) + len(one.payload) <= PIECE_BYTES:
            pieces[-1] = Piece(pieces[-1].payload + one.payload, pieces[-1].rows + rows)
        else:
            pieces.append(Piece(one.payload, rows))
    return pieces


def _rows(row: SlipRow) -> int:
    match row:
        case PaperLine():
            return row.size
        case Barcode():
            return CODE_ROWS
        case QrCode():
            return QR_ROWS
        case _:
            assert_never(row)


def _line(line: SlipLine) -> SlipRow:
    if line.kind is LineKind.BARCODE:
        return Barcode(line.text)
    if line.kind is LineKind.QR:
        return QrCode(line.text)
    align = Align.CENTRE if line.align is ModelAlign.CENTRE else Align.LEFT
    return PaperLine(line.text, align, bold=line.large, size=2 if line.large else 1)
