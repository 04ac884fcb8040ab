"""Against a codec and a server that nobody here wrote: pysip2, its message classes and its TCP server on loopback."""

import asyncio
import datetime as dt
import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import anyio
import pysip2
import pytest
from anyio.abc import SocketAttribute
from hypothesis import given
from hypothesis import strategies as st

from kioskd.sip2.answers import (
    AcsStatus,
    Answer,
    CheckinAnswer,
    CheckoutAnswer,
    EndSessionAnswer,
    ItemInformationAnswer,
    LoginAnswer,
    PatronInformationAnswer,
    PatronStatusAnswer,
    RenewAllAnswer,
    RenewAnswer,
)
from kioskd.sip2.codes import CirculationStatus, PatronBlock, Summary
from kioskd.sip2.decode import decode
from kioskd.sip2.dialect import Dialect, Terminator
from kioskd.sip2.encode import encode
from kioskd.sip2.exchange import Answered, Exchange, Failed, Fault, Resend, SendAgain
from kioskd.sip2.fields import Field
from kioskd.sip2.frame import LineBuffer, split
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

AT = dt.datetime.fromisoformat("2026-11-23T22:30:56")
AT_TEXT = "20261123    223056"
PATRON, ITEM = "20000000000001", "30000000000001"
TEXTS = st.text(st.characters(min_codepoint=32, exclude_characters="|\x7f", codec="cp850"), max_size=40)
EDGELESS = TEXTS.map(str.strip)


@given(TEXTS, TEXTS, TEXTS, st.booleans(), st.sampled_from([None, *range(10)]))
def test_pysip2_reads_what_we_write(patron: str, item: str, pin: str, flag: bool, sequence: int | None) -> None:
    dialect = Dialect(error_detection=sequence is not None, encoding="cp850", institution_id="MAIN")
    requests: list[tuple[Request, pysip2.SIPRequest]] = [
        (
            Checkout(patron=patron, item=item, at=AT, nb_due=AT, no_block=flag, renewal_allowed=flag, pin=Pin(pin)),
            pysip2.CheckoutRequest(
                sc_renewal_policy="NY"[flag],
                no_block="NY"[flag],
                transaction_date=AT_TEXT,
                nb_due_date=AT_TEXT,
                institution_id="MAIN",
                patron_identifier=patron,
                item_identifier=item,
                terminal_password="",
                patron_password=pin or None,
            ),
        ),
        (
            Checkin(item=item, at=AT, no_block=flag, cancel=flag),
            pysip2.CheckinRequest(
                no_block="NY"[flag],
                transaction_date=AT_TEXT,
                return_date=AT_TEXT,
                current_location="",
                institution_id="MAIN",
                item_identifier=item,
                terminal_password="",
                cancel="NY"[flag],
            ),
        ),
        (
            PatronInformation(patron=patron, at=AT, summary=Summary.CHARGED, pin=Pin(pin)),
            pysip2.PatronInformationRequest(
                language="000",
                transaction_date=AT_TEXT,
                summary="  Y       ",
                institution_id="MAIN",
                patron_identifier=patron,
                patron_password=pin or None,
            ),
        ),
        (
            Login(user=patron, password=Pin(pin)),
            pysip2.LoginRequest(uid_algorithm="0", pwd_algorithm="0", login_user_id=patron, login_password=pin),
        ),
        (RequestAcsResend(), pysip2.RequestACSResend()),
    ]
    for ours, theirs in requests:
        read = pysip2.decode_message(encode(ours, dialect, sequence), encoding="cp850")
        assert read.message == theirs
        assert read.sequence_number == (None if isinstance(ours, RequestAcsResend) else sequence)
        assert (read.checksum is None) == (sequence is None)


def read(message: pysip2.SIPResponse, sequence: int | None) -> Any:
    line = pysip2.encode_message(
        message, sequence_number=sequence, checksum=sequence is not None, encoding="cp850"
    ).removesuffix(b"\r")
    frame = split(line, verify=True)
    assert frame.sequence == sequence
    return decode(frame, "cp850")


