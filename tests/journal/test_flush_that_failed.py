"""A flush that failed, then a power cut: what Linux keeps in memory as if it were written is not on the disk."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from kioskd.journal.errors import NotWritten
from kioskd.journal.journal import Journal
from kioskd.model.entry import EntryFilter, EntryState
from tests.journal.making import ZONE, add
from tests.simulation.disk import Disk

STATE = Path("/simulated")


@pytest.fixture(params=range(8))
def disk(request: pytest.FixtureRequest) -> Iterator[Disk]:
    disk = Disk(f"flush-{request.node.name}", random.Random(request.param))
    yield disk
    disk.close()


@pytest.mark.parametrize("failures", [1, 2, 3, 5])
def test_what_was_promised_after_it_survives_a_cut(disk: Disk, failures: int) -> None:
    journal = Journal.open(STATE, timezone=ZONE, vfs=disk.name)
    promised = list(journal.write([add(1)]).seqs)
    disk.failing_flushes = failures
    while disk.failing_flushes:
        with pytest.raises(NotWritten):
            journal.write([add(100 + disk.failing_flushes)])
    for number in range(2, 6):
        promised += journal.write([add(number)]).seqs
    disk.stop()
    disk.lose()
    disk.go_on()
    with Journal.open(STATE, timezone=ZONE, vfs=disk.name) as journal:
        entries = journal.entries(EntryFilter())
        kept = [entry.seq for entry in entries if entry.state is not EntryState.WITHDRAWN]
        assert [seq for seq in kept if seq in promised] == promised


def test_a_daemon_that_starts_after_it_builds_on_nothing_that_is_not_there(disk: Disk) -> None:
    journal = Journal.open(STATE, timezone=ZONE, vfs=disk.name)
    journal.write([add(1)])
    disk.failing_flushes = 1
    with pytest.raises(NotWritten):
        journal.write([add(2)])
    disk.stop()  # kill -9: the memory of the system stays
    disk.go_on()
    journal = Journal.open(STATE, timezone=ZONE, vfs=disk.name)
    promised = [seq for number in range(3, 6) for seq in journal.write([add(number)]).seqs]
    disk.stop()
    disk.lose()
    disk.go_on()
    with Journal.open(STATE, timezone=ZONE, vfs=disk.name) as journal:
        kept = [entry.seq for entry in journal.entries(EntryFilter())]
        assert set(promised) <= set(kept)
