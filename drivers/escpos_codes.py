"""Barcodes and QR codes for ESC/POS: by the printer's own commands where its profile has them, else as dots.

Sources: Epson ESC/POS reference, GS k (m = 73) and GS ( k (cn = 49).
"""

from typing import Final

from drivers.code128 import Run, modules, runs
from drivers.raster import magnified, strips
from drivers.slip import PaperProfile

BAR_DOTS: Final = 80
"""Height of a barcode, 10 mm at 203 dpi: a hand scanner needs no more, and a slip shall stay short."""
MODULE_DOTS: Final = (3, 2)
"""Width of a module, the better one first. One dot is below what desk scanners read off thermal paper.

The quiet zones, 10 modules on each side, are the paper's own margins: 4 mm and more beside what is printed.
"""
QR_BYTES: Final = (14, 26, 42, 62, 84, 106, 122, 152, 180, 213)
"""What versions 1, 2, … hold at level M. Source: ISO/IEC 18004, table 7, byte mode."""
QR_DOTS: Final = range(6, 2, -1)
QR_QUIET_MODULES: Final = 4
GAP_DOTS: Final = 8
"""White above and below a barcode."""
CENTRED: Final = b"\x1ba\x01"


def barcode(text: str, paper: PaperProfile) -> bytes:
    """Return Code 128 in the middle of the paper. Raises ValueError for what is too long for it."""
    bars = modules(text)
    dots = next((dots for dots in MODULE_DOTS if len(bars) * dots <= paper.dots), None)
    if dots is None:
        raise ValueError(f"a barcode of {len(text)} characters is wider than {paper.columns} columns")
    if paper.own_barcodes:
        content = b"".join(map(_run, runs(text)))
        settings = b"\x1dh" + bytes((BAR_DOTS,)) + b"\x1dw" + bytes((dots,)) + b"\x1dH\x00"
        code = CENTRED + settings + b"\x1dk\x49" + bytes((len(content),)) + content
    else:
        left = (paper.dots - len(bars) * dots) // 2
        code = strips(*magnified([bars], dots=dots, height=BAR_DOTS, left=left))
    return _feed(GAP_DOTS) + code + _feed(GAP_DOTS)


def qr_code(text: str, paper: PaperProfile) -> bytes:
    """Return a QR code (level M) in the middle of the paper. Raises ValueError for more than 213 bytes."""
    content = text.encode()
    version = _version(content)
    side = 17 + 4 * version
    wide = side + 2 * QR_QUIET_MODULES
    dots = next((dots for dots in QR_DOTS if wide * dots <= paper.dots), None)
    if dots is None:
        raise ValueError(f"a QR code of {len(content)} bytes is wider than {paper.columns} columns")
    quiet = _feed(QR_QUIET_MODULES * dots)
    if paper.own_qr:
        functions = (b"1A2\x00", b"1C" + bytes((dots,)), b"1E1", b"1P0" + content, b"1Q0")
        code = b"".join(b"\x1d(k" + len(each).to_bytes(2, "little") + each for each in functions)
        return quiet + CENTRED + code + quiet
    rows = qr_modules(text)
    return quiet + strips(*magnified(rows, dots=dots, height=dots, left=(paper.dots - side * dots) // 2)) + quiet


def qr_modules(text: str) -> list[str]:
    """Return a QR code (level M) as rows of `0` and `1`, without its quiet zone. Raises ValueError as `qr_code`."""
    import segno  # noqa: PLC0415 (only where a printer draws none, and for screens)

    content = text.encode()
    # The same size as the printer's own: byte mode, that version, no better level for what is left.
    made = segno.make(content, version=_version(content), error="m", mode="byte", boost_error=False, micro=False)
    return ["".join("1" if module & 1 else "0" for module in row) for row in made.matrix]


def _version(content: bytes) -> int:
    version = next((n for n, most in enumerate(QR_BYTES, 1) if len(content) <= most), None)
    if version is None:
        raise ValueError(f"a QR code of {len(content)} bytes: {QR_BYTES[-1]} at most")
    return version


def _feed(dots: int) -> bytes:
    """Return `ESC J`: white paper, of a 203rd of an inch each on most printers."""
    return b"\x1bJ" + bytes((dots,))


def _run(run: Run) -> bytes:
    # `{` calls a code set, so the character itself is written twice.
    return b"{C" + bytes(run.values) if run.code_set == "C" else b"{B" + run.text.replace("{", "{{").encode()
