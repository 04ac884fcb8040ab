"""The slips of a visit as pictures: what the rules word, the encoder writes and the simulated printer prints.

`python -m tests.devices.slip_pictures` draws those in `tests/devices/slips` anew; look at them before they are kept.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

from PIL import Image

from drivers import text_picture
from drivers.printer_profiles import PROFILES
from drivers.slip import PaperProfile
from hardware_sim.printer.mechanism import Mechanism
from hardware_sim.printer.picture import draw
from kioskd.devices.on_paper import on_paper
from kioskd.model import calls as c
from kioskd.model.slip import Align, LineKind, Slip, SlipKind, SlipLine
from tests.rules.station import ANNA, BOOK, DISC, FILM, town

KEPT: Final = Path(__file__).with_name("slips")
LANGUAGES: Final = ("en", "es", "vi", "ru", "zh-Hans")
PAPERS: Final[Mapping[int, PaperProfile]] = {
    32: PROFILES["generic-58"].paper,
    42: PROFILES["generic"].paper,
    48: PROFILES["epson-tm-t20"].paper,
}
CODES: Final = Slip(
    SlipKind.RECEIPT,
    (
        SlipLine("CENTRAL", Align.CENTRE, large=True),
        SlipLine("31168012345672", kind=LineKind.BARCODE),
        SlipLine(""),
        SlipLine("KIOSK07", kind=LineKind.BARCODE),
        SlipLine(""),
        SlipLine("https://library.example/sheet/4711", kind=LineKind.QR),
        SlipLine("4711", Align.CENTRE),
    ),
)


@contextmanager
def debian_fonts() -> Iterator[None]:
    """Draw with the two fonts that devtools/system-packages names, whatever else is installed."""
    narrow, wide = text_picture.NARROW_FONTS, text_picture.WIDE_FONTS
    dejavu = ("truetype/dejavu/DejaVuSansMono{bold}.ttf", "truetype/dejavu/DejaVuSans{bold}.ttf")
    text_picture.NARROW_FONTS = dejavu  # type: ignore[misc]
    text_picture.WIDE_FONTS = ("truetype/wqy/wqy-microhei.ttc",)  # type: ignore[misc]
    try:
        yield
    finally:
        text_picture.NARROW_FONTS, text_picture.WIDE_FONTS = narrow, wide  # type: ignore[misc]


@cache
def slips(language: str) -> tuple[Slip, ...]:
    """Return the receipt and the bookmark of a visit while the library system is down, at a station with gates."""
    station = town(station={"languages": LANGUAGES, "gates": True}).with_printer().offline()
    station.scan(ANNA)
    station.call(c.SessionLanguage(language))
    for item in (BOOK, FILM, DISC):
        station.scan(item)
    station.finish(SlipKind.RECEIPT, SlipKind.BOOKMARK)
    return tuple(job.what for job in station.printed)


def payload(slip: Slip, paper: PaperProfile) -> bytes:
    """Return all bytes of a slip."""
    with debian_fonts():
        return b"".join(piece.payload for piece in on_paper(slip, paper))


def printed(sent: bytes, columns: int) -> list[Image.Image]:
    """Return each piece of paper that the simulated printer makes of these bytes."""
    printer = Mechanism(later=lambda _, call: call(), on_change=lambda: None)
    printer.receive(sent, lambda _: None)
    printer.tear_off()
    return [draw(slip.lines, columns) for slip in printer.roll.slips]


def picture(language: str, columns: int) -> Image.Image:
    """Return a visit's slips, one under the other."""
    papers = [paper for slip in slips(language) for paper in printed(payload(slip, PAPERS[columns]), columns)]
    return stacked(papers)


def codes(columns: int) -> Image.Image:
    """Return a slip with a barcode for a number, one for a command, and a QR code."""
    return stacked(printed(payload(CODES, PAPERS[columns]), columns))


def stacked(papers: list[Image.Image]) -> Image.Image:
    """Return pieces of paper one under the other, a line between them."""
    whole = Image.new("1", (papers[0].width, sum(paper.height + 1 for paper in papers) - 1), 0)
    top = 0
    for paper in papers:
        whole.paste(paper, (0, top))
        top += paper.height + 1
    return whole


def every() -> Iterator[tuple[str, Image.Image]]:
    """Yield each kept picture's name, and the picture as it is now."""
    for columns in PAPERS:
        for language in LANGUAGES:
            yield f"{language}-{columns}", picture(language, columns)
        yield f"codes-{columns}", codes(columns)


if __name__ == "__main__":
    KEPT.mkdir(exist_ok=True)
    for name, image in every():
        image.save(KEPT / f"{name}.png", optimize=True)
