"""`kioskctl sheet`: print a paper downtime sheet, and enter its rows, one by one or from a file of them."""

import argparse
import csv
import datetime as dt
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from kioskd.ctl import when
from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.client import Client
from kioskd.ctl.errors import CtlError, Refused, WrongUsage
from kioskd.ctl.new_file import write_whole
from kioskd.ctl.output import get, say, say_json
from kioskd.paper.sheet import FORMATS, sheet

COLUMNS: Final = ("time", "kind", "card", "item", "due date", "initials")
"""The sheet's own columns, in the order in which it has them."""
LONGEST: Final = 10_000


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verbs."""
    verb_ = verbs.add_parser("sheet", parents=parents, help="print a paper downtime sheet, enter its rows")
    actions = verb_.add_subparsers(dest="action", required=True, metavar="add|enter|print")

    one = actions.add_parser("add", parents=parents, help="enter one row")
    one.add_argument("--at", required=True, type=when.since, metavar="TIME", help="as it stands on the sheet")
    one.add_argument("--kind", required=True, metavar="C|R", help="C or checkout, R or renewal")
    one.add_argument("--item", required=True, metavar="NUMBER")
    one.add_argument("--card", default="", metavar="NUMBER", help="may be missing for a renewal")
    one.add_argument("--due", metavar="YYYY-MM-DD", help="a due date set by staff")
    one.add_argument("--by", default="", metavar="INITIALS", help="the initials on the sheet")
    one.set_defaults(run=run_add)

    many = actions.add_parser(
        "enter",
        parents=parents,
        help="enter the rows of a CSV file",
        description=f"The file has the sheet's columns, in this order, with or without a head: {', '.join(COLUMNS)}. "
        "A row that is refused is named, and all others are entered; a row that was entered is not entered again.",
    )
    many.add_argument("file", metavar="FILE", help="a CSV file; - for standard input")
    many.add_argument("--date", required=True, type=dt.date.fromisoformat, help="the sheet's day, YYYY-MM-DD")
    many.set_defaults(run=run_enter)
    paper = actions.add_parser(
        "print",
        parents=parents,
        help="an empty sheet as a PDF",
        description="Needs no daemon. For the station's own receipt printer: kioskctl slip sheet.",
    )
    paper.add_argument("--out", required=True, type=Path, metavar="FILE", help="the PDF")
    paper.add_argument("--format", choices=tuple(FORMATS), default="letter", help="default: letter")
    paper.add_argument("--library", default="", help="the branch, printed at the head")
    paper.add_argument("--station", default="", help="the station, printed at the head")
    paper.set_defaults(run=run_print)
    for verb in (one, many):
        verb.add_argument("--sure", action="store_true", help="record it although it looks like one that is here")


def run_add(asked: Asked) -> None:
    """Enter one row."""
    options = asked.options
    row = {"at": options.at.isoformat(), "kind": options.kind, "item": options.item, "patron": options.card}
    row |= {"by": options.by, "sure": options.sure} | ({"due_date": options.due} if options.due else {})
    with asked.connect() as client:
        added = client.call("sheet.add", row)
    if asked.json:
        say_json(added)
    else:
        say(f"entry {get(added, 'seq')}")


def run_print(asked: Asked) -> None:
    """Write an empty sheet."""
    options = asked.options
    write_whole(options.out, sheet(options.format, library=options.library, station=options.station))
    if asked.json:
        say_json({"out": str(options.out), "format": options.format})
    else:
        say(f"{options.out}: written")


def run_enter(asked: Asked) -> None:
    """Enter many rows; status 1 if one was refused."""
    entered: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    rows = list(_rows(asked.options.file, asked.options.date))
    with asked.connect() as client:
        for line, row in rows:
            _enter(client, line, row | {"sure": asked.options.sure}, entered, refused)
    if asked.json:
        say_json({"entered": entered, "refused": refused})
    else:
        for each in refused:
            say(f"line {each['line']}: {each['problem']}")
        say(f"{len(entered)} rows entered, {len(refused)} refused")
    if refused:
        raise CtlError(
            f"sheet enter: {len(refused)} of {len(rows)} rows were refused; correct them and enter them again"
        )


def _enter(
    client: Client, line: int, row: dict[str, Any], entered: list[dict[str, Any]], refused: list[dict[str, Any]]
) -> None:
    try:
        entered.append({"line": line, "seq": get(client.call("sheet.add", row), "seq")})
    except Refused as problem:
        refused.append({"line": line, "problem": str(get(problem.error, "message") or problem)})


def _rows(file: str, day: dt.date) -> Iterable[tuple[int, dict[str, Any]]]:
    """Yield the rows with their line numbers. Raises WrongUsage, CtlError."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise CtlError(f"{file}: {problem}") from None
    reader = csv.reader(text.splitlines())
    for cells in reader:
        values = [cell.strip() for cell in cells] + [""] * (len(COLUMNS) - len(cells))
        if not any(values) or values[0].casefold() == COLUMNS[0]:
            continue
        if reader.line_num > LONGEST:
            raise WrongUsage(f"{file}: more than {LONGEST} lines; that is no sheet")
        time, kind, card, item, due, by = values[: len(COLUMNS)]
        yield (
            reader.line_num,
            {"at": _at(file, reader.line_num, day, time), "kind": kind, "patron": card, "item": item}
            | {"by": by}
            | ({"due_date": due} if due else {}),
        )


def _at(file: str, line: int, day: dt.date, text: str) -> str:
    try:
        return dt.datetime.combine(day, dt.time.fromisoformat(text)).astimezone().isoformat()
    except ValueError:
        raise CtlError(f"{file}, line {line}: {text!r} is no time of day; write 14:05") from None
