"""Our questions as SIP2, and its answers as what the rules understand: pure, so by table and by property."""

import datetime as dt
import zoneinfo
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kioskd.ils import wording
from kioskd.model import ils
from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.settings import IlsSettings, Secret, Terminator
from kioskd.sip2 import answers as sip2
from kioskd.sip2.codes import Alert, CirculationStatus, PatronBlock
from kioskd.sip2.decode import decode
from kioskd.sip2.encode import encode
from kioskd.sip2.frame import split

ZONE = zoneinfo.ZoneInfo("America/Los_Angeles")
CARD, BOOK = PatronBarcode("20000000000014"), ItemBarcode("30000000000012")
AT = dt.datetime(2026, 11, 23, 20, 15, tzinfo=ZONE).timestamp()
EVENING = dt.datetime.fromisoformat("2026-11-23T20:15:00")
NOW = dt.datetime(2026, 11, 24, 9, 0, 5, tzinfo=ZONE).timestamp()
AT_TEXT, NOW_TEXT = "20261123    201500", "20261124    090005"
DIALECT = wording.dialect(IlsSettings("ils", institution_id="MAIN", error_detection=False))
DUE = dt.date(2026, 12, 14)

LINES = [
    (ils.AskStatus(), "9900802.00"),
    (ils.AskPatron(CARD), f"63000{NOW_TEXT}          AOMAIN|AA{CARD}|"),
    (ils.AskPatron(CARD, Secret("4711"), charged=True), f"63000{NOW_TEXT}  Y       AOMAIN|AA{CARD}|AD4711|"),
    (ils.AskPatron(CARD, holds=True), f"63000{NOW_TEXT}Y         AOMAIN|AA{CARD}|"),
    (ils.AskItem(BOOK), f"17{NOW_TEXT}AOMAIN|AB{BOOK}|"),
    (ils.AskCheckout(CARD, BOOK, AT), f"11NN{AT_TEXT}{AT_TEXT}AOMAIN|AA{CARD}|AB{BOOK}|AC|"),
    (
        ils.AskCheckout(CARD, BOOK, AT, no_block=True, due=DUE),
        f"11NY{AT_TEXT}20261214    235900AOMAIN|AA{CARD}|AB{BOOK}|AC|",
    ),
    # Newer Koha would make a loan that was due when it was made.
    (ils.AskCheckout(CARD, BOOK, AT, no_block=True), f"11NN{AT_TEXT}{AT_TEXT}AOMAIN|AA{CARD}|AB{BOOK}|AC|"),
    (ils.AskCheckout(CARD, BOOK, AT, due=DUE), f"11NN{AT_TEXT}{AT_TEXT}AOMAIN|AA{CARD}|AB{BOOK}|AC|"),
    (
        ils.AskCheckout(CARD, BOOK, AT, renewal_allowed=True, pin=Secret("4711")),
        f"11YN{AT_TEXT}{AT_TEXT}AOMAIN|AA{CARD}|AB{BOOK}|AC|AD4711|",
    ),
    (ils.AskRenew(CARD, BOOK, AT), f"29NN{AT_TEXT}{AT_TEXT}AOMAIN|AA{CARD}|AB{BOOK}|"),
    (ils.AskRenew(None, BOOK, AT), f"29NN{AT_TEXT}{AT_TEXT}AOMAIN|AA|AB{BOOK}|"),
    (ils.AskRenew(CARD, BOOK, AT, no_block=True), f"29NN{AT_TEXT}{AT_TEXT}AOMAIN|AA{CARD}|AB{BOOK}|"),
    (
        ils.AskRenew(CARD, BOOK, AT, no_block=True, due=DUE, pin=Secret("4711")),
        f"29NY{AT_TEXT}20261214    235900AOMAIN|AA{CARD}|AD4711|AB{BOOK}|",
    ),
    (ils.AskRenewAll(CARD, Secret("4711")), f"65{NOW_TEXT}AOMAIN|AA{CARD}|AD4711|"),
    (ils.AskCheckin(BOOK, AT), f"09N{AT_TEXT}{AT_TEXT}AP|AOMAIN|AB{BOOK}|AC|"),
    (ils.AskEndSession(CARD), f"35{NOW_TEXT}AOMAIN|AA{CARD}|"),
]


@pytest.mark.parametrize(("question", "line"), LINES, ids=[line[:4] for _, line in LINES])
def test_what_a_question_looks_like(question: ils.Question, line: str) -> None:
    assert encode(wording.question(question, NOW, ZONE), DIALECT) == line.encode() + b"\r"


