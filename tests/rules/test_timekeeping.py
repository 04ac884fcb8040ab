"""A clock that jumps is believed no longer, one that merely nobody keeps is, and entries get their time again."""

import pytest

from kioskd.model import effects as e
from kioskd.model import inputs
from kioskd.model.time import Clock, ClockSource, ClockTrust
from tests.rules.station import ANNA, BOOK, FILM, Station

NOBODY = Clock(trusted=False, source=ClockSource.NONE, boot_id="boot")
KERNEL = Clock(trusted=True, source=ClockSource.NTP, boot_id="boot")


def trusts(station: Station) -> list[ClockTrust]:
    return [entry.what.clock for entry in station.entries]


@pytest.mark.parametrize("by_s", [-2 * 86400.0, -61.0, 61.0, 86400.0])
def test_what_is_recorded_after_a_jump_is_unsure(by_s: float) -> None:
    station = Station().start().offline()
    station.scan(ANNA)
    station.scan(BOOK)
    station.wall_s += by_s
    station.scan(FILM)
    assert trusts(station) == [ClockTrust.TRUSTED, ClockTrust.UNSURE]
    assert not station.state.clock.trusted


@pytest.mark.parametrize("by_s", [-59.0, 0.0, 59.0])
def test_a_clock_that_drifts_without_a_network_is_still_believed(by_s: float) -> None:
    station = Station().start().offline()
    station.tell(inputs.ClockChanged(NOBODY))
    station.wall_s += by_s
    station.scan(ANNA)
    station.scan(BOOK)
    assert trusts(station) == [ClockTrust.TRUSTED]


def test_when_the_kernel_vouches_for_it_again_the_entries_are_given_their_time() -> None:
    station = Station().start().offline()
    station.scan(ANNA)
    station.wall_s -= 2 * 86400.0
    station.scan(BOOK)
    station.wall_s += 2 * 86400.0
    before = len(station.of(e.CorrectClock))
    station.tell(inputs.ClockChanged(KERNEL))
    (correction,) = station.of(e.CorrectClock)[before:]
    assert correction.wall_minus_boot_s == station.now.wall_s - station.now.boot_s
    assert station.state.clock == KERNEL
    station.scan(FILM)
    assert trusts(station)[-1] is ClockTrust.TRUSTED
