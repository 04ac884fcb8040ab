"""`kioskctl registrations`: the forms that were filled in here; a staff code opens them."""

import argparse
import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.errors import CtlError, WrongUsage
from kioskd.ctl.output import clean, get, moment, say, say_json, table

if TYPE_CHECKING:
    from kioskd.vault import Vault


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verbs."""
    registrations = verbs.add_parser("registrations", parents=parents, help="new patrons' forms")
    actions = registrations.add_subparsers(dest="action", required=True, metavar="list|tick")
    listing = actions.add_parser("list", parents=parents, help="which there are; with --open, what is in them")
    listing.add_argument("--open", metavar="INITIALS", help="open them with this member's code; asks for it")
    listing.add_argument("--code-stdin", action="store_true", help="read the code from the first line of stdin")
    listing.add_argument("--codes-file", type=Path, metavar="FILE", help="default: codes_file of [staff]")
    listing.set_defaults(run=run)
    ticking = actions.add_parser("tick", parents=parents, help="something that one still lacked is done")
    ticking.add_argument("seq", type=int, metavar="SEQ", help="its number")
    ticking.add_argument("item", metavar="ITEM", help="of `open`: pin, text_phone, form_reviewed, an empty field")
    ticking.add_argument("--by", default="", metavar="INITIALS", help="yours, where no staff code unlocked the station")
    ticking.set_defaults(run=run_tick)


def run(asked: Asked) -> None:
    """Print the registrations."""
    with asked.connect() as client:
        found: list[dict[str, Any]] = client.call("registrations.list")["registrations"]
    opened = _opened(asked, found) if asked.options.open else [{} for _ in found]
    if asked.json:
        shown = [{name: value for name, value in each.items() if name not in {"sealed", "keys"}} for each in found]
        say_json(
            {
                "registrations": [
                    {**each, **({"form": form} if form else {})} for each, form in zip(shown, opened, strict=True)
                ]
            }
        )
    elif not found:
        say("no registrations")
    elif not asked.options.open:
        rows = [
            (
                get(each, "seq"),
                moment(get(each, "at")),
                get(each, "patron"),
                get(each, "by"),
                get(each, "state"),
                " ".join(get(each, "open") or ()),
            )
            for each in found
        ]
        table(("seq", "at", "card", "by", "state", "still open"), rows)
    else:
        for each, form in zip(found, opened, strict=True):
            say(f"{each['seq']}  {moment(each['at'])}  {each['state']}")
            for name, text in form.items():
                say(f"    {clean(name):<12} {clean(text.replace(chr(10), ', '))}")


def run_tick(asked: Asked) -> None:
    """Tick something off."""
    options = asked.options
    with asked.connect() as client:
        client.call("registration.tick", {"seq": options.seq, "item": options.item, "by": options.by})
        found: list[dict[str, Any]] = client.call("registrations.list")["registrations"]
    left: list[str] = next((get(each, "open") for each in found if get(each, "seq") == options.seq), [])
    if asked.json:
        say_json({"seq": options.seq, "open": left})
    else:
        say(f"{options.seq}: {options.item} done; still open: {' '.join(left) or 'nothing'}")


def _opened(asked: Asked, found: list[dict[str, Any]]) -> list[dict[str, str]]:
    from kioskd.ctl.place import codes_file  # noqa: PLC0415 # the configuration and the keys are for this alone
    from kioskd.vault import Vault, VaultTrouble  # noqa: PLC0415
    from kioskd.vault.keys import keys_file  # noqa: PLC0415

    path = keys_file(asked.options.codes_file or codes_file(asked.where))
    initials = asked.options.open
    if asked.options.code_stdin:
        code = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        code = getpass.getpass(f"Code of {initials}: ")
    else:
        raise WrongUsage("registrations list: there is no terminal to ask for the code at; use --code-stdin")
    try:
        vault = Vault.load(path)
        if vault is None:
            raise CtlError(f"{path}: there are no keys; `kioskctl staff add` makes them")
        return [_form(vault, each, initials, code) for each in found]
    except VaultTrouble as problem:
        raise CtlError(f"registrations list: {problem}") from None


def _form(vault: "Vault", each: dict[str, Any], initials: str, code: str) -> dict[str, str]:
    """Return a form, opened; one that was rescued from another station opens with the codes of that one."""
    from kioskd.vault import Vault, VaultTrouble  # noqa: PLC0415 # as above

    if not each.get("keys"):
        return vault.open(each["sealed"], initials, code)
    try:
        return Vault.read(each["keys"], vault.path).open(each["sealed"], initials, code)
    except VaultTrouble as problem:
        # Staff of another station may have filled it in, whose codes are not known here: the others are still shown.
        return {"closed": f"filled in at {each.get('station')}: {problem}"}
