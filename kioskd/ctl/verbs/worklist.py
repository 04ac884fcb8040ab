"""`kioskctl worklist`: what waits for a person, by class; as a page with barcodes, so that no number is typed."""

import argparse
from pathlib import Path
from typing import Any

from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.new_file import write_whole
from kioskd.ctl.output import get, moment, say, say_json, sentence, table


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    worklist = verbs.add_parser("worklist", parents=parents, help="what waits for a person, by class, and what to do")
    worklist.add_argument("--reveal", action="store_true", help="whole card numbers")
    worklist.add_argument("--out", type=Path, metavar="FILE", help="a page to print, with barcodes; whole card numbers")
    worklist.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Print the worklist, or write it as a page."""
    options = asked.options
    with asked.connect() as client:
        station = client.call("hello", {"client": "kioskctl"})
        found: dict[str, Any] = client.call("worklist.get", {"reveal": options.reveal or options.out is not None})
    count = sum(len(each["entries"]) for each in found["classes"])
    if options.out is not None:
        from kioskd.paper.worklist import worklist  # noqa: PLC0415 # for a page alone

        title = f"Worklist of {get(station, 'station')}, {get(station, 'library')}".rstrip(", ")
        write_whole(options.out, worklist(found, title=title).encode("utf-8", "xmlcharrefreplace"))
    if asked.json:
        say_json(found)
    elif options.out is not None:
        say(f"{options.out}: {count} to decide; it holds card numbers, shred it when all is done")
    elif not count:
        say("nothing waits for a person")
    else:
        for each in found["classes"]:
            say(f"{each['class']}: {each['text']} ({', '.join(each['actions'])})")
            table(
                ("seq", "at", "kind", "item", "patron", "said"),
                [
                    (
                        get(entry, "seq"),
                        moment(get(entry, "at")),
                        get(entry, "kind"),
                        get(entry, "item"),
                        get(entry, "patron"),
                        sentence(get(entry, "message"), get(entry, "by"), get(entry, "how")),
                    )
                    for entry in each["entries"]
                ],
            )
