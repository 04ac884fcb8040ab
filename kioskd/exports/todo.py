"""A to-do list: what a person enters by hand, one block an entry, each number as a barcode to be scanned, not typed.

One page of HTML that needs nothing from outside and prints in black on white.
"""

import html
from collections.abc import Iterable, Sequence
from typing import Final

from kioskd.exports import code128
from kioskd.exports.exported import Exported, Left, Why, loadable
from kioskd.exports.order import in_order
from kioskd.exports.row import Row
from kioskd.model.entry import Kind
from kioskd.model.time import ClockTrust

ACT: Final = {
    Kind.REGISTRATION: "Register this card",
    Kind.CHECKOUT: "Check out",
    Kind.RENEWAL: "Renew",
}
REASON: Final = {
    Why.REGISTRATION: "The file cannot hold a registration.",
    Why.NO_CARD: "Renewed by the item alone; the file needs a card.",
    Why.NO_ITEM: "There is no item number.",
    Why.DUE_DATE: "The loan is in the file. Set this due date by hand, for the file cannot hold it.",
    Why.CARD_TOO_LONG: "The card number is longer than the file allows.",
    Why.ITEM_TOO_LONG: "The item number is longer than the file allows.",
    Why.UNWRITABLE: "A number holds a character that the file cannot.",
}
ADVICE: Final = "Work from top to bottom, and tick each. This list holds card numbers: shred it when all is done."
STYLE: Final = (
    "body{font:14px/1.4 sans-serif;margin:12mm;color:#000;background:#fff}h1{font-size:20px}"
    "section{border-top:1px solid #000;padding:4mm 0;break-inside:avoid}h2{font-size:15px;margin:0 0 2mm}"
    ".codes{display:flex;gap:12mm;flex-wrap:wrap}figure{margin:0}figcaption{font:13px monospace}"
    ".tick{float:right;width:7mm;height:7mm;border:1px solid #000}p{margin:1mm 0}"
)


def todo(rows: Sequence[Row], *, title: str) -> Exported:
    """Return all rows as a to-do list, registrations first."""
    wanted = in_order(loadable(rows))
    return Exported(page([(row, None) for row in wanted], title=title), tuple(row.seq for row in wanted))


def left_over(left: Iterable[Left], *, title: str) -> bytes:
    """Return what another format could not hold as a to-do list, registrations first."""
    return page([(each.row, each.why) for each in left], title=title)


def page(listed: Sequence[tuple[Row, Why | None]], *, title: str) -> bytes:
    """Return the HTML page. It holds whole card numbers, and says so at its head."""
    ordered = sorted(listed, key=lambda each: each[0].kind is not Kind.REGISTRATION)
    parts = [
        '<!doctype html><html lang="en"><meta charset="utf-8">',
        f"<title>{html.escape(title)}</title><style>{STYLE}</style><h1>{html.escape(title)}</h1>",
        f"<p><strong>{len(ordered)} to do.</strong> {ADVICE}</p>",
        *(_block(row, why) for row, why in ordered),
        "</html>\n",
    ]
    return "\n".join(parts).encode("utf-8", "xmlcharrefreplace")


def _block(row: Row, why: Why | None) -> str:
    when = f"{row.at:%Y-%m-%d %H:%M}" + (" (clock unsure)" if row.clock is ClockTrust.UNSURE else "")
    told = [f"<p>{html.escape(when)}, station {html.escape(row.station)}, by {html.escape(row.by or 'patron')}</p>"]
    if row.due_date is not None:
        told.append(f"<p>Due date set by staff: <strong>{row.due_date.isoformat()}</strong></p>")
    if row.may_be_known:
        told.append("<p>Its answer was lost: look first whether this patron has the item already.</p>")
    if why is not None:
        told.append(f"<p>{html.escape(REASON[why])}</p>")
    codes = [figure(name, number) for name, number in (("card", row.patron), ("item", row.item)) if number]
    return (
        f'<section><span class="tick"></span><h2>{row.seq}. {ACT[row.kind]}</h2>{"".join(told)}'
        f'<div class="codes">{"".join(codes)}</div></section>'
    )


def figure(name: str, number: str) -> str:
    """Return a number as a barcode with its name below it, to be scanned instead of typed."""
    try:
        picture = code128.svg(number)
    except ValueError:
        picture = "<p>No barcode can be made of it.</p>"
    return f"<figure>{picture}<figcaption>{name} {html.escape(number)}</figcaption></figure>"