def test_the_dialect_follows_the_settings() -> None:
    settings = IlsSettings(
        "ils",
        institution_id="MAIN",
        location_code="DESK 3",
        error_detection=False,
        verify_checksum=False,
        terminator=Terminator.CRLF,
        encoding="cp850",
    )
    dialect = wording.dialect(settings)
    assert (dialect.line_end, dialect.encoding, dialect.error_detection) == (b"\r\n", "cp850", False)
    assert (dialect.institution_id, dialect.location_code, dialect.verify_checksum) == ("MAIN", "DESK 3", False)


def _answer(line: str) -> sip2.Answer:
    return decode(split(line.encode(), verify=True), "utf-8")


DUES = [
    ("20261214    235900", dt.date(2026, 12, 14)),
    # 23:59 of the 14th in Los Angeles is 07:59 of the 15th in Greenwich.
    ("20261215   Z075900", dt.date(2026, 12, 14)),
    ("20261215   Z080000", dt.date(2026, 12, 15)),
    # In summer there are seven hours between.
    ("20260715   Z065900", dt.date(2026, 7, 14)),
    ("20260715   Z070000", dt.date(2026, 7, 15)),
    ("2026-12-15T07:59:00Z", dt.date(2026, 12, 14)),
    ("2026-12-15T07:59:00+09:00", dt.date(2026, 12, 14)),
    ("2026-12-14 23:59:00", dt.date(2026, 12, 14)),
    ("2026-12-14", dt.date(2026, 12, 14)),
    ("14.12.2026 23:59", dt.date(2026, 12, 14)),
    ("12/14/2026", None),
    ("Monday, December 14 at noon", None),
    ("", None),
    ("00010101   Z000000", None),
    ("99991231   Z235959", dt.date(9999, 12, 31)),
]


@pytest.mark.parametrize(("text", "day"), DUES, ids=[text or "empty" for text, _ in DUES])
def test_a_due_date_is_the_day_on_the_wall_of_the_library(text: str, day: dt.date | None) -> None:
    for answer, question in (
        (_answer(f"121NUY{AT_TEXT}AOMAIN|AA{CARD}|AB{BOOK}|AJT|AH{text}|"), ils.AskCheckout(CARD, BOOK, AT)),
        (_answer(f"301YUY{AT_TEXT}AOMAIN|AA{CARD}|AB{BOOK}|AJT|AH{text}|"), ils.AskRenew(CARD, BOOK, AT)),
        (_answer(f"18040101{AT_TEXT}AB{BOOK}|AJT|AH{text}|"), ils.AskItem(BOOK)),
    ):
        heard = wording.heard(answer, question, ZONE)
        assert isinstance(heard, ils.LoanAnswer | ils.ItemAnswer)
        assert (heard.due, heard.due_text) == (day, text)


@given(
    st.datetimes(dt.datetime.fromisoformat("1970-01-02"), dt.datetime.fromisoformat("9998-01-01")),
    st.sampled_from(["UTC", "Asia/Kolkata", ZONE.key]),
)
def test_a_due_date_in_greenwich_time_is_the_same_moment_here(moment: dt.datetime, name: str) -> None:
    zone = zoneinfo.ZoneInfo(name)
    text = moment.strftime("%Y%m%d   Z%H%M%S")
    heard = wording.heard(_answer(f"18040101{AT_TEXT}AB{BOOK}|AJT|AH{text}|"), ils.AskItem(BOOK), zone)
    assert isinstance(heard, ils.ItemAnswer)
    assert heard.due == moment.replace(tzinfo=dt.UTC).astimezone(zone).date()


@given(st.text(max_size=40).filter(lambda it: not set("|\r\n") & set(it)))
def test_no_due_text_is_too_odd(text: str) -> None:
    answer = _answer(f"121NUY{AT_TEXT}AOMAIN|AA{CARD}|AB{BOOK}|AJT|AH{text}|")
    assert isinstance(wording.heard(answer, ils.AskCheckout(CARD, BOOK, AT), ZONE), ils.LoanAnswer)


STATUS = [
    ("98YYYYYN600003" + AT_TEXT + "2.00AOMAIN|", EVENING, True, 60.0),
    ("98YYYYYN600003" + "20261124   Z041500" + "2.00AOMAIN|", EVENING, True, 60.0),
    ("98YYYYYN600003" + "00010101   Z000000" + "2.00AOMAIN|", None, True, 60.0),
    ("98YYYYYN999999" + " " * 18 + "2.00AOMAIN|", None, True, None),
    ("98NYYYYN600003" + AT_TEXT + "2.00AOMAIN|", EVENING, False, 60.0),
    ("98YYYYYN000003" + AT_TEXT + "2.00AOMAIN|", EVENING, False, None),
    ("98YYYYNY999999", None, True, None),
    ("98Y", None, True, None),
]


