"""A damaged journal: its bytes stay, what reads goes on, and nothing is made up."""

import contextlib
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from kioskd.journal import names, salvage
from kioskd.journal.journal import Journal
from kioskd.model.entry import AddNote, AddRow, Entry, EntryFilter, EntryState, NewEntry, Seq
from kioskd.model.time import ClockTrust

from .making import BOOT, NOON, add, opened, row

ENTRIES = 300
PAGE = 1024


def history(journal: Journal) -> None:
    for number in range(1, ENTRIES + 1, 10):
        journal.write([add(each, clock=ClockTrust.UNSURE) for each in range(number, number + 10)])
        if number % 3:
            journal.write([row(each, EntryState.SENDING) for each in range(number, number + 5)])
            journal.write(
                [row(each, EntryState.SETTLED, "lent", answer={"AF": "x" * 2000}) for each in range(number, number + 5)]
            )
        if number == 151:
            journal.checkpoint()
    journal.write([AddNote("mode", NOON, {"mode": "offline"}), row(300, EntryState.EXCEPTION, "on_loan_to_another")])
    journal.correct_clock(BOOT, NOON, NOON)


def kept(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name.startswith("journal.sqlite3")}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], list[Entry], dict[Seq, list[AddRow]]]:
    """The files as a power cut leaves them, half in the tables and half in the log, and what they hold."""
    folder = tmp_path_factory.mktemp("written")
    with opened(folder) as journal:
        history(journal)
        files = kept(folder)
        entries = journal.entries(EntryFilter())
        stories = {entry.seq: list(story.rows) for entry in entries if (story := journal.story(entry.seq))}
    return files, entries, stories


def lay(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)


def corrupted(chance: random.Random, content: bytes, hurts: int) -> bytes:
    """Pages overwritten, bits flipped, or the end cut off."""
    bad = bytearray(content)
    for _ in range(hurts):
        at = chance.randrange(len(bad))
        match chance.randrange(4):
            case 0:
                start = at - at % PAGE
                bad[start : start + PAGE] = chance.randbytes(PAGE)
            case 1:
                bad[at] ^= 1 << chance.randrange(8)
            case 2:
                start = at - at % PAGE
                bad[start : start + PAGE] = bytes(PAGE)
            case 3:
                bad[at : at + 20] = bad[at : at + 20][::-1]
    return bytes(bad[: len(content)])


def told(entry: Entry) -> NewEntry:
    return entry.what


@pytest.mark.parametrize("seed", range(25))
def test_damage_anywhere(written: tuple[dict[str, bytes], list[Entry], dict], tmp_path: Path, seed: int) -> None:
    files, entries, stories = written
    chance = random.Random(seed)
    folder = tmp_path / "state"
    bad = dict(files)
    for name in chance.choice([["journal.sqlite3"], ["journal.sqlite3-wal"], list(files)]):
        used = len(files[name]) if name == "journal.sqlite3" else 400_000
        bad[name] = corrupted(chance, files[name][:used], chance.randrange(1, 12)) + files[name][used:]
    lay(folder, bad)
    was = {entry.seq: entry for entry in entries}
    with opened(folder) as journal:
        if journal.salvaged is None:
            # Small damage may lie where the opening does not look; whoever reads it then finds it.
            journal.mend("found when it was read")
        assert journal.salvaged is not None
        found = journal.entries(EntryFilter())
        # Not one that was not there, and each as it was; but that its exact time may be lost.
        for entry in found:
            true = was[entry.seq].what
            assert entry.what.id == true.id
            assert entry.what.item == true.item
            assert entry.what.at_wall_s in {true.at_wall_s, NOON + entry.seq}
            story = journal.story(entry.seq)
            assert story is not None
            known = [(each.state, each.outcome, each.answer) for each in stories[entry.seq]]
            for each in story.rows:
                assert (each.state, each.outcome, each.answer) in known or each.outcome == salvage.SALVAGED
        # Twelve hurts cannot take more than the rows on so many pages and frames.
        assert len(found) >= ENTRIES // 2
        assert journal.salvaged.entries == len(found)
        summary = journal.summary()
        assert summary.recorded == len(found)
        assert summary.settled == sum(entry.state is EntryState.SETTLED for entry in found)
        assert all(entry.sendings and entry.outcome == salvage.SALVAGED for entry in journal.unsent())
        # Numbers on slips are not given out again.
        (new,) = journal.write([add(900)]).seqs
        assert new > ENTRIES
        aside = journal.salvaged.aside
        for suffix in ("", "-wal"):
            original = bad["journal.sqlite3" + suffix]
            assert aside.with_name(aside.name + suffix).read_bytes()[: len(original)] == original
    with opened(folder) as journal:
        assert journal.salvaged is None
        assert journal.summary().recorded == len(found) + 1


