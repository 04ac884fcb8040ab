"""SirsiDynix Symphony Web Services: what SIP2 keeps badly. Source: public clients (sul-requests, ils-connector-ws).

A loan with a due date of staff's, and a renewal by the item alone. It has no field for when a loan began, so all
others go by SIP2. No server of this kind was seen: what it answers is told by clients.
"""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any, Final

from kioskd.doors.http import Request, Response, Send
from kioskd.doors.way import Deed, Word, said
from kioskd.model.ils import AskCheckout, NoAnswer
from kioskd.model.settings import DoorSettings

LOGIN: Final = "/user/staff/login"
CHECK_OUT: Final = "/circulation/circRecord/checkOut"
RENEW: Final = "/circulation/circRecord/renew"
BLOCKS: Final = "CKOBLOCKS"
"""The prompt for a patron's blocks; the item has left, so it is answered. Others stand for somebody's right to it."""
PROMPT_RETURN: Final = "SD-Prompt-Return"
END_OF_DAY: Final = dt.time(23, 59, 59)


class Symphony:
    """Logs in once, and again when the session is over."""

    def __init__(self, settings: DoorSettings, zone: dt.tzinfo) -> None:
        self._settings = settings
        self._zone = zone
        self._token = ""

    async def carry(self, deeds: Sequence[Deed], send: Send, until_mono_s: float) -> Sequence[Word]:
        """Return a word on each deed."""
        return [await self._do(deed, send, until_mono_s) for deed in deeds]

    async def _do(self, deed: Deed, send: Send, until_mono_s: float) -> Word:
        fresh = not self._token
        if fresh and (refused := await self._log_in(send, until_mono_s)) is not None:
            return refused
        answer = await send(self.request(deed), until_mono_s)
        if answer.status == 401 and not fresh:
            # The session is over, and with it nothing was done.
            self._token = ""
            return await self._do(deed, send, until_mono_s)
        if _prompt(answer) == BLOCKS:
            answer = await send(self.request(deed, BLOCKS), until_mono_s)
        return self._meant(deed, answer)

    async def _log_in(self, send: Send, until_mono_s: float) -> NoAnswer | None:
        """Log in; return why not."""
        own = self._settings
        body = {"login": own.user, "password": str(own.password)}
        answer = await send(Request("POST", LOGIN, json=body, headers=self._headers()), until_mono_s)
        token = _read(answer).get("sessionToken")
        if answer.status == 200 and isinstance(token, str) and token:
            self._token = token
            return None
        # A log-in that fails has done nothing, whatever it says.
        return NoAnswer.NO_SEAT if answer.status in (200, 400, 401, 403) else NoAnswer.NO_LINE

    def request(self, deed: Deed, prompt: str = "") -> Request:
        """Return the request for a deed."""
        headers = self._headers() | {"x-sirs-sessionToken": self._token}
        if prompt:
            headers[PROMPT_RETURN] = prompt
        if not isinstance(deed, AskCheckout):
            return Request("POST", RENEW, json={"itemBarcode": deed.item}, headers=headers)
        body = {"itemBarcode": deed.item, "patronBarcode": deed.patron}
        if deed.due is not None:
            body["dueDate"] = dt.datetime.combine(deed.due, END_OF_DAY, self._zone).isoformat()
        return Request("POST", CHECK_OUT, json=body, headers=headers)

    def _headers(self) -> dict[str, str]:
        return {
            "Accept": "application/json",
            "x-sirs-clientID": self._settings.client_id,
            "sd-originating-app-id": "kioskd",
            "sd-working-libraryid": self._settings.branch,
        }

    def _meant(self, deed: Deed, answer: Response) -> Word:
        document = _read(answer)
        if answer.status in (200, 201) and document:
            # Its words on the due date are not known for sure: it is looked at by SIP2 where staff gave one.
            return said(deed, ok=True, renewal=not isinstance(deed, AskCheckout))
        if answer.status == 401:
            self._token = ""
            return NoAnswer.NO_SEAT
        if 400 <= answer.status < 500 or "messageList" in document:
            return said(deed, ok=False, message=_message(document) or f"HTTP {answer.status}")
        return NoAnswer.DOOR_LOST


def _read(answer: Response) -> dict[str, Any]:
    try:
        document = json.loads(answer.body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _prompt(answer: Response) -> str:
    asked = _read(answer).get("dataMap")
    return str(asked.get("promptType", "")) if answer.status >= 400 and isinstance(asked, dict) else ""


def _message(document: dict[str, Any]) -> str:
    told = document.get("messageList")
    words = [str(each.get("message") or each.get("code") or "") for each in told or () if isinstance(each, dict)]
    return "; ".join(word for word in words if word)
