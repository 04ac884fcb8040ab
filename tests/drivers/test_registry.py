"""What importing the package costs, and what each row opens."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import drivers
from drivers import PRINTERS, SCANNERS

HEAVY = {"PIL", "aiohttp", "asyncio", "ctypes", "escpos", "evdev", "kioskd", "hardware_sim", "serial", "socket", "usb"}


def modules_after(statement: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}; import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_importing_the_package_pulls_in_nothing_heavy() -> None:
    assert modules_after("import drivers") & HEAVY == set()


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ("import drivers.evdev_scanner", set()),
        ("import drivers.find_scanners, drivers.find_printers", set()),
        ("import drivers.escpos_encode", set()),
        ("import drivers.usblp_printer", set()),
        ("import drivers.usb_printer", {"usb", "ctypes"}),
        ("import drivers.printer_profiles", set()),
        ("import drivers.network_printer", {"socket"}),
        ("import drivers.serial_scanner", {"serial"}),
        ("import drivers.hotplug", {"ctypes"}),
    ],
)
def test_each_driver_pulls_in_its_own_only(statement: str, allowed: set[str]) -> None:
    assert modules_after(statement) & HEAVY <= allowed


def test_the_package_knows_no_kioskd() -> None:
    for path in Path(drivers.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            assert not {name.partition(".")[0] for name in names} & {"kioskd", "hardware_sim"}, path


@pytest.mark.parametrize("row", [*SCANNERS.values(), *PRINTERS.values()])
def test_each_row_reaches_its_driver(row) -> None:  # noqa: ANN001
    with pytest.raises(TypeError, match="no_such_setting"):
        row(no_such_setting=1)


def test_the_rows_of_the_configuration_are_there() -> None:
    assert {"evdev", "serial"} <= SCANNERS.keys()
    assert {"network", "none", "serial", "usb", "usblp"} <= PRINTERS.keys()
