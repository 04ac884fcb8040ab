"""A disk that is full, read-only or broken: nothing is accepted that is not kept, and it goes on by itself."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from kioskd.journal.errors import NotWritten
from kioskd.journal.journal import Journal
from kioskd.model.entry import AddNote, EntryFilter, EntryState, Seq, StorageProblem

from .making import NOON, ZONE, add, opened, row


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with ballast.open("ab", buffering=0) as file:
        while True:
            try:
                file.write(b"x" * 4096)
            except OSError:
                return ballast


def until_refused(journal: Journal, accepted: list[Seq]) -> NotWritten:
    for number in range(2, 10_000):
        try:
            accepted += journal.write([add(number)]).seqs
        except NotWritten as refused:
            return refused
    raise AssertionError("the disk never filled")


def test_full_then_space_again(small_disk: Path) -> None:
    with opened(small_disk / "state") as journal:
        accepted = list(journal.write([add(1)]).seqs)
        ballast = fill(small_disk)
        refused = until_refused(journal, accepted)
        assert refused.problem is StorageProblem.FULL
        assert journal.takes_rows() is StorageProblem.FULL
        assert journal.summary().recorded == len(accepted)
        assert [entry.seq for entry in journal.entries(EntryFilter())] == accepted
        assert journal.free_mib() == 0
        ballast.unlink()
        assert journal.takes_rows() is None
        accepted += journal.write([add(10_000)]).seqs
        assert accepted == list(range(1, len(accepted) + 1))
    with opened(small_disk / "state") as journal:
        assert [entry.seq for entry in journal.entries(EntryFilter())] == accepted
        assert journal.salvaged is None


def test_started_and_stopped_on_a_full_disk(small_disk: Path) -> None:
    with opened(small_disk / "state") as journal:
        journal.write([add(number) for number in range(1, 50)])
        ballast = fill(small_disk)
    with opened(small_disk / "state") as journal:
        assert journal.summary().recorded == 49
    ballast.unlink()
    with opened(small_disk / "state") as journal:
        assert journal.write([add(50)]).seqs == (50,)


def test_no_room_to_be_made_at_all(small_disk: Path) -> None:
    fill(small_disk)
    with pytest.raises(NotWritten) as refused:
        opened(small_disk / "state")
    assert refused.value.problem is StorageProblem.FULL


def test_read_only_from_the_start(small_disk: Path) -> None:
    with opened(small_disk / "state") as journal:
        journal.write([add(1)])
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(NotWritten) as refused:
        opened(small_disk / "state")
    assert refused.value.problem is StorageProblem.READ_ONLY
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    with opened(small_disk / "state") as journal:
        assert journal.write([add(2)]).seqs == (2,)


class Disk(apsw.VFS):
    """The real file system, whose writes or flushes fail while `ails` is set."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ails: str | None = None
        self.writes_left = 0
        super().__init__(name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> "DiskFile":  # noqa: N802
        return DiskFile(self, name, flags)


class DiskFile(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self.disk = disk

    def xWrite(self, content: bytes, offset: int) -> None:  # noqa: N802
        if self.disk.ails == "read-only":
            raise apsw.ReadOnlyError
        if self.disk.ails == "writes":
            self.disk.writes_left -= 1
            if self.disk.writes_left < 0:
                raise apsw.IOError
        super().xWrite(content, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        if self.disk.ails == "flushes":
            raise apsw.IOError
        super().xSync(flags)


@pytest.fixture
def disk(request: pytest.FixtureRequest) -> Iterator[Disk]:
    disk = Disk(f"ailing-{request.node.name}")
    yield disk
    disk.unregister()


@pytest.mark.parametrize(
    ("ails", "problem"),
    [
        ("writes", StorageProblem.BROKEN),
        ("flushes", StorageProblem.BROKEN),
        ("read-only", StorageProblem.READ_ONLY),
    ],
)
@pytest.mark.parametrize("failures", [1, 2, 3])
@pytest.mark.parametrize("writes_left", [0, 1, 3])
def test_a_disk_that_fails_for_a_while(
    tmp_path: Path, disk: Disk, ails: str, problem: StorageProblem, failures: int, writes_left: int
) -> None:
    with Journal.open(tmp_path, timezone=ZONE, vfs=disk.name) as journal:
        journal.write([add(1), add(2)])
        disk.ails = ails
        for number in range(failures):
            disk.writes_left = writes_left
            with pytest.raises(NotWritten) as refused:
                journal.write([add(3 + number), row(1, EntryState.SETTLED), AddNote("mode", NOON, {"a": "b"})])
            assert refused.value.problem is problem
        disk.ails = None
        assert journal.takes_rows() is None
        written = journal.write([add(9)])
        live = [entry for entry in journal.entries(EntryFilter()) if entry.state is not EntryState.WITHDRAWN]
        # What was refused is either not there, or was taken back: nobody's loan stands that was not accepted.
        assert [entry.seq for entry in live if entry.seq != 1] == [2, *written.seqs]
        assert [entry.what.id[-1] for entry in live if entry.seq != 1] == ["2", "9"]
        told = journal.summary()
        every = journal.entries(EntryFilter())
        assert told.recorded == len(every)
        assert told.unsent == sum(entry.state is EntryState.RECORDED for entry in every)
    with Journal.open(tmp_path, timezone=ZONE, vfs=disk.name) as journal:
        assert journal.summary() == told
        assert journal.entries(EntryFilter()) == every
