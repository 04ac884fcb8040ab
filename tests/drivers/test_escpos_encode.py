"""Slips read back by a parser that knows the reference and not the encoder."""

import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.escpos_encode import cells, encode, wrap
from drivers.slip import Align, PaperProfile, Slip, SlipLine

PAGES = {
    0: "cp437",
    2: "cp850",
    3: "cp860",
    4: "cp863",
    5: "cp865",
    16: "cp1252",
    17: "cp866",
    18: "cp852",
    19: "cp858",
}


@dataclass
class Paper:
    """What a printer would have done with some bytes."""

    lines: list[tuple[str, int, int, int]] = field(default_factory=list)  # text, align, bold, size
    rows: list[bytes] = field(default_factory=list)
    strips: list[int] = field(default_factory=list)
    cuts: int = 0
    text_after_cut: str = ""


def read_back(payload: bytes) -> Paper:
    paper, at, page, align, bold, size, text = Paper(), 0, "", 0, 0, 1, ""
    while at < len(payload):
        if payload.startswith(b"\x1b@", at):
            page, align, bold, size, at = "cp437", 0, 0, 1, at + 2
        elif payload.startswith(b"\x1c.", at):
            at += 2
        elif payload.startswith(b"\x1bt", at):
            page, at = PAGES[payload[at + 2]], at + 3
        elif payload.startswith(b"\x1ba", at):
            align, at = payload[at + 2], at + 3
        elif payload.startswith(b"\x1bE", at):
            bold, at = payload[at + 2], at + 3
        elif payload.startswith(b"\x1d!", at):
            size, at = {0x00: 1, 0x11: 2}[payload[at + 2]], at + 3
        elif payload.startswith(b"\x1dVB", at):
            paper.cuts, at = paper.cuts + 1, at + 4
        elif payload.startswith(b"\x1dv0\0", at):
            width, height = payload[at + 4] + 256 * payload[at + 5], payload[at + 6] + 256 * payload[at + 7]
            at += 8
            paper.rows += [payload[at + row * width : at + (row + 1) * width] for row in range(height)]
            paper.strips.append(width * height)
            at += width * height
        elif payload[at] == 0x0A:
            paper.lines.append((text, align, bold, size))
            text, at = "", at + 1
        else:
            assert payload[at] >= 0x20, f"a command that no slip needs: {payload[at : at + 4]!r}"
            text, at = text + payload[at : at + 1].decode(page), at + 1
    assert text == ""
    return paper


def slip(*lines: str | SlipLine, **settings: bool) -> Slip:
    return Slip(tuple(line if isinstance(line, SlipLine) else SlipLine(line) for line in lines), **settings)


def test_text_with_its_looks() -> None:
    made = encode(
        slip(
            SlipLine("CENTRAL-3", Align.CENTRE, bold=True, size=2),
            "31168000000012",
            SlipLine("2 items", Align.RIGHT),
            "",
        ),
        PaperProfile(),
    )
    paper = read_back(made.payload)
    assert paper.lines == [("CENTRAL-3", 1, 1, 2), ("31168000000012", 0, 0, 1), ("2 items", 2, 0, 1), ("", 0, 0, 1)]
    assert (paper.cuts, made.pictures, made.replaced) == (1, 0, frozenset())


@pytest.mark.parametrize(
    ("codepage", "text"),
    [("cp858", "Año 5 €"), ("cp866", "Читальный зал"), ("cp852", "Příští týden"), ("cp1252", "„Größe“ – 3 €")],
)
def test_what_the_page_has_is_text(codepage: str, text: str) -> None:
    made = encode(slip(text), PaperProfile(codepage=codepage))
    assert read_back(made.payload).lines == [(text, 0, 0, 1)]
    assert made.pictures == 0


def test_unknown_page_is_refused() -> None:
    with pytest.raises(ValueError, match="cp858"):
        encode(slip("x"), PaperProfile(codepage="cp1258"))


def test_without_cutter_the_paper_is_fed_to_the_tear_bar() -> None:
    for made in (encode(slip("x", cut=False), PaperProfile()), encode(slip("x"), PaperProfile(cutter=False))):
        paper = read_back(made.payload)
        assert paper.cuts == 0
        assert [text for text, *_ in paper.lines] == ["x", "", "", ""]