@given(
    EDGELESS,
    EDGELESS,
    EDGELESS,
    st.lists(EDGELESS.filter(bool), max_size=5),
    st.sampled_from("01"),
    st.sampled_from("YN"),
    st.sampled_from("YNU"),
    st.sampled_from([None, *range(10)]),
)
def test_we_read_what_pysip2_writes(
    patron: str, item: str, text: str, texts: list[str], ok: str, yn: str, ynu: str, sequence: int | None
) -> None:
    loan = read(
        pysip2.CheckoutResponse(
            ok=ok,
            renewal_ok=yn,
            magnetic_media=ynu,
            desensitize=ynu,
            transaction_date=AT_TEXT,
            institution_id="MAIN",
            patron_identifier=patron,
            item_identifier=item,
            title_identifier=text,
            due_date=text,
            screen_message=tuple(texts),
            print_line=tuple(texts),
        ),
        sequence,
    )
    flags = {"Y": True, "N": False, "U": None}
    shown = text.replace("&#124;", "|")
    notices = tuple([each.replace("&#124;", "|") for each in texts])
    assert loan == CheckoutAnswer(
        ok=ok == "1",
        renewal_ok=flags[yn],
        magnetic=flags[ynu],
        desensitize=flags[ynu],
        time_text=AT_TEXT,
        institution="MAIN",
        patron=patron,
        item=item,
        title=shown,
        due_text=text,
        screen=notices,
        print_lines=notices,
    )
    person = read(
        pysip2.PatronInformationResponse(
            patron_status="Y" + " " * 13,
            language="001",
            transaction_date=AT_TEXT,
            hold_items_count="0001",
            overdue_items_count="    ",
            charged_items_count="0012",
            fine_items_count="0000",
            recall_items_count="    ",
            unavailable_holds_count="9999",
            institution_id="MAIN",
            patron_identifier=patron,
            personal_name=text,
            valid_patron=yn,
            charged_items=tuple(texts),
        ),
        sequence,
    )
    assert person == PatronInformationAnswer(
        blocks=(PatronBlock.CHARGE_DENIED,),
        language="001",
        time_text=AT_TEXT,
        hold_count=1,
        charged_count=12,
        fine_count=0,
        unavailable_hold_count=9999,
        institution="MAIN",
        patron=patron,
        name=shown,
        valid=flags[yn],
        charged=tuple(dict.fromkeys(texts)),
        charged_repeats=len(texts) - len(set(texts)),
    )


class Desk:
    """A small library behind pysip2's server."""

    def __init__(self) -> None:
        self.loans: list[tuple[str, str]] = []
        self.server = pysip2.SIP2Server(institution_id="MAIN", library_name="Café", login_required=True)
        for route in (pysip2.LOGIN, pysip2.CHECKOUT, pysip2.CHECKIN, pysip2.RENEW, pysip2.PATRON_INFORMATION):
            self.server.route(route)(getattr(self, f"on_{route.command_id}"))

    async def on_93(self, asked: pysip2.LoginRequest, ctx: Any) -> pysip2.LoginResponse:
        return pysip2.LoginResponse(ok="1" if (asked.login_user_id, asked.login_password) == ("kiosk", "pw") else "0")

    async def on_11(self, asked: pysip2.CheckoutRequest, ctx: Any) -> pysip2.CheckoutResponse:
        taken = any(item == asked.item_identifier for _, item in self.loans)
        if not taken:
            self.loans.append((asked.patron_identifier, asked.item_identifier))
        return pysip2.CheckoutResponse(
            ok="0" if taken else "1",
            renewal_ok="N",
            magnetic_media="U",
            desensitize="N" if taken else "Y",
            transaction_date=ctx.now_18(),
            institution_id=asked.institution_id,
            patron_identifier=asked.patron_identifier,
            item_identifier=asked.item_identifier,
            title_identifier="Les Misérables",
            due_date="" if taken else asked.nb_due_date,
            screen_message=("On loan",) if taken else (),
        )

    async def on_09(self, asked: pysip2.CheckinRequest, ctx: Any) -> pysip2.CheckinResponse:
        before = len(self.loans)
        self.loans = [loan for loan in self.loans if loan[1] != asked.item_identifier]
        return pysip2.CheckinResponse(
            ok="1" if len(self.loans) < before else "0",
            resensitize="Y",
            magnetic_media="N",
            alert="N",
            transaction_date=ctx.now_18(),
            institution_id=asked.institution_id,
            item_identifier=asked.item_identifier,
            permanent_location="shelf",
        )

    async def on_29(self, asked: pysip2.RenewRequest, ctx: Any) -> pysip2.RenewResponse:
        return pysip2.RenewResponse(
            ok="1",
            renewal_ok="Y",
            magnetic_media="N",
            desensitize="N",
            transaction_date=ctx.now_18(),
            institution_id=asked.institution_id,
            patron_identifier=asked.patron_identifier,
            item_identifier=asked.item_identifier or "",
            title_identifier="",
            due_date="2026-12-14",
        )

    async def on_63(self, asked: pysip2.PatronInformationRequest, ctx: Any) -> pysip2.PatronInformationResponse:
        items = tuple([item for patron, item in self.loans if patron == asked.patron_identifier])
        return pysip2.PatronInformationResponse(
            patron_status=" " * 14,
            language=asked.language,
            transaction_date=ctx.now_18(),
            hold_items_count="0000",
            overdue_items_count="0000",
            charged_items_count=f"{len(items):04d}",
            fine_items_count="0000",
            recall_items_count="0000",
            unavailable_holds_count="0000",
            institution_id=asked.institution_id,
            patron_identifier=asked.patron_identifier,
            personal_name="Zoë",
            valid_patron="Y",
            charged_items=items if asked.summary[2] == "Y" else (),
        )


