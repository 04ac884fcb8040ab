"""The same package on the newer system: Python 3.13, a newer systemd."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools import trees
from tests.systemd.machine import REPO, Layers
from tests.systemd.station import Station

pytestmark = [pytest.mark.systemd, pytest.mark.timeout(600)]

ITEMS = ("30000000000012", "30000000000020")


@pytest.fixture
def station(package: Path, tmp_path: Path) -> Iterator[Station]:
    layers = Layers(trees.unpack(trees.tree("13"), tmp_path / "tree"))
    with Station(layers.root, binds={REPO / "hardware-sim": "/opt/sim", package.parent: "/opt/deb"}) as machine:
        machine.configure()
        machine.run(f"dpkg -i /opt/deb/{package.name}", timeout_s=500)
        machine.wait_ready()
        yield machine
    layers.close()


def test_it_installs_lends_and_uploads(station: Station) -> None:
    station.lend(*ITEMS)
    assert station.run("stat -c '%a %U' /var/lib/kioskd").strip() == "700 kioskd"
    station.start_ils()
    station.all_sent()
    assert station.loans() == list(ITEMS)
    assert station.show("kioskd-screen", "ActiveState") == "active"
    station.run("systemd-analyze security --offline=yes --no-pager --threshold=20 kioskd.service")
    assert station.run("systemd-analyze verify --man=no --recursive-errors=yes kioskd.service").strip() == ""
