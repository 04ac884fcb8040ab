"""Due dates come in any shape: read what has one meaning, leave the rest."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kioskd.sip2.dates import read_moment, stamp

LATE = dt.datetime.fromisoformat("2026-12-07T23:59:30")
EVENING = LATE.replace(second=0)
DAY = EVENING.replace(hour=0, minute=0)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("20261207    235930", LATE),
        ("20261207   Z235930", LATE.replace(tzinfo=dt.UTC)),
        ("20261207235930", LATE),
        ("20261207    2359", EVENING),
        ("20261207", DAY),
        ("20261207    ", DAY),
        (" 20261207    235930 ", LATE),
        ("2026-12-07 23:59:30", LATE),
        ("2026-12-07T23:59:30", LATE),
        ("2026-12-07T23:59:30Z", LATE.replace(tzinfo=dt.UTC)),
        ("2026-12-07T23:59:30-08:00", LATE.replace(tzinfo=dt.timezone(dt.timedelta(hours=-8)))),
        ("2026-12-07 23:59", EVENING),
        ("2026-12-07", DAY),
        ("2026/12/07", DAY),
        ("07.12.2026", DAY),
        ("7.12.2026, 23:59", EVENING),
        ("12/07/2026", None),
        ("12/31/2026", None),
        ("07/12/2026 23:59", None),
        ("20261307    235930", None),
        ("20260230", None),
        ("20261207    256099", None),
        ("202612071", None),
        ("00000000    000000", None),
        (" " * 18, None),
        ("", None),
        ("next Monday", None),
        ("December 7", None),
    ],
)
def test_reading(text: str, moment: dt.datetime | None) -> None:
    assert read_moment(text) == moment


@given(st.datetimes())
def test_what_is_stamped_reads_as_the_same_second(at: dt.datetime) -> None:
    text = stamp(at)
    assert len(text) == 18
    assert read_moment(text) == at.replace(microsecond=0)


@given(st.text(max_size=40))
def test_no_text_is_an_error(text: str) -> None:
    read_moment(text)