def test_text_from_elsewhere_cannot_command_the_printer() -> None:
    made = encode(slip("a\x1b@b\x1dV\x00c\x10\x04\x01d\ne"), PaperProfile())
    assert read_back(made.payload).lines == [("a @b V c   d e", 0, 0, 1)]


@pytest.mark.parametrize("columns", [32, 42, 48])
@pytest.mark.parametrize(
    "text",
    [
        "Vui lòng trả trước ngày 14 tháng 12 hoặc hỏi chúng tôi",
        "Пожалуйста, верните до 14 декабря или спросите нас",
        "请在12月14日之前归还，或向我们询问",
    ],
)
def test_what_the_page_lacks_is_a_picture_within_the_paper(text: str, columns: int) -> None:
    made = encode(slip(text), PaperProfile(columns=columns))
    paper = read_back(made.payload)
    assert made.replaced == frozenset(), "install fonts-dejavu-core and a Chinese font"
    assert paper.rows
    assert max(map(len, paper.rows)) <= columns * 12 // 8 + 1
    assert len(paper.rows) == 30 * made.pictures
    assert any(any(row) for row in paper.rows)
    assert sum(byte.bit_count() for row in paper.rows for byte in row) > 20 * cells(text)


def test_no_strip_is_longer_than_what_cancelling_fills_up() -> None:
    from drivers.escpos_printer import CANCEL_PADDING

    made = encode(slip(SlipLine("图" * 24, size=2)), PaperProfile(columns=96))
    assert max(read_back(made.payload).strips) <= len(CANCEL_PADDING)


def test_pictures_stand_where_they_should() -> None:
    def edges(align: Align) -> tuple[int, int]:
        rows = read_back(encode(slip(SlipLine("图书馆", align)), PaperProfile(columns=48)).payload).rows
        bits = [f"{int.from_bytes(row):0{8 * len(row)}b}" for row in rows if any(row)]
        return min(row.index("1") for row in bits), max(row.rindex("1") for row in bits)

    assert edges(Align.LEFT)[1] < 72
    assert edges(Align.RIGHT)[0] >= 576 - 72
    left, right = edges(Align.CENTRE)
    assert abs(left - (575 - right)) <= 6
    assert left >= 252


def test_each_chinese_character_has_its_own_dots() -> None:
    pictures = {encode(slip(char), PaperProfile()).payload for char in "图书馆借还"}
    assert len(pictures) == 5


@pytest.mark.parametrize(
    ("text", "likeness"),
    [
        ("Thư viện đóng cửa", "Thu vien dóng cua"),
        ("Щука и ёж", "Shchuka i ezh"),
        ("图书馆 3", "?????? 3"),
        ("“Café” – 5 €", '"Café" - 5 €'),
    ],
)
def test_without_any_font_a_likeness_is_printed_and_said(tmp_path: Path, text: str, likeness: str) -> None:
    made = encode(slip(text), PaperProfile(), font_folder=tmp_path)
    assert [line for line, *_ in read_back(made.payload).lines] == [likeness]
    assert made.replaced
    assert made.pictures == 0


@pytest.mark.parametrize("size", [1, 2])
def test_a_long_line_goes_on_in_the_next(size: int) -> None:
    made = encode(slip(SlipLine("return by 14 December or ask us; your account decides", size=size)), PaperProfile(32))
    lines = [text for text, *_ in read_back(made.payload).lines]
    assert " ".join(lines) == "return by 14 December or ask us; your account decides"
    assert all(len(line) <= 32 // size for line in lines)


@given(st.text(st.sampled_from("ab 图é\u0301"), max_size=80), st.integers(2, 48))
def test_wrapping_loses_nothing_but_blanks_and_fits(text: str, columns: int) -> None:
    text = unicodedata.normalize("NFC", text)
    lines = list(wrap(text, columns))
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cells(line) <= columns for line in lines)


@given(st.lists(st.text(max_size=60), max_size=5), st.sampled_from([32, 42, 48]))
def test_any_text_at_all_is_a_slip_that_can_be_read_back(lines: list[str], columns: int) -> None:
    made = encode(slip(*lines), PaperProfile(columns=columns), font_folder=Path("/nonexistent"))
    paper = read_back(made.payload)
    assert paper.cuts == 1
    assert all(len(text) * size <= columns for text, _, _, size in paper.lines)
