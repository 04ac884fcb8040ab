"""A station's entries from one machine to another: each in one place only, wherever the way is cut."""

import datetime as dt
import shutil
import tarfile
from pathlib import Path

import pytest

from kioskd.journal import moved, whole_copy
from kioskd.journal.errors import JournalHeld
from kioskd.journal.journal import Journal
from kioskd.journal.moved import IsMoved
from kioskd.journal.names import JOURNAL
from kioskd.model.entry import EntryFilter, EntryState
from kioskd.moving import archive, moving_in, moving_out
from kioskd.moving.archive import BadArchive, Manifest
from kioskd.moving.moving_in import NotTakenIn, move_in
from kioskd.moving.moving_out import UnfinishedElsewhere, move_out, part
from kioskd.moving.rescue_out import Sealing, rescue_out
from tests.journal.making import add, row

NOW = dt.datetime(2026, 11, 27, 4, 0, tzinfo=dt.UTC)
OLD, NEW, THIRD = "old-machine", "new-machine", "third-machine"


class Cut(BaseException):
    """The power went."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A station with a settled entry, one whose answer was lost, and two that wait."""
    folder = tmp_path / "old"
    with Journal.open(folder, timezone="Etc/UTC") as journal:
        journal.write([add(number) for number in range(1, 5)])
        journal.checkpoint()
        journal.write([row(1, EntryState.SETTLED, "lent"), row(2, EntryState.SENDING)])
    return folder


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """What the archive is carried on."""
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder / "station.kioskd"


def out(state_dir: Path, file: Path, **others: Path) -> Manifest:
    return move_out(state_dir, file, station="CENTRAL-3", version="0.1.0", now=NOW, others=others)


def states(state_dir: Path) -> list[tuple[object, str]]:
    with Journal.open(state_dir, timezone="Etc/UTC") as journal:
        return [(entry.what.item, entry.state.value) for entry in journal.entries(EntryFilter())]


def sendable(*state_dirs: Path) -> list[object]:
    """Return the items that would be sent, once for each machine that would send them."""
    found: list[object] = []
    for folder in state_dirs:
        if not (folder / JOURNAL).exists():
            continue
        try:
            found += [item for item, state in states(folder) if state in {"recorded", "sending"}]
        except IsMoved:
            continue
    return found


def test_all_entries_arrive_as_they_stood(old: Path, stick: Path, tmp_path: Path) -> None:
    before = states(old)
    manifest = out(old, stick)
    assert (manifest.entries, manifest.unsent) == (4, 3)
    assert stick.stat().st_mode & 0o777 == 0o600
    new = tmp_path / "new"
    taken = move_in(new, stick, machine=NEW, now_wall_s=NOW.timestamp())
    assert taken.manifest == manifest
    assert states(new) == before


def test_a_daemon_started_at_the_old_place_ends_and_says_what_to_do(old: Path, stick: Path) -> None:
    out(old, stick)
    with pytest.raises(IsMoved, match=r"take-back.*start-anew"):
        Journal.open(old, timezone="Etc/UTC")
    moved.take_off(old)
    assert len(states(old)) == 4


def test_to_begin_anew_sets_the_old_journal_aside_whole(old: Path, stick: Path) -> None:
    out(old, stick)
    aside = moved.set_aside(old)
    assert states(old) == []
    assert whole_copy.counted(aside) == (4, 3)


def test_a_daemon_that_runs_is_not_moved_from_under_its_feet(old: Path, stick: Path, tmp_path: Path) -> None:
    with Journal.open(old, timezone="Etc/UTC"), pytest.raises(JournalHeld):
        out(old, stick)
    out(old, stick)
    new = tmp_path / "new"
    with Journal.open(new, timezone="Etc/UTC"), pytest.raises(JournalHeld):
        move_in(new, stick, machine=NEW, now_wall_s=0)


