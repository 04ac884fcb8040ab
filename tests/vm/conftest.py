"""One machine for all tests of this folder that need none of their own; a disk with the package for those that do."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware_sim.demo.processes import Sim
from hardware_sim.vm.image import environment, system
from hardware_sim.vm.machine import Machine, scratch
from tests.vm.installing import CARDS, ITEMS, ROOT, SOURCES, STATION, Installed, off_in_order, on_drive

INSTALLS_S = 3600.0
"""2,500 files unpacked and compiled by an emulated processor, on a host that may be busy."""


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    made = system()
    libraries = environment(ROOT / "requirements.lock")
    with Machine(made, SOURCES, drive=scratch(made.disk), environment=libraries) as running:
        print(f"booted in {running.boot_s:.1f} s")
        yield running


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    subprocess.run([sys.executable, "-m", "devtools.package", "--arch", "amd64", "--out", folder], cwd=ROOT, check=True)
    (made,) = folder.glob("*.deb")
    return made


@pytest.fixture(scope="session")
def sip2_port() -> int:
    """The library system's, the same for all tests: the installed station knows it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture(scope="session")
def installed(package: Path, sip2_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    folder = tmp_path_factory.mktemp("installed")
    disk = folder / "disk.ext4"
    subprocess.run(["cp", "--sparse=always", system().disk, disk], check=True)
    # No power is cut here, so no flush need wait.
    with on_drive(f"format=raw,cache=unsafe,file={disk}", (package, "kioskd.deb")) as machine:
        print(f"booted in {machine.boot_s:.1f} s")
        call = machine.begin(
            f"{STATION}:install", on_event=print, timeout_s=INSTALLS_S, package="/run/kiosk-vm/kioskd.deb"
        )
        told = machine.finish(call, timeout_s=INSTALLS_S)
        machine.call(f"{STATION}:configure", port=sip2_port, timeout_s=600)
        off_in_order(machine)
    yield Installed(told, disk)
    shutil.rmtree(folder)


@pytest.fixture
def library(sip2_port: int, tmp_path: Path) -> Iterator[Sim]:
    sim = Sim(
        *("ils", "--listen", f"127.0.0.1:{sip2_port}", "--ledger", str(tmp_path / "ledger")),
        *("--items", str(ITEMS), "--patrons", str(CARDS + 12)),
    )
    yield sim
    sim.close()
