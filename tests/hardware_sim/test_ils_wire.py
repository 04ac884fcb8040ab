"""The library system's own reading of SIP2 lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware_sim.ils.codes import check_digit, code14
from hardware_sim.ils.wire import ChecksumError, Lines, NotSip2Error, checksum, read_request


@pytest.mark.parametrize(("message", "digits"), [(b"97AZ", b"FEF5"), (b"96AZ", b"FEF6"), (b"941AY1AZ", b"FDFC")])
def test_checksums_seen_on_real_wires(message: bytes, digits: bytes) -> None:
    assert checksum(message) == digits


@pytest.mark.parametrize("number", ["21168043862114"[:13], "7992739871"])  # the second is the textbook's: 79927398713
def test_check_digit_makes_the_sum_divisible_by_ten(number: str) -> None:
    whole = number + check_digit(number)
    doubled = [int(c) * (1 + n % 2) for n, c in enumerate(reversed(whole))]
    assert sum(d // 10 + d % 10 for d in doubled) % 10 == 0


def test_textbook_check_digit() -> None:
    assert check_digit("7992739871") == "3"


def test_codes_are_fourteen_digits_and_distinct() -> None:
    codes = {code14("2", n) for n in range(1, 500)}
    assert len(codes) == 499
    assert all(len(code) == 14 and code.isdigit() and code[0] == "2" for code in codes)


def test_a_checkout_is_read_whole() -> None:
    body = b"11YN20261123    22212220261214    235900AODEMO|AA2|AB3|AC|AY4AZ"
    request = read_request(body + checksum(body), "utf-8")
    assert request.code == "11"
    assert request.fixed["renewal_policy"] == "Y"
    assert request.fixed["nb_due_date"] == "20261214    235900"
    assert (request.get("AA"), request.get("AB"), request.get("AC")) == ("2", "3", "")
    assert (request.sequence, request.checked, request.cut) == ("4", True, "")


@pytest.mark.parametrize(
    ("line", "missing"),
    [(b"11YN", "date"), (b"11NN" + b" " * 36 + b"AO|AA|AB|", "AC"), (b"9300CNx|", "CO"), (b"97", "")],
)
def test_what_is_missing_is_named(line: bytes, missing: str) -> None:
    assert read_request(line, "utf-8").cut == missing


def test_a_wrong_checksum_is_refused() -> None:
    with pytest.raises(ChecksumError):
        read_request(b"9900802.00AY1AZ0000", "utf-8")


@pytest.mark.parametrize("line", [b"", b"x", b"GET / HTTP/1.1", b"9", "९९".encode()])
def test_what_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises(NotSip2Error):
        read_request(line, "utf-8")


@given(st.lists(st.binary(max_size=30).filter(lambda it: b"\r" not in it)), st.data())
def test_a_cut_anywhere_changes_nothing(lines: list[bytes], choose: st.DataObject) -> None:
    stream = b"".join(line + b"\r" for line in lines)
    cut = choose.draw(st.integers(0, len(stream)))
    whole, parts = Lines(), Lines()
    assert parts.feed(stream[:cut]) + parts.feed(stream[cut:]) == whole.feed(stream)


def test_terminators() -> None:
    assert Lines().feed(b"97\r\n99\r\r\n 98\r") == [b"97", b"99", b"98"]
    assert Lines().feed(b"97\n99\n") == []
    assert Lines("kept").feed(b"97\r\n99\r") == [b"97", b"\n99"]


def test_a_line_without_end_is_given_up() -> None:
    lines = Lines()
    assert lines.feed(b"x" * 60_000) == []
    with pytest.raises(NotSip2Error):
        lines.feed(b"x" * 60_000)


@given(st.binary(max_size=200))
def test_no_bytes_are_fatal(line: bytes) -> None:
    try:
        request = read_request(line, "ascii")
    except (ChecksumError, NotSip2Error):
        return
    assert request.code.isdigit()