STEPS = ("archive.write", "moving_out.sync_folder", "moved.put_mark", "moving_out._name")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_cut_on_the_way_out_leaves_each_entry_one_way(
    old: Path, stick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    module = {"archive": archive, "moving_out": moving_out, "moved": moved}[step.partition(".")[0]]
    name = step.partition(".")[2]
    true = getattr(module, name)

    def cut(*arguments: object) -> None:
        if when == "after":
            true(*arguments)
        raise Cut

    with monkeypatch.context() as broken:
        broken.setattr(module, name, cut)
        with pytest.raises(Cut):
            out(old, stick)
    new = tmp_path / "new"
    if stick.exists():
        move_in(new, stick, machine=NEW, now_wall_s=0)
    assert len(sendable(old, new)) in ({3} if not moved.look(old) or stick.exists() else {0})
    # Whatever was cut, doing it again gets it done, and only once.
    if not stick.exists():
        out(old, stick)
        move_in(new, stick, machine=NEW, now_wall_s=0)
    assert len(sendable(old, new)) == 3
    assert len(sendable(old)) == 0


@pytest.mark.parametrize("step", ["claim", "put_in_place", "Journal.write", "copy_whole"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_cut_on_the_way_in_is_mended_by_doing_it_again(
    old: Path, stick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    out(old, stick)
    new = tmp_path / "new"
    owner: object = Journal if step == "Journal.write" else moving_in
    name = step.rpartition(".")[2]
    true = getattr(owner, name)

    def cut(*arguments: object) -> None:
        if when == "after":
            true(*arguments)
        raise Cut

    with monkeypatch.context() as broken:
        broken.setattr(owner, name, cut)
        with pytest.raises(Cut):
            move_in(new, stick, machine=NEW, now_wall_s=0)
    move_in(new, stick, machine=NEW, now_wall_s=0)
    assert len(sendable(old, new)) == 3
    # It came: what it recorded since is not replaced by a second taking in.
    with Journal.open(new, timezone="Etc/UTC") as journal:
        journal.write([add(9)])
    move_in(new, stick, machine=NEW, now_wall_s=0)
    assert len(sendable(old, new)) == 4


def test_a_second_machine_is_refused(old: Path, stick: Path, tmp_path: Path) -> None:
    out(old, stick)
    move_in(tmp_path / "new", stick, machine=NEW, now_wall_s=0)
    with pytest.raises(NotTakenIn, match="another machine took it in"):
        move_in(tmp_path / "third", stick, machine=THIRD, now_wall_s=0)
    assert len(sendable(old, tmp_path / "new", tmp_path / "third")) == 3


def test_a_claim_that_was_cut_off_is_nobodys(old: Path, stick: Path, tmp_path: Path) -> None:
    out(old, stick)
    stick.with_name(f"{stick.name}.taken").write_text('{"archive": "')
    move_in(tmp_path / "new", stick, machine=NEW, now_wall_s=0)
    assert len(sendable(tmp_path / "new")) == 3


def test_a_station_with_entries_of_its_own_takes_nothing_in(old: Path, stick: Path, tmp_path: Path) -> None:
    out(old, stick)
    new = tmp_path / "new"
    with Journal.open(new, timezone="Etc/UTC") as journal:
        journal.write([add(9)])
    with pytest.raises(NotTakenIn, match="1 entries of its own"):
        move_in(new, stick, machine=NEW, now_wall_s=0)
    assert len(sendable(new)) == 1
    assert not stick.with_name(f"{stick.name}.taken").exists()


def test_what_goes_along_arrives(old: Path, stick: Path, tmp_path: Path) -> None:
    config = tmp_path / "kioskd.toml"
    config.write_text('ils.host = "sip2.library.example"\n')
    out(old, stick, **{"kioskd.toml": config})
    taken = move_in(tmp_path / "new", stick, machine=NEW, now_wall_s=0)
    assert taken.others == {"kioskd.toml": config.read_bytes()}


def test_any_flipped_bit_and_any_missing_end_is_noticed(old: Path, stick: Path, tmp_path: Path) -> None:
    out(old, stick)
    whole = stick.read_bytes()
    with tarfile.open(stick) as tar:
        start = tar.getmember(archive.JOURNAL).offset_data
        size = tar.getmember(archive.JOURNAL).size
    for number, broken in enumerate(
        [
            *(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(start, start + size, size // 40)),
            *(whole[:length] for length in range(0, start + size, size // 20)),
        ]
    ):
        bad = tmp_path / "bad"
        bad.write_bytes(broken)
        with pytest.raises(BadArchive):
            move_in(tmp_path / f"new-{number % 2}", bad, machine=NEW, now_wall_s=0)
        assert sendable(tmp_path / f"new-{number % 2}") == []


@pytest.mark.parametrize("name", ["../escape", "/etc/passwd", "other"])
def test_a_member_that_no_archive_has_is_refused(old: Path, stick: Path, tmp_path: Path, name: str) -> None:
    out(old, stick)
    with tarfile.open(stick, "a") as tar:
        tar.addfile(tarfile.TarInfo(name))
    with pytest.raises(BadArchive, match="which no archive of a station has"):
        move_in(tmp_path / "new", stick, machine=NEW, now_wall_s=0)


def test_the_unnamed_archive_is_not_found_by_who_looks_for_one(stick: Path) -> None:
    assert part(stick).name.startswith(".")


@pytest.mark.parametrize("theirs", ["move", "rescue"])
@pytest.mark.parametrize("ours", ["move", "rescue"])
def test_what_another_station_left_unfinished_stays(
    old: Path, stick: Path, tmp_path: Path, theirs: str, ours: str
) -> None:
    """It is marked there, and may stand in that file alone; what this station left, before any mark, goes."""

    def written(station: str, how: str, folder: Path) -> None:
        if how == "move":
            move_out(folder, stick, station=station, version="0.1.0", now=NOW, others={})
        else:
            sealing = Sealing(lambda content: content, "nobody")
            rescue_out(
                folder, stick, station=station, version="0.1.0", now=NOW, zone="Etc/UTC", sealing=sealing, keys=""
            )

    another = tmp_path / "another"
    shutil.copytree(old, another)
    written("EAST-1", theirs, another)
    stick.rename(part(stick))  # as a cut before its name leaves it
    left = part(stick).read_bytes()
    with pytest.raises(UnfinishedElsewhere, match=r"EAST-1.*finish it at that station.*choose another name"):
        written("CENTRAL-3", ours, old)
    assert part(stick).read_bytes() == left
    assert not stick.exists()
    assert sendable(old), "nothing was marked"
    written("EAST-1", ours, old)
    assert stick.exists()
    assert not part(stick).exists()
