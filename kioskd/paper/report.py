"""The outage report as one HTML page that needs nothing from outside: for whoever was not there. No person is in it."""

import html
from collections.abc import Iterable, Mapping
from typing import Any, Final

from kioskd.paper.timeline import timeline

STYLE: Final = (
    "body{font:15px/1.45 sans-serif;margin:12mm auto;max-width:190mm;color:#000;background:#fff}h1{font-size:22px}"
    "h2{font-size:17px;margin:6mm 0 2mm}table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;"
    "border:1px solid #999;padding:1mm 3mm}svg{width:100%;height:auto}"
)
COUNTS: Final[Mapping[str, str]] = {
    "recorded": "recorded here since it began",
    "settled": "settled",
    "waiting": "waiting to be sent",
    "exceptions": "waiting for a person",
    "resolved": "decided by a person",
    "refused": "refused while the patron stood there",
    "withdrawn": "taken back",
    "handed_over": "handed over",
    "forgotten": "settled and forgotten since (journal.keep_settled_days)",
}
CLOCK: Final[Mapping[str, str]] = {
    "ntp": "kept by the network",
    "ils": "as the library system's",
    "staff": "as staff said",
    "none": "not certain",
}


def report(document: Mapping[str, Any]) -> str:
    """Return the page of what `report.get` answered."""
    outage, clock = document["outage"], document["clock"]
    title = f"Outage of {_moment(outage['since'])}, {document['library'] or document['station']}"
    parts = [
        '<!doctype html><html lang="en"><meta charset="utf-8">',
        f"<title>{html.escape(title)}</title><style>{STYLE}</style><h1>{html.escape(title)}</h1>",
        _table(
            [
                ("station", f"{document['station']} {document['library']}"),
                ("began", _moment(outage["since"])),
                ("library system back", _moment(outage["back"])),
                ("nothing waited any more", _moment(outage["over"])),
                ("report closed", _moment(outage["closed"])),
                ("clock", CLOCK.get(clock["source"], clock["source"]) + _offset(clock)),
                ("settings looked over", _by(clock["reviewed_by"], clock["reviewed_at"])),
            ]
        ),
        f"<h2>What happened when</h2>{timeline(document['timeline'])}",
        "<h2>What was seen</h2>",
        _table((_moment(each["at"]), each["text"]) for each in document["seen"]),
        "<h2>Entries</h2>",
        _table((COUNTS.get(name, name), count) for name, count in document["counts"].items()),
        "<h2>Crates</h2>",
        _table((f"crate {each['crate']}, {each['on']}", f"{each['items']} items") for each in document["crates"]),
        "<h2>What was done afterwards</h2>",
        _table((each["text"], _by(each["by"], each["at"])) for each in document["steps"]),
        "</html>\n",
    ]
    return "\n".join(parts)


def _table(rows: Iterable[tuple[object, object]]) -> str:
    cells = "".join(
        f"<tr><th>{html.escape(str(name))}</th><td>{html.escape(str(value))}</td></tr>" for name, value in rows
    )
    return f"<table>{cells}</table>" if cells else "<p>None.</p>"


def _moment(text: str | None) -> str:
    return text[:16].replace("T", " ") if text else "not yet"


def _by(by: str | None, at: str | None) -> str:
    return f"{by}, {_moment(at)}" if by else "not yet"


def _offset(clock: Mapping[str, Any]) -> str:
    return f", {clock['offset_s']:+d} s from the computer's" if clock["offset_s"] is not None else ""
