"""`kioskctl report`: an outage in numbers and as a picture; nobody's name or number is in it."""

import argparse
from pathlib import Path
from typing import Any

from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.new_file import write_whole
from kioskd.ctl.output import get, moment, pairs, say, say_json


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    report = verbs.add_parser("report", parents=parents, help="an outage: times, causes, counts, a timeline")
    report.add_argument("--outage", type=int, default=0, metavar="N", help="0: the last one, 1: the one before, …")
    report.add_argument("--out", type=Path, metavar="FILE", help="one HTML page with the timeline as a picture")
    report.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Print the report, or write it as a page."""
    options = asked.options
    with asked.connect() as client:
        found: dict[str, Any] = client.call("report.get", {"outage": options.outage})
    if options.out is not None:
        from kioskd.paper.report import report  # noqa: PLC0415 # for a page alone

        write_whole(options.out, report(found).encode())
    if asked.json:
        say_json(found)
    elif options.out is not None:
        say(f"{options.out}: written")
    else:
        outage = found["outage"]
        pairs(
            [
                *((name, moment(get(outage, name))) for name in ("since", "back", "over", "closed")),
                ("seen", "; ".join(f"{moment(get(each, 'at'))} {get(each, 'text')}" for each in found["seen"])),
                *found["counts"].items(),
                ("crates", len(found["crates"])),
                ("clock", get(found, "clock", "source")),
                ("looked over by", get(found, "clock", "reviewed_by")),
            ]
        )
