"""`kioskctl watch`: what the station shows, with every change, until Ctrl-C; `--raw`: what devices and line say too."""

import argparse
from contextlib import suppress
from datetime import datetime
from typing import Any

from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.client import Client
from kioskd.ctl.output import clean, get, mark, say, say_json, sentence


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verb = verbs.add_parser("watch", parents=parents, help="what the station shows, with every change")
    verb.add_argument("--count", type=_count, metavar="N", help="end after N Views")
    verb.add_argument(
        "--raw", action="store_true", help="scans, devices, SIP2 lines and printer bytes too, masked (technicians)"
    )
    verb.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Print each View: with --json one document a line, for there is no end to put a bracket at."""
    with asked.connect() as client, suppress(KeyboardInterrupt):  # Ctrl-C is how it ends
        _print_views(client, asked)


def _print_views(client: Client, asked: Asked) -> None:
    left = asked.options.count
    view = client.call("view.watch")
    if asked.options.raw:
        client.call("diagnostics.watch")
    while True:
        if asked.json:
            say_json(view)
        else:
            say(line(view))
        if left is not None:
            left -= 1
            if left == 0:
                return
        while (message := client.notification()).get("method") != "view":
            if asked.options.raw:
                _tell(message.get("params"), asked)
        view = message["params"]


def _tell(event: Any, asked: Asked) -> None:  # noqa: ANN401 # any JSON
    """Print one event as it happens: a document of its own, or a line."""
    if asked.json:
        say_json({"diagnostics": event})
        return
    shown = "  ".join(f"{name}={clean(value)}" for name, value in event.items() if name != "kind")
    say(f"  {datetime.now().astimezone():%H:%M:%S.%f}"[:-3] + f"  {clean(get(event, 'kind'))}  {shown}")


def line(view: Any) -> str:  # noqa: ANN401 # any JSON
    """Return what a person wants to see of a View."""
    mode = str(get(view, "mode", "name"))
    items = get(view, "items") or []
    last = items[-1] if items else None
    return "  ".join(
        part
        for part in (
            clean(get(view, "station", "time")),
            mark(mode),
            clean(get(view, "screen")),
            clean(get(view, "patron", "label") or ""),
            sentence(get(last, "item"), get(last, "result")) if last else "",
            clean(get(view, "message", "text") or ""),
            f"{get(view, 'unsent')} unsent" if get(view, "unsent") else "",
            f"{get(view, 'exceptions')} exceptions" if get(view, "exceptions") else "",
        )
        if part
    )


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("expected a number from 1")
    return int(text)
