"""Faults of scanners and printers: the Status names the cause, and the daemon's own advice is the remedy."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from kioskd.ctl.doctor.facts import Facts
from kioskd.ctl.doctor.fault import About, Fault, Found, Weight
from kioskd.model.device import DeviceCause, DeviceKind

SCANNER, PRINTER = DeviceKind.SCANNER, DeviceKind.PRINTER
CODES: Final[Mapping[tuple[str, str], str]] = {
    (SCANNER, DeviceCause.ABSENT): "DEV-01",
    (SCANNER, DeviceCause.DENIED): "DEV-02",
    (SCANNER, DeviceCause.BUSY): "DEV-03",
    (SCANNER, DeviceCause.UNSUITABLE): "DEV-04",
    (SCANNER, DeviceCause.WRONG_SETTING): "DEV-04",
    (SCANNER, DeviceCause.FAILS): "DEV-05",
    (SCANNER, DeviceCause.NOT_FOUND): "DEV-06",
    (SCANNER, DeviceCause.MAY_BE_ANY): "DEV-07",
    (PRINTER, DeviceCause.ABSENT): "DEV-11",
    (PRINTER, DeviceCause.DENIED): "DEV-12",
    (PRINTER, DeviceCause.BUSY): "DEV-13",
    (PRINTER, DeviceCause.UNSUITABLE): "DEV-14",
    (PRINTER, DeviceCause.WRONG_SETTING): "DEV-14",
    (PRINTER, DeviceCause.PAPER_OUT): "DEV-15",
    (PRINTER, DeviceCause.COVER_OPEN): "DEV-16",
    (PRINTER, DeviceCause.OFF_LINE): "DEV-17",
    (PRINTER, DeviceCause.SILENT): "DEV-18",
    (PRINTER, DeviceCause.NOT_FOUND): "DEV-19",
    (PRINTER, DeviceCause.CUTTER): "DEV-20",
    (PRINTER, DeviceCause.BROKEN): "DEV-21",
    (PRINTER, DeviceCause.PAUSES): "DEV-22",
    (PRINTER, DeviceCause.FAILS): "DEV-23",
}
"""Kind and cause of a device that is out of use, as the Status has them → the row. Any other is DEV-99."""

HELPS: Final = ("DEV-02", "DEV-12")


def _device(code: str) -> Callable[[Facts], Iterable[Found]]:
    """Return a look for devices that are out of use for this cause."""

    def look(facts: Facts) -> Iterable[Found]:
        for device in facts.devices:
            if device.get("state") not in ("absent", "failing"):
                continue
            known = CODES.get((str(device.get("kind")), str(device.get("cause"))), "DEV-99")
            if known == code:
                seen = f"{device.get('name')} ({device.get('driver')}): {device.get('problem') or device.get('state')}"
                programs = facts.holders.get(str(device.get("name")), ())
                seen += f"; it is open in {', '.join(programs)}" if programs else ""
                yield Found(seen, str(device.get("advice") or ""))

    return look


def _there(facts: Facts, *codes: str) -> bool:
    """Whether one of these is found."""
    return any(True for code in codes for _ in _device(code)(facts))


def _no_rules(facts: Facts) -> Iterable[str]:
    if facts.udev_rules is False and _there(facts, *HELPS):
        yield "no 70-kioskd.rules in /usr/lib/udev/rules.d or /etc/udev/rules.d"


def _no_group(facts: Facts) -> Iterable[Found]:
    if facts.daemon_groups is None:
        return
    for code, groups in (("DEV-02", ("input", "dialout")), ("DEV-12", ("lp",))):
        missing = [group for group in groups if group not in facts.daemon_groups]
        if missing and _there(facts, code):
            do = f"sudo usermod -aG {','.join(missing)} kioskd; sudo systemctl restart kioskd"
            yield Found(f"the daemon is not in {', '.join(missing)}", do)


def _no_driver(facts: Facts) -> Iterable[str]:
    if _there(facts, "DEV-11", "DEV-19"):
        yield from (
            f"{each.name} is plugged in, and no driver has it" for each in facts.usb_printers if not each.driven
        )


def _opening(facts: Facts) -> Iterable[str]:
    for device in facts.devices:
        if device.get("state") == "opening":
            yield f"{device.get('name')} ({device.get('driver')})"


WRONG, NOTICE = Weight.WRONG, Weight.NOTICE


def _row(code: str, cause: str) -> Fault:
    return Fault(code, About.DEVICES, WRONG, cause, "unplug it, plug it in again; journalctl -u kioskd", _device(code))


DEVICE_FAULTS: Final = (
    _row("DEV-01", "a scanner is unplugged, or its path is wrong"),
    _row("DEV-02", "the daemon may not open a scanner"),
    _row("DEV-03", "another program has a scanner"),
    _row("DEV-04", "a scanner is set up as what it is not"),
    _row("DEV-05", "a scanner fails while it is open"),
    _row("DEV-06", "no scanner was found anywhere"),
    _row("DEV-07", "no device says that it is a scanner; a keyboard may be one"),
    _row("DEV-11", "the printer is off, unplugged, or its place is wrong"),
    _row("DEV-12", "the daemon may not open the printer"),
    _row("DEV-13", "another program has the printer"),
    _row("DEV-14", "the printer is set up as what it is not"),
    _row("DEV-15", "the paper is out"),
    _row("DEV-16", "the printer's cover is open"),
    _row("DEV-17", "the printer is off line"),
    _row("DEV-18", "the printer went silent"),
    _row("DEV-19", "no receipt printer was found"),
    _row("DEV-20", "the printer's cutter is stuck"),
    _row("DEV-21", "the printer reports a fault of its own"),
    _row("DEV-22", "the printer pauses, often because it is hot"),
    _row("DEV-23", "the printer's driver, of another package, made a mistake"),
    _row("DEV-99", "a device is out of use"),
    Fault(
        "DEV-30",
        About.DEVICES,
        WRONG,
        "the udev rules are missing, so devices belong to root alone",
        "sudo install -m 0644 systemd/70-kioskd.rules /etc/udev/rules.d/; sudo udevadm control --reload; "
        "sudo udevadm trigger",
        _no_rules,
    ),
    Fault("DEV-31", About.DEVICES, WRONG, "the daemon's user lacks a group", "", _no_group),
    Fault(
        "DEV-32",
        About.DEVICES,
        WRONG,
        "the kernel's printer driver is not loaded",
        "sudo modprobe usblp; echo usblp | sudo tee /etc/modules-load.d/kioskd.conf",
        _no_driver,
    ),
    Fault(
        "DEV-33",
        About.DEVICES,
        NOTICE,
        "a device is being opened just now",
        "kioskctl doctor again in a moment",
        _opening,
    ),
)
