"""`kioskctl`: read the command line, carry out one verb, end with the contract's exit status."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from kioskd.ctl.arguments import Asked, Parser, Where, common, state_dir
from kioskd.ctl.client import Client
from kioskd.ctl.errors import CtlError, Exit, Refused, WrongUsage
from kioskd.ctl.output import say_json
from kioskd.ctl.place import socket_path

HELP: Final = frozenset({"-h", "--help"})
VERBS: Final = (
    "status",
    "doctor",
    "devices",
    "scan_test",
    "print_test",
    "ready",
    "drill",
    "ils_test",
    "support_bundle",
    "trace",
    "watch",
    "screen",
    "mode",
    "journal",
    "exceptions",
    "stats",
    "upload",
    "export",
    "rescue",
    "downtime",
    "sheet",
    "registrations",
    "worklist",
    "report",
    "slip",
    "staff",
    "setup",
    "station",
    "label",
    "commands",
    "scan",
    "call",
    "completion",
)
"""The verbs as `--help` lists them, each a module of `kioskd.ctl.verbs`, imported only when it is named: all of them
together take three times as long to load as one, and scripts call one."""


def parser(named: Sequence[str] = VERBS) -> argparse.ArgumentParser:
    """Return the description of the command line with these verbs."""
    anywhere = common()
    command = Parser(
        prog="kioskctl",
        parents=[anywhere],
        description="A station's command line. Its options may stand before or after the verb.",
        epilog="exit status: 0 done, 1 tried and failed, 2 wrong usage or configuration, 3 the daemon does not answer",
    )
    state_dir(command)
    verbs = command.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name in named:
        importlib.import_module(f"kioskd.ctl.verbs.{name}").add(verbs, [anywhere])
    return command


def parsed(words: Sequence[str]) -> argparse.Namespace:
    """Read a command line. Raises WrongUsage, and SystemExit where help was asked for.

    A word that is a verb's name may be an option's value instead; what then goes wrong is said by all verbs together.
    """
    named = [name for name in VERBS if name.replace("_", "-") in words]
    if named and not HELP.intersection(words):
        with suppress(WrongUsage):
            return parser(named).parse_args(words)
    return parser().parse_args(words)


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one verb and return the exit status."""
    wants_json = False
    try:
        options = parsed(sys.argv[1:] if arguments is None else arguments)
        wants_json = getattr(options, "json", False)
        where = Where(
            os.environ,
            getattr(options, "config", None),
            getattr(options, "socket", None),
            getattr(options, "state_dir", None),
        )
        options.run(Asked(options, wants_json, where, lambda: Client.connect(socket_path(where))))
        sys.stdout.flush()
    except CtlError as problem:
        if wants_json and isinstance(problem, Refused):
            say_json({"error": problem.error})
        print(f"kioskctl: {problem}", file=sys.stderr)
        return problem.status
    except KeyboardInterrupt:
        print("kioskctl: interrupted", file=sys.stderr)
        return Exit.FAILED
    except BrokenPipeError:
        # Who read along has enough (`| head`); nothing more may be written, at the interpreter's end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.DONE
    return Exit.DONE


if __name__ == "__main__":
    sys.exit(main())
