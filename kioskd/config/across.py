"""What no single value shows: keys that need, exclude or repeat one another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from kioskd.config.keys import SECTIONS
from kioskd.config.problems import Problem, shown
from kioskd.config.secrets import readable_by_others
from kioskd.config.telling import Source
from kioskd.model.settings import PrinterSettings, ScannerSettings, Settings

NEEDS: Final[Mapping[tuple[str, str], str]] = {
    ("scanner", "serial"): "port",
    ("scanner", "hidraw"): "device",
    ("printer", "network"): "url",
    ("printer", "serial"): "port",
}
"""Section and driver → the key without which it cannot be opened."""

USES: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("scanner", "serial"): frozenset({"port", "baud"}),
    ("scanner", "hidraw"): frozenset({"device"}),
    ("scanner", "evdev"): frozenset({"device"}),
    ("printer", "network"): frozenset({"url"}),
    ("printer", "serial"): frozenset({"port"}),
    ("printer", "usblp"): frozenset({"device"}),
    ("printer", "usb"): frozenset({"device"}),
}
"""Section and driver → which of the keys that say where a device is it looks at."""

WHERE: Final = ("url", "device", "port")


def wrong_together(
    scanners: Sequence[Mapping[str, Any]], printer: Mapping[str, Any] | None, languages: object, source: Source
) -> Iterator[Problem]:
    """Yield what is wrong, judging values as they were found: others may be wrong by themselves."""
    names: list[object] = []
    for number, scanner in enumerate(scanners, 1):
        yield from _lacks("scanner", scanner, f"[[scanner]] {number}:", source)
        name = scanner.get("name")
        if isinstance(name, str) and name in names:
            found = f"{shown(name)}, as another scanner"
            yield Problem(source("scanner", "name"), f"[[scanner]] {number}: name", found, "a name of its own")
        names.append(name)
    if printer is not None:
        yield from _lacks("printer", printer, "[printer]", source)
    if isinstance(languages, list) and any(languages.count(each) > 1 for each in languages):
        yield Problem(source("station", "languages"), "[station] languages", "a language twice", "each once")


def _lacks(name: str, device: Mapping[str, Any], place: str, source: Source) -> Iterator[Problem]:
    driver = device.get("driver")
    key = NEEDS.get((name, driver)) if isinstance(driver, str) else None
    if key is not None and device.get(key, "") == "":
        kind = SECTIONS[name].keys[key].kind
        yield Problem(source(name, key), f"{place} {key}", f"not set, and driver {driver} needs it", kind.allowed)


def doubtful(settings: Settings) -> Iterator[str]:
    """Yield what is no mistake for certain."""
    devices: list[tuple[str, str, ScannerSettings | PrinterSettings]] = [
        ("scanner", f"[[scanner]] {number}", each) for number, each in enumerate(settings.scanners, 1)
    ]
    if settings.printer is not None:
        devices.append(("printer", "[printer]", settings.printer))
    for name, place, device in devices:
        uses = USES.get((name, device.driver.value), frozenset(WHERE))
        values = asdict(device)
        for key in WHERE:
            if key not in uses and values.get(key):
                yield f"{place} {key} is not used by driver {device.driver}"
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
