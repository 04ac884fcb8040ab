"""`kioskctl trace save|show|replay`: a station's last inputs as a file, and the rules at work on them."""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.client import Client
from kioskd.ctl.errors import CtlError
from kioskd.ctl.new_file import write_whole
from kioskd.ctl.output import Colour, clean, mark, say, say_json

if TYPE_CHECKING:
    from kioskd.trace.file import Trace
    from kioskd.trace.replay import Stepped

ROWS: Final = 100
"""Inputs that are asked for at once: the daemon writes them between two scans."""
WIDEST: Final = 400
"""Characters of an effect or input; `--whole` cuts nothing."""


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verb = verbs.add_parser(
        "trace",
        parents=parents,
        help="the last inputs as a file, and to play them again at a desk",
        description="Numbers, names, words and secrets are replaced before the file is written; it is nobody's.",
    )
    below = verb.add_subparsers(dest="trace_verb", required=True, metavar="save|show|replay")
    save = below.add_parser("save", parents=parents, help="write the daemon's last inputs to a file")
    save.add_argument("--out", type=Path, metavar="FILE", help="where to (default: kioskd-trace-TIME.jsonl here)")
    save.set_defaults(run=_save)
    show = below.add_parser("show", parents=parents, help="list a file's inputs")
    show.add_argument("file", type=Path, metavar="FILE")
    show.set_defaults(run=_show)
    play = below.add_parser(
        "replay",
        parents=parents,
        help="play a file's inputs to the rules, a step at a time",
        description="Exit status 1: a step does not do what the station did, or the rules fail at it.",
    )
    play.add_argument("file", type=Path, metavar="FILE")
    play.add_argument("--from", type=int, default=0, dest="begin", metavar="N", help="show from input N on")
    play.add_argument("--to", type=int, metavar="N", help="end after input N")
    play.add_argument("--step", action="store_true", help="wait for Enter after each step")
    play.add_argument("--whole", action="store_true", help="show effects whole, and all that changed in the state")
    play.set_defaults(run=_replay)


def pages(client: Client) -> Iterator[dict[str, Any]]:
    """Yield the ring, a stretch at a time; the first has the state to begin at."""
    page = client.call("trace.get", {"limit": ROWS})
    yield page
    while (after := page["next"]) is not None:
        page = client.call("trace.get", {"after": after, "limit": ROWS})
        if page["first"] != after:
            raise CtlError("trace: the station is too busy, inputs were forgotten meanwhile; try again")
        yield page


def collected(client: Client) -> str:
    """Return the whole trace as the text of its file. Raises CtlError."""
    from kioskd.trace.file import lines  # noqa: PLC0415 # the rules are for this verb alone

    first, *more = pages(client)
    if first["state"] is None:
        raise CtlError("trace: nothing has happened at this station yet")
    greeting = client.greeting
    head = {
        "station": greeting.get("station"),
        "version": greeting.get("version"),
        "saved": datetime.now(UTC).isoformat(timespec="seconds"),
        "first": first["first"],
        "state": first["state"],
    }
    return "".join(lines(head, [row for page in (first, *more) for row in page["inputs"]]))


def _save(asked: Asked) -> None:
    path = asked.options.out or Path(f"kioskd-trace-{datetime.now(UTC):%Y%m%d-%H%M%S}.jsonl")
    if path.exists():
        raise CtlError(f"{path}: there is a file already, and it is not overwritten; choose another name")
    with asked.connect() as client:
        text = collected(client)
    write_whole(path, text.encode())
    inputs = text.count("\n") - 1
    if asked.json:
        say_json({"file": str(path), "inputs": inputs})
    else:
        say(f"{path}: {inputs} inputs; kioskctl trace replay {path} plays them at any desk")


