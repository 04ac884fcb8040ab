"""Requests → bytes, read back by a small decoder of its own; its table is copied from the document."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kioskd.sip2.codes import Code, ScState, Summary
from kioskd.sip2.dialect import Dialect, Sent, Terminator
from kioskd.sip2.encode import encode
from kioskd.sip2.errors import Unsendable
from kioskd.sip2.fields import Field
from kioskd.sip2.layouts import LAYOUTS
from kioskd.sip2.pin import Pin
from kioskd.sip2.requests import (
    Checkin,
    Checkout,
    EndPatronSession,
    ItemInformation,
    Login,
    PatronInformation,
    PatronStatus,
    Question,
    Renew,
    RenewAll,
    Request,
    RequestAcsResend,
    ScStatus,
)

# Message, widths of the fixed fields, required fields, optional ones.
DOCUMENT = {
    row.split()[0]: (
        [int(width) for width in row.split()[1].split(",") if width != "-"],
        set(row.split("|")[1].split()),
        set(row.split("|")[2].split()),
    )
    for row in """
93 1,1 |CN CO|CP
94 1 | |
99 1,3,4 | |
98 1,1,1,1,1,1,3,3,18,4 |AO BX|AM AN AF AG
23 3,18 |AO AA AC AD|
24 14,3,18 |AO AA AE|BL CQ BH BV AF AG
63 3,18,10 |AO AA|AC AD BP BQ
64 14,3,18,4,4,4,4,4,4 |AO AA AE|BZ CA CB BL CQ BH BV CC AS AT AU AV BU CD BD BE BF AF AG
17 18 |AO AB|AC
18 2,2,2,18 |AB AJ|CF AH CJ CM BG BH BV CK AQ AP CH AF AG
11 1,1,18,18 |AO AA AB AC|CH AD BO BI
12 1,1,1,1,18 |AO AA AB AJ AH|BT CI BH BV CK CH BK AF AG
09 1,18,18 |AP AO AB AC|CH BI
10 1,1,1,1,18 |AO AB AQ|AJ CL AA CK CH AF AG CV CY DA CT CR CS
29 1,1,18,18 |AO AA|AB AJ AD AC CH BO
30 1,1,1,1,18 |AO AA AB AJ AH|BT CI BH BV CK CH BK AF AG
65 18 |AO AA|AD AC BO
66 1,4,4,18 |AO|BM BN AF AG
35 18 |AO AA|AC AD
36 1,18 |AO AA|AF AG
01 1,18 |AO AL AA AC|
37 18,2,2,3 |BV AO AA|AC AD CG BK
38 1,18 |AO AA|BK AF AG
15 1,18 |AO AA|BW BS BY AD AB AJ AC BO
16 1,1,18 |AO AA|BW BR BS AB AJ AF AG
19 18 |AO AB CH|AC
20 1,18 |AB|AJ CH AF AG
25 18 |AO AA|AC AD
26 14,3,18 |AO AA AE|BL CQ AF AG
97 - | |
96 - | |
""".strip().splitlines()
}

AT = dt.datetime.fromisoformat("2026-11-23T22:30:56")
DUE = dt.datetime.fromisoformat("2026-12-14T23:59:00")
AT_TEXT = "20261123    223056"
DUE_TEXT = "20261214    235900"
PLAIN = Dialect(error_detection=False)


def read(line: bytes, encoding: str = "utf-8") -> tuple[str, list[str], dict[str, str], str]:
    """Return code, fixed fields, variable fields and trailer of a whole line of ours."""
    assert line.endswith(b"\r")
    text = line[:-1].decode(encoding)
    assert not set(text) & {"\r", "\n", "\0"}
    code, rest = text[:2], text[2:]
    widths, required, optional = DOCUMENT[code]
    fixed = []
    for width in widths:
        fixed.append(rest[:width])
        assert len(fixed[-1]) == width
        rest = rest[width:]
    fields: dict[str, str] = {}
    while rest and rest[:2] not in ("AY", "AZ"):
        value, bar, after = rest[2:].partition("|")
        assert bar
        assert rest[:2] not in fields
        fields[rest[:2]] = value
        rest = after
    assert set(fields) <= required | optional
    return code, fixed, fields, rest


def test_the_table_is_the_documents() -> None:
    ours = {
        str(code): ([fixed.width for fixed in layout.fixed], set(layout.required), set(layout.optional))
        for code, layout in LAYOUTS.items()
    }
    assert ours == DOCUMENT


def test_every_question_knows_its_answer() -> None:
    pairs = {str(kind.code): str(LAYOUTS[kind.code].answer) for kind in get_args(Question)}
    assert pairs == {
        "93": "94",
        "99": "98",
        "23": "24",
        "63": "64",
        "17": "18",
        "11": "12",
        "09": "10",
        "29": "30",
        "65": "66",
        "35": "36",
    }


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        (Login(user="kiosk", password=Pin("s3cret")), "9300CNkiosk|COs3cret|"),
        (ScStatus(), "9900802.00"),
        (ScStatus(state=ScState.OUT_OF_PAPER, print_width=42), "9910422.00"),
        (PatronStatus(patron="p", at=AT), f"23000{AT_TEXT}AO|AAp|AC|AD|"),
        (PatronStatus(patron="p", at=AT, pin=Pin("1234"), language="001"), f"23001{AT_TEXT}AO|AAp|AC|AD1234|"),
        (PatronInformation(patron="p", at=AT), f"63000{AT_TEXT}          AO|AAp|"),
        (PatronInformation(patron="p", at=AT, summary=Summary.HOLD), f"63000{AT_TEXT}Y         AO|AAp|"),
        (
            PatronInformation(patron="p", at=AT, summary=Summary.CHARGED, pin=Pin("1"), first=1, last=50),
            f"63000{AT_TEXT}  Y       AO|AAp|AD1|BP1|BQ50|",
        ),
        (ItemInformation(item="i", at=AT), f"17{AT_TEXT}AO|ABi|"),
        (Checkout(patron="p", item="i", at=AT, nb_due=None), f"11NN{AT_TEXT}{' ' * 18}AO|AAp|ABi|AC|"),
        (
            Checkout(patron="p", item="i", at=AT, nb_due=DUE, no_block=True, renewal_allowed=True, cancel=False),
            f"11YY{AT_TEXT}{DUE_TEXT}AO|AAp|ABi|AC|BIN|",
        ),
        (
            Checkout(patron="p", item="i", at=AT, nb_due=AT, pin=Pin("1"), fee_acknowledged=True),
            f"11NN{AT_TEXT}{AT_TEXT}AO|AAp|ABi|AC|AD1|BOY|",
        ),
        (Checkin(item="i", at=AT), f"09N{AT_TEXT}{AT_TEXT}AP|AO|ABi|AC|"),
        (Checkin(item="i", at=DUE, returned=AT, no_block=True), f"09Y{DUE_TEXT}{AT_TEXT}AP|AO|ABi|AC|"),
        (Renew(patron="p", item="i", at=AT, nb_due=None), f"29NN{AT_TEXT}{' ' * 18}AO|AAp|ABi|"),
        (Renew(patron="", item="i", at=AT, nb_due=AT, third_party_allowed=True), f"29YN{AT_TEXT}{AT_TEXT}AO|AA|ABi|"),
        (RenewAll(patron="p", at=AT, fee_acknowledged=False), f"65{AT_TEXT}AO|AAp|BON|"),
        (EndPatronSession(patron="p", at=AT), f"35{AT_TEXT}AO|AAp|"),
        (RequestAcsResend(), "97"),
    ],
)
def test_each_message(request_: Request, line: str) -> None:
    assert encode(request_, PLAIN) == line.encode() + b"\r"


def test_no_request_is_without_a_row_above() -> None:
    assert {kind.code for kind in get_args(Request)} <= {Code(code) for code in DOCUMENT}
    assert len(get_args(Request)) == 11


def test_trailers_and_terminators() -> None:
    assert encode(RequestAcsResend(), Dialect(), sequence=7) == b"97AZFEF5\r"
    assert encode(ScStatus(print_width=30), Dialect(), sequence=1) == b"9900302.00AY1AZFCA5\r"
    assert encode(ScStatus(), replace(PLAIN, terminator=Terminator.CRLF)) == b"9900802.00\r\n"


STATION = Dialect(
    error_detection=False,
    institution_id="MAIN",
    terminal_password=Pin("tp"),
    current_location="DESK",
    location_code="L1",
)
OF_THE_STATION = [
    (Checkout(patron="p", item="i", at=AT, nb_due=AT, pin=Pin("1")), {"AO": "MAIN", "AC": "tp", "AD": "1"}),
    (Checkin(item="i", at=AT), {"AO": "MAIN", "AC": "tp", "AP": "DESK"}),
    (PatronInformation(patron="p", at=AT), {"AO": "MAIN", "AC": "tp"}),
    (Login(user="u", password=Pin("w")), {"CP": "L1"}),
]


@pytest.mark.parametrize(("request_", "expected"), OF_THE_STATION)
def test_what_belongs_to_the_station_is_added_where_the_message_has_room(
    request_: Request, expected: dict[str, str]
) -> None:
    fields = read(encode(request_, STATION))[2]
    assert {code: fields[code] for code in ("AO", "AC", "AP", "CP", "AD") if code in fields} == expected


@pytest.mark.parametrize(
    ("sent", "filled", "empty"),
    [
        # 23 requires AO AC AD; 63 may carry AC AD.
        (Sent.AS_REQUIRED, ({"AO", "AC", "AD"}, {"AO", "AC", "AD"}), ({"AO", "AC", "AD"}, {"AO"})),
        (Sent.FILLED, ({"AO", "AC", "AD"}, {"AO", "AC", "AD"}), (set(), set())),
        (Sent.ALWAYS, ({"AO", "AC", "AD"}, {"AO", "AC", "AD"}), ({"AO", "AC", "AD"}, {"AO", "AC", "AD"})),
        (Sent.NEVER, (set(), set()), (set(), set())),
    ],
)
def test_the_presence_of_what_servers_differ_on_is_a_setting(
    sent: Sent, filled: tuple[set[str], set[str]], empty: tuple[set[str], set[str]]
) -> None:
    choices = {Field.INSTITUTION: sent, Field.TERMINAL_PASSWORD: sent, Field.PATRON_PASSWORD: sent}
    for dialect, pin, expected in ((STATION, Pin("1"), filled), (PLAIN, None, empty)):
        asked = (PatronStatus(patron="p", at=AT, pin=pin), PatronInformation(patron="p", at=AT, pin=pin))
        found = tuple(set(read(encode(one, replace(dialect, sent=choices)))[2]) - {"AA"} for one in asked)
        assert found == expected


def test_no_choice_is_offered_for_the_patron_or_the_item() -> None:
    with pytest.raises(ValueError, match="AA"):
        Dialect(sent={Field.PATRON_IDENTIFIER: Sent.NEVER})


@pytest.mark.parametrize("encoding", ["utf-16", "cp037", "utf-7-imap"])
def test_an_encoding_that_cannot_carry_sip2_is_refused_at_once(encoding: str) -> None:
    with pytest.raises((ValueError, LookupError)):
        Dialect(encoding=encoding)


BARCODES = st.text(st.characters(min_codepoint=32, exclude_characters="|\x7f", codec="utf-8"), max_size=60)
TIMES = st.datetimes(min_value=dt.datetime.fromisoformat("1900-01-01"))
REQUESTS: dict[type[Any], st.SearchStrategy[Any]] = {
    kind: st.builds(kind, **fields)
    for kind, fields in {
        Checkout: {
            "patron": BARCODES,
            "item": BARCODES,
            "at": TIMES,
            "nb_due": st.none() | TIMES,
            "pin": st.none() | BARCODES.map(Pin),
        },
        Renew: {"patron": BARCODES, "item": BARCODES, "at": TIMES, "nb_due": st.none() | TIMES, "pin": st.none()},
        Checkin: {"item": BARCODES, "at": TIMES, "returned": st.none() | TIMES},
        PatronInformation: {
            "patron": BARCODES,
            "at": TIMES,
            "pin": st.none() | BARCODES.map(Pin),
            "first": st.none() | st.integers(1, 999),
            "last": st.none(),
            "language": st.just("001"),
        },
    }.items()
}


def stamped(at: dt.datetime | None) -> str:
    return " " * 18 if at is None else at.strftime("%Y%m%d    %H%M%S")


def flag(value: bool) -> str:
    return "Y" if value else "N"


def expected_fixed(request: Any) -> list[str]:
    match request:
        case Checkout():
            return [flag(request.renewal_allowed), flag(request.no_block), stamped(request.at), stamped(request.nb_due)]
        case Renew():
            return [
                flag(request.third_party_allowed),
                flag(request.no_block),
                stamped(request.at),
                stamped(request.nb_due),
            ]
        case Checkin():
            return [flag(request.no_block), stamped(request.at), stamped(request.returned or request.at)]
        case PatronInformation():
            summary = ["Y" if position == request.summary else " " for position in range(10)]
            return ["001", stamped(request.at), "".join(summary)]
        case _:
            raise AssertionError(request)


@given(st.one_of(*REQUESTS.values()), st.sampled_from(["utf-8", "latin-1", "cp850", "gb18030"]), st.integers(0, 9))
def test_what_is_encoded_decodes_to_the_same(request: Any, encoding: str, sequence: int) -> None:
    dialect = replace(STATION, encoding=encoding, error_detection=True)
    try:
        line = encode(request, dialect, sequence)
    except Unsendable:
        values = [getattr(request, name, "") or "" for name in ("patron", "item")]
        values.append(request.pin.reveal() if getattr(request, "pin", None) else "")
        # Refused only for what the encoding cannot spell, or for a character that holds the bar's byte.
        assert any("?" in value.encode(encoding, "replace").decode("latin-1") for value in values) or any(
            b"|" in value.encode(encoding, "replace") for value in values
        )
        return
    code, fixed, fields, trailer = read(line, encoding)
    assert code == request.code
    assert fixed == expected_fixed(request)
    assert fields.get("AA") == getattr(request, "patron", None)
    assert fields.get("AB") == getattr(request, "item", None)
    assert fields.get("AD", "") == (request.pin.reveal() if getattr(request, "pin", None) else "")
    assert trailer[:5] == f"AY{sequence}AZ"
    assert (sum(line[:-5]) + int(trailer[5:], 16)) % 0x10000 == 0


@given(
    st.text(max_size=20),
    st.sampled_from("|\r\n\0\x1b\x7f"),
    st.text(max_size=20),
    st.sampled_from(["utf-8", "cp850", "latin-1"]),
)
def test_a_number_that_would_break_the_line_is_never_written(head: str, breaker: str, tail: str, encoding: str) -> None:
    number = head + breaker + tail
    dialect = Dialect(encoding=encoding)
    makers: list[Callable[[], Request]] = [
        lambda: Checkout(patron=number, item="i", at=AT, nb_due=AT),
        lambda: Checkout(patron="p", item=number, at=AT, nb_due=AT),
        lambda: Checkout(patron="p", item="i", at=AT, nb_due=AT, pin=Pin(number)),
        lambda: Login(user="u", password=Pin(number)),
    ]
    for make in makers:
        with pytest.raises(Unsendable) as caught:
            encode(make(), dialect, 0)
        assert number not in str(caught.value)


@pytest.mark.parametrize(
    ("item", "encoding", "fits"),
    [
        ("3" * 255, "utf-8", True),
        ("3" * 256, "utf-8", False),
        ("é" * 127, "utf-8", True),
        ("é" * 128, "utf-8", False),
        ("é" * 255, "latin-1", True),
        ("Č", "latin-1", False),
        ("Č", "ascii", False),
        ("\ud800", "utf-8", False),
        ("ァ", "shift_jis", True),
        ("ポ", "shift_jis", False),
    ],
)
def test_length_and_spelling(item: str, encoding: str, fits: bool) -> None:
    request = ItemInformation(item=item, at=AT)
    if fits:
        assert read(encode(request, replace(PLAIN, encoding=encoding)), encoding)[2]["AB"] == item
    else:
        with pytest.raises(Unsendable):
            encode(request, replace(PLAIN, encoding=encoding))


@pytest.mark.parametrize(
    "request_",
    [ScStatus(print_width=1000), PatronStatus(patron="p", at=AT, language="en"), ScStatus(print_width=-1000)],
)
def test_a_fixed_field_of_the_wrong_width_is_refused(request_: Request) -> None:
    with pytest.raises(Unsendable):
        encode(request_, PLAIN)


@pytest.mark.parametrize("shape", [repr, str, "{}".format, "%s".__mod__, "%r".__mod__])
def test_a_pin_shows_itself_nowhere(shape: Callable[[object], str]) -> None:
    pin = Pin("1234")
    assert "1234" not in shape(pin)
    assert "1234" not in f"{pin:>20}"
    request = Checkout(patron="20000000004567", item="i", at=AT, nb_due=AT, pin=pin)
    assert "1234" not in shape(request)
    assert "4567" not in shape(request)
    assert "tp" not in shape(STATION)
