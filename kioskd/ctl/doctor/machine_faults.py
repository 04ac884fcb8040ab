"""Faults of the machine: disk and card, clock, and what ails a Raspberry Pi."""

import datetime as dt
from collections.abc import Iterable
from typing import Final

from kioskd.ctl.doctor.facts import Facts
from kioskd.ctl.doctor.fault import About, Fault, Look, Weight

LITTLE_MIB: Final = 500
FEW_FILES: Final = 1000
MADE: Final = dt.datetime(2024, 1, 1, tzinfo=dt.UTC).timestamp()
"""Years before this program was written: a clock that shows an earlier day is wrong."""
HOT_C: Final = 80.0
"""From here on the firmware slows the processor. Source: Raspberry Pi documentation, frequency management."""
WORN_TENTHS: Final = 9
LITTLE_MEMORY_MIB: Final = 64
IN_MEMORY: Final = ("tmpfs", "ramfs", "overlay")
PROBLEMS: Final = ("disk_full", "disk_read_only", "disk_error")


def _storage(name: str) -> Look:
    def look(facts: Facts) -> Iterable[str]:
        disk = facts.status.get("disk") or {}
        if disk.get("problem") == name:
            yield f"the daemon says {name}; {disk.get('free_mib')} MiB free"

    return look


def _free_mib(facts: Facts) -> int | None:
    free = (facts.status.get("disk") or {}).get("free_mib")
    return facts.free_mib if free is None else free


def _little_room(facts: Facts) -> Iterable[str]:
    free = _free_mib(facts)
    if free is not None and free < LITTLE_MIB:
        yield f"{free} MiB free beside the journal"


def _few_files(facts: Facts) -> Iterable[str]:
    if facts.free_files is not None and facts.free_files < FEW_FILES:
        yield f"room for {facts.free_files} more files"


def _read_only(facts: Facts) -> Iterable[str]:
    if facts.state_dir_read_only:
        yield f"the file system of {facts.state_dir} is mounted read-only"


def _in_memory(facts: Facts) -> Iterable[str]:
    if facts.state_dir_mount in IN_MEMORY:
        yield f"{facts.state_dir} lies on {facts.state_dir_mount}"


def _disk_errors(facts: Facts) -> Iterable[str]:
    for name, count in sorted(facts.disk_errors.items()):
        if count:
            yield f"{name}: the file system counted {count} errors"


def _worn(facts: Facts) -> Iterable[str]:
    for name, tenths in sorted(facts.card_life.items()):
        if tenths >= WORN_TENTHS:
            yield f"{name}: " + ("past its rated life" if tenths > 10 else f"{tenths}0 % of its rated life used")


def _untrusted(facts: Facts) -> Iterable[str]:
    clock = facts.status.get("clock") or {}
    if clock.get("trusted") is False:
        yield f"the daemon does not trust the clock; source {clock.get('source')}"
    elif not facts.status and facts.kernel_keeps_time is False:
        yield "the kernel says that nobody keeps its clock right"


def _long_ago(facts: Facts) -> Iterable[str]:
    if facts.wall_s is not None and facts.wall_s < MADE:
        yield f"it shows {dt.datetime.fromtimestamp(facts.wall_s, dt.UTC):%Y-%m-%d}"


def _no_battery_clock(facts: Facts) -> Iterable[str]:
    if facts.battery_clock is False and list(_untrusted(facts)):
        yield "there is no /dev/rtc"


def _bit(number: int) -> Look:
    """Return a look for a bit of the firmware's word that stands now."""

    def look(facts: Facts) -> Iterable[str]:
        if facts.throttled is not None and facts.throttled >> number & 1:
            yield f"the firmware says so now (get_throttled={facts.throttled:#x})"

    return look


def _was(number: int) -> Look:
    """Return a look for a bit that stood at some time since the start, and does not now."""

    def look(facts: Facts) -> Iterable[str]:
        if facts.throttled is not None and facts.throttled >> (number + 16) & 1 and not facts.throttled >> number & 1:
            yield f"since the start, not now (get_throttled={facts.throttled:#x})"

    return look


def _hot(facts: Facts) -> Iterable[str]:
    if facts.temperature_c is not None and facts.temperature_c >= HOT_C:
        yield f"{facts.temperature_c:.0f} °C"


def _over_current(facts: Facts) -> Iterable[str]:
    for name, count in sorted(facts.over_current.items()):
        if count:
            yield f"USB port {name}: {count} times"


def _little_memory(facts: Facts) -> Iterable[str]:
    if facts.memory_available_mib is not None and facts.memory_available_mib < LITTLE_MEMORY_MIB:
        yield f"{facts.memory_available_mib} MiB available"


