"""A hand-over cut by a power failure at any file call, of the journal's disk or the stick's: each entry has one way."""

import datetime as dt
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kioskd.ctl import hand_over
from kioskd.exports.formats import Format, Station, export
from kioskd.journal.journal import Journal
from kioskd.journal.listing import entry_document
from kioskd.model import handed_over
from kioskd.model.entry import AddRow, EntryFilter, EntryState, Seq
from kioskd.model.spans import spans
from tests.exports.making import ZONE, koha_reads
from tests.journal.making import NOON, add, opened
from tests.powercut.replay import Report, record, replay

STATION = Station(ZONE, "0.1.0", "To do")
COUNT = 5


class Marks:
    """The daemon's part, two entries at a time, so that a cut may fall between them."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    def call(self, method: str, params: dict[str, Any] | None = None) -> Any:
        assert params is not None
        if method == "journal.handed_over":
            numbers = handed_over.numbers_at(self.journal.notes(handed_over.KIND), params["to"])
            return {"numbers": spans(numbers), "count": len(numbers)}
        assert method == "journal.hand_over"
        rows = [AddRow(Seq(seq), EntryState.HANDED_OVER, NOON, params["to"]) for seq in params["seqs"]]
        for at in range(0, len(rows), 2):
            marked = rows[at : at + 2]
            note = handed_over.note(params["to"], [each.seq for each in marked], NOON)
            self.journal.write([*marked, note])
        return {}


def documents(journal: Journal) -> list[dict[str, Any]]:
    return [entry_document(entry, ZONE, reveal=True) for entry in journal.entries(EntryFilter())]


def made(found: list[dict[str, Any]]) -> bytes:
    return export(Format.KOHA_KOC, found, STATION).payload


def play(root: Path) -> None:
    """Record entries, then hand them over to a file on another disk; say when all is done."""
    out = root / "stick" / "day.koc"
    out.parent.mkdir()
    with opened(root / "state") as journal:
        journal.write([add(number) for number in range(1, COUNT + 1)])
        found = documents(journal)
        what = hand_over.HandOver.of("koha-koc", out, found)
        hand_over.begin(out, "EAST-1", what)
        hand_over.mark(Marks(journal), what)
        hand_over.finish(out, made(found))
        for each in found:
            print("handed over", each["seq"], flush=True)


def items(payload: bytes) -> list[str]:
    return [arguments[1] for _, _, arguments in koha_reads(payload)[1]]


def again(root: Path) -> set[str]:
    """Do what the same command does after a cut; each entry must then be in the file or wait, and never both."""
    out = root / "stick" / "day.koc"
    with opened(root / "state") as journal:
        by_seq = {each["seq"]: each for each in documents(journal)}
        cut_off = hand_over.unfinished(out, "EAST-1") if out.parent.exists() else None
        if cut_off is not None:
            marked = hand_over.marked(cut_off, hand_over.there(Marks(journal), cut_off.to))
            if marked:
                hand_over.finish(out, made(marked))
            else:
                hand_over.remove(hand_over.part(out))
        in_file = items(out.read_bytes()) if out.exists() else []
    gone = [each["item"] for each in by_seq.values() if each["state"] == "handed_over"]
    assert in_file == gone, f"in the file {in_file}, handed over {gone}"
    assert not hand_over.part(out).exists()
    return {str(seq) for seq, each in by_seq.items() if each["state"] == "handed_over"}


def cut(tmp_path: Path, before: str, look: Callable[[Path], set[str]], most: int) -> Report:
    disk = tmp_path / "disk"
    disk.mkdir()
    script = f"import sys\nfrom pathlib import Path\n{before}\nfrom tests.exports.test_hand_over import play\n"
    script += "play(Path(sys.argv[1]))"
    found = record([sys.executable, "-c", script, str(disk)], disk, stdout=subprocess.DEVNULL)
    report = replay(found, rb"handed over (\d+)", look, most=most)
    print(report)
    return report


def test_whenever_the_power_goes_each_entry_has_one_way(tmp_path: Path) -> None:
    report = cut(tmp_path, "", again, 120)
    assert report.acknowledged == [str(seq) for seq in range(1, COUNT + 1)]
    assert not report.wrong, report


@pytest.mark.parametrize(
    "wrong",
    [
        "from kioskd.ctl import hand_over\nhand_over.begin = lambda path, station, what: None",
        "from kioskd.ctl import new_file\nnew_file.sync_folder = lambda folder: None",
    ],
    ids=["nothing is written down first", "names that are not flushed"],
)
def test_a_hand_over_that_cuts_corners_is_found_out(tmp_path: Path, wrong: str) -> None:
    assert cut(tmp_path, wrong, again, 150).wrong


def test_what_lies_there_and_is_no_hand_over_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "day.koc"
    hand_over.part(out).write_bytes(b'{"to": 1')
    with pytest.raises(Exception, match="not a hand-over of kioskctl; move it away"):
        hand_over.unfinished(out, "EAST-1")
    assert hand_over.part(out).read_bytes() == b'{"to": 1'


def test_a_hand_over_is_named_by_what_is_in_it() -> None:
    when = dt.datetime(2026, 11, 23, tzinfo=ZONE).isoformat()
    one = [{"seq": 1, "id": "a", "at": when}]
    path = Path("x.koc")
    assert hand_over.HandOver.of("koha-koc", path, one).to != hand_over.HandOver.of("koha-koc", path, []).to
