"""Single durable entries, at journals of every size, beside a raw append and sync; runs interleaved."""

import time
import uuid
from pathlib import Path

from kioskd.journal.journal import Journal
from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.entry import AddEntry, AddRow, EntryState, How, Kind, ModeName, NewEntry, Seq
from kioskd.model.time import ClockTrust
from tests.bench import figures
from tests.bench.disk import RawFile
from tests.bench.figures import Figure

SIZES = (0, 10_000, 100_000, 1_000_000)
ROUNDS, A_ROUND = 20, 25


def _entry(number: int) -> AddEntry:
    return AddEntry(
        NewEntry(
            id=str(uuid.UUID(int=number)),
            kind=Kind.CHECKOUT,
            how=How.SCANNED,
            patron=PatronBarcode("20000000000014"),
            item=ItemBarcode(f"3{number:013d}"),
            at_wall_s=1.8e9 + number,
            at_boot_s=float(number),
            boot_id="3c9d2a1e-5f0b-4c59-9a54-0d9a8a5f4e11",
            clock=ClockTrust.TRUSTED,
            mode=ModeName.OFFLINE,
            station="BENCH-1",
            session="00000000-0000-0000-0000-000000000000",
        )
    )


def _fill(journal: Journal, to: int) -> None:
    """Bring the journal to a size; what is old is settled."""
    at = journal.summary().recorded
    while at < to:
        count = min(5_000, to - at)
        written = journal.write([_entry(at + number) for number in range(count)])
        journal.write([AddRow(Seq(seq), EntryState.SETTLED, 1.8e9, "lent") for seq in written.seqs])
        at += count
    journal.checkpoint()


def adds(folder: Path, largest: int = SIZES[-1]) -> dict[str, Figure]:
    sizes = [size for size in SIZES if size <= largest]
    journals = {}
    for size in sizes:
        state = folder / str(size)
        journals[size] = Journal.open(state, timezone="UTC")
        _fill(journals[size], size)
    raw = RawFile(folder)
    times: dict[int, list[float]] = {size: [] for size in sizes}
    syncs: list[float] = []
    number = 10_000_000
    for _ in range(ROUNDS):
        for size in sizes:
            for _ in range(A_ROUND):
                number += 1
                begun = time.perf_counter()
                journals[size].write([_entry(number)])
                times[size].append(time.perf_counter() - begun)
            journals[size].checkpoint()
        syncs += [raw.sync_s() for _ in range(A_ROUND)]
    raw.close()
    found: dict[str, Figure] = {}
    for size in sizes:
        found[f"journal_adds_per_s_at_{size}"] = figures.of([1 / taken for taken in times[size]], "1/s")
        found[f"journal_add_ms_at_{size}"] = figures.of([taken * 1000 for taken in times[size]], "ms")
        journals[size].close()
    found["raw_syncs_per_s"] = figures.of([1 / taken for taken in syncs], "1/s")
    found["raw_sync_ms"] = figures.of([taken * 1000 for taken in syncs], "ms")
    return found
