"""What counts as done once more although everybody looked first, and what never does."""

import pytest

from hardware_sim.ils.ledger import Deed
from tests.simulation.library import Done, Heard
from tests.simulation.unseen import done_again
from tests.simulation.world import Asked

ITEM, PATRON = "30000070000801", "20000040000131"


def sent(at_s: float, station: str = "A") -> Asked:
    return Asked(at_s, station, 7, "upload", "")


def heard(at_s: float, code: str, connection: int, station: str = "A") -> Heard:
    return Heard(at_s, station, code, ITEM, connection)


def deed(at_s: float, connection: int, kind: Deed = Deed.LOAN, message: str = "11") -> Done:
    return Done(at_s, kind, PATRON, ITEM, "A", message, connection)


FIRST, AGAIN = [sent(0.0), sent(30.0)], [heard(0.1, "11", 1), heard(30.1, "11", 2)]
LOOK = heard(29.0, "17", 2)


@pytest.mark.parametrize(
    ("what", "sendings", "lines", "deeds", "times"),
    [
        ("done behind the look's back", FIRST, [*AGAIN, LOOK], [deed(30.2, 2), deed(31.0, 1)], 1),
        ("the look must have seen it", FIRST, [*AGAIN, LOOK], [deed(0.2, 1), deed(30.2, 2)], 0),
        (
            "brought back before the look",
            FIRST,
            [*AGAIN, LOOK],
            [deed(0.2, 1), deed(9.0, 0, Deed.RETURN, "world"), deed(30.2, 2)],
            1,
        ),
        ("nobody looked", FIRST, AGAIN, [deed(30.2, 2), deed(31.0, 1)], 0),
        ("the look was for the first", FIRST, [*AGAIN, heard(-1.0, "17", 1)], [deed(30.2, 2), deed(31.0, 1)], 0),
        (
            "the look is of long ago",
            [sent(0.0), sent(300.0)],
            [heard(0.1, "11", 1), heard(9.0, "17", 2), heard(300.1, "11", 2)],
            [deed(20.0, 1), deed(300.2, 2)],
            0,
        ),
        ("sent again and not done", FIRST, [*AGAIN, LOOK], [deed(31.0, 1)], 0),
        (
            "a copy at another station, both looked first",
            [sent(0.0), sent(0.005, "B")],
            [heard(-0.1, "17", 1), heard(-0.1, "17", 2, "B"), heard(0.004, "11", 1), heard(0.009, "11", 2, "B")],
            [deed(0.006, 1), deed(0.011, 2)],
            1,
        ),
        (
            "a copy at another station that must have seen it",
            [sent(0.0), sent(9.0, "B")],
            [heard(8.9, "17", 2, "B"), heard(0.004, "11", 1), heard(9.004, "11", 2, "B")],
            [deed(0.006, 1), deed(9.006, 2)],
            0,
        ),
        (
            "through a door, and brought back",
            FIRST,
            [LOOK],
            [deed(0.2, 0, message="koha"), deed(9.0, 0, Deed.RETURN, "world"), deed(30.2, 0, message="koha")],
            1,
        ),
        (
            "a copy through a door, and the item lent by a line days later",
            [sent(0.0), sent(0.003, "B")],
            [heard(-0.1, "17", 1), heard(-0.1, "17", 2, "B"), heard(9e5, "11", 3)],
            [deed(0.004, 0, message="koha"), deed(0.007, 0, message="koha")],
            1,
        ),
        ("through a door, seen", FIRST, [LOOK], [deed(0.2, 0, message="koha"), deed(30.2, 0, message="koha")], 0),
    ],
)
def test_what_is_done_once_more_unseen(
    what: str, sendings: list[Asked], lines: list[Heard], deeds: list[Done], times: int
) -> None:
    assert done_again(sendings, lines, deeds) == times, what


@pytest.mark.parametrize(
    ("what", "lines", "returned_s", "times"),
    [
        ("brought back before the look", [LOOK, heard(30.1, "11", 2)], 9.0, 1),
        ("the look must have seen it", [LOOK, heard(30.1, "11", 2)], 29.5, 0),
        ("nobody looked", [heard(30.1, "11", 2)], 9.0, 0),
    ],
)
def test_what_a_file_had_done_that_was_taken_back(what: str, lines: list[Heard], returned_s: float, times: int) -> None:
    loaded = deed(1.0, 0, message="desk")
    deeds = [loaded, deed(returned_s, 0, Deed.RETURN, "world"), deed(30.2, 2)]
    assert done_again([sent(30.0)], lines, deeds, [loaded]) == times, what
