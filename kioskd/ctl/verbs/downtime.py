"""`kioskctl downtime`: the procedure round an outage, for whoever has no screen at hand."""

import argparse
from typing import Any, Final

from kioskd.ctl import when
from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.output import get, moment, pairs, say, say_json, sentence, table
from kioskd.model.downtime import BoardStep

STEPS: Final = ", ".join(step.value for step in BoardStep)


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    downtime = verbs.add_parser("downtime", parents=parents, help="the procedure round an outage")
    actions = downtime.add_subparsers(dest="action", required=True, metavar="show|review|tick|crate")

    show = actions.add_parser("show", parents=parents, help="the downtime board")
    show.set_defaults(run=run_show)

    review = actions.add_parser("review", parents=parents, help="station, library and clock were looked over")
    review.add_argument(
        "--time", type=when.since, metavar="TIME", help="what time it is, where nobody vouches for the clock"
    )
    review.set_defaults(run=run_review)

    tick = actions.add_parser("tick", parents=parents, help="a step of the recovery board is done")
    tick.add_argument("step", metavar="STEP", choices=[step.value for step in BoardStep], help=STEPS)
    tick.add_argument("--undo", action="store_true", help="take the last tick back")
    tick.set_defaults(run=run_tick)

    crate = actions.add_parser("crate", parents=parents, help="a crate holds so many returned items")
    crate.add_argument("items", type=int, metavar="ITEMS", help="how many")
    crate.add_argument("--crate", type=int, default=0, metavar="N", help="its number; without it a new one")
    crate.add_argument("--print", action="store_true", help="print its label")
    crate.set_defaults(run=run_crate)
    for verb in (review, tick, crate):
        verb.add_argument(
            "--by", default="", metavar="INITIALS", help="yours, where no staff code unlocked the station"
        )


def run_show(asked: Asked) -> None:
    """Print the board."""
    with asked.connect() as client:
        found: dict[str, Any] = client.call("downtime.get")
    board = get(found, "downtime")
    if asked.json:
        say_json(found)
    elif not board:
        say("no outage to be worked on")
    else:
        _say_board(board)


def _say_board(board: dict[str, Any]) -> None:
    review = get(board, "review")
    pairs(
        [
            ("since", moment(get(board, "since"))),
            ("back", moment(get(board, "back"))),
            ("over", moment(get(board, "over"))),
            ("seen", "; ".join(f"{moment(get(each, 'at'))} {get(each, 'text')}" for each in board["seen"])),
            ("help desk", get(board, "helpdesk")),
            ("read out", get(board, "read_out")),
            ("settings", sentence(get(review, "station"), get(review, "library"), get(review, "date"))),
            ("clock", get(review, "clock")),
            ("looked over", sentence(get(review, "by") or "not yet", moment(get(review, "at")))),
        ]
    )
    for line in board["advice"]:
        say(f"- {line}")
    if board["systems"]:
        table(("system", "state", "meanwhile"), [(row["name"], row["state"], row["text"]) for row in board["systems"]])
    if board["crates"]:
        table(("crate", "items", "returned on"), [(row["crate"], row["items"], row["on"]) for row in board["crates"]])
    if board["board"]:
        table(
            ("step", "done", "what"),
            [
                (row["step"], sentence(row["by"], moment(row["at"])) if row["done"] else "-", row["text"])
                for row in board["board"]
            ],
        )


def run_review(asked: Asked) -> None:
    """Say that the settings were looked over."""
    options = asked.options
    stated = {"time": options.time.isoformat()} if options.time is not None else {}
    _done(asked, "downtime.review", {"by": options.by, **stated}, "looked over")


def run_tick(asked: Asked) -> None:
    """Tick a step, or take the last tick back."""
    options = asked.options
    params = {"step": options.step, "done": not options.undo, "by": options.by}
    _done(asked, "downtime.tick", params, f"{options.step}: {'taken back' if options.undo else 'done'}")


def run_crate(asked: Asked) -> None:
    """Count a crate, and print its label if that is wanted."""
    options = asked.options
    with asked.connect() as client:
        counted = client.call("crate.count", {"items": options.items, "crate": options.crate, "by": options.by})
        if options.print:
            client.call("slip.print", {"what": "crate", "n": get(counted, "crate")})
    if asked.json:
        say_json(counted)
    else:
        say(f"crate {get(counted, 'crate')}: {options.items} items")


def _done(asked: Asked, method: str, params: dict[str, Any], words: str) -> None:
    with asked.connect() as client:
        client.call(method, params)
        found = client.call("downtime.get")
    if asked.json:
        say_json(found)
    else:
        say(words)
