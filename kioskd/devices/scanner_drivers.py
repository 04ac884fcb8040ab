"""From a scanner's settings to its driver: what is called with which arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Final

from drivers.base import Scanner, ScannerFactory
from kioskd.devices.third_party import ThirdPartyScanner, open_third_party
from kioskd.model.settings import ScannerDriver, ScannerSettings

NONE: Final = "none"
SILENT: Final = ""

TAKES: Final[Mapping[str, Sequence[str]]] = {
    ScannerDriver.EVDEV: ("layout", "terminator", "prefix", "suffix", "character_gap_s", "accepted", "refused"),
    ScannerDriver.HIDRAW: ("terminator", "prefix", "suffix", "encoding", "character_gap_s", "accepted", "refused"),
    ScannerDriver.SERIAL: (
        *("baud", "bits", "parity", "stop_bits", "flow"),
        *("terminator", "prefix", "suffix", "encoding", "character_gap_s", "accepted", "refused"),
    ),
}
"""Driver → the settings that it takes by their own names, where they are not its defaults."""

AS_BYTES: Final[Mapping[str, frozenset[str]]] = {
    ScannerDriver.EVDEV: frozenset(),
    ScannerDriver.HIDRAW: frozenset({"prefix", "suffix"}),
    ScannerDriver.SERIAL: frozenset({"prefix", "suffix", "accepted", "refused"}),
}

PATH: Final[Mapping[str, str]] = {driver: "port" if driver == ScannerDriver.SERIAL else "device" for driver in TAKES}
"""Driver → what it calls the path."""

ENDS_BY_PAUSE: Final = frozenset({ScannerDriver.EVDEV, ScannerDriver.SERIAL})
DEFAULTS: Final = {each.name: each.default for each in fields(ScannerSettings) if each.default is not MISSING}


def open_configured(
    settings: ScannerSettings, path: str, *, drivers: Mapping[str, ScannerFactory], patterns: Sequence[str]
) -> Scanner:
    """Open a configured scanner at `path`. Raises CannotOpen; ValueError for a setting that the driver refuses."""
    factory = drivers.get(settings.driver)
    if factory is not None:
        return factory(**arguments(settings, path, patterns))
    return _open_third_party(settings, path)


def open_found(driver: str, path: str, *, drivers: Mapping[str, ScannerFactory]) -> Scanner:
    """Open a scanner that was found, as its driver has it by itself. Raises CannotOpen."""
    return drivers[driver](**{PATH[driver]: path})


def open_heard(layout: str, terminator: str, path: str, *, drivers: Mapping[str, ScannerFactory]) -> Scanner:
    """Open a scanner that showed itself by what it typed. Raises CannotOpen."""
    return drivers[ScannerDriver.EVDEV](device=path, layout=layout, terminator=terminator)


def arguments(settings: ScannerSettings, path: str, patterns: Sequence[str]) -> dict[str, object]:
    """Return what one of our drivers is opened with; what is as its default stays the driver's own."""
    driver = settings.driver
    values: dict[str, str | int | float] = {
        "baud": settings.baud,
        "bits": settings.bits,
        "parity": settings.parity,
        "stop_bits": settings.stop_bits,
        "flow": settings.flow,
        "layout": settings.layout,
        "terminator": settings.terminator,
        "prefix": settings.prefix,
        "suffix": settings.suffix,
        "encoding": settings.encoding,
        "character_gap_s": settings.character_gap_s,
        "accepted": settings.accepted,
        "refused": settings.refused,
    }
    chosen: dict[str, object] = {PATH[driver]: path}
    for name in TAKES[driver]:
        value = values[name]
        if value == DEFAULTS[name]:
            continue
        if name in ("accepted", "refused") and value == NONE:
            value = SILENT
        chosen[name] = value.encode("latin-1") if isinstance(value, str) and name in AS_BYTES[driver] else value
    if driver in ENDS_BY_PAUSE and settings.terminator == NONE and not settings.suffix:
        chosen["patterns"] = patterns
    return chosen


def path_of(settings: ScannerSettings) -> str:
    """Return where a scanner is configured to be; empty for one that has to be found."""
    return settings.port if settings.driver == ScannerDriver.SERIAL else settings.device or settings.port


def _open_third_party(settings: ScannerSettings, path: str) -> Scanner:
    where: dict[str, object] = {"port": settings.port, "device": settings.device}
    given = {name: value for name, value in where.items() if value}
    what = path or f"driver {settings.driver}"
    return ThirdPartyScanner(open_third_party(settings.driver, what, {**given, **dict(settings.options)}), what)
