"""With the daemon down: the journal verbs read what lies on the disk, and nothing is written."""

import datetime as dt
import hashlib
from pathlib import Path

import pytest

from kioskd.journal import Journal
from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.entry import AddEntry, AddRow, EntryState, How, Kind, ModeName, NewEntry, Seq
from kioskd.model.time import ClockTrust

from .conftest import Daemon, kioskctl

NOON_S = dt.datetime(2026, 11, 24, 16, tzinfo=dt.UTC).timestamp()


def entry(n: int) -> NewEntry:
    return NewEntry(
        id=f"00000000-0000-4000-8000-{n:012d}",
        kind=Kind.CHECKOUT,
        how=How.SCANNED,
        patron=PatronBarcode("21168000001234"),
        item=ItemBarcode(f"3{n:013d}"),
        at_wall_s=NOON_S + 3600 * n,
        at_boot_s=100.0 + n,
        boot_id="boot",
        clock=ClockTrust.TRUSTED,
        mode=ModeName.OFFLINE,
        station="CENTRAL-3",
        session="s1",
    )


@pytest.fixture
def state_dir(folder: Path) -> Path:
    """A journal of 30 entries, the seventh an exception, left by a daemon that is gone."""
    path = folder / "state"
    with Journal.open(path, timezone="America/Los_Angeles") as journal:
        for n in range(1, 31):
            journal.write([AddEntry(entry(n))])
        blocked = AddRow(
            Seq(7), EntryState.EXCEPTION, NOON_S + 9e5, outcome="patron_blocked", answer={"AF": "Too many fines"}
        )
        journal.write([blocked])
    return path


def prints(state_dir: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in state_dir.iterdir()}


async def test_the_journal_is_read_and_left_as_it_is(folder: Path, state_dir: Path) -> None:
    before = prints(state_dir)
    done = await kioskctl("--socket", folder / "none", "--state-dir", state_dir, "--json", "journal", "list")
    assert (done.status, done.err) == (0, "")
    entries = done.document["entries"]
    assert [line["seq"] for line in entries] == list(range(1, 31))
    assert entries[0]["patron"] == "…1234"
    assert entries[0]["at"].endswith("-08:00")
    assert prints(state_dir) == before


@pytest.mark.parametrize("place", ["before", "after", "end"])
async def test_the_place_may_be_said_anywhere(state_dir: Path, place: str) -> None:
    where = ("--state-dir", state_dir)
    command = {
        "before": (*where, "journal", "summary", "--json"),
        "after": ("journal", *where, "summary", "--json"),
        "end": ("journal", "summary", "--json", *where),
    }[place]
    done = await kioskctl(*command)
    assert (done.status, done.err) == (0, "")
    assert (done.document["recorded"], done.document["unsent"], done.document["exceptions"]) == (30, 29, 1)


async def test_selections_hold(state_dir: Path) -> None:
    where = ("--state-dir", state_dir, "--json")
    done = await kioskctl("journal", "list", "--state", "exception", "--reveal", *where)
    assert [(line["seq"], line["patron"]) for line in done.document["entries"]] == [(7, "21168000001234")]
    done = await kioskctl(
        "journal", "list", "--since", "2026-11-24T20:00:00Z", "--until", "2026-11-24T22:00:00Z", *where
    )
    assert [line["seq"] for line in done.document["entries"]] == [4, 5]
    assert done.document["entries"][0]["at"] == "2026-11-24T12:00:00-08:00"
    done = await kioskctl("journal", "show", "30", *where)
    assert done.document["seq"] == 30
    done = await kioskctl("exceptions", "list", *where)
    [waiting] = done.document["exceptions"]
    assert (waiting["seq"], waiting["class"], waiting["message"]) == (7, "patron_blocked", "Too many fines")


async def test_the_configuration_tells_where(folder: Path, state_dir: Path) -> None:
    config = folder / "kioskd.toml"
    config.write_text(
        f'[station]\nstate_dir = "{state_dir}"\ntimezone = "Asia/Tokyo"\n[socket]\npath = "{folder}/none"\n'
        '[ils]\nhost = "127.0.0.1"\n'
    )
    done = await kioskctl("--config", config, "journal", "list", "--json")
    assert (done.status, done.err) == (0, "")
    assert done.document["entries"][0]["at"].endswith("+09:00")


async def test_a_daemon_that_answers_is_asked_first(daemon: Daemon, state_dir: Path) -> None:
    done = await kioskctl("--socket", daemon.path, "--state-dir", state_dir, "journal", "summary", "--json")
    assert done.document["recorded"] == 12


async def test_a_state_directory_alone_is_meant_as_it_stands(daemon: Daemon, state_dir: Path) -> None:
    environ = {"KIOSKD_SOCKET__PATH": str(daemon.path)}
    done = await kioskctl("--state-dir", state_dir, "journal", "summary", "--json", environ=environ)
    assert done.document["recorded"] == 30
    assert daemon.calls == []


async def test_a_journal_in_use_says_by_whom(state_dir: Path) -> None:
    with Journal.open(state_dir, timezone="UTC"):
        done = await kioskctl("--state-dir", state_dir, "journal", "summary")
    assert done.status == 1
    assert "in use by process" in done.err


async def test_no_journal_is_1_where_it_was_asked_for_and_3_where_the_daemon_was(folder: Path) -> None:
    done = await kioskctl("--state-dir", folder, "journal", "list", "--json")
    assert (done.status, done.out) == (1, "")
    done = await kioskctl("--state-dir", folder, "--socket", folder / "none", "journal", "list", "--json")
    assert (done.status, done.out) == (3, "")
    assert "there is no journal" in done.err
