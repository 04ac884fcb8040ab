"""`kioskctl call`: any method of the socket, raw; for technicians."""

import argparse
import json
import sys
from typing import Final

from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.errors import WrongUsage
from kioskd.ctl.output import say, say_json

CALL_S: Final = 60.0
"""A raw call may be one that waits, with a `timeout_s` of any length."""


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verb = verbs.add_parser("call", parents=parents, help="call a method of the socket (docs/PROTOCOL.md)")
    verb.add_argument("method")
    verb.add_argument("params", nargs="?", metavar="JSON", help="its params, an object; -: read from stdin")
    verb.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Call the method and print its result, as JSON in any case."""
    text = sys.stdin.read() if asked.options.params == "-" else asked.options.params
    try:
        params = json.loads(text) if text is not None else {}
    except (ValueError, RecursionError):
        raise WrongUsage('call: the params are not JSON; quote them for the shell: \'{"flow": "checkout"}\'') from None
    if not isinstance(params, dict):
        raise WrongUsage("call: the params must be a JSON object")
    with asked.connect() as client:
        result = client.call(asked.options.method, params, timeout_s=CALL_S)
    if asked.json:
        say_json(result)
    else:
        say(json.dumps(result, ensure_ascii=False, indent=2))
