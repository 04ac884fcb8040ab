"""`kioskctl staff add`: make, or change, a staff member's code."""

import argparse
import getpass
import sys
from pathlib import Path

from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.errors import CtlError, WrongUsage
from kioskd.ctl.output import say, say_json


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    staff = verbs.add_parser("staff", parents=parents, help="staff's codes")
    actions = staff.add_subparsers(dest="action", required=True, metavar="add")
    verb = actions.add_parser("add", parents=parents, help="make or change a code; asks for it twice, without echo")
    verb.add_argument("initials", help="whose code it is, as it stands in the journal")
    verb.add_argument("--code-stdin", action="store_true", help="read the code from the first line of stdin")
    verb.add_argument(
        "--with",
        dest="with_",
        metavar="INITIALS",
        help="one who can open registrations, so that this code opens them too; with --code-stdin on its second line",
    )
    verb.add_argument("--codes-file", type=Path, metavar="FILE", help="default: codes_file of [staff]")
    verb.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Write the code's salted hash to the codes file."""
    from kioskd.ctl.place import codes_file  # noqa: PLC0415 # the configuration and the hash are for this verb alone
    from kioskd.staff import StaffCodes, StaffCodesTrouble  # noqa: PLC0415
    from kioskd.vault import VaultTrouble  # noqa: PLC0415
    from kioskd.vault.keys import keys_file  # noqa: PLC0415

    path = asked.options.codes_file or codes_file(asked.where)
    code = sys.stdin.readline().rstrip("\r\n") if asked.options.code_stdin else _asked_twice(asked.options.initials)
    try:
        StaffCodes.load_or_new(path).add(asked.options.initials, code)
        opens = _let_open(asked, path, code)
    except (StaffCodesTrouble, VaultTrouble) as problem:
        raise CtlError(str(problem)) from None
    if asked.json:
        say_json({"initials": asked.options.initials, "file": str(path), "opens_registrations": opens})
        return
    say(f"{asked.options.initials}: the code stands in {path}")
    if opens:
        say(f"{asked.options.initials} can open registrations with it")
    else:
        say(f"it does not open registrations: add it again with --with INITIALS of one who can, {keys_file(path)}")


def _let_open(asked: Asked, path: Path, code: str) -> bool:
    """Let this code open what staff sealed: the first one makes the keys, later ones need one that can already."""
    from kioskd.vault import Vault  # noqa: PLC0415
    from kioskd.vault.keys import keys_file  # noqa: PLC0415

    vault = Vault.load(keys_file(path))
    if vault is None:
        Vault.new(keys_file(path), asked.options.initials, code)
        return True
    by = asked.options.with_
    if by is None:
        return False
    if asked.options.code_stdin:
        by_code = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        by_code = getpass.getpass(f"Code of {by}: ")
    else:
        raise WrongUsage("staff add: there is no terminal to ask for the code at; use --code-stdin")
    vault.add(asked.options.initials, code, by=by, by_code=by_code)
    return True


def _asked_twice(initials: str) -> str:
    if not sys.stdin.isatty():
        raise WrongUsage("staff add: there is no terminal to ask for the code at; use --code-stdin")
    code = getpass.getpass(f"Code of {initials}: ")
    if getpass.getpass("Once more: ") != code:
        raise CtlError("staff add: the two codes differ; nothing was changed")
    return code