def test_all_reads_if_only_the_tree_is_gone(
    written: tuple[dict[str, bytes], list[Entry], dict], tmp_path: Path
) -> None:
    whole, entries, _ = written
    # As after a stop, all written back: the log would heal what it still holds.
    lay(tmp_path / "stopped", whole)
    opened(tmp_path / "stopped").close()
    files = {"journal.sqlite3": (tmp_path / "stopped" / "journal.sqlite3").read_bytes()}
    bad = bytearray(files["journal.sqlite3"])
    for start in range(0, len(bad), PAGE):
        if bad[start] in {2, 5, 10} or start == 0:
            bad[start : start + PAGE] = b"\xa5" * PAGE
    lay(tmp_path / "state", {**files, "journal.sqlite3": bytes(bad)})
    with opened(tmp_path / "state") as journal:
        assert journal.salvaged is not None
        assert journal.salvaged.missing == 0
        found = journal.entries(EntryFilter())
        assert [told(entry) for entry in found] == [told(entry) for entry in entries]
        settled = [entry for entry in entries if entry.state in {EntryState.SETTLED, EntryState.EXCEPTION}]
        assert [entry for entry in found if entry.outcome != salvage.SALVAGED] == settled
        note = journal.last_note("mode")
        assert note is not None
        assert note.content == {"mode": "offline"}


def test_a_log_beside_an_empty_file(written: tuple[dict[str, bytes], list[Entry], dict], tmp_path: Path) -> None:
    files, _, _ = written
    lay(tmp_path / "state", {**files, "journal.sqlite3": b""})
    with opened(tmp_path / "state") as journal:
        assert journal.salvaged is not None
        # What came after the checkpoint stands in the log, and the pages around it.
        assert {entry.seq for entry in journal.entries(EntryFilter())} >= set(range(161, ENTRIES + 1))


def test_a_damaged_log_is_not_cut_short_in_silence(
    written: tuple[dict[str, bytes], list[Entry], dict], tmp_path: Path
) -> None:
    files, _, _ = written
    bad = bytearray(files["journal.sqlite3-wal"])
    bad[32 + 24 + 5] ^= 0xFF
    lay(tmp_path / "state", {**files, "journal.sqlite3-wal": bytes(bad)})
    with opened(tmp_path / "state") as journal:
        assert journal.salvaged is not None
        assert "behind a damaged one" in journal.salvaged.detail
        assert len(journal.entries(EntryFilter())) == ENTRIES


def test_damage_is_found_while_running(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with opened(folder) as journal:
        journal.write([add(number) for number in range(1, 200)])
        journal.checkpoint()
    (folder / "journal.sqlite3-wal").unlink()
    path = folder / "journal.sqlite3"
    content = path.read_bytes()
    at = content.index(b"30000000000007")
    path.write_bytes(content[:at] + b"30000000000008" + content[at + 14 :])
    with opened(folder) as journal:
        assert journal.salvaged is None
        found = journal.write([row(1, EntryState.SETTLED)])
        assert found.summary.recorded == 199
        with pytest.raises(Exception, match="not as it was written") as damage:
            journal.entries(EntryFilter())
        journal.mend(str(damage.value))
        assert [entry.seq for entry in journal.entries(EntryFilter())] == [seq for seq in range(1, 200) if seq != 7]


@pytest.mark.parametrize("step", range(9))
def test_an_interrupted_replacement_is_finished(
    written: tuple[dict[str, bytes], list[Entry], dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Power fails before the nth renaming or syncing of the folder."""
    files, entries, _ = written
    folder = tmp_path / "state"
    log = bytearray(files["journal.sqlite3-wal"])
    log[32 + 24 + 5] ^= 0xFF
    bad = {**files, "journal.sqlite3-wal": bytes(log)}
    lay(folder, bad)
    left = [step]

    class PowerCutError(BaseException):
        pass

    def failing(real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            left[0] -= 1
            if left[0] < 0:
                raise PowerCutError
            return real(*arguments)

        return call

    monkeypatch.setattr(Path, "rename", failing(Path.rename))
    monkeypatch.setattr(salvage, "sync_folder", failing(salvage.sync_folder))
    with contextlib.suppress(PowerCutError):
        opened(folder).close()
    monkeypatch.undo()
    with opened(folder) as journal:
        assert [told(entry) for entry in journal.entries(EntryFilter())] == [told(entry) for entry in entries]
    aside = names.aside(folder, 1)
    assert aside.read_bytes() == bad["journal.sqlite3"]
    assert aside.with_name(aside.name + "-wal").read_bytes() == bad["journal.sqlite3-wal"]
