"""Updates with unsent entries: forward, and back when the new version does not come up; remove and purge."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.systemd import debs
from tests.systemd.station import Station

pytestmark = [pytest.mark.systemd, pytest.mark.timeout(300)]

ITEMS = ("30000000000012", "30000000000020", "30000000000038", "30000000000046")


@pytest.fixture(scope="session")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A later version, whose journal has one table more."""
    return debs.variant(tmp_path_factory.mktemp("newer"), "newer", "9.1", debs.one_step_more)


@pytest.fixture(scope="session")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A later version that brings the journal up and then ends."""
    return debs.variant(tmp_path_factory.mktemp("broken"), "broken", "9.2", debs.fails_its_trial)


@pytest.fixture(scope="session")
def deceptive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A later version that passes its trial, and fails at the station."""
    return debs.variant(tmp_path_factory.mktemp("deceptive"), "deceptive", "9.3", debs.fails_only_in_earnest)


def version(station: Station) -> str:
    return str(station.json("kioskctl --json status")["version"])


def install(station: Station, deb: Path, *options: str) -> tuple[int, str]:
    said = station.run(f"dpkg -i {' '.join(options)} /opt/{deb.parent.name}/{deb.name}; echo exit $?", timeout_s=300)
    body, _, status = said.rstrip().rpartition("exit ")
    return int(status), body


def test_forward_with_unsent_entries(boot: Callable[..., Station], newer: Path) -> None:
    station = boot(newer)
    station.wait_ready()
    was = version(station)
    station.lend(*ITEMS[:2])
    config = station.run("cat /etc/kioskd/kioskd.toml")
    status, said = install(station, newer)
    assert status == 0, said
    assert (was, version(station)) != (was, was)
    assert version(station) == "9.1"
    assert station.run("cat /etc/kioskd/kioskd.toml") == config
    assert [entry["item"] for entry in station.entries()] == list(ITEMS[:2])
    station.lend(*ITEMS[2:])
    station.start_ils()
    station.all_sent()
    assert station.loans() == list(ITEMS)
    assert station.show("kioskd-screen", "ActiveState") == "active"
    assert station.status("test -e /var/lib/kioskd-upgrade") != 0, "copies of the journal do not stay behind"
    assert station.run("ls -A /var/cache/kioskd-trial", check=False).strip() == ""


@pytest.mark.parametrize("how", ["broken", "deceptive"])
def test_back_by_itself_with_unsent_entries(
    boot: Callable[..., Station], how: str, request: pytest.FixtureRequest
) -> None:
    deb: Path = request.getfixturevalue(how)
    station = boot(deb)
    station.wait_ready()
    was = version(station)
    station.lend(*ITEMS[:2])
    status, said = install(station, deb)
    assert status != 0
    assert f"kioskd {was} runs again, with its journal as it was" in said
    assert "this version cannot start" in said, "the reason stands there"
    assert version(station) == was
    assert [entry["item"] for entry in station.entries()] == list(ITEMS[:2])
    assert station.show("kioskd-screen", "ActiveState") == "active"
    station.lend(*ITEMS[2:])
    station.start_ils()
    station.all_sent()
    assert station.loans() == list(ITEMS), "each once, although two versions had them"
    # dpkg does not take the old files for the new version.
    assert "Install the package again" in station.run("dpkg --configure kioskd 2>&1", check=False)


def test_an_older_version_that_cannot_read_the_journal_is_not_put_in_its_place(
    boot: Callable[..., Station], newer: Path, package: Path
) -> None:
    station = boot(newer, package)
    station.wait_ready()
    assert install(station, newer)[0] == 0
    station.lend(*ITEMS[:2])
    status, said = install(station, package)
    assert status != 0
    assert "schema version" in said
    assert version(station) == "9.1"
    assert [entry["item"] for entry in station.entries()] == list(ITEMS[:2])


def test_remove_keeps_the_journal_and_says_so_and_installing_again_goes_on(
    boot: Callable[..., Station], package: Path
) -> None:
    station = boot(package)
    station.wait_ready()
    station.lend(*ITEMS[:2])
    said = station.run("dpkg -r kioskd 2>&1")
    assert "the journal stays in /var/lib/kioskd" in said
    assert station.status("test -e /usr/lib/kioskd") != 0
    assert station.run("systemctl list-unit-files 'kiosk*' --no-legend", check=False).strip() == ""
    status, said = install(station, package)
    assert status == 0, said
    station.wait_ready()
    assert [entry["item"] for entry in station.entries()] == list(ITEMS[:2])


@pytest.mark.parametrize("answer", ["true", "false", None])
def test_purge_asks_before_it_takes_the_journal(station: Station, answer: str | None) -> None:
    station.lend(ITEMS[0])
    station.run("systemctl stop kioskd.socket kioskd.service")
    if answer is not None:
        station.run(f"echo kioskd kioskd/purge_journal boolean {answer} | debconf-set-selections")
    said = station.run("dpkg -P kioskd 2>&1")
    gone = station.status("test -e /var/lib/kioskd/journal.sqlite3") != 0
    assert gone == (answer == "true"), said
    # To purge is to remove first, which says that it stays; the word after the question is another.
    assert ("the journal stays in /var/lib/kioskd.\n" in said) != gone
    assert station.status("test -e /etc/kioskd/kioskd.toml") != 0
    assert station.run("ls /etc/systemd/system/*.wants/ | grep kiosk", check=False).strip() == ""
