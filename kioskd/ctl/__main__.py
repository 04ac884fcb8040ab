"""`kioskctl`: read the command line, carry out one verb, end with the contract's exit status."""

import argparse
import os
import sys
from collections.abc import Sequence

from kioskd.ctl.arguments import Asked, Parser, Where, common, state_dir
from kioskd.ctl.client import Client
from kioskd.ctl.errors import CtlError, Exit, Refused
from kioskd.ctl.output import say_json
from kioskd.ctl.place import socket_path
from kioskd.ctl.verbs import (
    call,
    commands,
    completion,
    devices,
    doctor,
    downtime,
    drill,
    exceptions,
    export,
    ils_test,
    journal,
    label,
    mode,
    print_test,
    ready,
    registrations,
    report,
    rescue,
    scan,
    scan_test,
    screen,
    setup,
    sheet,
    slip,
    staff,
    station,
    stats,
    status,
    support_bundle,
    trace,
    upload,
    watch,
    worklist,
)

VERBS = (
    status,
    doctor,
    devices,
    scan_test,
    print_test,
    ready,
    drill,
    ils_test,
    support_bundle,
    trace,
    watch,
    screen,
    mode,
    journal,
    exceptions,
    stats,
    upload,
    export,
    rescue,
    downtime,
    sheet,
    registrations,
    worklist,
    report,
    slip,
    staff,
    setup,
    station,
    label,
    commands,
    scan,
    call,
    completion,
)


def parser() -> argparse.ArgumentParser:
    """Return the command line's description."""
    anywhere = common()
    command = Parser(
        prog="kioskctl",
        parents=[anywhere],
        description="A station's command line. Its options may stand before or after the verb.",
        epilog="exit status: 0 done, 1 tried and failed, 2 wrong usage or configuration, 3 the daemon does not answer",
    )
    state_dir(command)
    verbs = command.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb in VERBS:
        verb.add(verbs, [anywhere])
    return command


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one verb and return the exit status."""
    wants_json = False
    try:
        options = parser().parse_args(arguments)
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
