"""`kioskctl export`: unsent entries as a file for another system, and what it cannot hold as a to-do list beside it."""

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from kioskd import __version__
from kioskd.ctl import hand_over, when
from kioskd.ctl.arguments import Asked, Verbs, state_dir
from kioskd.ctl.client import Client
from kioskd.ctl.errors import CtlError, WrongUsage
from kioskd.ctl.journal_source import FromDaemon, JournalSource, Selection, opened
from kioskd.ctl.new_file import remove, write_whole
from kioskd.ctl.output import say, say_json
from kioskd.ctl.place import journal_place
from kioskd.exports.exported import Exported, Why
from kioskd.exports.formats import Format, Station, export
from kioskd.exports.todo import left_over
from kioskd.model.entry import UNSENT, EntryState

CANNOT: Final = {
    Why.REGISTRATION: "registrations",
    Why.NO_CARD: "renewals without a card",
    Why.NO_ITEM: "entries without an item",
    Why.DUE_DATE: "due dates set by staff",
    Why.CARD_TOO_LONG: "card numbers too long for the format",
    Why.ITEM_TOO_LONG: "item numbers too long for the format",
    Why.UNWRITABLE: "numbers with characters that the format cannot hold",
}


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verb = verbs.add_parser(
        "export",
        parents=parents,
        help="write unsent entries as a file for another system",
        description="Writes unsent entries; the file holds whole card numbers and is for your eyes alone (0600).",
    )
    verb.add_argument("--format", required=True, choices=[kind.value for kind in Format], help="what to write")
    verb.add_argument("--out", required=True, type=Path, metavar="FILE", help="where to; it must not exist yet")
    verb.add_argument("--all", action="store_true", help="all entries that are kept, not only unsent ones")
    verb.add_argument("--since", type=when.since, metavar="TIME", help="a day, or a moment")
    verb.add_argument("--until", type=when.until, metavar="TIME", help="a day (which is in), or a moment")
    verb.add_argument(
        "--hand-over",
        action="store_true",
        help="the file is their way from now on: the entries in it are never uploaded, unless staff take them back",
    )
    state_dir(verb)
    verb.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Write the file."""
    options = asked.options
    if options.hand_over and options.all:
        raise WrongUsage("--hand-over takes unsent entries only; leave out --all")
    if options.out.exists() and not hand_over.part(options.out).exists():
        raise CtlError(f"{options.out}: there is a file already, and it is not overwritten; choose another name")
    if options.hand_over:
        _hand_over(asked)
        return
    with opened(asked) as source:
        documents = _documents(source, asked)
    made = _made(asked, documents)
    write_whole(options.out, made.payload)
    _tell(asked, made, documents)


def _hand_over(asked: Asked) -> None:
    """Write the file and let the daemon mark its entries; finish one that was cut off."""
    path: Path = asked.options.out
    with asked.connect() as client:
        source = FromDaemon(client)
        station = client.greeting["station"]
        cut_off = hand_over.unfinished(path, station)
        if cut_off is not None and _finished(asked, client, cut_off):
            return
        # Of what else is left no entry was marked, and it holds whole card numbers.
        remove(hand_over.part(path))
        documents = _documents(source, asked)
        carried = set(_made(asked, documents).carried)
        what = hand_over.HandOver.of(asked.options.format, path, [each for each in documents if each["seq"] in carried])
        if not what.documents:
            made = _made(asked, documents)
            write_whole(path, made.payload)
            _tell(asked, made, documents)
            return
        hand_over.begin(path, station, what)
        try:
            hand_over.mark(client, what)
        except CtlError:
            # What was marked before the refusal has no other way any more than this file.
            if not _finished(asked, client, what):
                remove(hand_over.part(path))
            raise
        made = _made(asked, documents)
        hand_over.finish(path, _made(asked, list(what.documents)).payload)
        _tell(asked, made, documents)


def _finished(asked: Asked, client: Client, what: hand_over.HandOver) -> bool:
    """Make the file of those entries that are marked; False: none is, so nothing was handed over."""
    path: Path = asked.options.out
    done = hand_over.marked(what, hand_over.there(client, what.to))
    if not done:
        return False
    made = _made(asked, done)
    hand_over.finish(path, made.payload)
    _tell(
        asked,
        made,
        done,
        note="finished a hand-over that was cut off; run it again with another name for newer entries",
    )
    return True


def _documents(source: JournalSource, asked: Asked) -> list[dict[str, Any]]:
    """Return the entries that are wanted, in sequence, with whole card numbers."""
    options = asked.options
    states: Sequence[EntryState | None] = [None] if options.all else sorted(UNSENT)
    found = [
        entry
        for state in states
        for entry in source.entries(
            Selection(state=state.value if state else None, since=options.since, until=options.until, reveal=True)
        )
    ]
    return sorted(found, key=lambda entry: int(entry["seq"]))


def _made(asked: Asked, documents: Sequence[dict[str, Any]]) -> Exported:
    _, timezone = journal_place(asked.where)
    station = Station(ZoneInfo(timezone), __version__, "What the library system does not know yet")
    try:
        return export(Format(asked.options.format), documents, station)
    except ValueError as problem:
        raise CtlError(f"export: {problem}; the daemon is of another version than kioskctl") from None


def _tell(asked: Asked, made: Exported, documents: Sequence[dict[str, Any]], note: str = "") -> None:
    """Write the to-do list of what is left, and say what became of everything."""
    path: Path = asked.options.out
    beside: Path | None = None
    if made.left:
        beside = path.with_name(f"{path.name}.todo.html")
        write_whole(beside, left_over(made.left, title=f"Not in {path.name}"))
    unsure = [each["seq"] for each in documents if each["state"] == EntryState.SENDING and each["seq"] in made.carried]
    if asked.json:
        say_json(
            {
                "file": str(path),
                "entries": list(made.carried),
                "left": [{"seq": each.row.seq, "why": each.why.value} for each in made.left],
                "todo": str(beside) if beside else None,
                "may_be_known": unsure,
                "moved": list(made.moved),
                "handed_over": asked.options.hand_over,
            }
        )
        return
    say(f"{path}: {len(made.carried)} entries" + (", handed over" if asked.options.hand_over and made.carried else ""))
    if beside is not None:
        counts = Counter(CANNOT[each.why] for each in made.left)
        say(f"not in it: {', '.join(f'{count} {what}' for what, count in counts.items())}; see {beside}")
    if unsure:
        say(f"their answer was lost, so the library system may know them: {', '.join(map(str, unsure))}")
    if made.moved:
        say(f"written with another second than the clock showed, to keep the order: {', '.join(map(str, made.moved))}")
    if note:
        say(note)
