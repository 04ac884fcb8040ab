"""Answers as real servers write them: in any order, with too much or too little, in odd encodings."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kioskd.sip2.answers import (
    AcsStatus,
    Answer,
    CheckinAnswer,
    CheckoutAnswer,
    ItemInformationAnswer,
    LoginAnswer,
    PatronInformationAnswer,
    PatronStatusAnswer,
    RenewAllAnswer,
    RenewAnswer,
)
from kioskd.sip2.codes import Alert, CirculationStatus, Code, PatronBlock, SecurityMarker
from kioskd.sip2.decode import decode
from kioskd.sip2.errors import BadAnswer
from kioskd.sip2.frame import LineBuffer, split

RECORDED = Path(__file__).parents[1] / "data" / "sip2-lines.txt"
LINES = [row.rsplit(" | ", 1) for row in RECORDED.read_text(encoding="utf-8").splitlines() if row[:2].isdigit()]


def answer(line: str | bytes, encoding: str = "utf-8") -> Any:
    raw = line if isinstance(line, bytes) else line.encode(encoding)
    return decode(split(raw, verify=True), encoding)


# What each recorded line's own words mean, as attributes.
WORDS: dict[str, tuple[type[Answer], dict[str, object]]] = {
    "on line; says no to check-in and checkout and does both": (
        AcsStatus,
        {
            "online": True,
            "checkin_ok": False,
            "checkout_ok": False,
            "says_offline": False,
            "timeout_s": 60.0,
            "retries": 3,
            "time": dt.datetime.fromisoformat("2026-11-23T22:20:56"),
            "institution": "UWOLS",
        },
    ),
    "on line": (
        AcsStatus,
        {"online": True, "checkout_ok": True, "timeout_s": 3.0, "library": "Demo", "supported": "YYYNYYYYYNYNNNYN"},
    ),
    "cut short: on line, time-out unknown": (
        AcsStatus,
        {"online": True, "says_offline": False, "timeout_s": None, "retries": None, "time": None, "supported": ""},
    ),
    "logged in": (LoginAnswer, {"ok": True}),
    "login refused": (LoginAnswer, {"ok": False}),
    "valid patron; one item on loan, listed three times; unknown fields": (
        PatronInformationAnswer,
        {
            "valid": True,
            "pin_ok": True,
            "patron": "djfiander",
            "charged": ("1565921879",),
            "charged_count": 3,
            "blocks": (PatronBlock.RECALL_DENIED,),
            "other": {
                "PA": ("20501231",),
                "PB": ("19640925",),
                "PC": ("A",),
                "PI": ("Y",),
                "XI": ("djfiander",),
            },
        },
    ),
    "valid patron, UTF-8": (
        PatronInformationAnswer,
        {
            "valid": True,
            "name": "Zoë Čapek",
            "charged": tuple([f"3000000000000{n}" for n in range(1, 5)]),
            "charged_count": 4,
            "blocks": (),
            "other": {},
        },
    ),
    "lent": (CheckoutAnswer, {"ok": True, "renewal_ok": False}),
    "lent again to the same patron: renewed": (
        CheckoutAnswer,
        {"ok": True, "renewal_ok": True, "due_at": dt.datetime.fromisoformat("2026-12-07T22:21:22")},
    ),
    "refused": (
        CheckoutAnswer,
        {
            "ok": False,
            "renewal_ok": False,
            "magnetic": None,
            "message": "Item checked out to another patron",
            "title": "Perl 5 desktop reference",
            "due_at": None,
            "other": {"BL": ("Y",)},
        },
    ),
    "refused by its word; the server had in fact done it: look before believing": (
        CheckoutAnswer,
        {"ok": False, "renewal_ok": False, "message": "INTERNAL SERVER ERROR", "title": "", "fee_amount": "0"},
    ),
    "was not on loan": (CheckinAnswer, {"ok": False, "alert": False, "item": "1565921879", "permanent_location": ""}),
    "unknown item": (
        ItemInformationAnswer,
        {"circulation": CirculationStatus.OTHER, "item": "nope", "title": "", "security": SecurityMarker.NONE},
    ),
    "renewed; field order differs": (
        RenewAnswer,
        {"ok": True, "renewal_ok": True, "institution": "UWOLS", "patron": "djfiander", "item": "1565921879"},
    ),
    "three renewed by count, one by look": (
        RenewAllAnswer,
        {"ok": True, "renewed_count": 3, "renewed": ("1565921879",), "unrenewed": ()},
    ),
    "blocked: card lost": (
        PatronStatusAnswer,
        {
            "blocks": (
                PatronBlock.CHARGE_DENIED,
                PatronBlock.RENEWAL_DENIED,
                PatronBlock.RECALL_DENIED,
                PatronBlock.HOLD_DENIED,
            ),
            "message": "lost",
            "valid": True,
            "pin_ok": False,
        },
    ),
}


@pytest.mark.parametrize(("line", "words"), LINES, ids=[f"{n}: {words}" for n, (_, words) in enumerate(LINES)])
@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"], ids=["cr", "crlf", "lf"])
def test_each_recorded_line_is_read_as_its_word_says(line: str, words: str, end: str) -> None:
    [whole] = LineBuffer().feed((line + end).encode())
    frame = split(whole, verify=True)
    if words == "asks to resend":
        assert frame.code == Code.REQUEST_SC_RESEND
        return
    kind, meaning = WORDS[words]
    read = decode(frame, "utf-8")
    assert type(read) is kind
    assert {name: getattr(read, name) for name in meaning} == meaning


def test_no_recorded_line_is_left_out() -> None:
    assert len(LINES) == 18
    assert {words for _, words in LINES} == set(WORDS) | {"asks to resend"}


LOAN = "121NNY20261123    222122"
PERSON = " " * 14 + "00020261123    222122"


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        # Fields: order, absence, emptiness, repetition, unknown ones, what is missing at the end.
        (f"{LOAN}AHx|AJt|ABi|AAp|AOm|", {"item": "i", "patron": "p", "title": "t", "institution": "m"}),
        (LOAN, {"item": "", "patron": "", "title": "", "due_text": "", "screen": (), "other": {}}),
        (f"{LOAN}ABi|AFone|AF|AFtwo|AGp1|AGp2|", {"screen": ("one", "two"), "print_lines": ("p1", "p2")}),
        (f"{LOAN}ABi|AFone|AFMAIN|", {"message": "one MAIN"}),
        (f"{LOAN}ABi|ZZ1|ZZ2|xy|", {"item": "i", "other": {"ZZ": ("1", "2"), "xy": ("",)}}),
        (f"{LOAN}AAp|ABi", {"item": "i"}),
        (f"{LOAN}ABi||A||  |", {"item": "i", "other": {}}),
        (f"{LOAN}ABi   |AAp |", {"item": "i", "patron": "p"}),
        (f"{LOAN}ABi|ABj|", {"item": "i"}),
        (f"{LOAN}AJone &#124; two|ABa&#124;b|", {"title": "one | two", "item": "a&#124;b"}),
        # Due dates: the text stays, whatever it is.
        (f"{LOAN}AH2026-12-07 23:59:00|", {"due_at": dt.datetime.fromisoformat("2026-12-07T23:59:00")}),
        (f"{LOAN}AH12/07/2026|", {"due_text": "12/07/2026", "due_at": None}),
        # Flags.
        ("121yny20261123    222122ABi|", {"ok": True, "renewal_ok": True, "magnetic": False, "desensitize": True}),
        ("12YUUU20261123    222122ABi|", {"ok": True, "renewal_ok": None, "magnetic": None}),
        ("121", {"ok": True, "item": ""}),
        ("120NUN20261123    222122AAp|AB|AOm|", {"ok": False, "item": "", "patron": "p"}),
        # 98: cut short, BX padded, telling that it is off line, a word that nobody needs.
        ("98Y", {"online": True, "checkout_ok": None, "says_offline": False}),
        ("98N", {"online": False, "says_offline": True}),
        ("98yynnyn", {"online": True, "checkout_ok": False}),
        ("98YYYYNY000003", {"online": True, "timeout_tenths": 0, "timeout_s": None, "says_offline": True}),
        ("98YYYYNY      ", {"timeout_tenths": None, "retries": None, "says_offline": False}),
        ("98YYYYNY999999AOmain|BXYN|", {"institution": "main", "supported": "YN", "time": None, "version": ""}),
        ("98YYYYNY99999920261123    222056AOmain|", {"institution": "main", "version": ""}),
        (
            f"98YYYYNY60000320261123    2220562.00AOmain|BXYYYYYYYYYNYNYYYY{' ' * 160}|AFhello|",
            {"supported": "YYYYYYYYYNYNYYYY", "message": "hello"},
        ),
        # 64 and 24: blank counts, status of blanks, flags that are missing.
        (f"64{PERSON}{' ' * 24}AOm|AAp|AEn|", {"charged_count": None, "valid": None, "pin_ok": None, "blocks": ()}),
        (
            f"64{PERSON}00010002000300040005  -1AAp|",
            {"hold_count": 1, "recall_count": 5, "unavailable_hold_count": None},
        ),
        (f"64{PERSON}{' ' * 24}AUa|AUb|AUa|AU|ASh|", {"charged": ("a", "b"), "hold": ("h",)}),
        (
            f"64{PERSON}{' ' * 24}BZ5|CA6|CB7|CC8.00|BHUSD|BV1.50|BDroad|BEe@x|BF555|",
            {"charged_limit": "7", "fee_limit": "8.00", "fee_amount": "1.50", "currency": "USD", "email": "e@x"},
        ),
        (
            "24y   Y        Y00120261123    222122AAp|BLn|CQ|",
            {
                "blocks": (PatronBlock.CHARGE_DENIED, PatronBlock.CARD_LOST, PatronBlock.TOO_MANY_BILLED),
                "valid": False,
                "pin_ok": None,
                "language": "001",
            },
        ),
        # 18, 10, 30, 66, 36, 94.
        (
            "1804020320261123    222122ABi|AJt|AH20261207|CF2|AQmain|APdesk|",
            {
                "circulation": CirculationStatus.CHARGED,
                "security": SecurityMarker.TATTLE_TAPE,
                "due_at": dt.datetime.fromisoformat("2026-12-07"),
                "hold_queue_length": "2",
                "permanent_location": "main",
                "current_location": "desk",
            },
        ),
        ("1899", {"circulation": None, "circulation_text": "99", "security": None, "item": ""}),
        (
            "101YNY20261123    222122ABi|AQmain|CV02|CTbranch|CRfic|CSQA76|CY77|DAAda|CL3|",
            {
                "ok": True,
                "alert": True,
                "alert_type": Alert.HOLD_ELSEWHERE,
                "destination": "branch",
                "call_number": "QA76",
                "sort_bin": "3",
                "hold_patron": "77",
            },
        ),
        ("101YNY20261123    222122ABi|CV77|", {"alert_type": None, "alert_text": "77"}),
        ("300NUN20261123    222122AAp|ABi|AFno|", {"ok": False, "message": "no"}),
        ("66100010002", {"renewed_count": 1, "unrenewed_count": 2}),
        ("661        20261123    222122BNx|BNy|BNx|", {"renewed_count": None, "unrenewed": ("x", "y")}),
        ("36Y20261123    222122AOm|AAp|AFbye|", {"ended": True, "message": "bye"}),
        ("36N", {"ended": False}),
        ("941AFwelcome|", {"ok": True, "message": "welcome"}),
        ("94Y", {"ok": True}),
    ],
)
def test_tolerance(line: str, meaning: dict[str, object]) -> None:
    read = answer(line)
    assert {name: getattr(read, name) for name in meaning} == meaning


UNREADABLE = """
94|94U|98|98 |12|12U|12 NUN20261123    222122|30|10 |66|36|36U|18|180|24|24YYYY|64             |93|11|16|20|26|38|97|42
"""


@pytest.mark.parametrize("line", UNREADABLE.strip().split("|"))
def test_what_its_meaning_hangs_on_is_not_guessed(line: str) -> None:
    with pytest.raises(BadAnswer):
        answer(line)


@pytest.mark.parametrize(
    ("raw", "encoding", "title"),
    [
        ("Zoë".encode(), "utf-8", "Zoë"),
        ("Zoë".encode("latin-1"), "latin-1", "Zoë"),
        ("Zoë".encode("cp850"), "cp850", "Zoë"),
        ("£".encode("cp1252"), "cp1252", "£"),
        ("三国志".encode("gb18030"), "gb18030", "三国志"),
        (b"Zo\xeb", "utf-8", "Zo�"),
        (b"Zo\xe2\x82", "utf-8", "Zo�"),
        (b"Zo\xc3", "ascii", "Zo�"),
        (b"Zo\x81", "cp1252", "Zo�"),
    ],
)
def test_encodings_right_and_wrong(raw: bytes, encoding: str, title: str) -> None:
    read = answer(LOAN.encode() + b"AJ" + raw + b"|ABi|", encoding)
    assert read.title == title
    assert read.item == "i"


def test_what_98_supports() -> None:
    status = answer("98YYYYNY60000320261123    2220562.00AOm|BXYNYYYYNYYNYNYNYN|")
    assert status.supports(Code.PATRON_STATUS) is True
    assert status.supports(Code.CHECKOUT) is False
    assert status.supports(Code.LOGIN) is False
    assert status.supports(Code.PATRON_INFORMATION) is True
    assert status.supports(Code.RENEW) is True
    assert status.supports(Code.RENEW_ALL) is False
    assert status.supports(Code.CHECKOUT_ANSWER) is None
    assert answer("98Y").supports(Code.CHECKOUT) is None


def test_nobodys_name_or_number_is_in_a_repr() -> None:
    read = repr(answer(LINES[5][0]))
    assert "djfiander" not in read
    assert "Fiander" not in read
    assert "1565921879" not in read
    assert "19640925" not in read


@given(
    st.sampled_from(["94", "98", "24", "64", "18", "12", "10", "30", "66", "36"]),
    st.binary(max_size=200) | st.text("YN01 |ABCDEFJOX92", max_size=120).map(str.encode),
    st.sampled_from(["utf-8", "cp850", "ascii", "gb18030"]),
)
def test_no_line_is_worse_than_unreadable(code: str, body: bytes, encoding: str) -> None:
    try:
        read = decode(split(code.encode() + body, verify=False), encoding)
    except BadAnswer:
        return
    assert read.code == code
