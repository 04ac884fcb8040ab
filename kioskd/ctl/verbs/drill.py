"""`kioskctl drill`: an outage exercise on the live station, that leaves no trace."""

import argparse
import time
from collections.abc import Callable
from typing import Any, Final

from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.client import Client
from kioskd.ctl.errors import CtlError
from kioskd.ctl.output import clean, say, say_json

STEP_S: Final = 10.0
LOOK_S: Final = 0.05
PRINTING_S: Final = 30.0
COUNTED: Final = ("recorded", "unsent", "settled", "refused", "exceptions", "withdrawn", "handed_over")


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verb = verbs.add_parser(
        "drill",
        parents=parents,
        help="an outage exercise on this station, that leaves no trace",
        description="The station lends three drill items to a drill card as in an outage, on its own screen, disk and "
        "printer. Nothing of it is counted, sent or kept. Not while patrons wait: their cards are no cards meanwhile.",
    )
    verb.add_argument(
        "--by-hand",
        action="store_true",
        help="scan the drill barcodes yourself, with the station's own scanner (it says which)",
    )
    verb.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Play the drill. Raises CtlError where a step does not come about."""
    steps: list[dict[str, Any]] = []

    def step(words: str) -> None:
        steps.append({"step": words})
        if not asked.json:
            say(f"ok  {clean(words)}")

    with asked.connect() as client:
        before = _counts(client)
        codes = client.call("drill.start")
        try:
            step("the station is the drill's; the library system is away")
            _play(client, codes, step, by_hand=asked.options.by_hand, quiet=asked.json)
        finally:
            done = client.call("drill.end")
        if done["recorded"] != len(codes["items"]):
            raise CtlError(f"drill: {done['recorded']} of {len(codes['items'])} items were recorded")
        after = _counts(client)
        if after["recorded"] != before["recorded"] and not asked.json:
            say("the station's own numbers moved meanwhile; none of it is the drill's")
        step("the station is itself again, and nothing of the drill is left")
    if asked.json:
        say_json({"steps": steps, "recorded": done["recorded"], "before": before, "after": after})


def _play(client: Client, codes: dict[str, Any], step: Callable[[str], None], *, by_hand: bool, quiet: bool) -> None:
    wait_s = codes["seconds"] if by_hand else STEP_S

    def scan(code: str) -> None:
        if by_hand and not quiet:
            say(f"    scan now: {code}")
        elif not by_hand:
            client.call("scan.inject", {"scanner": "drill", "code": code})

    scan(codes["card"])
    _until(client, lambda view: view["screen"] == "items", wait_s, "the drill card was not taken")
    step("a card is taken without the library system")
    for item in codes["items"]:
        scan(item)
        recorded = lambda view, item=item: any(  # noqa: E731
            line["item"] == item and line["result"] == "recorded" for line in view["items"]
        )
        _until(client, recorded, wait_s, f"{item} was not recorded")
    step(f"{len(codes['items'])} items are recorded, each safe on the disk")
    if client.call("view.get")["unsent"] != len(codes["items"]):
        raise CtlError("drill: what was recorded does not stand in the journal")
    view = client.call("view.get")
    paper = [] if view["paper"] in ("none", "out") else ["receipt"]
    client.call("session.finish", {"paper": paper})
    gone = _until(client, lambda view: view["screen"] in ("done", "idle"), PRINTING_S, "the visit did not end")
    if paper:
        said = (gone.get("message") or {}).get("key") or ""
        if "paper" in said or "print" in said:
            raise CtlError(f"drill: the receipt did not come out: {(gone.get('message') or {}).get('text')}")
        step("a receipt came out")
    else:
        step("the visit ended, without paper: there is none")


def _until(client: Client, met: Callable[[Any], bool], wait_s: float, otherwise: str) -> Any:  # noqa: ANN401 # a View
    until_s = time.monotonic() + wait_s
    while True:
        view = client.call("view.get")
        if met(view):
            return view
        if time.monotonic() > until_s:
            said = (view.get("message") or {}).get("text") or view["screen"]
            raise CtlError(f"drill: {otherwise} within {wait_s:g} s; the screen says: {said}")
        time.sleep(LOOK_S)


def _counts(client: Client) -> dict[str, Any]:
    summary = client.call("journal.summary")
    return {name: summary.get(name) for name in COUNTED}
