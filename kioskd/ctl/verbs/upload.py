"""`kioskctl upload`: begin the upload now and tell how far it is."""

import argparse
from typing import Any

from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.client import Client
from kioskd.ctl.errors import CtlError
from kioskd.ctl.output import get, say, say_json


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verb = verbs.add_parser("upload", parents=parents, help="send what waits, and tell how far it is")
    verb.add_argument("--no-wait", action="store_true", help="begin it and do not wait for its end")
    verb.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Start the upload and follow it; with --json only the journal's summary at the end."""
    with asked.connect() as client:
        client.call("view.watch")
        summary = client.call("upload.start")
        if not asked.options.no_wait and get(summary, "unsent"):
            _follow(client, quiet=asked.json)
            summary = client.call("journal.summary")
    if asked.json:
        say_json(summary)
    else:
        say(f"{get(summary, 'unsent')} unsent, {get(summary, 'exceptions')} exceptions")


def _follow(client: Client, *, quiet: bool) -> None:
    """Wait until nothing is being sent any more. Raises CtlError when the library system went away meanwhile."""
    view: Any = client.call("view.get")
    told = None
    while get(view, "unsent") and get(view, "mode", "name") == "recovering":
        progress = get(view, "upload")
        if progress is not None and progress != told and not quiet:
            rate = f"{get(progress, 'per_s')}/s, {get(view, 'exceptions')} exceptions"
            say(f"{get(progress, 'done')} done, {get(progress, 'left')} left, {rate}")
            told = progress
        message = client.notification()
        if message.get("method") == "view":
            view = message["params"]
    if get(view, "mode", "name") == "offline":
        why = get(view, "mode", "reason") or "the library system is away"
        raise CtlError(f"the upload stopped, {get(view, 'unsent')} unsent: {why}; it goes on by itself at its return")
