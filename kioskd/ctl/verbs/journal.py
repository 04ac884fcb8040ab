"""`kioskctl journal`: what is recorded, and what became of it; with the daemon down, from the journal itself."""

import argparse
from typing import Any

from kioskd.ctl import when
from kioskd.ctl.arguments import Asked, Verbs, state_dir
from kioskd.ctl.errors import CtlError, WrongUsage
from kioskd.ctl.hand_over import AT_ONCE, there
from kioskd.ctl.journal_source import FromDaemon, Selection, opened
from kioskd.ctl.output import clean, get, mark, moment, pairs, say, say_json, second, sentence, table
from kioskd.model.entry import EntryState


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verbs."""
    journal = verbs.add_parser("journal", parents=parents, help="what is recorded, and what became of it")
    actions = journal.add_subparsers(dest="action", required=True, metavar="list|summary|show|take-back")
    state_dir(journal)

    listing = actions.add_parser("list", parents=parents, help="entries, oldest first")
    listing.add_argument("--state", choices=[state.value for state in EntryState], metavar="STATE", help="only these")
    listing.add_argument("--since", type=when.since, metavar="TIME", help="a day, or a moment")
    listing.add_argument("--until", type=when.until, metavar="TIME", help="a day (which is in), or a moment")
    listing.set_defaults(run=run_list)

    summary = actions.add_parser("summary", parents=parents, help="the journal in numbers")
    summary.set_defaults(run=run_summary)

    show = actions.add_parser("show", parents=parents, help="all that is known of one entry")
    show.add_argument("seq", type=int, help="its number, as on slips")
    show.set_defaults(run=run_show)

    back = actions.add_parser(
        "take-back",
        parents=parents,
        help="entries that were handed over to a file are sent from here after all",
        description="Only if the file was never loaded, and is destroyed. Loans are looked up before they are sent.",
    )
    back.add_argument("seq", type=int, nargs="*", help="their numbers")
    back.add_argument("--to", metavar="TEXT", help="all that went there: what `journal list` shows as their outcome")
    back.add_argument("--reason", required=True, help="why nobody loads it any more; it stands in the journal")
    back.add_argument("--by", default="", metavar="INITIALS", help="who says so")
    back.add_argument("--file-is-destroyed", action="store_true", help="say so; without it nothing is done")
    back.set_defaults(run=run_take_back)

    for verb in (listing, show):
        verb.add_argument("--reveal", action="store_true", help="whole card numbers")
    for verb in (listing, summary, show):
        state_dir(verb)


def run_list(asked: Asked) -> None:
    """Print the entries."""
    options = asked.options
    wanted = Selection(state=options.state, since=options.since, until=options.until, reveal=options.reveal)
    with opened(asked) as source:
        entries = source.entries(wanted)
    if asked.json:
        say_json({"entries": entries})
    elif not entries:
        say("no entries")
    else:
        table(
            ("seq", "at", "kind", "item", "patron", "state", "outcome"),
            [(*_first(entry), get(entry, "state"), _outcome(entry)) for entry in entries],
        )


def run_summary(asked: Asked) -> None:
    """Print the journal in numbers."""
    with opened(asked) as source:
        summary = source.summary()
    if asked.json:
        say_json(summary)
    else:
        pairs((name.replace("_", " "), value) for name, value in summary.items())


def run_show(asked: Asked) -> None:
    """Print one entry, and what became of it row by row."""
    seq = asked.options.seq
    with opened(asked) as source:
        found = source.story(seq, reveal=asked.options.reveal) if seq > 0 else None
    if found is None or get(found, "seq") != seq:
        raise CtlError(f"journal show: there is no entry {seq}; its personal data may be past its keeping time")
    if asked.json:
        say_json(found)
        return
    for name, value in found.items():
        if name != "story":
            say(f"{name:<10}  {mark(clean(_fields(value)))}")
    say()
    for row in get(found, "story") or ():
        _tell(row)


def run_take_back(asked: Asked) -> None:
    """Let entries go up that were handed over to a file."""
    options = asked.options
    if not options.file_is_destroyed:
        raise WrongUsage("journal take-back: destroy the file, then say so with --file-is-destroyed")
    if bool(options.seq) == bool(options.to):
        raise WrongUsage("journal take-back: name either the entries or, with --to, where they went")
    with asked.connect() as client:
        seqs = options.seq
        if options.to:
            gone = FromDaemon(client).entries(Selection(state=EntryState.HANDED_OVER.value))
            seqs = [each["seq"] for each in gone if each["outcome"] == options.to]
            if not seqs:
                if there(client, options.to):
                    raise CtlError(
                        f"journal take-back: what went to {options.to!r} is forgotten (journal.keep_settled_days); "
                        "that file alone has it"
                    )
                raise CtlError(f"journal take-back: nothing went to {options.to!r}")
        for at in range(0, len(seqs), AT_ONCE):
            call = {"seqs": seqs[at : at + AT_ONCE], "reason": options.reason, "by": options.by}
            client.call("journal.take_back", call)
    if asked.json:
        say_json({"taken_back": seqs})
    else:
        say(f"{len(seqs)} entries go up from here after all")


def _tell(row: Any) -> None:  # noqa: ANN401 # any JSON
    """Print what was asked before a row, then the row: its state, why, and which row of the table decided."""
    for look in get(row, "looked") or ():
        say(f"{second(get(look, 'at'))}  asked {get(look, 'asked')}: {clean(_fields(get(look, 'heard')))}")
    outcome, decided = get(row, "outcome"), get(row, "decided")
    why = f" by row {decided}" if decided and decided != outcome else ""
    due = get(row, "due_before")
    more = [
        _fields(get(row, "answer") or {}),
        f"due before it: {due}" if due else "",
        f"by {get(row, 'by')}" if get(row, "by") else "",
        get(row, "reason"),
    ]
    head = f"{mark(str(get(row, 'state')))}{f', {outcome}' if outcome else ''}{why}"
    rest = sentence(*more)
    say(f"{second(get(row, 'at'))}  {head}{f': {rest}' if rest else ''}")


def _fields(value: Any) -> Any:  # noqa: ANN401 # any JSON
    """Return an answer's fields as one line."""
    if not isinstance(value, dict):
        return value
    return ", ".join(f"{key} {clean(text)}" for key, text in value.items())


def _first(entry: Any) -> tuple[object, ...]:  # noqa: ANN401 # any JSON
    return (get(entry, "seq"), moment(get(entry, "at")), get(entry, "kind"), get(entry, "item"), get(entry, "patron"))


def _outcome(entry: Any) -> object:  # noqa: ANN401 # any JSON
    return get(entry, "outcome") or ""
