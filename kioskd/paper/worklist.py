"""The worklist on paper: what waits for a person, by class, each number as a barcode so that nobody types it."""

import html
from collections.abc import Mapping
from typing import Any, Final

from kioskd.exports.todo import STYLE, figure

ADVICE: Final = "Tick each. This list holds card numbers: shred it when all is done."
ACTIONS: Final[Mapping[str, str]] = {
    "correct_and_retry": "correct it there, then try again",
    "done_by_hand": "done by hand",
    "check_this_in": "check this in",
    "waive_late_charge": "waive the late charge",
    "drop": "drop, with reason and initials",
}


def worklist(document: Mapping[str, Any], *, title: str) -> str:
    """Return the page of what `worklist.get` answered with `reveal`."""
    classes = document["classes"]
    count = sum(len(each["entries"]) for each in classes)
    parts = [
        '<!doctype html><html lang="en"><meta charset="utf-8">',
        f"<title>{html.escape(title)}</title><style>{STYLE}</style><h1>{html.escape(title)}</h1>",
        f"<p><strong>{count} to decide.</strong> {ADVICE}</p>",
    ]
    for each in classes:
        actions = "; ".join(ACTIONS.get(action, action) for action in each["actions"])
        parts.append(f"<h2>{html.escape(each['text'])}</h2><p>{html.escape(actions)}</p>")
        parts += [_entry(entry) for entry in each["entries"]]
    return "\n".join([*parts, "</html>\n"])


def _entry(entry: Mapping[str, Any]) -> str:
    sure = "" if entry["clock"] == "trusted" else f" ({entry['clock']})"
    known = [
        str(entry["at"])[:16].replace("T", " ") + sure,
        f"station {entry['station']}",
        f"by {entry['by'] or 'the patron'}",
        f"{entry['how']}, {entry['source']}, {entry['mode']}",
    ]
    if entry["due_date"]:
        known.append(f"due date set by staff: {entry['due_date']}")
    told = f"<p>{html.escape(', '.join(known))}</p>"
    if entry["message"]:
        told += f"<p>The library system said: {html.escape(entry['message'])}</p>"
    codes = "".join(figure(name, entry[key]) for name, key in (("card", "patron"), ("item", "item")) if entry[key])
    return (
        f'<section><span class="tick"></span><h2>{entry["seq"]}. {html.escape(entry["kind"])}</h2>{told}'
        f'<div class="codes">{codes}</div></section>'
    )
