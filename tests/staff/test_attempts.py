"""Five wrong codes wait a minute."""

from hypothesis import given
from hypothesis import strategies as st

from kioskd.staff import Attempts
from kioskd.staff.attempts import WAIT_S, WRONG_AT_MOST


def test_the_fifth_wrong_code_waits_a_minute() -> None:
    attempts = Attempts()
    for second in range(5):
        assert attempts.wait_s(second) == 0
        attempts = attempts.after_wrong(second)
    assert attempts.wait_s(4) == 60
    assert attempts.wait_s(63.5) == 0.5
    assert attempts.wait_s(64) == 0


def test_a_right_code_begins_anew() -> None:
    attempts = Attempts()
    for _ in range(4):
        attempts = attempts.after_wrong(0)
    assert attempts.after_right(0) == Attempts()


def test_while_waiting_nothing_counts() -> None:
    waiting = Attempts(blocked_until_s=60)
    assert waiting.after_wrong(59) is waiting
    assert waiting.after_right(59) is waiting
    assert waiting.after_wrong(60) == Attempts(1)


@given(st.lists(st.floats(0, 30), max_size=60))
def test_never_more_than_five_in_any_minute(pauses: list[float]) -> None:
    attempts, now_s, looked_at = Attempts(), 0.0, list[float]()
    for pause in pauses:
        now_s += pause
        if attempts.wait_s(now_s) == 0:
            looked_at.append(now_s)
        attempts = attempts.after_wrong(now_s)
    # From the fifth on the next five begin a minute later: groups of five never come closer.
    for fifth, sixth in zip(
        looked_at[WRONG_AT_MOST - 1 :: WRONG_AT_MOST], looked_at[WRONG_AT_MOST::WRONG_AT_MOST], strict=False
    ):
        assert sixth - fifth >= WAIT_S - 1e-6
