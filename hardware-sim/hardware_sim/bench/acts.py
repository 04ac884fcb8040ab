"""What a click may do, as a table: a name, the simulator it goes to, the path, and the body."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do. `body` makes the request's body from the click's `value`."""

    simulator: str
    path: str
    body: Callable[[str], Body]


def _always(**body: Any) -> Callable[[str], Body]:  # JSON values
    return lambda _: body


ACTS: Final[Mapping[str, Act]] = {
    "scan": Act("scanner", "/scan", lambda value: {"code": value}),
    "plug": Act("scanner", "/plug", _always()),
    "unplug": Act("scanner", "/unplug", _always()),
    "ils_up": Act("ils", "/fault", _always(down=None, hang=None, slow_ms=None, half_up=None, drop_plan=None)),
    "ils_down": Act("ils", "/fault", _always(down=True)),
    "ils_hang": Act("ils", "/fault", _always(down=None, hang=True)),
    "ils_slow": Act("ils", "/fault", _always(down=None, hang=None, slow_ms=3500)),
    "ils_cut": Act("ils", "/fault", _always(drop_plan=[{"at": "after_act", "n": 1}], drop_codes=["11", "29"])),
    "ils_half_up": Act("ils", "/fault", _always(down=None, hang=None, half_up="hang")),
    "ils_forget": Act("ils", "/reset", _always(only=["world", "ledger", "transcript"])),
    "bring_back": Act("ils", "/world", lambda value: {"do": "return", "item": value}),
    "block": Act("ils", "/world", lambda value: {"do": "block", "patron": value}),
    "unblock": Act("ils", "/world", lambda value: {"do": "block", "patron": value, "reason": ""}),
    "cover_open": Act("printer", "/fault", _always(cover_open=True)),
    "cover_close": Act("printer", "/fault", _always(cover_open=None)),
    "paper_out": Act("printer", "/fault", _always(paper="out")),
    "paper_low": Act("printer", "/fault", _always(paper="low")),
    "paper_four": Act("printer", "/fault", _always(paper=None, paper_lines=4)),
    "paper_new": Act("printer", "/fault", _always(paper="ok", paper_lines=None)),
    "jam": Act("printer", "/fault", _always(cutter_jam=True)),
    "unjam": Act("printer", "/fault", _always(cutter_jam=None)),
    "printer_off": Act("printer", "/fault", _always(power_off=True)),
    "printer_on": Act("printer", "/fault", _always(power_off=None)),
    "tear": Act("printer", "/tear", _always()),
}
