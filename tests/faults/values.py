"""Faults that need a device, a server or a network of their own: made by what the daemon would tell."""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from drivers.base import Fault, Paper, PrinterStatus, WhyNot
from drivers.identity import Evidence, Found, Verdict
from kioskd.ctl.doctor.facts import Facts, Unit, UsbDevice
from kioskd.devices import advice
from kioskd.devices.finding import nothing_found
from kioskd.model.device import DeviceCause, DeviceKind
from kioskd.model.ils import LineTrouble

READY: Final[dict[str, Any]] = {
    "name": "front",
    "kind": "scanner",
    "driver": "evdev",
    "state": "ready",
    "problem": None,
    "advice": None,
}
STATUS: Final[dict[str, Any]] = {
    "mode": {"name": "online", "since": "2026-11-24T10:00:00-08:00", "reason": "", "forced": False, "slow": False},
    "ils": {
        "state": "ready",
        "last_answer": "2026-11-24T10:00:00-08:00",
        "round_trip_ms": 40.0,
        "problem": None,
        "flags": {"checkin_ok": True, "checkout_ok": True, "renewal_policy": True, "offline_ok": False},
    },
    "devices": [READY],
    "journal": {"recorded": 9, "unsent": 0, "settled": 9, "exceptions": 0, "oldest_unsent": None},
    "clock": {"trusted": True, "source": "ntp"},
    "disk": {"free_mib": 20_000, "problem": None},
    "version": "0.1.0",
    "uptime_s": 600,
}
UNIT: Final = Unit("kioskd.service", "active", "success", 0, "enabled", needed=True)
HEALTHY: Final = Facts(
    config_file=Path("/etc/kioskd/kioskd.toml"),
    ils_host="sip2.library.example",
    status=STATUS,
    version="0.1.0",
    daemon_groups=frozenset({"kioskd", "input", "dialout", "lp"}),
    udev_rules=True,
    units=(UNIT,),
    state_dir=Path("/var/lib/kioskd"),
    state_dir_there=True,
    state_dir_mode=0o700,
    state_dir_owner="kioskd",
    state_dir_mount="ext4",
    state_dir_read_only=False,
    free_mib=20_000,
    free_files=900_000,
    wall_s=1.8e9,
    kernel_keeps_time=True,
    battery_clock=False,
    root_read_only_since_error=False,
    disk_errors={"mmcblk0p2": 0},
    card_life={"mmcblk0": 1},
    throttled=0,
    temperature_c=55.0,
    over_current={"usb1-port1": 0},
    usb_printers=(UsbDevice("EPSON TM-T20II (1-1:1.0)", driven=True),),
    memory_available_mib=600,
    links_up=frozenset({"eth0"}),
    addresses=frozenset({"eth0"}),
    route=True,
    name_servers=1,
)
"""A station at which nothing is wrong. Its 98 says `offline_ok` N, as most do."""


@dataclass(frozen=True)
class Case:
    """A fault as people say it, the facts of it, and the codes that must be found: these and no others."""

    name: str
    facts: Facts
    codes: frozenset[str]
    needs: str = field(default="")
    """What must stand in the remedy of one finding."""


def status(**parts: Any) -> dict[str, Any]:
    return STATUS | {name: {**STATUS[name], **part} for name, part in parts.items()}


def with_device(
    kind: DeviceKind, problem: str, told: str, state: str = "failing", *, cause: str = DeviceCause.DENIED
) -> Facts:
    bad = {"name": "the one", "kind": kind.value, "driver": "x", "state": state, "problem": problem, "advice": told}
    bad["cause"] = str(cause)
    return HEALTHY.but(status=STATUS | {"devices": [READY, bad]})


def line(trouble: LineTrouble, detail: str = "", **more: Any) -> Facts:
    return HEALTHY.but(
        status=status(ils={"state": "down", "problem": f"{trouble.value}: {detail}" if detail else trouble.value}),
        **more,
    )


