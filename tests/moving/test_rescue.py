"""Unsent entries off a dead station's card: sealed, marked, each one way; whatever is cut where."""

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kioskd.journal import moved
from kioskd.journal.errors import JournalHeld
from kioskd.journal.journal import Journal
from kioskd.journal.moved import IsMoved
from kioskd.journal.names import JOURNAL
from kioskd.model.entry import AddNote, EntryFilter, EntryState, Kind
from kioskd.model.spans import numbers_of, spans
from kioskd.moving import rescue, rescue_out
from kioskd.moving.archive import BadArchive
from kioskd.moving.moving_out import part
from kioskd.moving.rescue import Cover, Rescue
from kioskd.moving.rescue_out import NothingUnsent, NotRescued, Sealing, settle
from kioskd.vault import VaultTrouble
from kioskd.vault.recipient import fingerprint, new_pair, open_with, public_of, seal_to
from tests.journal.making import ZONE, add, opened, row
from tests.powercut.replay import Report, record, replay

NOW = dt.datetime(2026, 11, 27, 4, 0, tzinfo=dt.UTC)
PUBLIC, PRIVATE = new_pair()
PLAIN = Sealing(lambda content: content, "nobody")


class Cut(BaseException):
    """The power went."""


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A dead station's state directory: one entry settled, one whose answer was lost, two that wait, one exception."""
    folder = tmp_path / "card"
    with opened(folder) as journal:
        journal.write([add(number) for number in range(1, 6)])
        journal.checkpoint()
        journal.write(
            [row(1, EntryState.SETTLED, "lent"), row(2, EntryState.SENDING), row(5, EntryState.EXCEPTION, "refused")]
        )
    return folder


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder / "east.rescue"


def out(state_dir: Path, file: Path, sealing: Sealing = PLAIN, keys: str = "") -> Cover:
    return rescue_out.rescue_out(
        state_dir, file, station="EAST-1", version="0.1.0", now=NOW, zone=ZONE, sealing=sealing, keys=keys
    )


def inside(file: Path) -> list[str]:
    return [each["item"] for each in rescue.unpack(file.read_bytes(), "", bytes).entries]


def waiting(state_dir: Path) -> list[object]:
    """Return what a daemon started there would send."""
    try:
        with opened(state_dir) as journal:
            return [entry.what.item for entry in journal.unsent()]
    except IsMoved:
        return []


ITEMS = [f"3{number:013d}" for number in (2, 3, 4)]


def test_what_is_unsent_is_in_it_and_goes_no_other_way(card: Path, stick: Path) -> None:
    cover = out(card, stick, keys="locks")
    assert (cover.entries, cover.numbers, cover.station) == (3, "2-4", "EAST-1")
    assert stick.stat().st_mode & 0o777 == 0o600
    archive = rescue.unpack(stick.read_bytes(), "", bytes)
    assert archive.keys == "locks"
    assert [(each["item"], each["state"]) for each in archive.entries] == [
        (ITEMS[0], "sending"), (ITEMS[1], "recorded"), (ITEMS[2], "recorded"),
    ]  # fmt: skip
    assert archive.entries[0]["patron"] == "21234000004567", "whole: it is sealed"
    assert waiting(card) == []
    with pytest.raises(IsMoved, match=r"unsent entries were rescued.*take-back.*rescue settle.*start-anew"):
        opened(card)


def test_the_stick_tells_nobody_anything_without_the_key(card: Path, stick: Path) -> None:
    cover = out(card, stick, Sealing(partial(seal_to, PUBLIC), fingerprint(PUBLIC)))
    content = stick.read_bytes()
    for secret in (b"21234000004567", ITEMS[0].encode(), b"4567"):
        assert secret not in content
    assert rescue.cover_of(content, "") == cover
    assert cover.recipient == fingerprint(public_of(PRIVATE))
    assert len(rescue.unpack(content, "", partial(open_with, PRIVATE)).entries) == 3
    _, other = new_pair()
    with pytest.raises(VaultTrouble, match="another key"):
        rescue.unpack(content, "", partial(open_with, other))
    with pytest.raises(VaultTrouble, match="no private key"):
        rescue.unpack(content, "", partial(open_with, PUBLIC))


