"""Is this station ready for a day without the library system? One row a check, pure functions of what was seen.

`doctor` names what is wrong; here each thing must be seen to be right. What could not be looked at is not ready.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kioskd.ctl.doctor.facts import Facts
from kioskd.ctl.doctor.fault import About, Finding, Weight


class Ready(StrEnum):
    """How a check ended. `notice`: it will do, and somebody should know."""

    YES = "yes"
    NOTICE = "notice"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen. `paper`: the View's; `login`: how a log-in as for uploads went, None: not tried.

    `blocks`: whether a block list is configured.
    """

    facts: Facts
    findings: Sequence[Finding] = ()
    paper: str | None = None
    login: str | None = None
    blocks: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """A check's end: what was seen, and what to do where it is not right."""

    name: str
    ready: Ready
    seen: str
    do: str = ""


SCANNERS: Final = tuple(f"DEV-0{number}" for number in range(1, 8))
PRINTERS: Final = tuple(f"DEV-{number}" for number in range(11, 23) if number != 15)
PAPER: Final = ("DEV-15",)
ENOUGH_MIB: Final = 100
"""Weeks of an outage, and room for the log and a damaged journal's copy."""
NOT_SEEN: Final = "could not be looked at"
ASK_DAEMON: Final = "kioskctl doctor tells why the daemon does not say"

Look = Callable[[Seen], tuple[Ready, str, str]]


def _of(seen: Seen, about: About, *codes: str) -> Finding | None:
    """Return the gravest finding of a part, or of these codes."""
    mine = [each for each in seen.findings if (each.code in codes if codes else each.about is about)]
    return min(mine, key=lambda each: each.weight is not Weight.WRONG, default=None)


def _found(finding: Finding) -> tuple[Ready, str, str]:
    ready = Ready.NO if finding.weight is Weight.WRONG else Ready.NOTICE
    return ready, f"{finding.seen} ({finding.code}: {finding.cause})", finding.do


def _clock(seen: Seen) -> tuple[Ready, str, str]:
    clock = seen.facts.status.get("clock")
    if not clock:
        return Ready.NO, NOT_SEEN, ASK_DAEMON
    if not clock.get("trusted"):
        do = "let it reach a time server, or the library system; until then entries are marked unsure"
        return Ready.NO, "the clock is not trusted", do
    finding = _of(seen, About.CLOCK)
    return _found(finding) if finding is not None else (Ready.YES, f"trusted ({clock.get('source')})", "")


def _disk(seen: Seen) -> tuple[Ready, str, str]:
    finding = _of(seen, About.DISK)
    free = (seen.facts.status.get("disk") or {}).get("free_mib")
    free = seen.facts.free_mib if free is None else free
    if finding is not None and finding.weight is Weight.WRONG:
        return _found(finding)
    if free is None:
        return Ready.NO, NOT_SEEN, ASK_DAEMON
    if free < ENOUGH_MIB:
        return Ready.NO, f"{free} MiB free", f"make space beside the journal, {ENOUGH_MIB} MiB at least"
    return _found(finding) if finding is not None else (Ready.YES, f"{free} MiB free", "")


def _journal(seen: Seen) -> tuple[Ready, str, str]:
    wrong = [each for each in seen.findings if each.about is About.JOURNAL and each.code not in UNSENT_CODES]
    if wrong:
        return _found(min(wrong, key=lambda each: each.weight is not Weight.WRONG))
    if not seen.facts.status.get("journal"):
        return Ready.NO, NOT_SEEN, ASK_DAEMON
    return Ready.YES, f"{seen.facts.numbers.get('recorded', 0)} entries ever", ""


UNSENT_CODES: Final = ("JRN-07", "JRN-08")


def _scanner(seen: Seen) -> tuple[Ready, str, str]:
    return _device(seen, "scanner", SCANNERS, "plug one in: numbers can be typed, slowly")


def _printer(seen: Seen) -> tuple[Ready, str, str]:
    if seen.facts.status and not any(each.get("kind") == "printer" for each in seen.facts.devices):
        return Ready.NOTICE, "none is configured", "patrons get no receipt and no due date slip"
    return _device(seen, "printer", PRINTERS, "switch it on; kioskctl doctor")


