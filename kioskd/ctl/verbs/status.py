"""`kioskctl status`: how the station is, on one page."""

import argparse
from typing import Any

from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.output import get, mark, moment, pairs, say, say_json, sentence, table


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verbs.add_parser("status", parents=parents, help="how the station is").set_defaults(run=run)


def run(asked: Asked) -> None:
    """Print the Status."""
    with asked.connect() as client:
        status = client.call("status.get")
        greeting = client.greeting
    if asked.json:
        say_json(status)
        return
    pairs(
        (
            ("station", sentence(get(greeting, "station"), get(greeting, "library"))),
            ("kioskd", sentence(get(status, "version"), f"up {_span(get(status, 'uptime_s') or 0)}")),
        )
    )
    print_mode(get(status, "mode"))
    pairs(_rows(status))
    devices = get(status, "devices") or []
    if devices:
        say()
        table(
            ("device", "kind", "driver", "state", "what to do"),
            [
                (
                    get(device, "name"),
                    get(device, "kind"),
                    get(device, "driver"),
                    get(device, "state"),
                    sentence(get(device, "problem"), get(device, "advice")) or get(device, "identity"),
                )
                for device in devices
            ],
        )


def print_mode(mode: object) -> None:
    """Print how the station stands to the library system."""
    name = str(get(mode, "name"))
    forced = get(mode, "forced") and "forced by staff"
    slow = get(mode, "slow") and "slow"
    more = sentence(forced, slow, get(mode, "reason"), f"since {moment(get(mode, 'since'))}")
    say(f"mode     {mark(name)}, {more}")


def _rows(status: Any) -> list[tuple[str, object]]:  # noqa: ANN401 # any JSON
    ils, journal = get(status, "ils"), get(status, "journal")
    round_trip = get(ils, "round_trip_ms")
    free = get(status, "disk", "free_mib")
    return [
        (
            "ILS    ",
            sentence(
                get(ils, "state"),
                round_trip is not None and f"{round_trip:.0f} ms",
                get(ils, "last_answer") and f"last answer {moment(get(ils, 'last_answer'))}",
                get(ils, "problem"),
            ),
        ),
        (
            "journal",
            ", ".join(f"{get(journal, name)} {name}" for name in ("recorded", "unsent", "exceptions")),
        ),
        ("clock", sentence("trusted" if get(status, "clock", "trusted") else "not trusted", _source(status))),
        ("disk", sentence(free is not None and f"{free} MiB free", get(status, "disk", "problem"))),
    ]


def _source(status: object) -> object:
    source = get(status, "clock", "source")
    return None if source == "none" else source


def _span(seconds: int) -> str:
    minutes = int(seconds) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"
