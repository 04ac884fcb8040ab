"""`kioskctl doctor`: one page of what is wrong with this station, each with its cause and what to type."""

import argparse
import shutil
import socket
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kioskd.ctl.arguments import Asked, Verbs, state_dir
from kioskd.ctl.errors import CtlError
from kioskd.ctl.output import Colour, clean, mark, say, say_json


class SomethingWrong(CtlError):  # noqa: N818 # named for what happened, as all of the house's
    """Raised when something is wrong with the station; the page has said what."""


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verb = verbs.add_parser(
        "doctor",
        parents=parents,
        help="what is wrong with this station, and what to type",
        description="Looks at everything and changes nothing, safe in opening hours. Exit status 1: something is wrong",
    )
    verb.add_argument(
        "--own-line",
        action="store_true",
        help="also connect to the library system from here (nothing is sent; without this the daemon's line is read)",
    )
    verb.add_argument("--short", action="store_true", help="one line, without personal data, to be read out or sent")
    verb.add_argument("--qr", action="store_true", help="that line as a QR code, to be read with a phone")
    verb.add_argument("--svg", type=Path, metavar="FILE", help="write that QR code as a picture")
    # Where the machine's files begin: a test has a tree of its own there.
    verb.add_argument("--root", type=Path, default=Path("/"), help=argparse.SUPPRESS)
    state_dir(verb)
    verb.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Print the page. Raises SomethingWrong."""
    # pydantic, SQLite and the table are for this verb alone: others start faster without.
    from kioskd.ctl.doctor.fault import About, Finding, Weight, find  # noqa: PLC0415
    from kioskd.ctl.doctor.faults import FAULTS  # noqa: PLC0415
    from kioskd.ctl.doctor.probes import gather  # noqa: PLC0415

    options = asked.options
    brief = options.short or options.qr or options.svg is not None

    def told(away: str) -> None:
        if not asked.json and not brief:
            say(f"{mark('daemon', Colour.BAD)}  does not answer: {clean(away)}")

    facts, unknown = gather(asked, asked.options.root, told)
    findings: Sequence[Finding] = sorted(find(FAULTS, facts), key=lambda finding: list(About).index(finding.about))
    wrong = sum(each.weight is Weight.WRONG for each in findings)
    line = summary(facts, findings)
    if options.svg is not None:
        from kioskd.ctl.qr import svg  # noqa: PLC0415

        try:
            options.svg.write_text(svg(line), encoding="utf-8")
        except OSError as problem:
            raise CtlError(f"{options.svg}: {problem.strerror or problem}") from None
    if asked.json:
        say_json(document(findings, unknown, facts.status or None, facts.version) | {"summary": line})
    elif brief:
        if options.qr:
            from kioskd.ctl.qr import in_text  # noqa: PLC0415

            say("\n".join(in_text(line)))
        say(line)
    else:
        page(findings, unknown, facts.status)
    if wrong:
        raise SomethingWrong(f"{wrong} thing{'s are' if wrong > 1 else ' is'} wrong with this station")


def summary(facts: Any, findings: Sequence[Any]) -> str:  # noqa: ANN401 # Facts; the table is imported late
    """Return the page in a line for a phone: which station, how it stands, the codes of what is wrong; no person."""
    mode = facts.mode.get("name") or ("silent" if facts.away else "?")
    codes = list(dict.fromkeys(each.code for each in findings if each.weight == "wrong"))
    unsent = facts.numbers.get("unsent")
    parts = [
        f"kioskd {facts.status.get('version') or facts.version or '?'}",
        facts.station or socket.gethostname(),
        str(mode),
        "" if unsent is None else f"{unsent} unsent",
        " ".join(codes) or "nothing wrong",
    ]
    return ", ".join(part for part in parts if part)


def document(findings: Sequence[Any], unknown: Sequence[str], status: object, version: str | None) -> dict[str, Any]:
    """Return the page as docs/PROTOCOL.md describes it."""
    return {
        "wrong": sum(each.weight == "wrong" for each in findings),
        "findings": [asdict(each) for each in findings],
        "not_looked_at": list(unknown),
        "status": status,
        "version": version,
    }


def page(findings: Sequence[Any], unknown: Sequence[str], status: Any) -> None:  # noqa: ANN401 # the contract's Status
    """Print the findings by what they are about, and what was not looked at."""
    if status:
        mode = status["mode"]["name"]
        say(f"kioskd {clean(status['version'])}, {mark(mode)}, {status['journal'].get('unsent', 0)} unsent")
    width = min(shutil.get_terminal_size((80, 24)).columns, 120)
    about = None
    for each in findings:
        if each.about != about:
            about = each.about
            say(f"\n{about}")
        colour = Colour.BAD if each.weight == "wrong" else Colour.WARN
        _paragraph(f"{each.code:<7}", clean(each.seen), width, colour)
        _paragraph("", f"cause: {each.cause}", width)
        _paragraph("", f"do:    {clean(each.do)}", width)
    if not findings:
        say("nothing is wrong")
    if unknown:
        say("\nnot looked at")
        for line in unknown:
            _paragraph("", clean(line), width)


def _paragraph(head: str, words: str, width: int, colour: Colour | None = None) -> None:
    lines = textwrap.wrap(words, max(width - 9, 20), break_long_words=False, break_on_hyphens=False) or [""]
    first = mark(head.strip(), colour, shown=f"{head:<7}") if head else " " * 7
    say(f"  {first}{lines[0]}")
    for line in lines[1:]:
        say(f"  {' ' * 7}{'       ' if words.startswith(('cause:', 'do:')) else ''}{line}")
