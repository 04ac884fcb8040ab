"""A machine with the package on it, fresh for each test; what is made once lies below it."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from devtools import trees
from devtools.package.__main__ import build
from tests.systemd.machine import REPO, Layers, Machine
from tests.systemd.station import Station


@pytest.fixture(scope="session", autouse=True)
def as_root() -> None:
    """A container needs root; who lacks it gets told so at the first test, and once."""
    assert os.geteuid() == 0, "the systemd tier boots machines: run ./dev test --systemd as root"


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This working copy's package."""
    return build(REPO, "amd64", tmp_path_factory.mktemp("deb"), compression="none")


@pytest.fixture(scope="session")
def empty_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty Debian 12."""
    return trees.unpack(trees.tree("12"), tmp_path_factory.mktemp("debian") / "tree")


@pytest.fixture(scope="session")
def installed(empty_tree: Path, package: Path) -> Iterator[tuple[Path, ...]]:
    """The layers of a Debian 12 with the package installed, the topmost first."""
    layers = Layers(empty_tree)
    with Machine(layers.root, binds={package.parent: "/opt/deb"}) as machine:
        machine.run(f"dpkg -i /opt/deb/{package.name}", timeout_s=300)
        machine.run("systemctl stop kioskd.socket kioskd.service")
        machine.run("journalctl --rotate --vacuum-size=1 && rm -rf /var/lib/kioskd/* && sync", check=False)
    layers.close(keep_upper=True)
    yield layers.upper, empty_tree
    layers.remove()


@pytest.fixture
def boot(installed: tuple[Path, ...]) -> Iterator[Callable[..., Station]]:
    """Boots a machine with the package on it; what it is given goes to `Station`."""
    with ExitStack() as stack:

        def booted(*debs: Path, options: tuple[str, ...] = (), **sections: dict[str, object]) -> Station:
            layers = Layers(*installed)
            stack.callback(layers.close)
            binds = {REPO / "hardware-sim": "/opt/sim"} | {deb.parent: f"/opt/{deb.parent.name}" for deb in debs}
            station = Station(layers.root, binds=binds, options=options)
            station.configure(**sections)
            station.boot()
            stack.callback(station.power_off)
            return station

        yield booted


@pytest.fixture
def station(boot: Callable[..., Station]) -> Station:
    """A machine with the package on it, booted, its daemon up, and no library system in reach."""
    machine = boot()
    machine.wait_ready()
    return machine