def strerror(number: int) -> str:
    return f"10.0.0.9:6001: no connection: {os.strerror(number)}"


def devices() -> Iterator[Case]:
    first = {DeviceKind.SCANNER: 1, DeviceKind.PRINTER: 11}
    order = (WhyNot.ABSENT, WhyNot.DENIED, WhyNot.BUSY, WhyNot.UNSUITABLE)
    for kind, number in first.items():
        for at, why in enumerate(order):
            told = advice.advice(kind, why)
            facts = with_device(
                kind, f"/dev/x: {why.value}", told, "absent" if why is WhyNot.ABSENT else "failing", cause=why.value
            )
            yield Case(f"{kind.value} {why.value}", facts, frozenset({f"DEV-{number + at:02}"}), told[:12])
    scanner, printer = DeviceKind.SCANNER, DeviceKind.PRINTER
    candidate = Found("evdev", "/dev/input/event3", "USB Keyboard", Verdict.CANDIDATE, Evidence.MAKER, None)
    hidden = Found("evdev", "/dev/input/event4", "", Verdict.DENIED, Evidence.MAKER, None)
    searches = (
        ("no scanner", (), "DEV-06"),
        ("scanner does not say so", (candidate,), "DEV-07"),
        ("devices denied", (hidden,), "DEV-02"),
    )
    for name, there, code in searches:
        missing = nothing_found(there)
        yield Case(
            name,
            with_device(scanner, missing.problem, missing.advice, "absent", cause=missing.cause),
            frozenset({code}),
        )
    denied = with_device(scanner, "denied", advice.advice(scanner, WhyNot.DENIED))
    yield Case("scanner node of no group", with_device(scanner, "denied", advice.NO_GROUP), frozenset({"DEV-02"}))
    yield Case(
        "scanner not in the group",
        denied.but(daemon_groups=frozenset({"kioskd", "dialout", "lp"})),
        frozenset({"DEV-02", "DEV-31"}),
        "usermod -aG input kioskd",
    )
    yield Case(
        "printer not in the group",
        with_device(printer, "denied", advice.advice(printer, WhyNot.DENIED)).but(daemon_groups=frozenset({"kioskd"})),
        frozenset({"DEV-12", "DEV-31"}),
        "usermod -aG lp kioskd",
    )
    yield Case("udev rules missing", denied.but(udev_rules=False), frozenset({"DEV-02", "DEV-30"}), "udevadm control")
    yield Case(
        "scanner fails",
        with_device(scanner, "Input/output error", advice.SCANNER_FAILED, cause=DeviceCause.FAILS),
        frozenset({"DEV-05"}),
    )
    said = {
        "paper out": (PrinterStatus(Paper.OUT, online=False, answers=True), "DEV-15"),
        "cover open": (PrinterStatus(Paper.OK, online=False, cover_open=True, answers=True), "DEV-16"),
        "printer off line": (PrinterStatus(Paper.OK, online=False, answers=True), "DEV-17"),
        "cutter stuck": (PrinterStatus(Paper.OK, faults=frozenset({Fault.CUTTER}), answers=True), "DEV-20"),
        "printer fault": (PrinterStatus(Paper.OK, faults=frozenset({Fault.UNRECOVERABLE}), answers=True), "DEV-21"),
        "print head hot": (PrinterStatus(Paper.OK, faults=frozenset({Fault.RECOVERABLE}), answers=True), "DEV-22"),
    }
    for name, (printer_status, code) in said.items():
        trouble = advice.trouble(printer_status)
        assert trouble is not None
        yield Case(name, with_device(printer, trouble.problem, trouble.advice, cause=trouble.cause), frozenset({code}))
    told = "its driver made a mistake: KeyError('nothing')"
    mistake = with_device(printer, told, advice.DRIVER_MISTAKE, cause=DeviceCause.FAILS)
    yield Case("mistake of another package's driver", mistake, frozenset({"DEV-23"}))
    for trouble, code in ((advice.STALLED, "DEV-18"), (advice.NO_PRINTER_FOUND, "DEV-19")):
        yield Case(
            trouble.problem,
            with_device(printer, trouble.problem, trouble.advice, cause=trouble.cause),
            frozenset({code}),
        )
    absent = with_device(printer, "absent", advice.advice(printer, WhyNot.ABSENT), "absent", cause=DeviceCause.ABSENT)
    yield Case(
        "usblp missing",
        absent.but(usb_printers=(UsbDevice("EPSON TM-T20II (1-1:1.0)", driven=False),)),
        frozenset({"DEV-11", "DEV-32"}),
        "modprobe usblp",
    )
    told = "correct [printer] and restart kioskd"
    wrong = with_device(printer, "no such profile", told, cause=DeviceCause.WRONG_SETTING)
    yield Case("printer settings wrong", wrong, frozenset({"DEV-14"}))
    other = with_device(scanner, "odd", "ask its makers", cause="something_new")
    yield Case("a driver of another package", other, frozenset({"DEV-99"}))
    yield Case("device opening", with_device(scanner, "", "", "opening"), frozenset({"DEV-33"}))


