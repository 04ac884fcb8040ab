"""Each slip is printed or dropped, exactly once, in whatever order loop and thread come."""

import threading
import time

from hypothesis import given
from hypothesis import strategies as st

from kioskd.devices.spool import Spool, Taken
from kioskd.model.effects import Print
from kioskd.model.slip import Slip, SlipKind

ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 20)),
        st.tuples(st.just("take"), st.integers(0, 20)),
        st.tuples(st.just("give_back"), st.integers(0, 20)),
        st.tuples(st.just("withdraw"), st.integers(0, 10)),
        st.tuples(st.just("drop"), st.just(0)),
    ),
    max_size=60,
)


def job(number: int, until_s: float = 100.0) -> Print:
    return Print(number, Slip(SlipKind.RECEIPT, ()), until_s)


@given(ACTS)
def test_no_slip_ends_twice_and_none_is_forgotten(acts: list[tuple[str, int]]) -> None:
    spool = Spool()
    added, ended, in_hand = 0, [], list[Taken]()
    for act, value in acts:
        match act:
            case "add":
                spool.add(job(added, value))
                added += 1
            case "take":
                taken = spool.take(value)
                if taken is not None:
                    assert value <= taken.job.until_mono_s
                    in_hand.append(taken)
            case "give_back" if in_hand:
                taken = in_hand.pop()
                if not spool.give_back(taken, value):
                    ended.append(taken.job.slip)
            case "withdraw":
                ended += [value] if spool.withdraw(value) else []
            case "drop":
                ended += [one.slip for one in spool.drop()]
                assert spool.empty
                assert not any(spool.give_back(taken, 0) for taken in in_hand)
                ended += [taken.job.slip for taken in in_hand]
                in_hand.clear()
    ended += [one.slip for one in spool.drop()] + [taken.job.slip for taken in in_hand]
    assert sorted(ended) == list(range(added))


def test_they_go_in_order_and_one_given_back_is_next() -> None:
    spool = Spool()
    for number in (1, 2, 3):
        spool.add(job(number, 0.5 if number == 1 else 100.0))
    second = spool.take(1.0)
    assert second is not None
    assert second.job.slip == 2
    assert spool.give_back(second, 2.0)
    assert [taken.job.slip for _ in range(2) if (taken := spool.take(2.0))] == [2, 3]
    assert spool.withdraw(1)
    assert spool.empty
    spool.add(job(4, 5.0))
    late = spool.take(4.0)
    assert late is not None
    assert not spool.give_back(late, 5.1)  # nobody would ever take it out again
    assert spool.empty


def test_two_threads_share_it() -> None:
    spool = Spool()
    printed: list[int] = []
    begun = threading.Barrier(2)
    ends_s = time.monotonic() + 20

    def prints() -> None:
        begun.wait()
        while len(printed) + len(dropped) < 2000 and time.monotonic() < ends_s:
            taken = spool.take(0.0)
            if taken is not None and (taken.job.slip % 3 or not spool.give_back(taken, 0.0)):
                printed.append(taken.job.slip)

    dropped: list[int] = []
    thread = threading.Thread(target=prints)
    thread.start()
    begun.wait()
    for number in range(2000):
        spool.add(job(number))
        if number % 3 == 0 and spool.withdraw(number):
            dropped.append(number)
    while len(printed) + len(dropped) < 2000 and time.monotonic() < ends_s:
        # Again and again: one that the other has in hand just now is given back.
        dropped += [number for number in range(0, 2000, 3) if spool.withdraw(number)]
    thread.join(20)
    assert not thread.is_alive()
    assert sorted(printed + dropped) == list(range(2000))
