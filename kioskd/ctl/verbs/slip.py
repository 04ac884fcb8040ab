"""`kioskctl slip`: print a paper for staff on the station's printer."""

import argparse

from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.output import say, say_json
from kioskd.model.slip import StaffSlip

KINDS = ", ".join(each.value for each in StaffSlip)


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    slip = verbs.add_parser("slip", parents=parents, help="print a paper for staff: settlement, crate label, stub")
    slip.add_argument("what", metavar="WHAT", choices=[each.value for each in StaffSlip], help=KINDS)
    slip.add_argument("n", metavar="N", nargs="?", type=int, default=0, help="the crate's or registration's number")
    slip.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Print it; done when it is out."""
    with asked.connect() as client:
        printed = client.call("slip.print", {"what": asked.options.what, "n": asked.options.n})
    if asked.json:
        say_json(printed)
    else:
        say(f"{asked.options.what}: printed")