class Line:
    """A blocking client: a socket, and the exchange that tells it what to do."""

    def __init__(self, port: int, dialect: Dialect) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.exchange = Exchange(dialect)
        self.buffer = LineBuffer()
        self.resent: list[Resend] = []
        self.on_the_way_out: Callable[[bytes], bytes] = bytes
        self.on_the_way_in: Callable[[bytes], bytes] = bytes

    def close(self) -> None:
        self.socket.close()

    def ask(self, question: Question) -> Answer | Failed | None:
        """Return the answer; None if the other side closed the line."""
        self._send(self.exchange.ask(question))
        while True:
            try:
                chunk = self.socket.recv(4096)
            except ConnectionResetError:
                return None
            if not chunk:
                return None
            damage, self.on_the_way_in = self.on_the_way_in, bytes
            for line in self.buffer.feed(damage(chunk)):
                match self.exchange.hear(line):
                    case Answered(answer):
                        return answer
                    case SendAgain(again, why):
                        self.resent.append(why)
                        self._send(again)
                    case Failed() as failed:
                        return failed

    def _send(self, line: bytes) -> None:
        damage, self.on_the_way_out = self.on_the_way_out, bytes
        self.socket.sendall(damage(line))


DIALECT = Dialect(encoding="cp850", institution_id="MAIN")
CHECKOUT = Checkout(patron=PATRON, item=ITEM, at=AT, nb_due=AT)
LOGIN = Login(user="kiosk", password=Pin("pw"))


async def talk(talk_on: Callable[[Line], None], dialect: Dialect = DIALECT, desk: Desk | None = None) -> Desk:
    """Let `talk_on` speak with a fresh server."""
    desk = desk or Desk()

    def conversation(port: int) -> None:
        with closing(Line(port, dialect)) as line:
            talk_on(line)

    # Not by server.start(): that leaves its listening socket open.
    async with await desk.server.listen(port=0) as listener, anyio.create_task_group() as serving:
        serving.start_soon(listener.serve, desk.server._handle_connection)
        await asyncio.to_thread(conversation, listener.extra(SocketAttribute.local_port))
        serving.cancel_scope.cancel()
    return desk


@pytest.mark.parametrize(
    "dialect",
    [
        DIALECT,
        replace(DIALECT, error_detection=False),
        replace(DIALECT, verify_checksum=False),
        replace(DIALECT, location_code="L1", terminal_password=Pin("tp"), current_location="desk"),
    ],
    ids=["sealed", "plain", "unverified", "filled"],
)
async def test_a_whole_day_at_the_desk(dialect: Dialect) -> None:
    def day(line: Line) -> None:
        heard: list[Any] = [
            line.ask(question)
            for question in (
                LOGIN,
                ScStatus(),
                PatronInformation(patron=PATRON, at=AT),
                CHECKOUT,
                Checkout(patron="20000000000002", item=ITEM, at=AT, nb_due=AT),
                PatronInformation(patron=PATRON, at=AT, summary=Summary.CHARGED),
                Renew(patron=PATRON, item=ITEM, at=AT, nb_due=AT),
                ItemInformation(item=ITEM, at=AT),
                Checkin(item=ITEM, at=AT),
                Checkin(item=ITEM, at=AT),
                PatronStatus(patron=PATRON, at=AT),
                RenewAll(patron=PATRON, at=AT),
                EndPatronSession(patron=PATRON, at=AT),
            )
        ]
        login, status, person, lent, refused, owner, renewed, item, back, again, blocks, all_renewed, ended = heard
        assert login == LoginAnswer(ok=True)
        assert isinstance(status, AcsStatus)
        assert (status.online, status.library, status.timeout_s) == (True, "Café", 3.0)
        assert isinstance(person, PatronInformationAnswer)
        assert (person.name, person.valid, person.charged) == ("Zoë", True, ())
        assert isinstance(lent, CheckoutAnswer)
        assert (lent.ok, lent.patron, lent.item, lent.title, lent.due_at) == (True, PATRON, ITEM, "Les Misérables", AT)
        assert isinstance(refused, CheckoutAnswer)
        assert (refused.ok, refused.message, refused.due_at) == (False, "On loan", None)
        assert owner.charged == (ITEM,)
        assert isinstance(renewed, RenewAnswer)
        assert (renewed.ok, renewed.renewal_ok) == (True, True)
        # What the desk does not know, pysip2 answers by its own refusals.
        assert isinstance(item, ItemInformationAnswer)
        assert (item.circulation, item.message) == (CirculationStatus.OTHER, "COMMAND NOT SUPPORTED")
        assert isinstance(back, CheckinAnswer)
        assert (back.ok, again.ok, back.permanent_location) == (True, False, "shelf")
        assert isinstance(blocks, PatronStatusAnswer)
        assert blocks.valid is False
        assert isinstance(all_renewed, RenewAllAnswer)
        assert not all_renewed.ok
        assert isinstance(ended, EndSessionAnswer)
        assert not ended.ended
        assert line.resent == []

    assert (await talk(day, dialect)).loans == []