@pytest.mark.parametrize(("line", "local", "online", "timeout_s"), STATUS)
def test_what_98_says(line: str, local: dt.datetime | None, online: bool, timeout_s: float | None) -> None:
    heard = wording.heard(_answer(line), ils.AskStatus(), ZONE)
    assert isinstance(heard, ils.StatusAnswer)
    assert (heard.local_time, heard.online, heard.timeout_s) == (local, online, timeout_s)


# Whose answer it is.

LOAN = sip2.CheckoutAnswer(ok=True, patron=CARD, item=BOOK)
NO_LOAN = replace(LOAN, ok=False)
OTHER = "39999999999998"
WHOSE = [
    ("the one asked for", LOAN, True),
    ("blanks around", replace(LOAN, item=f" {BOOK}  ", patron=f" {CARD}"), True),
    ("another item", replace(LOAN, item=OTHER), False),
    ("another patron", replace(LOAN, patron="29999999999990"), False),
    ("a refusal of another item", replace(NO_LOAN, item=OTHER), False),
    ("a refusal for another patron", replace(NO_LOAN, patron="29999999999990"), False),
    ("a refusal of nothing in particular", replace(NO_LOAN, item="", patron=""), True),
    ("yes to nothing in particular", replace(LOAN, item=""), False),
    ("yes to nobody in particular", replace(LOAN, patron=""), True),
    ("a leading zero less", replace(LOAN, item=BOOK.removeprefix("3")), False),
    ("a leading zero more", replace(LOAN, item="0" + BOOK), False),
]


@pytest.mark.parametrize(("answer", "ours"), [row[1:] for row in WHOSE], ids=[row[0] for row in WHOSE])
@pytest.mark.parametrize("kind", ["12", "30"])
def test_an_answer_counts_only_for_what_was_asked(answer: sip2.CheckoutAnswer, ours: bool, kind: str) -> None:
    if kind == "12":
        heard = wording.heard(answer, ils.AskCheckout(CARD, BOOK, AT), ZONE)
    else:
        renewed = sip2.RenewAnswer(ok=answer.ok, patron=answer.patron, item=answer.item)
        heard = wording.heard(renewed, ils.AskRenew(CARD, BOOK, AT), ZONE)
    assert (heard is not None) == ours
    if heard is not None:
        assert isinstance(heard, ils.LoanAnswer)
        assert (heard.item, heard.patron) == (answer.item, answer.patron)


def test_case_is_not_forgiven() -> None:
    lower = replace(LOAN, item="b1234a")
    assert wording.heard(lower, ils.AskCheckout(CARD, ItemBarcode("B1234A"), AT), ZONE) is None


@pytest.mark.parametrize("patron", [CARD, "29999999999990", ""])
def test_a_renewal_by_item_alone_may_name_whoever_has_it(patron: str) -> None:
    answer = sip2.RenewAnswer(ok=True, patron=patron, item=BOOK)
    assert wording.heard(answer, ils.AskRenew(None, BOOK, AT), ZONE) is not None


OTHER_KINDS = [
    ("64" + " " * 14 + f"001{AT_TEXT}" + "0000" * 6 + "AOMAIN|AA{}|AE|BLY|", ils.AskPatron(CARD), CARD, False),
    ("64" + "Y" * 14 + f"001{AT_TEXT}" + "0000" * 6 + "AOMAIN|AA{}|AE|BLN|", ils.AskPatron(CARD), CARD, True),
    (f"18030101{AT_TEXT}" + "AB{}|AJT|", ils.AskItem(BOOK), BOOK, False),
    (f"18010101{AT_TEXT}" + "AB{}|AJ|", ils.AskItem(BOOK), BOOK, True),
    (f"101NNN{AT_TEXT}" + "AOMAIN|AB{}|AQ|", ils.AskCheckin(BOOK, AT), BOOK, False),
    (f"100NNN{AT_TEXT}" + "AOMAIN|AB{}|AQ|", ils.AskCheckin(BOOK, AT), BOOK, True),
    (f"36Y{AT_TEXT}" + "AOMAIN|AA{}|", ils.AskEndSession(CARD), CARD, True),
]


@pytest.mark.parametrize(("line", "question", "number", "may_be_silent"), OTHER_KINDS)
def test_other_kinds_of_answer_too(line: str, question: ils.Question, number: str, may_be_silent: bool) -> None:
    assert wording.heard(_answer(line.format(number)), question, ZONE) is not None
    assert wording.heard(_answer(line.format(OTHER)), question, ZONE) is None
    assert (wording.heard(_answer(line.format("")), question, ZONE) is not None) == may_be_silent


