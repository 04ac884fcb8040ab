"""What a measurement under strace leaves behind: nothing."""

from pathlib import Path

from tests.bench.scanning import cost_of_an_entry


def running(folder: Path) -> list[str]:
    """Return the command lines of all processes that name this folder."""
    lines = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = each.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            lines.append(line)
    return lines


def test_a_traced_station_ends_with_its_measurement(tmp_path: Path) -> None:
    found = cost_of_an_entry(tmp_path, n=3)
    assert found["flushes_per_entry"]["median"] == 1
    assert found["bytes_per_entry"]["median"] > 1024
    assert running(tmp_path) == []
