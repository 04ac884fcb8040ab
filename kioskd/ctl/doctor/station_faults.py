"""Faults of the station itself: daemon, configuration, journal, units."""

from collections.abc import Iterable
from typing import Final

from kioskd.ctl.doctor.facts import Facts
from kioskd.ctl.doctor.fault import About, Fault, Found, Look, Weight

DAY_S: Final = 86_400.0
OTHERS: Final = 0o077
"""Permission bits of everybody but the owner."""
STARTED_OFTEN: Final = 5
DAEMON: Final = "kioskd"
"""The user as which the unit runs the daemon."""


def _away(words: str) -> Look:
    """Return a look for a daemon that does not answer for this reason."""
    return lambda facts: [facts.away] if facts.away is not None and words in facts.away else []


def _other_version(facts: Facts) -> Iterable[str]:
    running = facts.status.get("version")
    if running and facts.version and running != facts.version:
        yield f"the daemon is {running}, kioskctl is {facts.version}"


def _open_secrets(facts: Facts) -> Iterable[Found]:
    for secret in facts.secrets:
        if secret.mode & OTHERS:
            yield Found(f"{secret.path} has mode {secret.mode:04o}", f"sudo chmod 0600 {secret.path}")


def _no_state_dir(facts: Facts) -> Iterable[str]:
    if facts.state_dir_there is False:
        yield f"{facts.state_dir} is not there"


def _open_state_dir(facts: Facts) -> Iterable[Found]:
    if facts.state_dir_mode is not None and facts.state_dir_mode & OTHERS:
        seen = f"{facts.state_dir} has mode {facts.state_dir_mode:04o}"
        yield Found(seen, f"sudo chmod 0700 {facts.state_dir}")


def _others_state_dir(facts: Facts) -> Iterable[Found]:
    # Where the units are installed the daemon is user kioskd; elsewhere nobody can say whose it should be.
    installed = any(unit.name == "kioskd.service" for unit in facts.units)
    if installed and facts.state_dir_owner not in (None, DAEMON):
        seen = f"{facts.state_dir} belongs to {facts.state_dir_owner}"
        yield Found(seen, f"sudo chown -R {DAEMON}:{DAEMON} {facts.state_dir}; sudo systemctl restart kioskd")


def _old_unsent(facts: Facts) -> Iterable[str]:
    if facts.oldest_unsent_s is not None and facts.oldest_unsent_s > DAY_S:
        hours = facts.oldest_unsent_s / 3600
        yield f"{facts.numbers.get('unsent', 'some')} unsent, the oldest for {hours:.0f} hours"


def _exceptions(facts: Facts) -> Iterable[str]:
    if facts.numbers.get("exceptions"):
        yield f"{facts.numbers['exceptions']} entries wait for a person"


def _block_list_missing(facts: Facts) -> Iterable[str]:
    if facts.block_list is not None and facts.block_list_age_days is None:
        yield f"{facts.block_list} is not there"


def _block_list_old(facts: Facts) -> Iterable[str]:
    if facts.block_list_age_days is not None and facts.block_list_age_days > facts.block_list_days:
        yield f"{facts.block_list} is {facts.block_list_age_days:.0f} days old, {facts.block_list_days} are allowed"


def _unit_failed(facts: Facts) -> Iterable[Found]:
    for unit in facts.units:
        if unit.active == "failed":
            seen = f"{unit.name} failed ({unit.result})"
            yield Found(seen, f"journalctl -u {unit.name} -n 50; then sudo systemctl restart {unit.name}")


def _unit_down(facts: Facts) -> Iterable[Found]:
    for unit in facts.units:
        if unit.needed and unit.active == "inactive":
            yield Found(f"{unit.name} does not run", f"sudo systemctl start {unit.name}")


def _unit_off(facts: Facts) -> Iterable[Found]:
    for unit in facts.units:
        if unit.needed and unit.enabled in ("disabled", "masked"):
            first = f"sudo systemctl unmask {unit.name}; " if unit.enabled == "masked" else ""
            yield Found(f"{unit.name} is {unit.enabled}", f"{first}sudo systemctl enable --now {unit.name}")


def _unit_again(facts: Facts) -> Iterable[Found]:
    for unit in facts.units:
        if unit.starts >= STARTED_OFTEN:
            seen = f"{unit.name} was started anew {unit.starts} times"
            yield Found(seen, f"journalctl -u {unit.name} -p warning -n 50")


WRONG, NOTICE = Weight.WRONG, Weight.NOTICE

