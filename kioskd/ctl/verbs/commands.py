"""`kioskctl commands`: the command barcodes; `--print`: a page of them, a card for the desk, ready for any printer."""

import argparse
import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from drivers.code128 import modules
from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.errors import CtlError
from kioskd.ctl.output import say, say_json
from kioskd.model.commands import COMMANDS, Command
from kioskd.texts import MODULES, label

PREFIX: Final = "KIOSK"
QUIET: Final = 10
"""Modules of white on both sides of a barcode. Source: ISO/IEC 15417."""
HEIGHT: Final = 28
"""Modules: with 0.4 mm each, 11 mm."""
MODULE_MM: Final = 0.4

LABELS: Final[Mapping[Command, tuple[str, ...]]] = {
    Command.YES: ("yes",),
    Command.NO: ("no",),
    Command.FINISH: ("finish", "no_paper"),
    Command.FINISH_RECEIPT: ("finish", "receipt"),
    Command.FINISH_BOOKMARK: ("finish", "bookmark"),
    Command.FINISH_BOTH: ("finish", "both"),
    Command.CANCEL: ("cancel",),
    Command.MORE_TIME: ("more_time",),
    Command.NEXT_PATRON: ("next_patron",),
    Command.CHECKOUT: ("borrow",),
    Command.RENEW: ("renew",),
    Command.ITEMS: ("back",),
    Command.HELP: ("help",),
    Command.WITHDRAW_LAST: ("remove",),
    Command.LOANS: ("my_loans",),
    Command.RENEW_ALL: ("renew_all",),
    Command.GO_OFFLINE: ("go_offline",),
    Command.GO_AUTO: ("go_auto",),
    Command.LOCK: ("lock",),
    Command.DUE_NONE: ("due_clear",),
    Command.ENTER: ("enter",),
    Command.ERASE: ("erase",),
    Command.STAFF_CODE: ("staff_code",),
}
"""What stands above a barcode, in the words of the screen; the rest is digits, days and languages."""

GROUPS: Final[Sequence[tuple[str, range]]] = (("borrow", range(1, 20)), ("language", range(20, 40)))
STAFF_GROUPS: Final[Sequence[tuple[str, range]]] = (("staff", range(40, 50)), ("type_number", range(50, 70)))

STYLE: Final = """
@page { size: A4; margin: 12mm }
body { font: 11pt/1.3 "Noto Sans", "Noto Sans CJK SC", sans-serif; color: #000; background: #fff; margin: 0 }
h1 { font-size: 15pt; margin: 0 0 4mm } h2 { font-size: 12pt; margin: 6mm 0 2mm; break-after: avoid }
ul { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(3, 1fr); gap: 4mm }
li { break-inside: avoid; text-align: center; border: .3mm solid #999; border-radius: 2mm; padding: 2mm 1mm }
b { display: block; min-height: 2.6em } svg { display: block; margin: 1mm auto 0 } small { font-size: 8pt }
"""


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verb = verbs.add_parser("commands", parents=parents, help="the command barcodes, and a printable card of them")
    verb.add_argument("--print", action="store_true", dest="page", help="write a printable page (HTML) with barcodes")
    verb.add_argument("--language", choices=sorted(MODULES), default="en", help="of the page (default: en)")
    verb.add_argument("--patrons", action="store_true", help="of the page: leave out what is for staff")
    verb.add_argument("--out", type=Path, metavar="FILE", help="where the page goes (default: to stdout)")
    verb.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Print the table, or write the page. Raises CtlError."""
    options = asked.options
    if not options.page:
        rows = [{"barcode": f"{PREFIX}{number}", "meaning": row.meaning} for number, row in COMMANDS.items()]
        if asked.json:
            say_json({"commands": rows})
        else:
            for row in rows:
                say(f"{row['barcode']}  {row['meaning']}")
        return
    text = page(options.language, patrons=options.patrons)
    if options.out is None:
        say(text)
        return
    try:
        options.out.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise CtlError(f"{options.out}: {problem.strerror or problem}; choose another place with --out") from None
    say(f"{options.out}: open it in a browser and print it at 100 %")


def words(language: str, command: Command) -> str:
    """Return what stands above a command's barcode."""
    value = command.value
    if command in LABELS:
        return " · ".join(label(language, key) for key in LABELS[command])
    if value in MODULES:
        return label(value, "name")
    kind, _, rest = value.partition("_")
    return rest if kind == "digit" else f"{label(language, 'due_date')}: +{rest}"


def barcode(text: str) -> str:
    """Return a text as Code 128, a drawing to the scale at which a scanner reads it."""
    bars = modules(text)
    width = len(bars) + 2 * QUIET
    drawn = "".join(f'<rect x="{QUIET + at}" width="{end - at}" height="{HEIGHT}"/>' for at, end in _stretches(bars))
    size = f'width="{width * MODULE_MM:.1f}mm" height="{HEIGHT * MODULE_MM:.1f}mm"'
    return f'<svg {size} viewBox="0 0 {width} {HEIGHT}" shape-rendering="crispEdges" role="img">{drawn}</svg>'


def _stretches(bars: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for at, module in enumerate(bars):
        if module == "1":
            if found and found[-1][1] == at:
                found[-1] = (found[-1][0], at + 1)
            else:
                found.append((at, at + 1))
    return found


def page(language: str, *, patrons: bool) -> str:
    """Return the card as one HTML file that loads nothing."""
    parts = []
    for title, numbers in (*GROUPS, *(() if patrons else STAFF_GROUPS)):
        cells = "".join(
            f"<li><b>{html.escape(words(language, row.command))}</b>{barcode(PREFIX + number)}"
            f"<small>{PREFIX}{number}</small></li>\n"
            for number, row in COMMANDS.items()
            if int(number) in numbers
        )
        parts.append(f"<h2>{html.escape(label(language, title))}</h2>\n<ul>\n{cells}</ul>\n")
    head = f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">\n<title>kioskd</title>\n'
    title = html.escape(label(language, "help_title"))
    return f"{head}<style>{STYLE}</style>\n<h1>{title}</h1>\n{''.join(parts)}</html>\n"
