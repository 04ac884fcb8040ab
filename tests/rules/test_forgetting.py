"""When people are forgotten."""

from dataclasses import replace

import pytest

from kioskd.model import effects as e
from kioskd.model import inputs
from kioskd.model.time import Clock, ClockSource
from tests.rules.library import Book, Library, Patron
from tests.rules.station import ANNA, BOOK, NOON, Station, settings

DAY_S = 86_400.0
UNSURE = Clock(trusted=False, source=ClockSource.NONE, boot_id="boot")


def station(keep: float, clock: Clock | None = None) -> Station:
    config = replace(settings(), journal=replace(settings().journal, keep_settled_days=keep))
    made = Station(config=config, library=Library({ANNA: Patron()}, {BOOK: Book()}))
    if clock is not None:
        made.clock = clock
    return made.start()


def purges(made: Station) -> list[float]:
    return [effect.before_wall_s for effect in made.effects if isinstance(effect, e.Purge)]


def test_each_night_what_has_been_over_long_enough_goes() -> None:
    made = station(7)
    assert purges(made) == [NOON - 7 * DAY_S]
    made.advance(60)
    assert len(purges(made)) == 1
    made.wall_s += DAY_S
    made.mono_s += DAY_S
    made.advance(60)
    assert purges(made)[1:] == [pytest.approx(NOON - 6 * DAY_S, abs=120)]


def test_a_clock_that_may_be_wrong_lets_nothing_go() -> None:
    made = station(7, UNSURE)
    made.wall_s += 2 * DAY_S
    made.mono_s += 2 * DAY_S
    made.advance(60)
    assert purges(made) == []


def test_when_the_clock_comes_to_be_trusted() -> None:
    made = station(7, UNSURE)
    before = len(purges(made))
    made.tell(inputs.ClockChanged(Clock(trusted=True, source=ClockSource.NTP, boot_id="boot")))
    assert len(purges(made)) == max(before, 1)


def test_with_nothing_to_be_kept_it_goes_when_the_visit_ends() -> None:
    made = station(0)
    made.advance(10)
    made.scan(ANNA)
    made.scan(BOOK)
    before = len(purges(made))
    made.finish()
    made.advance(60)
    assert len(purges(made)) > before
    assert purges(made)[-1] >= NOON
