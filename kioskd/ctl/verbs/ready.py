"""`kioskctl ready`: before the day, is this station ready to lend through an outage?"""

import argparse
import textwrap
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from kioskd.ctl.arguments import Asked, Verbs, state_dir
from kioskd.ctl.errors import CtlError, WrongUsage
from kioskd.ctl.output import Colour, clean, mark, say, say_json

WIDTH: Final = 69
"""Beside the word in front, on 80 columns."""


class NotReady(CtlError):  # noqa: N818 # named for what happened, as all of the house's
    """Raised when the station is not ready; the page has said why."""


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verb = verbs.add_parser(
        "ready",
        parents=parents,
        help="before the day: is all there that an outage needs",
        description="Looks and changes nothing; where uploads have a login of their own, it is tried (a seat for a "
        "moment). Exit status 1: something is not ready.",
    )
    verb.add_argument("--without-login", action="store_true", help="do not try the uploads' own login")
    # Where the machine's files begin: a test has a tree of its own there.
    verb.add_argument("--root", type=Path, default=Path("/"), help=argparse.SUPPRESS)
    state_dir(verb)
    verb.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Print the page. Raises NotReady."""
    # pydantic, SQLite and the tables are for this verb alone: others start faster without.
    from kioskd.ctl.doctor.fault import find  # noqa: PLC0415
    from kioskd.ctl.doctor.faults import FAULTS  # noqa: PLC0415
    from kioskd.ctl.doctor.probes import gather  # noqa: PLC0415
    from kioskd.ctl.readiness import Ready, Seen, check  # noqa: PLC0415

    facts, _ = gather(asked, asked.options.root, lambda _away: None)
    seen = Seen(
        facts,
        tuple(find(FAULTS, facts)),
        paper=_paper(asked) if facts.status else None,
        login=_login(asked),
        blocks=facts.block_list is not None,
    )
    checks = check(seen)
    missing = [each for each in checks if each.ready is Ready.NO]
    if asked.json:
        say_json({"ready": not missing, "checks": [asdict(each) for each in checks]})
    else:
        for each in checks:
            colour = {Ready.YES: Colour.GOOD, Ready.NOTICE: Colour.WARN, Ready.NO: Colour.BAD}[each.ready]
            word = {Ready.YES: "ready", Ready.NOTICE: "know", Ready.NO: "not ready"}[each.ready]
            told = [f"{each.name}: {clean(each.seen)}"]
            if each.do and each.ready is not Ready.YES:
                told.append(f"do: {clean(each.do)}")
            lines = [line for words in told for line in textwrap.wrap(words, WIDTH, break_long_words=False)]
            say(f"{mark(word, colour, shown=f'{word:<10}')} {lines[0]}")
            for line in lines[1:]:
                say(f"{'':<11}{line}")
    if missing:
        raise NotReady(f"not ready: {', '.join(each.name for each in missing)}")


def _paper(asked: Asked) -> str | None:
    try:
        with asked.connect() as client:
            return str(client.call("view.get").get("paper"))
    except CtlError:
        return None


def _login(asked: Asked) -> str | None:
    """Return how a log-in as for uploads went; `same`: they have no line of their own; None: not tried."""
    from kioskd.ctl.verbs.ils_test import Ended, settings_of, spoken  # noqa: PLC0415 # the wire is for this alone

    try:
        ils = settings_of(asked)
    except WrongUsage:
        return None
    own = {"login_user": ils.upload_login_user, "login_password": ils.upload_login_password}
    if not ils.upload_login_user and ils.upload_port in (0, ils.port):
        return "same"
    if asked.options.without_login:
        return None
    changes = own if ils.upload_login_user else {}
    try:
        heard = [each.line for each in spoken(replace(ils, port=ils.upload_port or ils.port, **changes))]  # type: ignore[arg-type] # texts both
    except (Ended, CtlError) as problem:
        return str(problem)
    return "ok" if any(line.startswith("98") for line in heard) else "no 98 came"