WRONG, NOTICE = Weight.WRONG, Weight.NOTICE
SUPPLY: Final = "use the maker's power supply and a short thick cable; a powered hub for scanner and printer"

MACHINE_FAULTS: Final = (
    Fault(
        "DSK-01",
        About.DISK,
        WRONG,
        "the disk is full",
        "make room: sudo apt-get clean; sudo journalctl --vacuum-size=50M; nothing in the state directory itself",
        _storage("disk_full"),
    ),
    Fault(
        "DSK-02",
        About.DISK,
        WRONG,
        "the kernel gave the file system up",
        "sudo dmesg -T | grep -i error; save the state directory, then change the disk or card",
        _storage("disk_read_only"),
    ),
    Fault(
        "DSK-03",
        About.DISK,
        WRONG,
        "the disk or card is dying",
        "save the state directory, then change the disk or card",
        _storage("disk_error"),
    ),
    Fault(
        "DSK-04",
        About.DISK,
        NOTICE,
        "the disk is nearly full",
        "sudo apt-get clean; sudo journalctl --vacuum-size=50M; df -h",
        _little_room,
    ),
    Fault("DSK-05", About.DISK, WRONG, "the file system has no room for more files", "df -i", _few_files),
    Fault(
        "DSK-06",
        About.DISK,
        WRONG,
        "nothing can be written to the journal's place",
        "sudo dmesg -T | grep -i remount; an overlay root: give the journal a partition of its own",
        _read_only,
    ),
    Fault(
        "DSK-07",
        About.DISK,
        WRONG,
        "a power cut takes the journal away: it lies in memory",
        "give it a partition of its own: docs/OPERATIONS.md, A root that cannot be written",
        _in_memory,
    ),
    Fault(
        "DSK-08",
        About.DISK,
        WRONG,
        "the disk or card gave back what was not written to it",
        "save the state directory, then change the disk or card",
        _disk_errors,
    ),
    Fault("DSK-09", About.DISK, NOTICE, "the card is worn", "change it soon: move the station to a new one", _worn),
    Fault(
        "DSK-10",
        About.DISK,
        WRONG,
        "the kernel made the root read-only after an error",
        "sudo dmesg -T | grep -i remount; save the state directory, then change the disk or card",
        lambda facts: (
            ["/ is mounted read-only, and /etc/fstab says otherwise"] if facts.root_read_only_since_error else []
        ),
    ),
    Fault(
        "CLK-01",
        About.CLOCK,
        WRONG,
        "nobody vouches for the time: receipts say so, no bookmark is printed",
        "timedatectl; sudo timedatectl set-ntp true; may this station reach a time server?",
        _untrusted,
    ),
    Fault(
        "CLK-02",
        About.CLOCK,
        WRONG,
        "the clock is wrong",
        "sudo timedatectl set-ntp true, or sudo timedatectl set-time 'YYYY-MM-DD HH:MM'",
        _long_ago,
    ),
    Fault(
        "CLK-03",
        About.CLOCK,
        NOTICE,
        "this machine has no battery clock, so each start begins without the time",
        "add a clock with a battery, or see that a time server is reached",
        _no_battery_clock,
    ),
    Fault("PI-01", About.MACHINE, WRONG, "under-voltage: the power supply or its cable is too weak", SUPPLY, _bit(0)),
    Fault(
        "PI-02",
        About.MACHINE,
        NOTICE,
        "there was under-voltage: it damages cards and resets USB devices",
        SUPPLY,
        _was(0),
    ),
    Fault(
        "PI-03", About.MACHINE, WRONG, "the processor is slowed down", "see the voltage and the temperature", _bit(2)
    ),
    Fault(
        "PI-04", About.MACHINE, NOTICE, "the processor was slowed down", "see the voltage and the temperature", _was(2)
    ),
    Fault("PI-05", About.MACHINE, WRONG, "it is too hot", "air, a heat sink, a fan; vcgencmd measure_temp", _hot),
    Fault("PI-06", About.MACHINE, NOTICE, "it was too hot", "air, a heat sink, a fan", _was(3)),
    Fault(
        "PI-07",
        About.MACHINE,
        WRONG,
        "a device takes more current than the port gives",
        "unplug it; use a powered hub",
        _over_current,
    ),
    Fault(
        "PI-08",
        About.MACHINE,
        NOTICE,
        "memory is short: browsers die first",
        "ps aux --sort=-rss | head; journalctl -k -g oom",
        _little_memory,
    ),
)
