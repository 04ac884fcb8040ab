"""Bringing a line up: connect, log in, ask for the status; or the one reason why that did not go."""

import asyncio
import os
import socket

from kioskd.ils.line import OpenLine
from kioskd.ils.talk import End, Ended, Talk
from kioskd.model.ils import LineTrouble, NoAnswer
from kioskd.model.settings import IlsSettings
from kioskd.sip2.answers import AcsStatus, LoginAnswer
from kioskd.sip2.codes import Code
from kioskd.sip2.errors import Unsendable
from kioskd.sip2.pin import Pin
from kioskd.sip2.requests import Login, ScStatus

NOTHING_SENT = NoAnswer.NO_LINE


async def greet(talk: Talk, settings: IlsSettings, open_line: OpenLine, timeout_s: float) -> AcsStatus:
    """Connect, then 93 if there is a login, then 99.

    Raises Ended, after `timeout_s` at the latest; the caller closes the line then, and on cancellation.
    """
    try:
        async with asyncio.timeout(timeout_s):
            await open_line(lambda: talk.line, settings.host, settings.port)
            if settings.login_user:
                await _log_in(talk, settings)
            return await _status(talk, settings)
    except TimeoutError as late:
        if late.errno:
            raise _refused(f"no connection: {os.strerror(late.errno)}") from late
        raise Ended(talk.give_up(timeout_s)) from late
    except (socket.gaierror, UnicodeError) as unknown:
        why = unknown.strerror if isinstance(unknown, socket.gaierror) else "it cannot be a name"
        raise Ended(End(LineTrouble.NO_NAME, NOTHING_SENT, f"the host's name leads nowhere: {why}")) from unknown
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise _refused(f"no connection: {why}") from error
    except Unsendable as bad:
        raise Ended(End(LineTrouble.LOGIN, NOTHING_SENT, f"the login cannot be written as SIP2: {bad}")) from bad


def _refused(detail: str) -> Ended:
    return Ended(End(LineTrouble.REFUSED, NOTHING_SENT, detail))


async def _log_in(talk: Talk, settings: IlsSettings) -> None:
    try:
        answer = await talk.answer_to(Login(settings.login_user, Pin(str(settings.login_password))))
    except Ended as ended:
        raise _with(ended, Code.LOGIN, "; some servers want no login (ils.login_user empty)") from ended
    if not (isinstance(answer, LoginAnswer) and answer.ok):
        detail = "the login was refused (94 says no): wrong name or password, or no seat is free"
        raise Ended(End(LineTrouble.LOGIN, NOTHING_SENT, detail))


async def _status(talk: Talk, settings: IlsSettings) -> AcsStatus:
    try:
        answer = await talk.answer_to(ScStatus())
    except Ended as ended:
        if settings.login_user:
            raise
        raise _with(ended, Code.SC_STATUS, "; it may want a login (ils.login_user)") from ended
    assert isinstance(answer, AcsStatus)
    if talk.end is not None:
        raise Ended(talk.end)
    return answer


def _with(ended: Ended, code: Code, advice: str) -> Ended:
    end = ended.end
    if end.trouble is not LineTrouble.LOST or code not in end.detail:
        return ended
    return Ended(End(end.trouble, end.why, end.detail + advice))
