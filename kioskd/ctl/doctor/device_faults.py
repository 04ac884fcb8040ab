"""Faults of scanners and printers. The daemon's own advice (Status.devices) is the remedy; its words tell the cause."""

from collections.abc import Callable, Iterable
from typing import Final

from kioskd.ctl.doctor.facts import Facts
from kioskd.ctl.doctor.fault import About, Fault, Found, Weight

WORDS: Final = {
    "DEV-01": ("scanner", ("plug the scanner in, or correct",)),
    "DEV-02": ("scanner", ("let the daemon's user", "no group may use it")),
    "DEV-03": ("scanner", ("another program holds it",)),
    "DEV-04": ("scanner", ("this is no scanner", "correct driver")),
    "DEV-05": ("scanner", ("unplug the scanner",)),
    "DEV-06": ("scanner", ("plug the scanner in, or say",)),
    "DEV-07": ("scanner", ("scan a barcode of the library",)),
    "DEV-11": ("printer", ("switch the printer on and check",)),
    "DEV-12": ("printer", ("let the daemon's user", "no group may use it")),
    "DEV-13": ("printer", ("another program holds it",)),
    "DEV-14": ("printer", ("this is no receipt printer", "correct [printer]")),
    "DEV-15": ("printer", ("put a new roll in",)),
    "DEV-16": ("printer", ("close the cover until",)),
    "DEV-17": ("printer", ("let go of the feed button",)),
    "DEV-18": ("printer", ("switch the printer off and on; check",)),
    "DEV-19": ("printer", ("plug one in",)),
    "DEV-20": ("printer", ("open the cover, take out",)),
    "DEV-21": ("printer", ("switch the printer off and on; else",)),
    "DEV-22": ("printer", ("let the print head cool",)),
}
"""How the advice for each cause begins, as docs/OPERATIONS.md lists it. A test holds it to what the daemon says."""

HELPS: Final = ("DEV-02", "DEV-12")


def _code(kind: str, advice: str) -> str:
    for code, (of, beginnings) in WORDS.items():
        if of == kind and advice.startswith(beginnings):
            return code
    return "DEV-99"


def _device(code: str) -> Callable[[Facts], Iterable[Found]]:
    """Return a look for devices that are out of use for this cause."""

    def look(facts: Facts) -> Iterable[Found]:
        for device in facts.devices:
            if device.get("state") not in ("absent", "failing"):
                continue
            advice = str(device.get("advice") or "")
            if _code(str(device.get("kind")), advice) == code:
                seen = f"{device.get('name')} ({device.get('driver')}): {device.get('problem') or device.get('state')}"
                yield Found(seen, advice)

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
