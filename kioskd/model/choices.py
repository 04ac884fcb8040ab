"""What some calls let a client choose among; apart from them, for the journal and kioskctl need these words alone."""

from enum import StrEnum


class ResolveAction(StrEnum):
    """What a person did about an exception."""

    CORRECT_AND_RETRY = "correct_and_retry"
    """What was wrong is put right elsewhere: it is tried again."""
    DONE_BY_HAND = "done_by_hand"
    """Done in the library system itself; a registration is ticked by it."""
    CHECK_THIS_IN = "check_this_in"
    """The item was checked in."""
    WAIVE_LATE_CHARGE = "waive_late_charge"
    DROP = "drop"
    """Nothing is done; with a reason and initials."""


class StatsBy(StrEnum):
    """What a line of the statistics is about, beside its day."""

    DAY = "day"
    HOUR = "hour"
    MODE = "mode"
