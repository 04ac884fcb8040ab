"""Printers behind usblp, as sysfs shows them."""

from pathlib import Path

import pytest

from drivers.find_printers import find_printers, read_device_id
from drivers.identity import Evidence, Identity, KnownBy, Verdict


def plug(root: Path, number: int, *, device_id: str, serial: str = "", port: str) -> None:
    usb = root / "devices" / port
    interface = usb / f"{port}:1.0"
    interface.mkdir(parents=True)
    (usb / "idVendor").write_text("04b8\n")
    (usb / "idProduct").write_text("0e15\n")
    if serial:
        (usb / "serial").write_text(serial + "\n")
    (interface / "ieee1284_id").write_text(device_id + "\n")
    (root / "class" / f"lp{number}").mkdir(parents=True)
    (root / "class" / f"lp{number}" / "device").symlink_to(interface)
    (root / "dev").mkdir(exist_ok=True)
    (root / "dev" / f"lp{number}").touch()


def test_which_printers_may_be_taken(tmp_path: Path) -> None:
    plug(tmp_path, 0, device_id="MFG:EPSON;CMD:ESC/POS;MDL:TM-T20III;CLS:PRINTER;", serial="X3BF0", port="1-1")
    plug(tmp_path, 1, device_id="MFG:HP;CMD:PJL,PCL;MDL:LaserJet 400;CLS:PRINTER;", port="1-2")
    plug(tmp_path, 2, device_id="MANUFACTURER:Nameless;MODEL:POS-80;", port="1-3.2")
    found = find_printers(
        device_folder=tmp_path / "dev", class_folder=tmp_path / "class", udev_folder=tmp_path / "udev"
    )
    assert [(Path(one.path).name, one.name, one.verdict, one.evidence, one.identity) for one in found] == [
        (
            "lp0",
            "EPSON TM-T20III",
            Verdict.TAKE,
            Evidence.SAYS_SO,
            Identity(0x04B8, 0x0E15, KnownBy.SERIAL_NUMBER, "X3BF0"),
        ),
        (
            "lp1",
            "HP LaserJet 400",
            Verdict.CANDIDATE,
            Evidence.COULD_BE_ANY_PRINTER,
            Identity(0x04B8, 0x0E15, KnownBy.PORT, "1-2"),
        ),
        (
            "lp2",
            "Nameless POS-80",
            Verdict.TAKE,
            Evidence.SAYS_SO,
            Identity(0x04B8, 0x0E15, KnownBy.PORT, "1-3.2"),
        ),
    ]


def test_nothing_there(tmp_path: Path) -> None:
    assert find_printers(device_folder=tmp_path / "usb", class_folder=tmp_path, udev_folder=tmp_path) == []


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", {}),
        ("rubbish", {}),
        ("MFG:A;MDL:B C;", {"MFG": "A", "MDL": "B C"}),
        ("MODEL: X ;COMMAND SET:ESC/POS;", {"MDL": "X", "CMD": "ESC/POS"}),
        ("DES:a:b;", {"DES": "a:b"}),
    ],
)
def test_device_id(text: str, fields: dict[str, str]) -> None:
    assert read_device_id(text) == fields