def read_file(path: Path) -> "Trace":
    """Return what a file holds. Raises CtlError."""
    from kioskd.trace.file import read  # noqa: PLC0415
    from kioskd.trace.written import NotReadable  # noqa: PLC0415

    try:
        return read(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise CtlError(f"{path}: {problem.strerror or problem}") from None
    except (NotReadable, UnicodeDecodeError) as problem:
        raise CtlError(f"{path}: {problem}") from None


def _show(asked: Asked) -> None:
    from kioskd.trace.written import document  # noqa: PLC0415

    trace = read_file(asked.options.file)
    if asked.json:
        rows = [
            {"n": n, "at": at(each, trace), "input": document(each.input), "did": each.did and list(each.did)}
            for n, each in enumerate(trace.inputs, trace.first)
        ]
        say_json({"station": trace.station, "version": trace.version, "saved": trace.saved, "inputs": rows})
        return
    say(f"{trace.station}, kioskd {trace.version}, saved {trace.saved}, {len(trace.inputs)} inputs")
    for n, each in enumerate(trace.inputs, trace.first):
        say(_cut(f"{n:>5} {at(each, trace)} {told(document(each.input))}"))


def _replay(asked: Asked) -> None:
    from kioskd.trace.replay import replay, stands  # noqa: PLC0415
    from kioskd.trace.written import document  # noqa: PLC0415

    options = asked.options
    trace = read_file(options.file)
    rows, differ, steps = [], [], 0
    for each in replay(trace.state, trace.inputs, trace.first):
        if options.to is not None and each.n > options.to:
            break
        steps += 1
        if each.failed is not None or each.as_there is False:
            differ.append(each.n)
        if each.n < options.begin:
            continue
        if asked.json:
            rows.append(
                {
                    "n": each.n,
                    "at": at(each.traced, trace),
                    "input": document(each.traced.input),
                    "effects": [document(effect) for effect in each.effects],
                    "state": stands(each.after),
                    "as_there": each.as_there,
                    "failed": each.failed,
                }
            )
            continue
        _tell(each, trace, whole=options.whole)
        if options.step and sys.stdin.isatty():
            input()
    if asked.json:
        say_json({"station": trace.station, "version": trace.version, "steps": rows, "differ": differ})
    else:
        say(f"{steps} steps, {len(differ)} other than at the station")
    if differ:
        raise CtlError(f"trace: {len(differ)} steps are not as at the station, the first is {differ[0]}")


def _tell(each: "Stepped", trace: "Trace", *, whole: bool) -> None:
    from kioskd.trace.replay import stands  # noqa: PLC0415
    from kioskd.trace.ring import in_short  # noqa: PLC0415
    from kioskd.trace.written import document  # noqa: PLC0415

    width = 10**9 if whole else WIDEST
    say(_cut(f"{mark(str(each.n), Colour.QUIET)} {at(each.traced, trace)} {told(document(each.traced.input))}", width))
    for effect in each.effects:
        say(_cut(f"        {told(document(effect)) if whole else in_short(effect)}", width))
    if each.failed is not None:
        say(f"        {mark('the rules fail', Colour.BAD)}: {clean(each.failed)}")
    elif each.as_there is False:
        there = ", ".join(each.traced.did or ()) or "nothing"
        say(f"        {mark('not as at the station', Colour.BAD)}, where it was: {clean(there)}")
    before, after = stands(each.before), stands(each.after)
    if before != after:
        changed = "  ".join(f"{name}={clean(value)}" for name, value in after.items() if before[name] != value)
        say(f"        now {changed}")
    if whole:
        one, two = document(each.before), document(each.after)
        for name in sorted({*one, *two}):
            if name != "view" and one.get(name) != two.get(name):
                say(f"        {name}: {json.dumps(two.get(name), ensure_ascii=False)}")


def at(traced: Any, trace: "Trace") -> str:  # noqa: ANN401 # a Traced
    """Return a moment in the station's time zone, to the millisecond."""
    moment = datetime.fromtimestamp(traced.at.wall_s, trace.state.zone)
    return moment.isoformat(sep=" ", timespec="milliseconds")[:23]


def told(written: Any) -> str:  # noqa: ANN401 # JSON
    """Return a written value in a line: the name of a class, then its fields."""
    if isinstance(written, list):
        return "[" + ", ".join(map(told, written)) + "]"
    if not isinstance(written, dict):
        return clean(written)
    if set(written) == {"$", "is"}:
        return clean(written["is"])
    if written.get("$") in ("map", "set"):
        return told(written["of"])
    return " ".join([str(written["$"]), *(f"{name}={told(each)}" for name, each in written.items() if name != "$")])


def _cut(line: str, width: int = WIDEST) -> str:
    return line if len(line) <= width else line[: width - 1] + "…"
