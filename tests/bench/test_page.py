"""The page of figures is drawn from what is kept, and judges each figure by the limit beside it."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.bench import page
from tests.bench.aims import judged
from tests.bench.figures import of, single
from tests.bench.plot import Line, chart, ticks

FIGURES = {
    "scan_to_screen_ms": of([1.0, 1.2, 1.4], "ms"),
    "sync_ms": of([0.1, 0.2, 0.3], "ms"),
    "raw_sync_ms": of([0.2], "ms"),
    "journal_add_ms_at_0": of([0.3], "ms"),
    "journal_add_ms_at_10000": of([0.36], "ms"),
    "rss_mib": single(50.0, "MiB", 1),
    "part_step_us": of([100.0], "µs"),
    "import_asyncio_ms": of([30.0], "ms"),
}


def test_each_figure_is_judged_by_a_limit_of_the_same_run() -> None:
    told = {each.name: (each.reached, round(each.bound, 3)) for each in judged(FIGURES)}
    assert told == {
        "scan_to_screen_ms": (True, 1.26),
        "rss_mib": (False, 48.0),
        "journal_add_ms_at_0": (True, 0.35),
        "journal_add_ms_at_10000": (False, 0.35),
    }


def test_the_page_is_drawn_anew_from_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "performance").mkdir()
    before = page.PAGE.read_text()
    monkeypatch.setattr(page, "FOLDER", tmp_path / "performance")
    monkeypatch.setattr(page, "HISTORY", tmp_path / "performance" / "bench.jsonl")
    monkeypatch.setattr(page, "PAGE", tmp_path / "PERFORMANCE.md")
    page.PAGE.write_text(before)
    page.remember(FIGURES)
    page.write()
    once = page.PAGE.read_text()
    page.write()
    assert page.PAGE.read_text() == once
    assert "| `rss_mib` | 50 MiB |  | 1 | 48 MiB = 48 | **missed** |" in once
    assert "| `step` | 100.0 |" in once
    assert [json.loads(line)["figures"]["rss_mib"]["median"] for line in page.HISTORY.read_text().splitlines()] == [50]
    assert {path.name for path in page.FOLDER.glob("*.svg")} == {"bench-adds.svg", "bench-scan.svg"}


def test_a_chart_shows_each_line_and_limit() -> None:
    drawn = chart("T & T", [Line("a", [(1, 2.0), (2, 3.0)])], x="hours", y="ms", limits={"limit": 5.0})
    root = ET.fromstring(drawn)
    texts = [node.text for node in root.iter() if node.tag.endswith("text")]
    assert {"T & T", "a", "limit", "hours", "ms"} <= set(texts)
    assert sum(node.tag.endswith("polyline") for node in root.iter()) == 1


@pytest.mark.parametrize("most", [0.0, 0.0003, 1.0, 47.9, 1e6])
def test_an_axis_has_round_marks_from_zero_over_the_highest_value(most: float) -> None:
    marks = ticks(0.0, most)
    assert marks[0] == 0
    assert marks[-1] >= most
    assert len(marks) <= 12