def test_another_kind_of_answer_is_none() -> None:
    assert wording.heard(LOAN, ils.AskItem(BOOK), ZONE) is None
    assert wording.heard(sip2.AcsStatus(online=True), ils.AskPatron(CARD), ZONE) is None


# What it means.


def test_what_64_means() -> None:
    line = "64Y   Y         001" + AT_TEXT + "000000000003000000000000"
    answer = _answer(f"{line}AOMAIN|AA{CARD}|AEName|BLY|CQN|AU1|AU2|AU1|AFCome and|AFsee us|")
    heard = wording.heard(answer, ils.AskPatron(CARD, charged=True), ZONE)
    assert heard == ils.PatronAnswer(
        patron=CARD,
        valid=True,
        pin_ok=False,
        denied=True,
        renewal_denied=False,
        card_lost=True,
        blocks=(PatronBlock.CHARGE_DENIED, PatronBlock.CARD_LOST),
        charged=(ItemBarcode("1"), ItemBarcode("2")),
        charged_count=2,
        hold_count=0,
        message="Come and see us",
    )


def test_what_66_means() -> None:
    asked = ils.AskRenewAll(CARD, Secret("4711"))
    answer = _answer(f"66100020001{AT_TEXT}AOMAIN|BM1|BM2|BM1|BN3|AFTwo of three|")
    assert wording.heard(answer, asked, ZONE) == ils.RenewAllAnswer(
        ok=True, renewed=(ItemBarcode("1"), ItemBarcode("2")), unrenewed=(ItemBarcode("3"),), message="Two of three"
    )


def test_holds_that_are_ready_are_read_from_their_own_list() -> None:
    line = "64" + " " * 14 + "001" + AT_TEXT + "0002" + "0000" * 5
    heard = wording.heard(_answer(f"{line}AOMAIN|AA{CARD}|AEName|BLY|AS7|AS8|"), ils.AskPatron(CARD, holds=True), ZONE)
    assert isinstance(heard, ils.PatronAnswer)
    assert (heard.holds, heard.hold_count) == ((ItemBarcode("7"), ItemBarcode("8")), 2)


@pytest.mark.parametrize("code", CirculationStatus)
def test_every_circulation_status_has_a_meaning(code: CirculationStatus) -> None:
    heard = wording.heard(_answer(f"18{code}0101{AT_TEXT}AB{BOOK}|AJT|"), ils.AskItem(BOOK), ZONE)
    assert isinstance(heard, ils.ItemAnswer)
    assert heard.known
    on_loan = {"04", "05", "07", "11"}
    assert (heard.circulation is ils.Circulation.CHARGED) == (code in on_loan)


@pytest.mark.parametrize(
    ("status", "title", "known"),
    [("01", "", False), ("01", "T", True), ("03", "", True), ("77", "", False), ("77", "T", True)],
)
def test_an_unknown_item(status: str, title: str, known: bool) -> None:
    heard = wording.heard(_answer(f"18{status}0101{AT_TEXT}AB{BOOK}|AJ{title}|"), ils.AskItem(BOOK), ZONE)
    assert isinstance(heard, ils.ItemAnswer)
    assert heard.known is known


def test_what_10_means() -> None:
    line = f"101YNY{AT_TEXT}AOMAIN|AB{BOOK}|AQCentral|AJT|CV02|CTBranch|AFOn hold|"
    assert wording.heard(_answer(line), ils.AskCheckin(BOOK, AT), ZONE) == ils.CheckinAnswer(
        ok=True,
        item=BOOK,
        alert=True,
        alert_type=Alert.HOLD_ELSEWHERE.value,
        destination="Branch",
        location="Central",
        title="T",
        message="On hold",
    )


@pytest.mark.parametrize(
    ("count", "listed", "different"), [("0003", 3, 1), ("0001", 1, 1), ("0004", 3, 2), ("    ", 3, None)]
)
def test_an_item_that_is_listed_again_for_each_renewal_is_counted_once(
    count: str, listed: int, different: int | None
) -> None:
    """SIPServer's demonstration does: the list is whole all the same, and what is not on it is not on loan."""
    counts = f"00000000{count}000000000000"
    line = f"64{' ' * 14}001{NOW_TEXT}{counts}AO|AA{CARD}|AE|BLY|" + f"AU{BOOK}|" * listed
    said = decode(split(line.encode(), verify=False), "utf-8")
    answer = wording.heard(said, ils.AskPatron(CARD, charged=True), ZONE)
    assert isinstance(answer, ils.PatronAnswer)
    assert (answer.charged, answer.charged_count) == ((BOOK,), different)
