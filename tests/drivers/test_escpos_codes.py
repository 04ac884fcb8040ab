"""Barcodes and QR codes, as dots and as the printer's own commands, read back by zxing-cpp."""

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from drivers.code128 import modules, runs
from drivers.escpos_codes import barcode, qr_code
from drivers.escpos_encode import encode
from drivers.slip import Barcode, PaperProfile, QrCode, Slip

NUMBERS = ["31168000000012", "KIOSK07", "KIOSK-SHEET 42", "A1234567B", "12345", "1", "1234", "x12345678y", "{}~ ^"]
TEXTS = ["WIFI:S:Library;T:nopass;;", "Приходите снова", "x" * 213, "31168000000012"]
MARGIN = 32  # 4 mm
WIDE, NARROW = PaperProfile(48), PaperProfile(32)
printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=14)


def picture(payload: bytes) -> Image.Image:
    """The paper that `GS v 0` commands alone make, with a margin."""
    rows: list[bytes] = []
    at = 0
    while at < len(payload):
        if payload.startswith(b"\x1bJ", at):
            at += 3
            continue
        assert payload.startswith(b"\x1dv0\0", at)
        width, height = (int.from_bytes(payload[at + n : at + n + 2], "little") for n in (4, 6))
        rows += [payload[at + 8 + row * width : at + 8 + (row + 1) * width] for row in range(height)]
        at += 8 + width * height
    image = Image.frombytes("1", (len(rows[0]) * 8, len(rows)), b"".join(rows), "raw", "1;I")
    paper = Image.new("L", (image.width + 2 * MARGIN, image.height + 2 * MARGIN), 255)
    paper.paste(image, (MARGIN, MARGIN))
    return paper


def read(payload: bytes) -> list[tuple[str, str]]:
    return [(found.format.name, found.text) for found in zxingcpp.read_barcodes(picture(payload))]


@pytest.mark.parametrize("paper", [WIDE, NARROW], ids=["80 mm", "58 mm"])
@pytest.mark.parametrize("number", NUMBERS)
def test_bars_are_read_back(number: str, paper: PaperProfile) -> None:
    assert read(barcode(number, paper)) == [("Code128", number)]


@given(printable)
@settings(max_examples=60)
def test_any_text_comes_back(text: str) -> None:
    try:
        bars = barcode(text, WIDE)
    except ValueError:
        assert len(modules(text)) > WIDE.dots / 2
        return
    assert read(bars) == [("Code128", text)]


@given(printable)
def test_runs_are_the_text_and_its_pairs_are_whole(text: str) -> None:
    found = runs(text)
    assert "".join(run.text for run in found) == text
    assert all(run.text for run in found)
    assert all(run.text.isdigit() and len(run.text) % 2 == 0 for run in found if run.code_set == "C")


def test_digits_go_in_pairs() -> None:
    assert len(modules("31168000000012")) == 11 * (1 + 7 + 1) + 13
    assert [(run.code_set, run.text) for run in runs("KIOSK-12345")] == [("B", "KIOSK-1"), ("C", "2345")]


@pytest.mark.parametrize("paper", [WIDE, NARROW], ids=["80 mm", "58 mm"])
@pytest.mark.parametrize("text", TEXTS)
def test_qr_codes_are_read_back(text: str, paper: PaperProfile) -> None:
    assert read(qr_code(text, paper)) == [("QRCode", text)]


def test_codes_stand_in_the_middle_and_within_the_paper() -> None:
    for payload in (barcode("31168000000012", NARROW), qr_code("31168000000012", NARROW)):
        box = picture(payload).point(lambda dot: 255 - dot).getbbox()
        assert box is not None
        left, right = box[0] - MARGIN, NARROW.dots - (box[2] - MARGIN)
        assert abs(left - right) <= 2
        assert left >= 20


def test_what_is_too_wide_is_refused() -> None:
    with pytest.raises(ValueError, match="wider than 32 columns"):
        barcode("abcdefghijklmnopqrst", NARROW)
    with pytest.raises(ValueError, match="213 at most"):
        qr_code("x" * 214, WIDE)
    with pytest.raises(ValueError, match="ASCII"):
        Barcode("Ü")
    with pytest.raises(ValueError, match="one or more"):
        QrCode("")


def test_a_printer_that_draws_by_itself_gets_the_words() -> None:
    able = PaperProfile(48, own_barcodes=True, own_qr=True)
    made = encode(Slip((Barcode("KIOSK{12345678"), QrCode("é")), cut=False, feed_lines=0), able).payload
    assert b"\x1dh\x50\x1dw\x03\x1dH\x00\x1dk\x49\x0f{BKIOSK{{{C\x0c\x22\x38\x4e" in made
    assert (
        b"\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C\x06\x1d(k\x03\x001E1\x1d(k\x05\x001P0\xc3\xa9\x1d(k\x03\x001Q0" in made
    )
    assert b"\x1dv0" not in made


def test_the_number_stands_beneath_its_bars() -> None:
    for paper in (WIDE, PaperProfile(48, own_barcodes=True)):
        made = encode(Slip((Barcode("31168000000012"),), cut=False, feed_lines=0), paper).payload
        assert made.endswith(b"\x1bJ\x08\x1ba\x01\x1bE\x00\x1d!\x0031168000000012\n")
