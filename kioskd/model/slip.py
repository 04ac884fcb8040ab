"""What is printed: neutral lines, made by rules, turned into printer bytes by devices."""

from enum import StrEnum

from kioskd.model.written_late import dataclass


class SlipKind(StrEnum):
    """Which paper a slip is, as `session.finish` names it."""

    RECEIPT = "receipt"
    BOOKMARK = "bookmark"


class StaffSlip(StrEnum):
    """A paper for staff, as `slip.print` names it; nothing of any person stands on it."""

    STUB = "stub"
    """A registration's number, to be clipped to the paper form."""
    CRATE = "crate"
    """A crate's label."""
    MAIL = "mail"
    """The mail about a crate, as a QR code."""
    SETTLEMENT = "settlement"
    SHEET = "sheet"
    """An empty downtime sheet."""


class Align(StrEnum):
    """Where a line stands on the paper."""

    LEFT = "left"
    CENTRE = "centre"


class LineKind(StrEnum):
    """What a line's text is printed as."""

    TEXT = "text"
    BARCODE = "barcode"
    """Code 128, the text beneath it: printable ASCII, 14 characters or 28 digits fit every paper."""
    QR = "qr"
    """At most 213 bytes."""


@dataclass(frozen=True, slots=True)
class SlipLine:
    """One line of text; the printer wraps what is too long for its columns. Codes stand in the middle."""

    text: str
    align: Align = Align.LEFT
    large: bool = False
    kind: LineKind = LineKind.TEXT


@dataclass(frozen=True, slots=True)
class Slip:
    """One piece of paper for one person."""

    kind: SlipKind | StaffSlip
    lines: tuple[SlipLine, ...]


class SlipFate(StrEnum):
    """What became of a slip."""

    PRINTED = "printed"
    DROPPED = "dropped"
    """It was never started: the printer was not ready in time, or the session was over."""
    BROKEN = "broken"
    """Part of it may be on paper."""
