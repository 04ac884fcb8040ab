"""A receipt in each language, through a printer that is not the encoder's author."""

import asyncio
import base64
from collections.abc import Callable

import pytest

from drivers.slip import PaperProfile
from hardware_sim.printer.server import PrinterCables
from kioskd.devices import printer_life
from kioskd.devices.on_paper import PIECE_BYTES, on_paper
from kioskd.devices.printer import PrinterThread
from kioskd.model.effects import Print
from kioskd.model.slip import Align, Slip, SlipFate, SlipKind, SlipLine
from tests.devices.conftest import Heard

Start = Callable[..., PrinterThread]
ITEMS = ("31168000000012", "31168000000020")
COUNT = {
    "en": "Items: 2. The gate may sound. Please show this slip.",
    "es": "Ejemplares: 2. La puerta puede sonar. Muestre este papel, señor.",
    "vi": "Số tài liệu: 2. Cổng có thể kêu. Xin đưa phiếu này cho nhân viên.",
    "ru": "Экземпляров: 2. Ворота могут зазвенеть. Покажите этот листок.",
    "zh-Hans": "件数：2。安全门可能会响，请出示此单。",
}


def receipt(language: str) -> Slip:
    return Slip(
        SlipKind.RECEIPT,
        (
            SlipLine("CENTRAL", Align.CENTRE, large=True),
            SlipLine("CENTRAL-3  2026-11-23 09:00", Align.CENTRE),
            SlipLine(""),
            *(SlipLine(item) for item in ITEMS),
            SlipLine(COUNT[language]),
        ),
    )


@pytest.mark.parametrize("language", COUNT)
async def test_a_receipt_prints(
    sim: PrinterCables, heard: Heard, printer: Start, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printer_life, "LINE_S", 0.001)
    one = printer(sim)
    one.print(Print(1, receipt(language), asyncio.get_running_loop().time() + 10))
    assert await heard.fate(1) is SlipFate.PRINTED
    roll = sim.mechanism.roll
    assert await sim.changes.wait_until(lambda: bool(roll.slips), wait_s=5)
    (slip,) = roll.slips
    assert slip.ended == "cut"
    text = [line.text.strip() for line in slip.lines if line.kind == "text"]
    assert text[:5] == ["CENTRAL", "CENTRAL-3  2026-11-23 09:00", "", *ITEMS]
    pictures = [line for line in slip.lines if line.kind == "raster"]
    if language in ("en", "es"):
        assert " ".join(text[5:]) == COUNT[language]
        assert not pictures
    else:
        assert text[5:] == []
        inked = sum(base64.b64decode(line.bits).count(0) < len(base64.b64decode(line.bits)) for line in pictures)
        assert inked >= 2
        assert all(line.width <= 42 * 12 for line in pictures)


@pytest.mark.parametrize("language", COUNT)
@pytest.mark.parametrize("columns", [32, 42, 48])
def test_pieces_are_whole_lines_and_small(language: str, columns: int) -> None:
    slip = receipt(language)
    pieces = on_paper(slip, PaperProfile(columns))
    one_line = max(
        len(on_paper(Slip(SlipKind.RECEIPT, (line,)), PaperProfile(columns))[0].payload) for line in slip.lines
    )
    assert all(len(piece.payload) <= max(PIECE_BYTES, one_line) for piece in pieces)
    assert sum(piece.rows for piece in pieces) == 7
    assert pieces[-1].payload.endswith(b"\x1dVB\0")
    assert sum(b"\x1dV" in piece.payload for piece in pieces) == 1
    if language in ("en", "es"):
        assert len(pieces) == 1