def test_any_flipped_bit_and_any_missing_end_is_noticed(card: Path, stick: Path) -> None:
    out(card, stick, Sealing(partial(seal_to, PUBLIC), fingerprint(PUBLIC)))
    whole = stick.read_bytes()
    broken = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(0, len(whole), 7)]
    for each in (*broken, *(whole[:length] for length in range(0, len(whole), 31))):
        with pytest.raises((BadArchive, VaultTrouble)):
            rescue.unpack(each, "", partial(open_with, PRIVATE))


def test_a_form_goes_along_sealed_as_it_is(card: Path, stick: Path) -> None:
    with opened(card) as journal:
        entry = add(9, kind=Kind.REGISTRATION, item=None)
        journal.write([entry, AddNote("registration", 0.0, {"id": entry.entry.id, "sealed": "form", "twin": "t"})])
    out(card, stick)
    assert rescue.unpack(stick.read_bytes(), "", bytes).entries[-1]["sealed"] == "form"


def test_a_damaged_card_gives_what_reads_of_it_and_stays_as_it_is(card: Path, stick: Path) -> None:
    journal = card / JOURNAL
    content = bytearray(journal.read_bytes())
    content[24:1024] = b"\xff" * 1000
    journal.write_bytes(content)
    for name in (f"{JOURNAL}-wal", f"{JOURNAL}-shm"):
        (card / name).unlink(missing_ok=True)
    cover = out(card, stick)
    assert set(inside(stick)) >= set(ITEMS), cover
    assert journal.read_bytes() == content


def test_where_nothing_waits_nothing_is_written(tmp_path: Path, stick: Path) -> None:
    with opened(tmp_path / "card") as journal:
        journal.write([add(1), row(1, EntryState.SETTLED, "lent")])
    with pytest.raises(NothingUnsent):
        out(tmp_path / "card", stick)
    assert not list(stick.parent.iterdir())
    assert moved.look(tmp_path / "card") is None


def test_a_station_that_runs_is_not_emptied_from_under_its_feet(card: Path, stick: Path) -> None:
    with opened(card), pytest.raises(JournalHeld):
        out(card, stick)


def test_the_same_command_again_makes_no_second_archive(card: Path, stick: Path) -> None:
    cover = out(card, stick)
    assert out(card, stick) == cover
    with pytest.raises(IsMoved):
        out(card, stick.with_name("other.rescue"))


def test_the_dead_one_goes_on_with_the_rest(card: Path, stick: Path) -> None:
    cover = out(card, stick)
    assert settle(card, zone=ZONE, now=NOW) == 3
    with opened(card) as journal:
        found = {entry.seq: (entry.state.value, entry.outcome) for entry in journal.entries(EntryFilter())}
    assert found == {
        1: ("settled", "lent"),
        **dict.fromkeys((2, 3, 4), ("handed_over", cover.to)),
        5: ("exception", "refused"),
    }
    with pytest.raises(NotRescued):
        settle(card, zone=ZONE, now=NOW)