def lines() -> Iterator[Case]:
    t = LineTrouble
    cases = (
        ("DNS", line(t.NO_NAME, "Name or service not known"), {"ILS-01"}, "getent"),
        ("port refused", line(t.REFUSED, strerror(errno.ECONNREFUSED)), {"ILS-02"}, "ils.port"),
        ("no route", line(t.REFUSED, strerror(errno.EHOSTUNREACH)), {"ILS-03"}, "ip route"),
        ("network unreachable", line(t.REFUSED, strerror(errno.ENETUNREACH)), {"ILS-03"}, "ip route"),
        ("firewall drops", line(t.REFUSED, "10.0.0.9:6001: no connection within 8 s"), {"ILS-04"}, "firewall"),
        ("line closed", line(t.LOST, "closed by the other side"), {"ILS-05"}, "login_user"),
        ("server hangs", line(t.SILENT), {"ILS-06"}, "keepers"),
        ("wrong login", line(t.LOGIN, "94 says no"), {"ILS-07"}, "ils-password"),
        ("98 says off line", line(t.SAYS_OFFLINE), {"ILS-08"}, "keepers"),
        ("checksums wrong", line(t.GARBLED, "checksum"), {"ILS-09"}, "verify_checksum"),
        ("half up", line(t.HALF_UP), {"ILS-10"}, "keepers"),
        ("refuses everything", line(t.SUSPECT), {"ILS-11"}, "login_user"),
        ("nightly halt", line(t.QUIET), {"ILS-12"}, ""),
        ("just started", line(t.NOT_YET), {"ILS-13"}, ""),
        ("slow line", HEALTHY.but(status=status(ils={"round_trip_ms": 4100.0})), {"ILS-14"}, "keepers"),
        ("forced offline", HEALTHY.but(status=status(mode={"forced": True})), {"ILS-15"}, "mode auto"),
        (
            "98 takes no checkouts",
            HEALTHY.but(status=status(ils={"flags": {"checkout_ok": False}})),
            {"ILS-16"},
            "keepers",
        ),
        ("no name from here", HEALTHY.but(name_leads_to=()), {"ILS-17"}, "getent"),
        ("no connection from here", HEALTHY.but(own_line="x:1: timed out"), {"ILS-18"}, "firewall"),
        (
            "uploads' login",
            HEALTHY.but(status=status(ils={"upload_problem": "the login for uploads was refused"})),
            {"ILS-19"},
            "[door]",
        ),
        ("door shut", HEALTHY.but(own_door="x:443: Connection refused"), {"ILS-20"}, "door.url"),
        (
            "door of another name",
            HEALTHY.but(own_door="x:443: Hostname mismatch", door_trusted=False),
            {"ILS-21"},
            "ca_file",
        ),
        (
            "cable out",
            line(t.REFUSED, strerror(errno.ENETUNREACH), links_up=frozenset(), addresses=frozenset(), route=False),
            {"ILS-03", "NET-01"},
            "cable",
        ),
        (
            "no DHCP",
            line(t.REFUSED, strerror(errno.ENETUNREACH), addresses=frozenset(), route=False),
            {"ILS-03", "NET-02"},
            "DHCP",
        ),
        ("no gateway", line(t.REFUSED, strerror(errno.ENETUNREACH), route=False), {"ILS-03", "NET-03"}, "gateway"),
        ("no name server", line(t.NO_NAME, name_servers=0), {"ILS-01", "NET-04"}, "resolv.conf"),
    )
    for name, facts, codes, needs in cases:
        yield Case(name, facts, frozenset(codes), needs)


