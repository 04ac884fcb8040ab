"""`kioskctl trace`: the ring of a station as a file, read and played at a desk."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from kioskd.model.calls import Call, TraceGet
from kioskd.trace.file import page_document, read
from tests.rules.station import ANNA, BOOK
from tests.trace.test_replay import Recorded, town

from .conftest import Daemon, kioskctl


@pytest.fixture
def visit(daemon: Daemon) -> Recorded:
    """A daemon whose ring holds a visit of 120 inputs and more, so that it is asked for in pieces."""
    plain = town(begun=False)
    station = Recorded(config=plain.config, library=plain.library, watch=False)
    station.start()
    station.scan(ANNA)
    station.scan(BOOK)
    station.finish()
    station.advance(900)

    def answer(call: Call) -> dict[str, Any]:
        assert isinstance(call, TraceGet)
        return page_document(station.ring.page(call.after, call.limit))

    daemon.answers["TraceGet"] = answer
    return station


async def test_a_trace_is_saved_shown_and_played(daemon: Daemon, visit: Recorded, folder: Path) -> None:
    path = folder / "visit.jsonl"
    saved = await kioskctl("trace", "save", "--out", path, "--json", "--socket", daemon.path)
    assert (saved.status, saved.document) == (0, {"file": str(path), "inputs": len(visit.story)})
    assert len(visit.story) > 120
    text = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert ANNA not in text
    assert BOOK not in text

    shown = await kioskctl("trace", "show", path)
    assert len(shown.out.splitlines()) == len(visit.story) + 1
    assert "Scanned scanner=front" in shown.out

    replayed = await kioskctl("trace", "replay", path, "--json")
    assert replayed.status == 0
    steps = replayed.document["steps"]
    assert replayed.document["differ"] == []
    assert [step["state"]["screen"] for step in steps if step["input"]["$"] == "Scanned"] == ["card", "items"]
    assert {"Save", "Show", "Ask"} <= {effect["$"] for step in steps for effect in step["effects"]}
    told = await kioskctl("trace", "replay", path, "--from", "1", "--to", "9", "--whole")
    assert "9 0" not in told.out.splitlines()[0]
    assert told.out.splitlines()[-1] == "10 steps, 0 other than at the station"


async def test_a_step_that_the_station_took_otherwise_is_told(daemon: Daemon, visit: Recorded, folder: Path) -> None:
    path = folder / "visit.jsonl"
    await kioskctl("trace", "save", "--out", path, "--socket", daemon.path)
    rows = path.read_text().splitlines()
    at = next(n for n, row in enumerate(rows) if '"Scanned"' in row)
    rows[at] = json.dumps(json.loads(rows[at]) | {"did": ["Beep"]})
    path.write_text("\n".join(rows))
    replayed = await kioskctl("trace", "replay", path)
    assert replayed.status == 1
    assert "not as at the station, where it was: Beep" in replayed.out
    assert f"the first is {at - 1}" in replayed.err


async def test_no_file_is_overwritten_and_none_left_by_a_daemon_that_is_down(folder: Path) -> None:
    path = folder / "visit.jsonl"
    away = await kioskctl("trace", "save", "--out", path, "--socket", folder / "none.sock")
    assert away.status == 3
    assert not path.exists()
    path.write_text("mine")
    there = await kioskctl("trace", "save", "--out", path, "--socket", folder / "none.sock")
    assert there.status == 1
    assert path.read_text() == "mine"
    wrong = await kioskctl("trace", "show", path)
    assert wrong.status == 1
    assert "line 1" in wrong.err


async def test_a_bundle_holds_a_trace_that_can_be_played(daemon: Daemon, visit: Recorded, folder: Path) -> None:
    out = folder / "bundle.tar.gz"
    daemon.answers["JournalList"] = {"entries": [], "next": None}
    done = await kioskctl(
        "--socket", daemon.path, "--state-dir", folder / "none", "support-bundle", "--out", out, "--root", folder
    )
    assert done.status == 0, done.err
    with tarfile.open(out) as tar:
        content = tar.extractfile("kioskd-support/trace.jsonl")
        assert content is not None
        assert len(read(content.read().decode()).inputs) == len(visit.story)
