"""AIM symbology identifiers: what kind of barcode a scan says it was. Source: ISO/IEC 15424, table 1."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Symbology(StrEnum):
    """The kinds of barcode that an AIM prefix names."""

    CODE_39 = "code_39"
    TELEPEN = "telepen"
    CODE_128 = "code_128"
    EAN_UPC = "ean_upc"
    CODABAR = "codabar"
    CODE_93 = "code_93"
    CODE_11 = "code_11"
    INTERLEAVED_2_OF_5 = "interleaved_2_of_5"
    STRAIGHT_2_OF_5 = "straight_2_of_5"
    CODE_16K = "code_16k"
    PDF417 = "pdf417"
    MSI = "msi"
    PLESSEY = "plessey"
    OCR = "ocr"
    QR = "qr"
    MAXICODE = "maxicode"
    DATA_MATRIX = "data_matrix"
    GS1_DATABAR = "gs1_databar"
    AZTEC = "aztec"
    OTHER = "other"


BY_LETTER: Final[Mapping[str, Symbology]] = {
    "A": Symbology.CODE_39,
    "B": Symbology.TELEPEN,
    "C": Symbology.CODE_128,
    "E": Symbology.EAN_UPC,
    "F": Symbology.CODABAR,
    "G": Symbology.CODE_93,
    "H": Symbology.CODE_11,
    "I": Symbology.INTERLEAVED_2_OF_5,
    "K": Symbology.CODE_16K,
    "L": Symbology.PDF417,
    "M": Symbology.MSI,
    "P": Symbology.PLESSEY,
    "o": Symbology.OCR,
    "Q": Symbology.QR,
    "R": Symbology.STRAIGHT_2_OF_5,
    "S": Symbology.STRAIGHT_2_OF_5,
    "U": Symbology.MAXICODE,
    "X": Symbology.OTHER,
    "d": Symbology.DATA_MATRIX,
    "e": Symbology.GS1_DATABAR,
    "z": Symbology.AZTEC,
}
"""The second character of `]cm`; the third, a modifier, does not change the kind."""

_PREFIX: Final = re.compile(r"\]([A-Za-z])[0-9A-Za-z]")


def symbology_of(text: str) -> Symbology | None:
    """Return what the AIM prefix of `text` names; None without a prefix or for a letter that is not assigned."""
    found = _PREFIX.match(text)
    return BY_LETTER.get(found[1]) if found else None
