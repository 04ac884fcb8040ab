"""A trace as a file: lines of JSON. The first says what it is and holds the state to begin at, then an input a line."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from kioskd.model.time import Instant
from kioskd.model.written_late import dataclass
from kioskd.rules.state import State
from kioskd.trace.ring import Page, Traced
from kioskd.trace.written import NotReadable, document, value_of

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Trace:
    """What a file holds. `version`: of the kioskd that wrote it; `first`: the number of its first input."""

    station: str
    version: str
    saved: str
    first: int
    state: State
    inputs: tuple[Traced, ...]


def page_document(page: Page) -> dict[str, object]:
    """Return a stretch of the ring as `trace.get` answers it."""
    return {
        "first": page.first,
        "state": document(page.state),
        "inputs": [_row(each) for each in page.inputs],
        "next": page.next,
    }


def _row(traced: Traced) -> dict[str, object]:
    at = traced.at
    row: dict[str, object] = {"at": [at.mono_s, at.wall_s, at.boot_s], "input": document(traced.input)}
    if traced.recognised is not None:
        row["recognised"] = traced.recognised
    if traced.did is not None:
        row["did"] = list(traced.did)
    return row


def lines(head: Mapping[str, object], rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """Yield the file's lines: `head` has station, version, saved, first and state, as `page_document` has them."""
    for each in ({"kioskd_trace": FORMAT, **head}, *rows):
        yield json.dumps(each, ensure_ascii=False, separators=(",", ":")) + "\n"


def read(text: str) -> Trace:
    """Return what a file holds. Raises NotReadable."""
    first, *rest = text.splitlines() or [""]
    head = _json(first, 1)
    if head.get("kioskd_trace") != FORMAT:
        raise NotReadable("line 1: this is no trace of kioskd, or one of a newer version")
    state = value_of(head.get("state"))
    if not isinstance(state, State):
        raise NotReadable("line 1: there is no state to begin at")
    inputs = tuple(_traced(_json(line, n), n) for n, line in enumerate(rest, 2) if line)
    station, version, saved = (str(head.get(name, "")) for name in ("station", "version", "saved"))
    return Trace(station, version, saved, int(head.get("first") or 0), state, inputs)


def _json(line: str, n: int) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as problem:
        raise NotReadable(f"line {n}: {problem}") from None
    if not isinstance(found, dict):
        raise NotReadable(f"line {n}: no object")
    return found


def _traced(row: dict[str, Any], n: int) -> Traced:
    try:
        did = row.get("did")
        return Traced(
            Instant(*row["at"]), value_of(row["input"]), row.get("recognised"), None if did is None else tuple(did)
        )
    except (KeyError, TypeError, NotReadable) as problem:
        raise NotReadable(f"line {n}: {problem}") from None
