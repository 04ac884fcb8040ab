"""A SIP2 codec that nobody here wrote reads what the library system says, and is understood by it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pysip2
import pytest

DATE = "20261123    222122"


@pytest.mark.parametrize("personality", ["plain", "sipserver", "koha", "evergreen", "mediator", "pysip2ish"])
async def test_a_whole_conversation(open_branch: Callable[..., Awaitable[Any]], personality: str) -> None:
    branch = await open_branch(personality, faults={"encoding": "utf-8"})
    reader, writer = await asyncio.open_connection(branch.system.address.host, branch.system.address.port)
    sequence = 0

    async def ask(message: pysip2.SIPRequest) -> Any:
        nonlocal sequence
        sequence = (sequence + 1) % 10
        writer.write(pysip2.encode_message(message, sequence_number=sequence, checksum=True, encoding="utf-8"))
        line = (await asyncio.wait_for(reader.readuntil(b"\r"), 10)).lstrip(b"\n")
        decoded = pysip2.decode_message(line, encoding="utf-8")
        assert decoded.sequence_number == sequence
        return decoded.message

    card, book = branch.cards[9], branch.books[9]
    login = pysip2.LoginRequest(uid_algorithm="0", pwd_algorithm="0", login_user_id="k", login_password="s")
    assert (await ask(login)).ok == "1"
    status = await ask(pysip2.SCStatusRequest(status_code="0", max_print_width="080", protocol_version="2.00"))
    assert status.online_status == "Y"
    lend = pysip2.CheckoutRequest(
        sc_renewal_policy="N",
        no_block="N",
        transaction_date=DATE,
        nb_due_date=DATE,
        institution_id="DEMO",
        patron_identifier=card,
        item_identifier=book,
        terminal_password="",
    )
    lent = await ask(lend)
    assert (lent.ok, lent.title_identifier) == ("1", "Truyện Kiều")
    about = await ask(
        pysip2.PatronInformationRequest(
            language="001",
            transaction_date=DATE,
            summary="  Y       ",
            institution_id="DEMO",
            patron_identifier=card,
        )
    )
    assert about.charged_items == (book,)
    assert about.personal_name == "Zoë Čapek"
    item = await ask(pysip2.ItemInformationRequest(transaction_date=DATE, institution_id="DEMO", item_identifier=book))
    assert item.circulation_status == "04"
    end = await ask(
        pysip2.EndPatronSessionRequest(transaction_date=DATE, institution_id="DEMO", patron_identifier=card)
    )
    assert end.end_session == "Y"
    writer.close()
    await writer.wait_closed()
