"""`kioskctl devices`: what the kernel sees, what the station uses, why not the rest; `watch`: as it changes."""

import argparse
import select
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.errors import NoAnswer
from kioskd.ctl.output import Colour, clean, mark, paragraph, say, say_json

if TYPE_CHECKING:
    from kioskd.ctl.devices.tree import Branch, Missing

SETTLE_S = 0.5
"""After a plug the kernel and udev make several changes; they are told once."""


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verb = verbs.add_parser(
        "devices",
        parents=parents,
        help="what the kernel sees, what the station uses, why not the rest",
        description="Looks and takes nothing; works without the daemon. devices watch: again with every change.",
    )
    verb.add_argument("what", nargs="?", choices=["watch"], help="go on, and tell what is plugged in and out")
    verb.add_argument("--count", type=int, metavar="N", help="with watch: end after N changes")
    verb.add_argument("--root", type=Path, default=Path("/"), help=argparse.SUPPRESS)
    verb.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Print the tree; with `watch` go on until Ctrl-C."""
    if asked.options.what == "watch":
        with suppress(KeyboardInterrupt):  # Ctrl-C is how it ends
            _watch(asked)
        return
    document, branches, missing = _seen(asked)
    if asked.json:
        say_json(document)
    else:
        _page(branches, missing, away=document["daemon"])


def _seen(asked: Asked) -> tuple[dict[str, Any], "list[Branch]", "list[Missing]"]:
    # The drivers are for this verb and its like alone: others start faster without.
    from kioskd.ctl.devices.looking import look  # noqa: PLC0415
    from kioskd.ctl.devices.tree import tree  # noqa: PLC0415

    status, away = None, None
    try:
        with asked.connect() as client:
            status = client.call("status.get")
    except NoAnswer as problem:
        away = str(problem)
    branches, missing = tree(look(asked.options.root), status)
    document = {
        "daemon": away,
        "devices": [asdict(branch) for branch in branches],
        "missing": [asdict(each) for each in missing],
    }
    return document, branches, missing


def _page(branches: "Sequence[Branch]", missing: "Sequence[Missing]", *, away: str | None) -> None:
    if away is not None:
        say(f"{mark('daemon', Colour.BAD)}  does not answer")
        paragraph("        ", clean(away))
        say()
    for branch in branches:
        say(sentence_of(branch))
        for node in branch.nodes:
            use = f"{node.used_as}, {mark(str(node.state))}" if node.used_as else mark("not used", Colour.QUIET)
            say(f"  {node.driver:<7}{clean(node.path)}: {use}")
            paragraph("         ", clean(node.why))
    for each in missing:
        say(f"{clean(each.name)} ({each.driver}): {mark(each.state)}")
        paragraph("  ", clean(f"{each.problem or 'not there'}; {each.advice or ''}".rstrip("; ")))
    if not branches and not missing:
        say("nothing that could be a scanner or a receipt printer is plugged in")


def sentence_of(branch: "Branch") -> str:
    """Return a device in a line."""
    return clean(branch.name) + (f"  {branch.identity}" if branch.identity else "")


def _watch(asked: Asked) -> None:
    from drivers.hotplug import PathWatch  # noqa: PLC0415
    from kioskd.ctl.devices.looking import WATCHED  # noqa: PLC0415

    left = asked.options.count
    with PathWatch([asked.options.root / pattern for pattern in WATCHED]) as watch:
        if not asked.json:
            document, branches, missing = _seen(asked)
            _page(branches, missing, away=document["daemon"])
            say("\nplug something in or out; Ctrl-C ends it")
        while left is None or left > 0:
            select.select([watch.fileno()], [], [])
            select.select([], [], [], SETTLE_S)
            changes = watch.read()
            if not changes:
                continue
            document, branches, _ = _seen(asked)
            nodes = {node.path: (branch, node) for branch in branches for node in branch.nodes}
            for change in changes:
                path = str(change.path)
                branch, node = nodes.get(path, (None, None))
                if asked.json:
                    told = asdict(node) if node is not None else None
                    say_json({"path": path, "change": change.change.value, "node": told})
                elif branch is not None and node is not None:
                    say(f"{change.change.value:<9} {path}  {sentence_of(branch)}: {node.used_as or node.why}")
                else:
                    say(f"{change.change.value:<9} {path}")
            left = None if left is None else left - 1
