"""Another machine goes on with the entries of the first: by its card, or by its archive; each entry is sent once."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.systemd.station import Station

pytestmark = [pytest.mark.systemd, pytest.mark.timeout(300)]

ITEMS = ("30000000000012", "30000000000020", "30000000000038", "30000000000046")
STRANGER = 4242
"""The number that the daemon's user had on the machine that the card comes from."""


def test_its_card_in_another_machine(boot: Callable[..., Station], tmp_path: Path) -> None:
    card = tmp_path / "card"
    card.mkdir()
    options = (f"--bind={card}:/var/lib/kioskd",)
    first = boot(options=options)
    first.wait_ready()
    first.lend(*ITEMS[:2])
    first.kill()  # it broke: no orderly end
    for path in (card, *card.iterdir()):
        os.chown(path, STRANGER, STRANGER)
    second = boot(options=options, station={"id": "T-1", "timezone": "Etc/UTC"})
    second.wait_ready()
    assert [entry["item"] for entry in second.entries()] == list(ITEMS[:2])
    second.lend(*ITEMS[2:])
    second.start_ils()
    second.all_sent()
    assert second.loans() == list(ITEMS)
    assert {entry["state"] for entry in second.entries()} == {"settled"}


def test_its_archive_on_another_machine(boot: Callable[..., Station], tmp_path: Path) -> None:
    options = (f"--bind={tmp_path}:/media",)
    first = boot(options=options, station={"id": "CENTRAL-3", "timezone": "Etc/UTC"})
    first.wait_ready()
    first.lend(*ITEMS[:2])
    first.run("systemctl stop kioskd.socket kioskd")
    assert first.json("kioskctl --json station move --out /media/central-3")["unsent"] == 2

    # The old one, switched on again by somebody: it does not start, says why, and sends nothing.
    first.start_ils()
    first.run("systemctl start kioskd.socket; systemctl start kioskd --no-block")
    first.until(lambda: "its entries were moved away" in first.log("kioskd"), "it says why it does not start")
    assert first.show("kioskd", "ActiveState") != "active"
    assert first.loans() == []

    second = boot(options=options)
    second.run("systemctl stop kioskd.socket kioskd")
    told = second.json("kioskctl --json station move --in /media/central-3")
    assert (told["station"], told["replaced"]) == ("CENTRAL-3", ["/etc/kioskd/kioskd.toml"])
    second.run("kioskd --check && systemctl start kioskd.socket kioskd")
    assert second.json("kioskctl --json call hello")["station"] == "CENTRAL-3"
    assert set(second.run("stat -c %U /var/lib/kioskd/*").split()) == {"kioskd"}
    second.lend(*ITEMS[2:])
    second.start_ils()
    second.all_sent()
    assert second.loans() == list(ITEMS)

    # A technician decides: the old machine serves again, with a journal of its own.
    first.run("systemctl stop kioskd.socket kioskd")
    first.run("kioskctl station start-anew && systemctl start kioskd.socket kioskd")
    assert first.summary()["recorded"] == 0
    assert first.loans() == []