def _device(seen: Seen, kind: str, codes: Sequence[str], do: str) -> tuple[Ready, str, str]:
    if not seen.facts.status:
        return Ready.NO, NOT_SEEN, ASK_DAEMON
    finding = _of(seen, About.DEVICES, *codes)
    if finding is not None:
        return _found(finding)
    mine = [each for each in seen.facts.devices if each.get("kind") == kind]
    late = [each for each in mine if each.get("state") != "ready"]
    # Out of paper is the paper's matter: the printer itself is there.
    late = [each for each in late if _of(seen, About.DEVICES, *PAPER) is None or each.get("kind") != "printer"]
    if late or not mine:
        names = ", ".join(f"{each.get('name')}: {each.get('state')}" for each in late) or "there is none"
        return Ready.NO, names, str(late[0].get("advice") or do) if late else do
    return Ready.YES, ", ".join(str(each.get("name")) for each in mine), ""


def _paper(seen: Seen) -> tuple[Ready, str, str]:
    match seen.paper:
        case None:
            return Ready.NO, NOT_SEEN, ASK_DAEMON
        case "ok" | "none":
            return Ready.YES, "there is some" if seen.paper == "ok" else "no printer, no paper", ""
        case "unknown":
            return Ready.NOTICE, "the printer does not tell", "look into it"
        case "low":
            return Ready.NOTICE, "the roll is near its end", "lay a new roll beside the printer, or put it in now"
        case _:
            return Ready.NO, "the paper is out", "put a new roll in"


def _line(seen: Seen) -> tuple[Ready, str, str]:
    if not seen.facts.status:
        return Ready.NO, NOT_SEEN, ASK_DAEMON
    finding = next((each for each in seen.findings if each.about in (About.LINE, About.NETWORK)), None)
    worst = _of(seen, About.LINE) or finding
    if worst is not None and (worst.weight is Weight.WRONG or seen.facts.ils.get("state") != "ready"):
        return _found(worst)
    if seen.facts.ils.get("state") != "ready":
        return Ready.NO, f"{seen.facts.ils.get('state')}", "kioskctl doctor"
    if worst is not None:
        return _found(worst)
    return Ready.YES, f"up, {seen.facts.ils.get('round_trip_ms')} ms", ""


def _upload_login(seen: Seen) -> tuple[Ready, str, str]:
    match seen.login:
        case None:
            return Ready.NO, NOT_SEEN, "kioskctl ils-test --own-line"
        case "ok":
            return Ready.YES, "it was let in", ""
        case "same":
            if seen.facts.ils.get("state") == "ready":
                return Ready.YES, "uploads use the patrons' line", ""
            return Ready.NOTICE, "uploads use the patrons' line, which is away", "see the line"
        case refused:
            do = "check ils.upload_login_user, its password file and ils.upload_port; are there enough seats?"
            return Ready.NO, refused, do


def _block_list(seen: Seen) -> tuple[Ready, str, str]:
    facts = seen.facts
    if not seen.blocks:
        return Ready.NOTICE, "none is configured", "no card is refused offline; set offline.block_list if one should be"
    if facts.block_list_age_days is None:
        return Ready.NO, f"{facts.block_list} is missing", "let the library system's export write it again"
    if facts.block_list_age_days > facts.block_list_days:
        seen_ = f"{facts.block_list_age_days:.0f} days old"
        return Ready.NO, seen_, f"fetch it anew: older than {facts.block_list_days} days it stops only lost cards"
    return Ready.YES, f"{facts.block_list_age_days:.1f} days old", ""


def _unsent(seen: Seen) -> tuple[Ready, str, str]:
    numbers = seen.facts.numbers
    if not numbers:
        return Ready.NO, NOT_SEEN, ASK_DAEMON
    unsent, exceptions = int(numbers.get("unsent") or 0), int(numbers.get("exceptions") or 0)
    if unsent:
        return Ready.NO, f"{unsent} entries wait to be sent", "kioskctl upload; or kioskctl rescue export"
    if exceptions:
        return Ready.NOTICE, f"{exceptions} exceptions wait for a person", "kioskctl exceptions list"
    return Ready.YES, "nothing waits", ""


CHECKS: Final[tuple[tuple[str, Look], ...]] = (
    ("clock", _clock),
    ("disk", _disk),
    ("journal", _journal),
    ("printer", _printer),
    ("paper", _paper),
    ("scanner", _scanner),
    ("line", _line),
    ("upload login", _upload_login),
    ("block list", _block_list),
    ("unsent", _unsent),
)


def check(seen: Seen) -> tuple[Checked, ...]:
    """Return every check's end, in the order of the page."""
    return tuple(Checked(name, *look(seen)) for name, look in CHECKS)
