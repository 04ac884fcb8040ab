"""Which profile a printer gets by what it says of itself, and that each is one an encoder can use."""

import pytest

from drivers.escpos_encode import CODEPAGES, encode
from drivers.printer_profiles import PROFILES, profile_for
from drivers.slip import Slip, SlipLine
from tests.drivers.test_escpos_encode import read_back


@pytest.mark.parametrize(
    ("name", "ids", "profile"),
    [
        ("EPSON TM-T20II", (0x04B8, 0x0E15), "epson-tm-t20"),
        ("EPSON TM-T20III", (0x04B8, 0), "epson-tm-t20"),
        ("", (0x04B8, 0x0E03), "epson-tm-t20"),
        ("EPSON TM-T88V", (0x04B8, 0x0202), "epson-tm-t88"),
        ("EPSON UB-U05", (0x04B8, 0x0202), "epson-tm-t88"),
        ("Star TSP143IIU", (0x0519, 0x0003), "star-escpos"),
        ("BIXOLON SRP-350III", (0x1504, 0x001F), "bixolon-srp-350"),
        ("STMicroelectronics POS58 Printer USB", (0x0416, 0x5011), "generic-58"),
        ("XP-58IIH", (0, 0), "generic-58"),
        ("ZJ-5890", (0, 0), "generic-58"),
        ("POS-80 Printer", (0x0416, 0x5011), "generic-80"),
        ("XP-80C", (0x1FC9, 0x2016), "generic-80"),
        ("EPSON Stylus", (0x04B8, 0x0001), "generic"),
        ("Thermal Printer", (0, 0), "generic"),
        ("HP LaserJet 5800", (0x03F0, 0x0517), "generic"),
        ("", (0, 0), "generic"),
    ],
)
def test_who_is_who(name: str, ids: tuple[int, int], profile: str) -> None:
    assert profile_for(vendor=ids[0], product=ids[1], name=name) == profile


@pytest.mark.parametrize("profile", PROFILES)
def test_each_profile_prints_what_it_claims(profile: str) -> None:
    paper = PROFILES[profile].paper
    assert paper.codepage in CODEPAGES
    made = encode(Slip((SlipLine("Año 5 €"), SlipLine("Читальный зал"), SlipLine("Thư viện"))), paper)
    paper_says = read_back(made.payload)
    assert made.replaced == frozenset()
    texts = [text for text, *_ in paper_says.lines if text]
    by_text = {page for page, _ in paper.pages}
    assert texts == (["Año 5 €", "Читальный зал"] if "cp866" in by_text else ["Año 5 €"])
    assert made.pictures == (1 if "cp866" in by_text else 2)
    assert paper_says.cuts == int(paper.cutter)


def test_what_a_person_sets_overrules_the_profile() -> None:
    paper = PROFILES["epson-tm-t88"].paper_of(columns=56, codepage="cp1252")
    assert (paper.columns, paper.codepage, paper.own_barcodes) == (56, "cp1252", True)
    assert PROFILES["generic-58"].paper_of() == PROFILES["generic-58"].paper
    with pytest.raises(ValueError, match="columns"):
        PROFILES["generic"].paper_of(columns=3)


def test_a_page_is_chosen_anew_for_each_line() -> None:
    paper = PROFILES["epson-tm-t20"].paper
    made = encode(Slip((SlipLine("5 €"), SlipLine("Зал"), SlipLine("Größe"), SlipLine("Зал 5 €"))), paper)
    assert [text for text, *_ in read_back(made.payload).lines] == ["5 €", "Зал", "Größe"]
    assert made.payload.count(b"\x1bt") == 3  # at the start, to Cyrillic, and back
    assert made.pictures == 1  # no page has both


def test_nothing_has_been_seen_that_was_not() -> None:
    assert not any(profile.seen for profile in PROFILES.values())
