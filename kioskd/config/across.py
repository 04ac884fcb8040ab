"""What no single value shows: keys that need, exclude or repeat one another."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Final

from kioskd.config.keys import SECTIONS
from kioskd.config.kinds import NO_SIGNAL, SIGNALS, TERMINATORS
from kioskd.config.problems import Problem, shown
from kioskd.config.secrets import readable_by_others
from kioskd.config.telling import Source
from kioskd.model.door import DOORS
from kioskd.model.settings import PrinterSettings, ScannerSettings, Settings

NEEDS: Final[Mapping[tuple[str, str], str]] = {
    ("scanner", "serial"): "port",
    ("printer", "network"): "url",
    ("printer", "serial"): "port",
}
"""Section and driver → the key without which it cannot be opened."""

ROUND_A_CODE: Final = frozenset({"terminator", "prefix", "suffix", "character_gap_s"})
TO_THE_SCANNER: Final = frozenset({"accepted", "refused"})

USES: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("scanner", "serial"): frozenset(
        {"port", "baud", "bits", "parity", "stop_bits", "flow", "encoding", *ROUND_A_CODE, *TO_THE_SCANNER}
    ),
    ("scanner", "hidraw"): frozenset({"device", "encoding", *ROUND_A_CODE, *TO_THE_SCANNER}),
    ("scanner", "evdev"): frozenset({"device", "layout", *ROUND_A_CODE, *TO_THE_SCANNER}),
    ("printer", "network"): frozenset({"url"}),
    ("printer", "serial"): frozenset({"port"}),
    ("printer", "usblp"): frozenset({"device"}),
    ("printer", "usb"): frozenset({"device"}),
}
"""Section and driver → which of its keys it looks at."""

_ADDRESS: Final = {
    "tcp": (
        re.compile(r"(?:\[[0-9A-Fa-f:.%\w]+\]|[A-Za-z0-9_][A-Za-z0-9._-]*):\d{1,5}", re.ASCII),
        "host:port, as sorter.local:6051",
    ),
    "http": (re.compile(r"https?://[!-~]+"), "an address, as https://catalog.example/"),
}
"""Probe → what its address must be."""

WHERE: Final = ("url", "device", "port")


def wrong_together(
    scanners: Sequence[Mapping[str, Any]], printer: Mapping[str, Any] | None, languages: object, source: Source
) -> Iterator[Problem]:
    """Yield what is wrong, judging values as they were found: others may be wrong by themselves."""
    names: list[object] = []
    for number, scanner in enumerate(scanners, 1):
        yield from _lacks("scanner", scanner, f"[[scanner]] {number}:", source)
        yield from _not_with_this_driver(scanner, f"[[scanner]] {number}:", source)
        name = scanner.get("name")
        if isinstance(name, str) and name in names:
            found = f"{shown(name)}, as another scanner"
            yield Problem(source("scanner", "name"), f"[[scanner]] {number}: name", found, "a name of its own")
        names.append(name)
    if printer is not None:
        yield from _lacks("printer", printer, "[printer]", source)
    if isinstance(languages, list) and any(languages.count(each) > 1 for each in languages):
        yield Problem(source("station", "languages"), "[station] languages", "a language twice", "each once")


def unreachable(related: Sequence[Mapping[str, Any]], source: Source) -> Iterator[Problem]:
    """Yield the related systems that could not be looked at as they should."""
    for number, each in enumerate(related, 1):
        probe, address = each.get("probe"), each.get("address", "")
        wanted = _ADDRESS.get(probe) if isinstance(probe, str) else None
        if wanted is not None and not (isinstance(address, str) and wanted[0].fullmatch(address)):
            found = f"{shown(address)}, with probe {probe}"
            yield Problem(source("related", "address"), f"[[related]] {number}: address", found, wanted[1])


def door_opens(profile: str, door: Mapping[str, Any], source: Source) -> Iterator[Problem]:
    """Yield why a door that is configured cannot be opened."""
    if not door.get("url"):
        return
    known = DOORS.get(profile)
    if known is None:
        found = f"a door, and profile {profile} has none"
        yield Problem(source("door", "url"), "[door] url", found, f"[ils] profile one of {', '.join(DOORS)}")
        return
    for key in known.needs:
        if not door.get(key):
            found = f"not set, and the door of profile {profile} needs it"
            yield Problem(source("door", key), f"[door] {key}", found, SECTIONS["door"].keys[key].kind.allowed)
    if known.name == "evergreen" and door.get("branch") and not str(door["branch"]).isdigit():
        yield Problem(source("door", "branch"), "[door] branch", shown(door["branch"]), "the org unit's number")


def _lacks(name: str, device: Mapping[str, Any], place: str, source: Source) -> Iterator[Problem]:
    driver = device.get("driver")
    key = NEEDS.get((name, driver)) if isinstance(driver, str) else None
    if key is not None and device.get(key, "") == "":
        kind = SECTIONS[name].keys[key].kind
        yield Problem(source(name, key), f"{place} {key}", f"not set, and driver {driver} needs it", kind.allowed)


def _not_with_this_driver(scanner: Mapping[str, Any], place: str, source: Source) -> Iterator[Problem]:
    driver = str(scanner.get("driver"))
    for key, by_driver in (("terminator", TERMINATORS), ("accepted", SIGNALS), ("refused", SIGNALS)):
        allowed, value = by_driver.get(driver), scanner.get(key, "")
        if allowed and value and isinstance(value, str) and value not in (*allowed, NO_SIGNAL):
            yield Problem(
                source("scanner", key), f"{place} {key}", f"{shown(value)}, with driver {driver}", ", ".join(allowed)
            )


def doubtful(settings: Settings) -> Iterator[str]:
    """Yield what is no mistake for certain."""
    devices: list[tuple[str, str, ScannerSettings | PrinterSettings]] = [
        ("scanner", f"[[scanner]] {number}", each) for number, each in enumerate(settings.scanners, 1)
    ]
    if settings.printer is not None:
        devices.append(("printer", "[printer]", settings.printer))
    for name, place, device in devices:
        uses = USES.get((name, str(device.driver)))
        if uses is None:
            continue
        for each in fields(device):
            may_be_in_vain = each.default is not MISSING if name == "scanner" else each.name in WHERE
            if may_be_in_vain and each.name not in uses and getattr(device, each.name) != each.default:
                yield f"{place} {each.name} is not used by driver {device.driver}"
    if settings.session.warning_s < 20:
        yield "[session] warning_s: below 20 s slow people cannot answer (WCAG 2.2.1)"
    codes, blocks = settings.staff.codes_file, settings.offline.block_list
    if codes is not None and not codes.exists():
        yield f"[staff] codes_file: there is no {codes} yet; `kioskctl staff add` makes it"
    if blocks is not None and not blocks.exists():
        yield f"[offline] block_list: there is no {blocks}: no card is blocked while offline"
    for key, path in (("[staff] codes_file", codes), ("[offline] block_list", blocks)):
        if path is not None and readable_by_others(path):
            yield f"{key}: other users may read or change {path}: chmod 600 {path}"


def path_of(value: object) -> Path | None:
    """Return the path that a key's value names, as far as it is one."""
    return Path(value) if isinstance(value, str) and value.startswith("/") and value.isprintable() else None
