"""`kioskctl exceptions`: what the library system refused at upload and a person must decide."""

import argparse

from kioskd.ctl.arguments import Asked, Verbs, state_dir
from kioskd.ctl.journal_source import Selection, opened
from kioskd.ctl.output import get, moment, say, say_json, sentence, table


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    exceptions = verbs.add_parser("exceptions", parents=parents, help="what waits for a person")
    actions = exceptions.add_subparsers(dest="action", required=True, metavar="list")
    state_dir(exceptions)
    listing = actions.add_parser("list", parents=parents, help="entries with class and message, oldest first")
    listing.add_argument("--reveal", action="store_true", help="whole card numbers")
    state_dir(listing)
    listing.set_defaults(run=run)


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
