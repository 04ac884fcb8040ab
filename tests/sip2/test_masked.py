"""What a technician may see of a line: codes and shapes, nobody's name, number or secret."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kioskd.sip2.dialect import Dialect
from kioskd.sip2.encode import encode
from kioskd.sip2.fields import Field
from kioskd.sip2.frame import seal
from kioskd.sip2.masked import masked
from kioskd.sip2.pin import Pin
from kioskd.sip2.requests import Checkout, Login, PatronInformation, Request

AT = dt.datetime.fromisoformat("2026-11-23T22:30:56")
DATE = "20261123    223056"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("9300CNkiosk|COs3cret|CPdesk|AY0AZF000\r", "9300CN***|CO***|CPdesk|AY0AZ****"),
        ("941AY0AZFDFD\r", "941AY0AZFDFD"),
        ("96AZFEF6\r\n", "96AZFEF6"),
        ("97", "97"),
        (
            f"11NN{DATE}{DATE}AOm|AA20000000004567|AB30000000000001|AC|AD1234|AY1AZF000",
            f"11NN{DATE}{DATE}AOm|AA…4567|AB30000000000001|AC|AD***|AY1AZ****",
        ),
        (
            f"121NUY{DATE}AOm|AA20000000004567|AB3001|AJZoë|AH20261214|AFAnn Lee has it|AGx|AY1AZF000",
            f"121NUY{DATE}AOm|AA…4567|AB3001|AJZoë|AH20261214|AF***|AG***|AY1AZF000",
        ),
        (
            f"64{' ' * 14}000{DATE}{'0' * 24}AA123|AEAnn|BDroad|BEe|BF5|PB19640925|BLY|AU3001|AVfine|",
            f"64{' ' * 14}000{DATE}{'0' * 24}AA…3|AE***|BD***|BE***|BF***|PB***|BLY|AU3001|AV***|",
        ),
        ("98YYYYNY999999AOm|AFclosing at six|", "98YYYYNY999999AOm|AFclosing at six|"),
        (f"10{'1YNN'}{DATE}AB1|CY20000000004567|DAAnn Lee|CV01|", f"101YNN{DATE}AB1|CY…4567|DA***|CV01|"),
        (f"17{DATE}AO|AB30000000000001", f"17{DATE}AO|AB30000000000001"),
        ("11NN2AD1234|AB1|AY1AZF000", "11NN***|AB1|AY1AZ****"),
        ("120NUN20261123AA20000000004567|AB1|", "120NUN***|AB1|"),
        (f"121NUY{DATE}AJa|Ann Lee|b|ABx\x1b|", f"121NUY{DATE}AJa|***|***|ABx\\x1b|"),
        ("password: hunter2", "*** (17 bytes that are no known message)"),
        ("42AAann", "*** (7 bytes that are no known message)"),
        ("", "*** (0 bytes that are no known message)"),
    ],
)
def test_each_kind_of_field(line: str, shown: str) -> None:
    assert masked(line.encode()) == shown


SECRET = st.text("QXZ", min_size=5, max_size=12)


@given(SECRET, SECRET, st.integers(0, 9))
def test_no_secret_and_no_whole_card_of_ours_is_shown(patron: str, pin: str, sequence: int) -> None:
    requests: list[Request] = [
        Checkout(patron=patron, item="3001", at=AT, nb_due=AT, pin=Pin(pin)),
        PatronInformation(patron=patron, at=AT, pin=Pin(pin)),
        Login(user=patron, password=Pin(pin)),
    ]
    for request in requests:
        line = encode(request, Dialect(terminal_password=Pin(pin)), sequence)
        shown = masked(line)
        assert pin not in shown
        assert patron not in shown
        assert line[-5:-1].decode() not in shown


PERSONAL = ["AA", "AC", "AD", "AE", "AF", "AG", "AL", "AV", "BD", "BE", "BF", "CN", "CO", "CY", "DA", "PB", "ZZ", "zz"]


@given(
    st.sampled_from(["24", "64", "12", "10", "30", "66", "36", "18", "01", "37", "23"]),
    st.text("YN0 2", max_size=70),
    st.lists(st.tuples(st.sampled_from(PERSONAL), SECRET), min_size=1, max_size=6),
    st.booleans(),
)
def test_no_person_is_shown_however_the_fixed_part_is_cut(
    code: str, fixed: str, fields: list[tuple[str, str]], sealed: bool
) -> None:
    body = (code + fixed + "".join([f"{name}{value}|" for name, value in fields])).encode()
    shown = masked(seal(body, 1) if sealed else body)
    for _, value in fields:
        assert value not in shown


@given(st.binary(max_size=200))
def test_any_bytes_are_shown_in_printable_characters(line: bytes) -> None:
    assert masked(line).isprintable()
    assert masked(b"12" + line).isprintable()


def test_every_field_of_the_document_has_been_thought_of() -> None:
    shown = {field for field in Field if "xyz" in masked(f"17{DATE}{field}xyz|".encode())}
    assert set(Field) - shown == {Field(code) for code in PERSONAL if code in set(Field)}
