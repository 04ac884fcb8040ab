"""What is printed: neutral lines, made by rules, turned into printer bytes by devices."""

from dataclasses import dataclass
from enum import StrEnum


class SlipKind(StrEnum):
    """Which paper a slip is, as `session.finish` names it."""

    RECEIPT = "receipt"
    BOOKMARK = "bookmark"


class Align(StrEnum):
    """Where a line stands on the paper."""

    LEFT = "left"
    CENTRE = "centre"


@dataclass(frozen=True, slots=True)
class SlipLine:
    """One line of text; the printer wraps what is too long for its columns."""

    text: str
    align: Align = Align.LEFT
    large: bool = False


@dataclass(frozen=True, slots=True)
class Slip:
    """One piece of paper for one person."""

    kind: SlipKind
    lines: tuple[SlipLine, ...]


class SlipFate(StrEnum):
    """What became of a slip."""

    PRINTED = "printed"
    DROPPED = "dropped"
    """It was never started: the printer was not ready in time, or the session was over."""
    BROKEN = "broken"
    """Part of it may be on paper."""
