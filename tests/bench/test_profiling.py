"""The parts of the hot path can be measured: what they call still stands where they look for it."""

from pathlib import Path

import pytest

from tests.bench import profiling


def test_each_part_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiling, "A_MEASUREMENT", 1)
    found = profiling.hot_path(tmp_path)
    assert {"part_step_scanned_us", "part_journal_write_us", "part_view_to_json_us", "part_trace_us"} <= found.keys()
    assert all(figure["median"] > 0 for figure in found.values())