def others() -> Iterator[Case]:
    gone = HEALTHY.but(status={}, away="…")
    cases: tuple[tuple[str, Facts, set[str], str], ...] = (
        ("daemon busy", gone.but(away="x.sock: too busy to take a connection"), {"DMN-04"}, "restart"),
        ("not for this user", gone.but(away="x.sock: you may not open it; run as root"), {"DMN-05"}, "sudo kioskctl"),
        ("update not started", HEALTHY.but(version="0.2.0"), {"DMN-08"}, "restart"),
        ("empty ils.host", HEALTHY.but(ils_host=""), {"CFG-03"}, "setup"),
        ("configuration warns", HEALTHY.but(config_warnings=("odd",)), {"CFG-02"}, "--check"),
        ("unsent for days", HEALTHY.but(oldest_unsent_s=2e5), {"JRN-07"}, "upload"),
        ("exceptions wait", HEALTHY.but(status=status(journal={"exceptions": 2})), {"JRN-08"}, "exceptions list"),
        ("state directory copied by root", HEALTHY.but(state_dir_owner="root"), {"JRN-09"}, "chown -R kioskd"),
        ("newer journal", HEALTHY.but(other_version="schema 9"), {"JRN-06"}, "newer"),
        ("disk full", HEALTHY.but(status=status(disk={"problem": "disk_full"})), {"DSK-01"}, "clean"),
        ("read-only", HEALTHY.but(status=status(disk={"problem": "disk_read_only"})), {"DSK-02"}, "change"),
        ("disk error", HEALTHY.but(status=status(disk={"problem": "disk_error"})), {"DSK-03"}, "change"),
        ("disk nearly full", HEALTHY.but(status=status(disk={"free_mib": 90})), {"DSK-04"}, "df -h"),
        ("no inodes", HEALTHY.but(free_files=3), {"DSK-05"}, "df -i"),
        (
            "clock not trusted, no battery",
            HEALTHY.but(status=status(clock={"trusted": False, "source": "none"})),
            {"CLK-01", "CLK-03"},
            "timedatectl",
        ),
        ("clock of 1970", HEALTHY.but(wall_s=86_400.0), {"CLK-02"}, "set-time"),
        ("unit failed", HEALTHY.but(units=(Unit("x.service", "failed", "core-dump", 1, "enabled", needed=True),)),
         {"UNT-01"}, "journalctl -u x.service"),
        ("unit stopped", HEALTHY.but(units=(Unit("x.service", "inactive", "", 0, "enabled", needed=True),)),
         {"UNT-02"}, "systemctl start x.service"),
        ("unit masked", HEALTHY.but(units=(Unit("x.service", "active", "", 0, "masked", needed=True),)),
         {"UNT-03"}, "unmask"),
        ("unit ends often", HEALTHY.but(units=(Unit("x.service", "active", "", 12, "enabled", needed=True),)),
         {"UNT-04"}, "journalctl"),
        ("display not wanted", HEALTHY.but(units=(Unit("d.service", "inactive", "", 0, "disabled", needed=False),)),
         set(), ""),
    )  # fmt: skip
    for name, facts, codes, needs in cases:
        yield Case(name, facts, frozenset(codes), needs)


def cases() -> list[Case]:
    """Return them all."""
    return [*devices(), *lines(), *others()]