STATION_FAULTS: Final = (
    Fault(
        "DMN-01",
        About.DAEMON,
        WRONG,
        "the daemon is not started, or uses another socket",
        "sudo systemctl start kioskd.socket kioskd; systemctl status kioskd",
        _away("no such socket"),
    ),
    Fault(
        "DMN-02",
        About.DAEMON,
        WRONG,
        "the daemon ended and left its socket",
        "sudo systemctl restart kioskd.socket kioskd; journalctl -u kioskd -n 50",
        _away("nobody listens"),
    ),
    Fault(
        "DMN-03",
        About.DAEMON,
        WRONG,
        "the daemon hangs, or is still starting",
        "journalctl -u kioskd -n 50; if it lasts: sudo systemctl restart kioskd",
        _away("no answer in time"),
    ),
    Fault(
        "DMN-04",
        About.DAEMON,
        WRONG,
        "the daemon takes no connection: it hangs",
        "sudo systemctl restart kioskd; journalctl -u kioskd -n 50",
        _away("too busy"),
    ),
    Fault(
        "DMN-05",
        About.DAEMON,
        WRONG,
        "this user may not open the socket, so most is not looked at",
        "sudo kioskctl doctor",
        _away("may not open it"),
    ),
    Fault(
        "DMN-06",
        About.DAEMON,
        WRONG,
        "another program has the socket's place",
        "sudo ss -xlp names it; is [socket] path right?",
        _away("does not speak JSON-RPC"),
    ),
    Fault(
        "DMN-07",
        About.DAEMON,
        WRONG,
        "the daemon went away while it was asked",
        "journalctl -u kioskd -n 50",
        _away("closed the connection"),
    ),
    Fault(
        "DMN-08",
        About.DAEMON,
        NOTICE,
        "an update was put in place and the daemon not started anew",
        "sudo systemctl restart kioskd",
        _other_version,
    ),
    Fault(
        "CFG-01",
        About.CONFIG,
        WRONG,
        "the configuration has a mistake; the daemon starts with none",
        "correct it, then kioskd --check, then sudo systemctl restart kioskd",
        lambda facts: facts.config_problems,
    ),
    Fault(
        "CFG-02",
        About.CONFIG,
        NOTICE,
        "the configuration works but should be changed",
        "see docs/CONFIG.md, then kioskd --check",
        lambda facts: facts.config_warnings,
    ),
    Fault(
        "CFG-03",
        About.CONFIG,
        WRONG,
        "no library system is configured, so the station is always offline",
        "sudo kioskctl setup",
        lambda facts: ["ils.host is empty"] if facts.ils_host == "" else [],
    ),
    Fault("CFG-04", About.CONFIG, WRONG, "others on this machine may read a secret", "", _open_secrets),
    Fault(
        "CFG-05",
        About.CONFIG,
        WRONG,
        "the block list that is configured is missing",
        "put the file there, or take offline.block_list out",
        _block_list_missing,
    ),
    Fault(
        "CFG-06",
        About.CONFIG,
        NOTICE,
        "the block list was not renewed",
        "renew the file; see offline.block_list_days",
        _block_list_old,
    ),
    Fault(
        "JRN-01",
        About.JOURNAL,
        WRONG,
        "the journal's place is missing",
        "sudo systemctl restart kioskd makes it; is a disk of its own not mounted? findmnt; see /etc/fstab",
        _no_state_dir,
    ),
    Fault(
        "JRN-02", About.JOURNAL, WRONG, "others on this machine may look into the journal's place", "", _open_state_dir
    ),
    Fault(
        "JRN-03",
        About.JOURNAL,
        WRONG,
        "its entries were moved to another machine",
        "if they were not: sudo kioskctl station take-back; to begin anew: sudo kioskctl station start-anew",
        lambda facts: [facts.moved] if facts.moved else [],
    ),
    Fault(
        "JRN-04",
        About.JOURNAL,
        WRONG,
        "the journal's file is not what was written to it",
        "start the daemon: it sets the file aside and saves what reads; then change the disk or card",
        lambda facts: [facts.damaged] if facts.damaged else [],
    ),
    Fault(
        "JRN-05",
        About.JOURNAL,
        NOTICE,
        "a journal was damaged and salvaged here",
        "docs/OPERATIONS.md, The journal was damaged; leave the files, change the disk or card",
        lambda facts: [f"{name} lies beside the journal" for name in facts.damaged_aside],
    ),
    Fault(
        "JRN-06",
        About.JOURNAL,
        WRONG,
        "the journal is of another version of kioskd",
        "install the newer kioskd again",
        lambda facts: [facts.other_version] if facts.other_version else [],
    ),
    Fault(
        "JRN-07",
        About.JOURNAL,
        WRONG,
        "nothing went up for more than a day",
        "see the library system below; then kioskctl upload",
        _old_unsent,
    ),
    Fault(
        "JRN-08",
        About.JOURNAL,
        NOTICE,
        "the library system refused what was lent",
        "kioskctl exceptions list",
        _exceptions,
    ),
    Fault(
        "JRN-09",
        About.JOURNAL,
        WRONG,
        "the daemon's user does not own the journal's place: it was copied there by somebody else",
        "",
        _others_state_dir,
    ),
    Fault("UNT-01", About.UNITS, WRONG, "a unit failed", "", _unit_failed),
    Fault("UNT-02", About.UNITS, WRONG, "a unit that the station needs is not started", "", _unit_down),
    Fault("UNT-03", About.UNITS, WRONG, "a unit does not start with the machine", "", _unit_off),
    Fault("UNT-04", About.UNITS, NOTICE, "a unit ends again and again", "", _unit_again),
)
