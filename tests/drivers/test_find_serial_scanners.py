"""Serial devices as udev's links and sysfs show them."""

from pathlib import Path

import pytest

from drivers.find_serial_scanners import find_serial_scanners
from drivers.identity import Evidence, KnownBy, Verdict


def plug(root: Path, tty: str, *, vendor: str, product: str, serial: str = "", depth: int = 1) -> None:
    usb = root / "devices" / f"usb-{tty}"
    interface = usb / "1-1:1.0" / ("" if depth == 1 else tty)  # cdc_acm hangs on the interface, usb-serial one below
    interface.mkdir(parents=True)
    for name, text in (("idVendor", vendor), ("idProduct", "0001"), ("product", product), ("serial", serial)):
        if text:
            (usb / name).write_text(text + "\n")
    (root / "class" / tty).mkdir(parents=True)
    (root / "class" / tty / "device").symlink_to(interface)
    for folder in ("dev", "by-id"):
        (root / folder).mkdir(exist_ok=True)
    (root / "dev" / tty).touch()
    (root / "by-id" / f"usb-{product.replace(' ', '_')}").symlink_to(root / "dev" / tty)


@pytest.mark.cell("serial", "not a scanner", on="files")
@pytest.mark.cell("serial", "two alike", on="files")
def test_what_is_taken_and_what_is_left_alone(tmp_path: Path) -> None:
    plug(tmp_path, "ttyACM0", vendor="05f9", product="Gryphon", serial="G1")
    plug(tmp_path, "ttyACM1", vendor="1234", product="USB Barcode Scanner CDC")
    plug(tmp_path, "ttyUSB0", vendor="0403", product="FT232R USB UART Scanner?", serial="A50285BI", depth=2)
    plug(tmp_path, "ttyACM2", vendor="2341", product="Arduino Uno", serial="000")
    (tmp_path / "by-id" / "usb-gone").symlink_to(tmp_path / "dev" / "ttyACM9")
    found = find_serial_scanners(
        link_folder=tmp_path / "by-id", class_folder=tmp_path / "class", udev_folder=tmp_path / "udev"
    )
    judged = {Path(one.path).resolve().name: (one.verdict, one.evidence, one.identity.known_by) for one in found}
    assert judged == {
        "ttyACM0": (Verdict.TAKE, Evidence.MAKER, KnownBy.SERIAL_NUMBER),
        "ttyACM1": (Verdict.TAKE, Evidence.SAYS_SO, KnownBy.PORT),
        "ttyUSB0": (Verdict.CANDIDATE, Evidence.COULD_BE_ANY_SERIAL_DEVICE, KnownBy.SERIAL_NUMBER),
        "ttyACM2": (Verdict.CANDIDATE, Evidence.COULD_BE_ANY_SERIAL_DEVICE, KnownBy.PORT),
    }
    assert all(Path(one.path).parent.name == "by-id" for one in found)
