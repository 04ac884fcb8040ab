"""`kioskctl mode`: how the station stands to the library system; force it offline, or let it find out again."""

import argparse

from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.errors import WrongUsage
from kioskd.ctl.output import get, say_json
from kioskd.ctl.verbs.status import print_mode


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verb = verbs.add_parser("mode", parents=parents, help="show the mode, force offline, or go back to automatic")
    verb.add_argument("mode", nargs="?", choices=("auto", "offline"), help="nothing: show it")
    verb.add_argument("--reason", default="", help="why it is forced offline; it stands on the screen")
    verb.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Set the mode, then print it; with --json the Status."""
    wish, reason = asked.options.mode, asked.options.reason
    if wish == "offline" and not reason.strip():
        raise WrongUsage("mode offline: say why with --reason TEXT; it stands on the station's screen")
    with asked.connect() as client:
        status = client.call("mode.set", {"mode": wish, "reason": reason}) if wish else client.call("status.get")
    if asked.json:
        say_json(status)
    else:
        print_mode(get(status, "mode"))
