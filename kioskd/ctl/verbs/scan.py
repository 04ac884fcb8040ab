"""`kioskctl scan`: let the station believe that a scanner read a code."""

import argparse
import sys

from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.output import say, say_json
from kioskd.ctl.verbs.watch import line


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verb = verbs.add_parser("scan", parents=parents, help="inject a scan")
    verb.add_argument(
        "code", help="the code; -: read it from stdin, where others cannot see it in the list of processes"
    )
    verb.add_argument("--scanner", default="injected", metavar="NAME", help="as which scanner (default: %(default)s)")
    verb.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Inject the scan and print what the station then shows."""
    code = sys.stdin.readline().rstrip("\r\n") if asked.options.code == "-" else asked.options.code
    with asked.connect() as client:
        view = client.call("scan.inject", {"code": code, "scanner": asked.options.scanner})
    if asked.json:
        say_json(view)
    else:
        say(line(view))
