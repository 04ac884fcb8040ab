"""The mail about a crate of returned items: text, and the mailto: that its QR code says."""

from typing import Final
from urllib.parse import quote

from kioskd.model.downtime import MailView
from kioskd.rules.outage import Crate
from kioskd.rules.state import State
from kioskd.texts import say

QR_BYTES: Final = 213
"""What a QR code on the narrowest paper holds (`kioskd.model.slip`)."""


def crate_mail(state: State, crate: Crate) -> MailView:
    """Return the mail in the station's first language; its QR code leaves out the body where it would not fit."""
    station, settings = state.settings.station, state.settings.crates
    language = station.languages[0]
    words = {"station": station.id, "library": station.library or station.id, "crate": str(crate.number)}
    subject = say(language, "mail_subject", **words)
    body = say(
        language, "mail_body", **words, items=str(crate.items), date=crate.on.isoformat(), to=settings.destination
    )
    to = ",".join(settings.mail_to)
    mailto = f"mailto:{to}?subject={quote(subject)}"
    whole = f"{mailto}&body={quote(body)}"
    return MailView(settings.mail_to, subject, body, whole if len(whole) <= QR_BYTES else mailto)
