"""Small looks at the machine, read-only: each returns the facts that it found, and none where it cannot look.

`root` is where the machine's files begin; a test has a tree of its own there.
"""

import os
import time
from pathlib import Path
from typing import Any, Final

from kioskd.ctl.doctor.facts import UsbDevice

PRINTER_CLASS: Final = "07"
"""bInterfaceClass of printers. Source: USB-IF defined class codes."""
THROTTLED: Final = (
    "sys/devices/platform/soc/soc:firmware/get_throttled",
    "sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled",
)
"""Where the firmware's word stands on a Raspberry Pi to 4, and on a 5."""


def text(path: Path) -> str | None:
    """Return a small file's content without the line's end; None if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def _number(path: Path, base: int = 10) -> int | None:
    try:
        return int(text(path) or "", base)
    except ValueError:
        return None


def machine(root: Path) -> dict[str, Any]:
    """Return what the kernel tells of disk, card, firmware, heat, USB, memory and clock."""
    return {
        "wall_s": time.time(),
        "battery_clock": any((root / "dev").glob("rtc*")) if (root / "dev").is_dir() else None,
        "root_read_only_since_error": _root_read_only(root),
        "disk_errors": {
            path.parent.name: count
            for path in (root / "sys/fs/ext4").glob("*/errors_count")
            if (count := _number(path)) is not None
        },
        "card_life": {
            path.parents[1].name: tenths
            for path in (root / "sys/block").glob("mmcblk*/device/life_time")
            if (tenths := _life(path)) is not None
        },
        "throttled": next(
            (bits for name in THROTTLED if (bits := _number(root / name, 16)) is not None),
            None,
        ),
        "temperature_c": _temperature(root),
        "over_current": {
            path.parent.name: count
            for path in (root / "sys/bus/usb/devices").glob("*/*port*/over_current_count")
            if (count := _number(path)) is not None
        },
        "usb_printers": _usb_printers(root),
        "memory_available_mib": _memory(root),
    }


def _life(path: Path) -> int | None:
    """Return the worse of an eMMC's two figures. Source: JEDEC eMMC 5.0, EXT_CSD 268 and 269; 0 is *not told*."""
    try:
        figures = [int(each, 16) for each in (text(path) or "").split()]
    except ValueError:
        return None
    return max(figures, default=0) or None


def _temperature(root: Path) -> float | None:
    found = _number(root / "sys/class/thermal/thermal_zone0/temp")
    return found / 1000 if found is not None else None


def _memory(root: Path) -> int | None:
    for line in (text(root / "proc/meminfo") or "").splitlines():
        name, _, rest = line.partition(":")
        if name == "MemAvailable" and rest.split()[0].isdigit():
            return int(rest.split()[0]) // 1024
    return None


def _usb_printers(root: Path) -> tuple[UsbDevice, ...]:
    found = []
    for path in sorted((root / "sys/bus/usb/devices").glob("*:*/bInterfaceClass")):
        if text(path) == PRINTER_CLASS:
            interface = path.parent
            device = interface.parent / interface.name.partition(":")[0]
            words = [text(device / name) for name in ("manufacturer", "product")]
            named = " ".join(word for word in words if word) or interface.name
            found.append(UsbDevice(f"{named} ({interface.name})", (interface / "driver").exists()))
    return tuple(found)


def mounts(root: Path) -> list[tuple[str, str, frozenset[str]]]:
    """Return each mount's place, kind and options, in the order in which they were mounted."""
    found = []
    for line in (text(root / "proc/self/mounts") or "").splitlines():
        parts = line.split()
        if len(parts) >= 4:
            place = parts[1].replace("\\040", " ")
            found.append((place, parts[2], frozenset(parts[3].split(","))))
    return found


def mount_of(root: Path, path: Path) -> tuple[str, bool] | None:
    """Return the kind of the file system on which `path` lies, and whether it is mounted read-only."""
    best: tuple[int, str, bool] | None = None
    for place, kind, options in mounts(root):
        under = path.is_relative_to(place)
        if under and (best is None or len(place) >= best[0]):
            best = (len(place), kind, "ro" in options)
    return (best[1], best[2]) if best is not None else None


def _root_read_only(root: Path) -> bool | None:
    """Return whether / is read-only though /etc/fstab does not ask for it (a read-only root on purpose is no fault)."""
    table = text(root / "etc/fstab")
    found = [(kind, options) for place, kind, options in mounts(root) if place == "/"]
    if not found or table is None:
        return None
    kind, options = found[-1]
    rows = [line.split() for line in table.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    asked = [row[3].split(",") for row in rows if len(row) >= 4 and row[1] == "/"]
    return kind.startswith("ext") and "ro" in options and bool(asked) and all("ro" not in each for each in asked)


def network(root: Path) -> dict[str, Any]:
    """Return links, routes and name servers."""
    links = root / "sys/class/net"
    if not links.is_dir():
        return {}
    up = frozenset(each.name for each in links.iterdir() if each.name != "lo" and text(each / "carrier") == "1")
    routes = [line.split() for line in (text(root / "proc/net/route") or "").splitlines()[1:]]
    routes = [row for row in routes if len(row) >= 8]
    six = [line.split() for line in (text(root / "proc/net/ipv6_route") or "").splitlines()]
    default = any(row[1] == "00000000" and row[7] == "00000000" for row in routes)
    default_six = any(len(row) >= 10 and row[0] == "0" * 32 and row[1] == "00" and row[9] != "lo" for row in six)
    servers = text(root / "etc/resolv.conf")
    addressed = {row[0] for row in routes} | {row[9] for row in six if len(row) >= 10 and not row[0].startswith("fe80")}
    return {
        "links_up": up,
        "addresses": frozenset(addressed & up),
        "route": default or default_six,
        "name_servers": sum(line.startswith("nameserver") for line in servers.splitlines())
        if servers is not None
        else None,
    }


def udev_rules(root: Path) -> bool:
    """Return whether the station's udev rules are installed."""
    places = ("usr/lib/udev/rules.d", "lib/udev/rules.d", "etc/udev/rules.d")
    return any((root / place / "70-kioskd.rules").exists() for place in places)


def groups_of(root: Path, pid: int, names: dict[int, str]) -> frozenset[str] | None:
    """Return the names of the groups that a process is in; None if there is no such process."""
    for line in (text(root / f"proc/{pid}/status") or "").splitlines():
        if line.startswith("Groups:"):
            return frozenset(names.get(int(each), each) for each in line.split()[1:])
    return None


def room(path: Path) -> dict[str, Any]:
    """Return how much room is left where `path` is."""
    try:
        disk = os.statvfs(path)
    except OSError:
        return {}
    found: dict[str, Any] = {"free_mib": disk.f_bavail * disk.f_frsize >> 20}
    if disk.f_files:
        found["free_files"] = disk.f_favail
    return found
