"""What an entry's whole way asks of the disk: recorded, marked, sent, settled, forgotten; six in ten of them online."""

import re
from pathlib import Path

from tests.bench import figures
from tests.bench.figures import Figure
from tests.endurance.desk import Desk

CALLS = "trace=fsync,fdatasync,sync_file_range,pwrite64,write"
WRITTEN = re.compile(r"\b(?:pwrite64|write)\(\d+<[^>]*/state/[^>]*>.*= (\d+)$", re.MULTILINE)
FLUSHED = re.compile(r"\b(?:fsync|fdatasync)\(")


def cost_of_the_whole_way(folder: Path, n: int = 400) -> dict[str, Figure]:
    """Count flushes and bytes of the daemon's file calls over an hour of the endurance's desk, start and end included.

    `purged`: with `journal.keep_settled_days` 0, which forgets people after each visit.
    """
    found: dict[str, Figure] = {}
    for name, keep_days in (("whole_entry", 7), ("purged_entry", 0)):
        place = folder / name
        place.mkdir()
        trace = place / "trace"
        desk = Desk(place, n, keep_days, wrapper=("strace", "-f", "-y", "-o", str(trace), "-e", CALLS))
        try:
            desk.hour()
        finally:
            desk.close()
        calls = trace.read_text(errors="replace")
        flushes, written = len(FLUSHED.findall(calls)), sum(map(int, WRITTEN.findall(calls)))
        found[f"flushes_per_{name}"] = figures.single(flushes / desk.scans, "flushes", desk.scans)
        found[f"bytes_per_{name}"] = figures.single(written / desk.scans, "bytes", desk.scans)
    return found