def flip(line: bytes) -> bytes:
    return line.replace(ITEM.encode(), b"30000000000009", 1)


async def test_a_message_damaged_on_the_way_is_asked_for_again_and_carried_out_once() -> None:
    def damaged(line: Line) -> None:
        line.ask(LOGIN)
        line.on_the_way_out = flip
        answer = line.ask(CHECKOUT)
        assert isinstance(answer, CheckoutAnswer)
        assert (answer.ok, answer.item) == (True, ITEM)
        assert line.resent == [Resend.ASKED_FOR]

    assert (await talk(damaged)).loans == [(PATRON, ITEM)]


async def test_an_answer_damaged_on_the_way_is_asked_for_again_and_nothing_is_done_twice() -> None:
    def damaged(line: Line) -> None:
        line.ask(LOGIN)
        line.on_the_way_in = flip
        answer = line.ask(CHECKOUT)
        assert isinstance(answer, CheckoutAnswer)
        assert (answer.ok, answer.item) == (True, ITEM)
        assert line.resent == [Resend.DAMAGED]
        assert isinstance(line.ask(ScStatus()), AcsStatus)

    assert (await talk(damaged)).loans == [(PATRON, ITEM)]


async def test_the_numbers_go_round_many_times() -> None:
    def many(line: Line) -> None:
        line.ask(LOGIN)
        for number in range(250):
            item = f"3{number:013d}"
            answer = line.ask(Checkout(patron=PATRON, item=item, at=AT, nb_due=AT))
            assert isinstance(answer, CheckoutAnswer)
            assert (answer.ok, answer.item) == (True, item)

    assert len((await talk(many)).loans) == 250


@pytest.mark.parametrize(
    ("question", "dialect"),
    [
        (replace(CHECKOUT, nb_due=None), DIALECT),
        (Checkin(item=ITEM, at=AT), replace(DIALECT, sent={Field.CURRENT_LOCATION: "never"})),
    ],
    ids=["blank nb due", "without AP"],
)
async def test_what_this_server_wants_otherwise_ends_the_line_and_does_nothing(
    question: Question, dialect: Dialect
) -> None:
    def strict(line: Line) -> None:
        assert line.ask(LOGIN) == LoginAnswer(ok=True)
        assert line.ask(question) is None

    assert (await talk(strict, dialect)).loans == []


async def test_a_server_that_keeps_asking_for_the_same_message_is_given_up() -> None:
    def crlf(line: Line) -> None:
        # The LF becomes the next message's first byte, whose checksum then never fits.
        assert line.ask(LOGIN) == LoginAnswer(ok=True)
        failed = line.ask(CHECKOUT)
        assert isinstance(failed, Failed)
        assert failed.fault is Fault.RESEND

    assert (await talk(crlf, replace(DIALECT, terminator=Terminator.CRLF))).loans == []


async def test_a_refused_login_is_read_before_the_line_ends() -> None:
    def intruder(line: Line) -> None:
        assert line.ask(Login(user="kiosk", password=Pin("wrong"))) == LoginAnswer(ok=False)
        assert line.ask(ScStatus()) is None

    await talk(intruder)
