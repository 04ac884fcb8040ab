"""Slips in five languages on three papers: against kept pictures, and read back by a printer and a reader not ours."""

import itertools
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageChops

from drivers.printer_profiles import PROFILES
from drivers.slip import PaperProfile
from hardware_sim.printer.mechanism import Mechanism
from hardware_sim.printer.picture import ABOVE, MARGIN
from kioskd.devices.on_paper import on_paper
from tests.devices.emupos import judge
from tests.devices.slip_pictures import CODES, KEPT, LANGUAGES, PAPERS, codes, payload, picture, printed, slips
from tests.rules.station import ANNA, BOOK, DISC, FILM

RENEW = "if it should look so, look at it and keep it: python -m tests.devices.slip_pictures"
BY_TEXT = {("en", 32), ("en", 42), ("en", 48), ("es", 32), ("es", 42), ("es", 48), ("ru", 48)}
"""Where the printer's own code pages have every letter."""


def same(name: str, image: Image.Image, tmp_path: Path) -> None:
    kept = Image.open(KEPT / f"{name}.png").convert("1")
    if kept.size != image.size or ImageChops.difference(kept.convert("L"), image.convert("L")).getbbox():
        image.save(tmp_path / f"{name}.png")
        pytest.fail(f"{name} looks different now, as {tmp_path / name}.png shows; {RENEW}")


@pytest.mark.parametrize("columns", PAPERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_visits_slips_look_as_they_did(language: str, columns: int, tmp_path: Path) -> None:
    same(f"{language}-{columns}", picture(language, columns), tmp_path)


@pytest.mark.parametrize("columns", PAPERS)
def test_codes_look_as_they_did(columns: int, tmp_path: Path) -> None:
    same(f"codes-{columns}", codes(columns), tmp_path)


def test_no_picture_is_kept_that_nothing_draws() -> None:
    names = {f"{what}-{columns}.png" for what in (*LANGUAGES, "codes") for columns in PAPERS}
    assert {path.name for path in KEPT.iterdir()} == names


@pytest.mark.parametrize("columns", PAPERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_foreign_printer_prints_the_same(language: str, columns: int) -> None:
    for slip in slips(language):
        sent = payload(slip, PAPERS[columns])
        judged = judge(sent, columns)
        assert judged.complaints == []
        assert judged.cuts == (1 if PAPERS[columns].cutter else 0)
        read = " ".join(line.strip() for line in judged.text if line.strip())
        words = " ".join(line.text for line in slip.lines if line.text)
        pictures = sum(line.startswith("[image") for line in judged.text)
        if (language, columns) in BY_TEXT:
            assert pictures == 0
            assert " ".join(read.split()) == " ".join(words.split())
        else:
            assert pictures > 0
        for line in slip.lines:
            if line.text.isascii() and line.text and len(line.text) <= columns // (2 if line.large else 1):
                assert line.text in map(str.strip, judged.text)
        assert all(number not in read for number in (ANNA, ANNA[-4:]))
        dots_agree(sent, columns, judged.image)


def dots_agree(sent: bytes, columns: int, foreign: Image.Image) -> None:
    """See that each picture on the slip is dot for dot at the same place on both printers' paper."""
    (ours,) = printed(sent, columns)
    printer = Mechanism(later=lambda _, call: call(), on_change=lambda: None)
    printer.receive(sent, lambda _: None)
    printer.tear_off()
    top = 0
    for line in printer.roll.slips[0].lines:
        height = line.height or max(30, 24 * line.tall)
        if line.kind == "raster":
            box = (MARGIN, ABOVE + top, MARGIN + columns * 12, ABOVE + top + height)
            there = (0, top, columns * 12, top + height)
            mine, other = ours.crop(box).convert("L"), foreign.crop(there).convert("L")
            assert ImageChops.difference(mine, other).getbbox() is None, top
        top += height


@pytest.mark.parametrize("columns", PAPERS)
@pytest.mark.parametrize("own", [True, False], ids=["own codes", "dots"])
def test_codes_are_read_back_from_both_printers_paper(columns: int, own: bool) -> None:
    paper = PaperProfile(columns, own_barcodes=own, own_qr=own)
    sent = payload(CODES, paper)
    wanted = {("Code128", "31168012345672"), ("Code128", "KIOSK07"), ("QRCode", "https://library.example/sheet/4711")}
    judged = judge(sent, columns)
    assert judged.complaints == []
    foreign = Image.new("L", (judged.image.width + 64, judged.image.height + 64), 255)
    foreign.paste(judged.image, (32, 32))
    for image in (foreign, *(each.convert("L") for each in printed(sent, columns))):
        found = zxingcpp.read_barcodes(image)
        assert {(code.format.name, code.text) for code in found} == wanted
    texts = [line.strip() for line in judged.text]
    assert "31168012345672" in texts
    assert ("[qr https://library.example/sheet/4711]" in texts) is own


@pytest.mark.parametrize(("language", "columns"), list(itertools.product(LANGUAGES, PAPERS)))
def test_nothing_runs_off_the_paper(language: str, columns: int) -> None:
    for slip in slips(language):
        for image in printed(payload(slip, PAPERS[columns]), columns):
            inked = image.convert("L").point(lambda dot: 255 - dot).getbbox()
            assert inked is not None
            assert inked[0] >= MARGIN
            assert inked[2] <= image.width - MARGIN


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_prints_a_visit_in_every_language(profile: str) -> None:
    paper = PROFILES[profile].paper
    for language in LANGUAGES:
        receipt, bookmark = slips(language)
        for slip in (receipt, bookmark, CODES):
            judged = judge(b"".join(piece.payload for piece in on_paper(slip, paper)), paper.columns)
            assert judged.complaints == []
        items = [line for line in judge(payload(receipt, paper), paper.columns).text if line in (BOOK, FILM, DISC)]
        assert items == [BOOK, FILM, DISC]