@pytest.mark.parametrize("step", ["Journal.write", "moved.take_off"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_cut_while_it_is_settled_is_mended_by_doing_it_again(
    card: Path, stick: Path, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    out(card, stick)
    owner, name = (Journal, "write") if step == "Journal.write" else (moved, "take_off")
    true: Callable[..., object] = getattr(owner, name)

    def cut(*arguments: object) -> None:
        if when == "after":
            true(*arguments)
        raise Cut

    with monkeypatch.context() as broken:
        broken.setattr(owner, name, cut)
        with pytest.raises(Cut):
            settle(card, zone=ZONE, now=NOW)
    if moved.look(card) is not None:
        settle(card, zone=ZONE, now=NOW)
    assert waiting(card) == []


# --- the power goes ----------------------------------------------------------------------------------


def play(root: Path) -> None:
    """Rescue a card's entries onto a stick; say when it is done."""
    card, stick = root / "card", root / "stick" / "east.rescue"
    stick.parent.mkdir()
    with opened(card) as journal:
        journal.write([add(number) for number in (2, 3, 4)])
    print("recorded", flush=True)
    out(card, stick)
    print("rescued 1", flush=True)


def again(root: Path) -> set[str]:
    """Whatever was cut, an entry is sendable at the card or in an archive with a name, never both; doing it again ends
    it.
    """
    card, stick = root / "card", root / "stick" / "east.rescue"
    if not (card / JOURNAL).exists():
        return set()
    named = stick.exists()
    there = waiting(card) if not moved.look(card) else []
    both = set(there) & set(inside(stick) if named else [])
    assert not both, f"two ways: {both}"
    assert named <= (moved.look(card) is not None), "a named archive of a card without its mark"
    if there or moved.look(card):
        stick.parent.mkdir(exist_ok=True)
        out(card, stick)
        assert len(inside(stick)) in (0, 1, 2, 3)
        assert waiting(card) == []
    return {"1"} if named and len(inside(stick)) == 3 else set()


PLAYED = """
import sys, tempfile
from pathlib import Path
from kioskd.journal import moved
from kioskd.moving import rescue_out

# The scratch copy lies outside the disk that is watched: nothing of it lasts, and removing folders is not modelled.
within = tempfile.TemporaryDirectory
tempfile.TemporaryDirectory = lambda dir, prefix: within(prefix=prefix)
"""


def cut(tmp_path: Path, before: str, most: int) -> Report:
    disk = tmp_path / "disk"
    disk.mkdir()
    script = f"{PLAYED}{before}\nfrom tests.moving.test_rescue import play\nplay(Path(sys.argv[1]))"
    found = record([sys.executable, "-c", script, str(disk)], disk, stdout=subprocess.DEVNULL)
    report = replay(found, rb"rescued (\d+)", again, most=most)
    print(report)
    return report


def test_whenever_the_power_goes_each_entry_has_one_way(tmp_path: Path) -> None:
    report = cut(tmp_path, "", 60)
    assert report.acknowledged == ["1"]
    assert not report.wrong, report


@pytest.mark.long
@pytest.mark.parametrize(
    "wrong",
    [
        "moved.put_mark = lambda folder, mark: (folder / moved.MARK).write_text('{}')",
        "rescue_out.sync_folder = lambda folder: None",
    ],
    ids=["a mark that is not flushed", "names that are not flushed"],
)
def test_a_rescue_that_cuts_corners_is_found_out(tmp_path: Path, wrong: str) -> None:
    assert cut(tmp_path, wrong, 300).wrong


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["write_part", "moved.put_mark", "name"])
def test_a_kill_at_each_step_is_mended_by_doing_it_again(
    card: Path, stick: Path, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    owner = moved if step.startswith("moved.") else rescue_out
    name = step.rpartition(".")[2]
    true: Callable[..., object] = getattr(owner, name)

    def cut(*arguments: object) -> None:
        if when == "after":
            true(*arguments)
        raise Cut

    with monkeypatch.context() as broken:
        broken.setattr(owner, name, cut)
        with pytest.raises(Cut):
            out(card, stick)
    assert not (stick.exists() and waiting(card))
    out(card, stick)
    assert inside(stick) == ITEMS
    assert waiting(card) == []
    assert not part(stick).exists()


# --- the archive itself ------------------------------------------------------------------------------

TEXT = st.text(max_size=20)


@settings(max_examples=30)
@given(st.lists(st.dictionaries(TEXT, TEXT | st.none(), max_size=3), max_size=3), TEXT)
def test_what_is_packed_is_unpacked(entries: list[dict[str, object]], keys: str) -> None:
    cover = Cover("id", "EAST-1", NOW.isoformat(), "0.1.0", len(entries), "1", "nobody")
    keys, entries = json.loads(json.dumps([keys, entries]))
    packed = rescue.pack(Rescue(cover, tuple(entries), keys), lambda content: content[::-1])
    assert rescue.unpack(packed, "", lambda content: content[::-1]) == Rescue(cover, tuple(entries), keys)


@settings(max_examples=50)
@given(st.binary(max_size=300))
def test_no_bytes_are_taken_for_an_archive(content: bytes) -> None:
    with pytest.raises(BadArchive):
        rescue.unpack(content, "x", bytes)


@settings(max_examples=50)
@given(st.sets(st.integers(1, 200), min_size=1))
def test_numbers_and_spans_are_the_same(numbers: set[int]) -> None:
    assert numbers_of(spans(sorted(numbers)), len(numbers)) == sorted(numbers)


@pytest.mark.parametrize("lie", ["1-999999999999", "5-1", "", "x", "1,2,3"])
def test_a_cover_that_lies_about_its_numbers_is_not_believed(lie: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        numbers_of(lie, 2)
