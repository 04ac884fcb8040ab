"""`kioskctl exceptions`: what the library system refused at upload and a person decides."""

import argparse

from kioskd.ctl.arguments import Asked, Verbs, state_dir
from kioskd.ctl.journal_source import Selection, opened
from kioskd.ctl.output import get, moment, say, say_json, sentence, table
from kioskd.model.choices import ResolveAction

ACTIONS = ", ".join(each.value for each in ResolveAction)


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    exceptions = verbs.add_parser("exceptions", parents=parents, help="what waits for a person")
    actions = exceptions.add_subparsers(dest="action", required=True, metavar="list|resolve")
    state_dir(exceptions)
    listing = actions.add_parser("list", parents=parents, help="entries with class and message, oldest first")
    listing.add_argument("--reveal", action="store_true", help="whole card numbers")
    state_dir(listing)
    listing.set_defaults(run=run)
    resolving = actions.add_parser("resolve", parents=parents, help="say what was done about one")
    resolving.add_argument("seq", type=int, help="its number")
    resolving.add_argument("what", metavar="ACTION", choices=[each.value for each in ResolveAction], help=ACTIONS)
    resolving.add_argument("--reason", default="", help="why; a drop wants one")
    resolving.add_argument("--by", default="", help="your initials, where no staff code has unlocked the station")
    resolving.set_defaults(run=run_resolve)


def run(asked: Asked) -> None:
    """Print the exceptions."""
    with opened(asked) as source:
        exceptions = source.exceptions(Selection(reveal=asked.options.reveal))
    if asked.json:
        say_json({"exceptions": exceptions})
    elif not exceptions:
        say("no exceptions")
    else:
        table(
            ("seq", "at", "kind", "item", "patron", "what is wrong"),
            [
                (
                    get(entry, "seq"),
                    moment(get(entry, "at")),
                    get(entry, "kind"),
                    get(entry, "item"),
                    get(entry, "patron"),
                    sentence(get(entry, "class"), get(entry, "message")),
                )
                for entry in exceptions
            ],
        )


def run_resolve(asked: Asked) -> None:
    """Tell the daemon what a person did about an exception."""
    options = asked.options
    with asked.connect() as client:
        params = {"seq": options.seq, "action": options.what, "reason": options.reason, "by": options.by}
        client.call("exceptions.resolve", params)
        summary = client.call("journal.summary")
    if asked.json:
        say_json(summary)
    else:
        say(f"{options.what}: {options.seq}; {get(summary, 'exceptions')} exceptions, {get(summary, 'unsent')} unsent")
