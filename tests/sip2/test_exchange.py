"""Which line answers what, what is sent again, and when the line is given up."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kioskd.sip2.answers import CheckoutAnswer, LoginAnswer, PatronStatusAnswer
from kioskd.sip2.dialect import Dialect, Terminator
from kioskd.sip2.errors import Unsendable
from kioskd.sip2.exchange import (
    DROPS_AT_MOST,
    RESENDS_AT_MOST,
    Answered,
    Drop,
    Dropped,
    Exchange,
    Failed,
    Fault,
    Resend,
    SendAgain,
)
from kioskd.sip2.frame import LineBuffer, checksum
from kioskd.sip2.pin import Pin
from kioskd.sip2.requests import Checkout, ItemInformation, Login, PatronStatus, Question, ScStatus

AT = dt.datetime.fromisoformat("2026-11-23T22:30:56")
CHECKOUT = Checkout(patron="20000000000001", item="30000000000001", at=AT, nb_due=AT)
LOAN = b"121NUY20261123    223056AOm|AA20000000000001|AB30000000000001|AJt|AH20261214    235900|"
PLAIN = Dialect(error_detection=False)
ASK_AGAIN = b"97AZFEF5\r"


def sealed(body: bytes, sequence: int | None) -> bytes:
    through = body + (b"" if sequence is None else b"AY%d" % sequence) + b"AZ"
    return through + checksum(through)


def asked(question: Question = CHECKOUT, dialect: Dialect | None = None, *, before: int = 0) -> tuple[Exchange, bytes]:
    """Return an exchange with an open question, after `before` answered ones."""
    exchange = Exchange(dialect or Dialect())
    for number in range(before):
        exchange.ask(ScStatus())
        assert isinstance(exchange.hear(sealed(b"98Y", number % 10)), Answered)
    return exchange, exchange.ask(question)


@pytest.mark.parametrize("before", [0, 1, 9, 10, 23])
def test_the_answer_bears_the_questions_number_which_goes_round_from_0_to_9(before: int) -> None:
    exchange, line = asked(before=before)
    assert line[-10:-5] == b"AY%dAZ" % (before % 10)
    heard = exchange.hear(sealed(LOAN, before % 10))
    assert isinstance(heard, Answered)
    assert isinstance(heard.answer, CheckoutAnswer)
    assert heard.answer.ok
    assert not heard.unsealed
    assert not exchange.is_open


def test_one_question_at_a_time() -> None:
    exchange, _ = asked()
    assert exchange.is_open
    with pytest.raises(ValueError, match="open"):
        exchange.ask(ScStatus())


def test_what_cannot_be_sent_opens_nothing_and_uses_no_number() -> None:
    exchange = Exchange(Dialect())
    with pytest.raises(Unsendable):
        exchange.ask(ItemInformation(item="3|4", at=AT))
    assert not exchange.is_open
    assert b"AY0AZ" in exchange.ask(ScStatus())


@pytest.mark.parametrize("other", [n for n in range(10) if n != 3])
def test_a_stale_answer_is_dropped_and_the_next_one_read(other: int) -> None:
    exchange, _ = asked(before=3)
    assert exchange.hear(sealed(LOAN.replace(b"121", b"120"), other)) == Dropped(Drop.STALE, "12")
    heard = exchange.hear(sealed(LOAN, 3))
    assert isinstance(heard, Answered)
    assert isinstance(heard.answer, CheckoutAnswer)
    assert heard.answer.ok


def test_an_answer_without_error_detection_is_taken_and_said_to_be_so() -> None:
    exchange, _ = asked()
    heard = exchange.hear(LOAN)
    assert isinstance(heard, Answered)
    assert heard.unsealed


@pytest.mark.parametrize("answer", [LOAN, sealed(LOAN, 7), sealed(LOAN, None)])
def test_without_error_detection_nothing_is_sealed_and_any_number_will_do(answer: bytes) -> None:
    exchange, line = asked(dialect=PLAIN)
    assert b"AY" not in line
    assert b"AZ" not in line
    heard = exchange.hear(answer)
    assert isinstance(heard, Answered)
    assert not heard.unsealed


def test_a_damaged_answer_is_asked_for_again_and_its_repeat_needs_no_number() -> None:
    for repeat in (sealed(LOAN, 2), sealed(LOAN, 0), sealed(LOAN, None), LOAN):
        exchange, _ = asked(before=2)
        damaged = sealed(LOAN, 2).replace(b"AJt", b"AJu")
        assert exchange.hear(damaged) == SendAgain(ASK_AGAIN, Resend.DAMAGED)
        assert isinstance(exchange.hear(repeat), Answered)


def test_the_next_questions_number_is_insisted_on_again() -> None:
    exchange, _ = asked()
    assert exchange.hear(sealed(LOAN, 0)[:-1] + b"!") == SendAgain(ASK_AGAIN, Resend.DAMAGED)
    assert exchange.hear(sealed(LOAN, 0).replace(b"AJt", b"AJu")) == SendAgain(ASK_AGAIN, Resend.DAMAGED)
    assert isinstance(exchange.hear(sealed(LOAN, 5)), Answered)
    exchange.ask(CHECKOUT)
    assert exchange.hear(sealed(LOAN, 0)) == Dropped(Drop.STALE, "12")


@pytest.mark.parametrize(("digits", "fault"), [(b"0000", Fault.CHECKSUM_ZERO), (b"1234", Fault.CHECKSUM)])
def test_answers_that_stay_damaged_end_the_line(digits: bytes, fault: Fault) -> None:
    exchange, _ = asked()
    damaged = LOAN + b"AY0AZ" + digits
    for _ in range(RESENDS_AT_MOST):
        assert exchange.hear(damaged) == SendAgain(ASK_AGAIN, Resend.DAMAGED)
    heard = exchange.hear(damaged)
    assert isinstance(heard, Failed)
    assert heard.fault is fault
    assert not exchange.is_open
    assert exchange.hear(sealed(LOAN, 0)) == heard
    with pytest.raises(ValueError, match="failed"):
        exchange.ask(ScStatus())


def test_a_server_that_always_sends_zeros_works_without_verification() -> None:
    exchange, line = asked(dialect=Dialect(verify_checksum=False), before=0)
    assert b"AY0AZ" in line
    assert exchange.hear(LOAN + b"AY9AZ0000") == Dropped(Drop.STALE, "12")
    assert isinstance(exchange.hear(LOAN + b"AY0AZ0000"), Answered)


@pytest.mark.parametrize("again", [b"96AZFEF6", b"96", b"96AZFEF6 "])
def test_96_brings_the_very_same_line_again_a_few_times(again: bytes) -> None:
    exchange, line = asked(before=4)
    for _ in range(RESENDS_AT_MOST):
        assert exchange.hear(again) == SendAgain(line, Resend.ASKED_FOR)
    heard = exchange.hear(again)
    assert isinstance(heard, Failed)
    assert heard.fault is Fault.RESEND
    assert "11" in heard.detail


def test_after_96_the_answer_to_the_repeat_counts_and_a_second_one_does_not() -> None:
    exchange, _ = asked(before=4)
    exchange.hear(b"96AZFEF6")
    assert isinstance(exchange.hear(sealed(LOAN, 4)), Answered)
    assert exchange.hear(sealed(LOAN, 4)) == Dropped(Drop.UNASKED, "12")
    exchange.ask(CHECKOUT)
    assert exchange.hear(sealed(LOAN, 4)) == Dropped(Drop.STALE, "12")


def test_96_after_97_repeats_the_97_and_never_the_checkout() -> None:
    exchange, _ = asked()
    exchange.hear(LOAN + b"AY0AZ1234")
    for _ in range(RESENDS_AT_MOST):
        assert exchange.hear(b"96AZFEF6") == SendAgain(ASK_AGAIN, Resend.ASKED_FOR)
    assert isinstance(exchange.hear(b"96AZFEF6"), Failed)


def test_the_counts_of_repeats_begin_anew_with_each_question() -> None:
    exchange, _ = asked()
    for sequence in range(5):
        for _ in range(RESENDS_AT_MOST):
            assert isinstance(exchange.hear(b"96AZFEF6"), SendAgain)
            assert isinstance(exchange.hear(LOAN + b"AY0AZ1234"), SendAgain)
            exchange.hear(b"login: ")
        assert isinstance(exchange.hear(sealed(LOAN, sequence)), Answered)
        exchange.ask(CHECKOUT)


def test_97_follows_the_dialect() -> None:
    exchange, _ = asked(dialect=replace(PLAIN, terminator=Terminator.CRLF))
    assert exchange.hear(LOAN + b"AZ1234") == SendAgain(b"97\r\n", Resend.DAMAGED)


@pytest.mark.parametrize(
    ("line", "drop"),
    [
        (sealed(b"98Y", None), Dropped(Drop.OTHER_MESSAGE, "98")),
        (b"98YYYYNY999999", Dropped(Drop.OTHER_MESSAGE, "98")),
        (b"login: ", Dropped(Drop.NO_MESSAGE, "")),
        (b"\xff\xfb\x03", Dropped(Drop.NO_MESSAGE, "")),
        (sealed(b"941", 8), Dropped(Drop.STALE, "94")),
    ],
)
def test_other_lines_are_passed_over_up_to_a_point(line: bytes, drop: Dropped) -> None:
    exchange, _ = asked()
    for _ in range(DROPS_AT_MOST):
        assert exchange.hear(line) == drop
    heard = exchange.hear(line)
    assert isinstance(heard, Failed)
    assert heard.fault is Fault.BABBLE


@pytest.mark.parametrize("line", [sealed(LOAN, 0), LOAN, b"96AZFEF6", sealed(LOAN, 0) + b"0", b"941AY0AZ0000"])
def test_what_comes_unasked_is_dropped_and_nothing_is_written_for_it(line: bytes) -> None:
    assert Exchange(Dialect()).hear(line).why is Drop.UNASKED  # type: ignore[union-attr]


def test_another_kind_of_message_under_the_questions_own_number_is_a_fault() -> None:
    exchange, _ = asked()
    heard = exchange.hear(sealed(b"98Y", 0))
    assert isinstance(heard, Failed)
    assert heard.fault is Fault.WRONG_ANSWER


def test_an_answer_that_cannot_be_read_is_a_fault_that_quotes_nothing() -> None:
    exchange, _ = asked()
    heard = exchange.hear(sealed(b"12?NUN20261123    223056AA20000000000001|", 0))
    assert isinstance(heard, Failed)
    assert heard.fault is Fault.UNREADABLE
    assert "2000" not in heard.detail


def test_each_kind_of_question_takes_its_own_answer_only() -> None:
    exchange, _ = asked(PatronStatus(patron="p", at=AT))
    assert exchange.hear(LOAN) == Dropped(Drop.OTHER_MESSAGE, "12")
    heard = exchange.hear(b"24" + b" " * 14 + b"00020261123    223056AAp|")
    assert isinstance(heard, Answered)
    assert isinstance(heard.answer, PatronStatusAnswer)


LINES = st.sampled_from(
    [sealed(LOAN, n) for n in (None, 0, 1, 2)]
    + [LOAN, LOAN + b"AY0AZ0000", b"96AZFEF6", b"941", b"login:", b"12", sealed(b"98Y", 0), sealed(b"12U", 0)]
)


@given(st.lists(st.one_of(LINES, st.just(b"ask")), max_size=60), st.booleans(), st.booleans())
def test_whatever_comes_a_question_ends_and_a_checkout_is_repeated_only_when_96_asks(
    lines: list[bytes], error_detection: bool, verify: bool
) -> None:
    exchange = Exchange(Dialect(error_detection=error_detection, verify_checksum=verify))
    question = b""
    written_again = 0
    for line in lines:
        if line == b"ask":
            if not exchange.is_open and exchange.hear(b"941").__class__ is not Failed:
                question, written_again = exchange.ask(CHECKOUT), 0
            continue
        was_open = exchange.is_open
        heard = exchange.hear(line)
        if isinstance(heard, SendAgain):
            assert was_open
            written_again += 1
            assert written_again <= 2 * RESENDS_AT_MOST
            if heard.line == question:
                assert line == b"96AZFEF6"
            else:
                assert heard.line[:2] == b"97"
        if isinstance(heard, Answered):
            assert was_open
            assert isinstance(heard.answer, CheckoutAnswer)
        assert exchange.is_open == (was_open and not isinstance(heard, Answered | Failed))


@given(st.data())
def test_a_stream_of_answers_cut_anywhere_gives_the_same_conversation(data: st.DataObject) -> None:
    ends = data.draw(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n"]), min_size=12, max_size=12))
    stream = b"".join([sealed(b"941", n % 10) + end for n, end in enumerate(ends)])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    exchange, buffer = Exchange(Dialect()), LineBuffer()
    lines = [line for piece in pieces for line in buffer.feed(piece)]
    assert len(lines) == 12
    for line in lines:
        exchange.ask(Login(user="u", password=Pin("p")))
        heard = exchange.hear(line)
        assert isinstance(heard, Answered)
        assert heard.answer == LoginAnswer(ok=True)
