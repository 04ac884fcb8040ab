"""The conversation with a server that nobody here wrote: pysip2's, on loopback."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pysip2
import pytest
from anyio.abc import SocketAttribute

from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.ils import (
    AskCheckin,
    AskCheckout,
    AskEndSession,
    AskItem,
    AskPatron,
    AskRenew,
    AskStatus,
    LineTrouble,
    StatusAnswer,
)
from kioskd.model.inputs import LineDown, LineUp
from kioskd.model.settings import IlsSettings, Secret, Terminator
from tests.ils.conftest import NOW_WALL_S, Station

CARD, BOOK = PatronBarcode("20000000000014"), ItemBarcode("30000000000012")


def _server() -> tuple[pysip2.SIP2Server, list[tuple[str, str]]]:
    server = pysip2.SIP2Server(institution_id="MAIN", library_name="Café", login_required=True)
    loans: list[tuple[str, str]] = []

    async def login(asked: Any, ctx: Any) -> pysip2.LoginResponse:
        return pysip2.LoginResponse(ok=str(int((asked.login_user_id, asked.login_password) == ("kiosk", "s3cret"))))

    async def checkout(asked: Any, ctx: Any) -> pysip2.CheckoutResponse:
        loans.append((asked.patron_identifier, asked.item_identifier))
        return pysip2.CheckoutResponse(
            ok="1",
            renewal_ok="N",
            magnetic_media="U",
            desensitize="Y",
            transaction_date=ctx.now_18(),
            institution_id=asked.institution_id,
            patron_identifier=asked.patron_identifier,
            item_identifier=asked.item_identifier,
            title_identifier="Les Misérables",
            due_date="2026-12-14 23:59:00",
        )

    server.route(pysip2.LOGIN)(login)
    server.route(pysip2.CHECKOUT)(checkout)
    return server, loans


@asynccontextmanager
async def desk(**settings: Any) -> AsyncIterator[tuple[Station, list[tuple[str, str]]]]:
    """Open the server, and stand before it: the station and the loans made."""
    server, loans = _server()
    async with await server.listen(port=0) as listener, anyio.create_task_group() as serving:
        serving.start_soon(listener.serve, server._handle_connection)
        chosen = {"login_user": "kiosk", "login_password": Secret("s3cret"), "encoding": "cp850", **settings}
        station = Station(IlsSettings("127.0.0.1", listener.extra(SocketAttribute.local_port), **chosen))
        station.connect()
        yield station, loans
        await station.conversation.close()
        serving.cancel_scope.cancel()


@pytest.mark.parametrize("error_detection", [True, False])
async def test_a_day_at_the_desk(error_detection: bool) -> None:
    async with desk(error_detection=error_detection) as (station, loans):
        up = await station.line()
        assert isinstance(up, LineUp)
        assert (up.status.online, up.status.timeout_s) == (True, 3.0)
        lent = await station.asks(AskCheckout(CARD, BOOK, NOW_WALL_S))
        assert (lent.ok, lent.title, lent.due.isoformat()) == (True, "Les Misérables", "2026-12-14")
        assert loans == [(CARD, BOOK)]
        # What this desk does not know, pysip2 refuses in its own words, and those are answers too.
        assert (await station.asks(AskPatron(CARD))).valid is False
        assert (await station.asks(AskItem(BOOK))).known is False
        assert (await station.asks(AskRenew(CARD, BOOK, NOW_WALL_S))).ok is False
        assert (await station.asks(AskCheckin(BOOK, NOW_WALL_S))).ok is False
        assert (await station.asks(AskEndSession(CARD))).ended is False
        assert isinstance(await station.asks(AskStatus()), StatusAnswer)
        assert not any(isinstance(word, LineDown) for word in station.words)


async def test_a_wrong_password() -> None:
    async with desk(login_password=Secret("guessed")) as (station, _):
        word = await station.line()
    assert isinstance(word, LineDown)
    assert word.trouble is LineTrouble.LOGIN
    assert "guessed" not in word.detail


async def test_a_server_that_chokes_on_the_lf_of_a_crlf() -> None:
    async with desk(terminator=Terminator.CRLF) as (station, loans):
        word = await station.line()
    assert isinstance(word, LineDown)
    assert word.trouble in {LineTrouble.GARBLED, LineTrouble.LOST}
    assert loans == []
