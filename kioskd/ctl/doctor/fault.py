"""A row of the table of faults, and what it finds."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kioskd.ctl.doctor.facts import Facts


class About(StrEnum):
    """The parts of the page, in its order."""

    DAEMON = "daemon"
    CONFIG = "configuration"
    JOURNAL = "journal"
    DISK = "disk"
    CLOCK = "clock"
    DEVICES = "devices"
    LINE = "library system"
    NETWORK = "network"
    UNITS = "units"
    MACHINE = "machine"


class Weight(StrEnum):
    """How bad: `wrong` makes the exit status 1, a `notice` is to be known."""

    WRONG = "wrong"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Found:
    """One time a fault is there: what was seen, and a remedy that fits better than the row's, if there is one."""

    seen: str
    do: str = ""


Look = Callable[[Facts], Iterable[Found | str]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A row: the code is stable; `look` says each time that the fault is there; `do` is what to type or to do."""

    code: str
    about: About
    weight: Weight
    cause: str
    do: str
    look: Look


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault that is there."""

    code: str
    about: About
    weight: Weight
    seen: str
    cause: str
    do: str


def find(faults: Sequence[Fault], facts: Facts) -> Iterator[Finding]:
    """Return what of the table is there, in the table's order."""
    for fault in faults:
        for found in fault.look(facts):
            each = Found(found) if isinstance(found, str) else found
            yield Finding(fault.code, fault.about, fault.weight, each.seen, fault.cause, each.do or fault.do)
