"""The statistics: each entry and each refusal once, whatever is cut off, and kept when the entries are forgotten."""

import datetime as dt
import random
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kioskd.journal import Journal
from kioskd.journal.statistics import FILE, KEPT_DAYS, Event, Reached, Statistics, read
from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.choices import StatsBy
from kioskd.model.entry import AddEntry, AddRow, EntryFilter, EntryState, How, Kind, ModeName, NewEntry, Seq
from kioskd.model.time import ClockTrust

ZONE = ZoneInfo("America/Los_Angeles")
NOON_S = dt.datetime(2026, 11, 24, 12, 30, tzinfo=ZONE).timestamp()
NUMBERS = count(1)


def entry(kind: Kind = Kind.CHECKOUT, mode: ModeName = ModeName.ONLINE, at_s: float = NOON_S) -> AddEntry:
    n = next(NUMBERS)
    return AddEntry(
        NewEntry(
            id=f"{n:08}-0000-4000-8000-000000000000",
            kind=kind,
            how=How.SCANNED,
            patron=PatronBarcode("21168000001234"),
            item=ItemBarcode(f"3{n:013}"),
            at_wall_s=at_s,
            at_boot_s=1.0,
            boot_id="boot",
            clock=ClockTrust.TRUSTED,
            mode=mode,
            station="S",
            session="s",
        )
    )


def counted(journal: Journal) -> None:
    while journal.count_up():
        pass


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path / "state", timezone=ZONE.key)


def test_what_was_done_and_refused_stands_by_day_hour_and_mode(journal: Journal, tmp_path: Path) -> None:
    with journal:
        journal.write([entry(), entry(Kind.RENEWAL), entry(mode=ModeName.OFFLINE, at_s=NOON_S + 3600)])
        journal.write([entry(at_s=NOON_S + 86_400)])
        journal.write([AddRow(Seq(1), EntryState.SENDING, NOON_S), AddRow(Seq(1), EntryState.REFUSED, NOON_S + 1)])
        journal.write([AddRow(Seq(3), EntryState.EXCEPTION, NOON_S + 7200)])
        counted(journal)
        counted(journal)
        told = journal.statistics(StatsBy.DAY, None, None)
        assert [(line["day"], line["checkout"], line["renewal"], line["refused"]) for line in told] == [
            ("2026-11-24", 2, 1, 1),
            ("2026-11-25", 1, 0, 0),
        ]
        hours = journal.statistics(StatsBy.HOUR, dt.date(2026, 11, 24), dt.date(2026, 11, 24))
        assert [(line["hour"], line["checkout"], line["exception"]) for line in hours] == [
            (12, 1, 0),
            (13, 1, 0),
            (14, 0, 1),
        ]
        modes = journal.statistics(StatsBy.MODE, None, dt.date(2026, 11, 24))
        assert {str(line["mode"]): line["checkout"] for line in modes} == {"online": 1, "offline": 1}
    assert read(tmp_path / "state", StatsBy.DAY, None, None) == told
    assert read(tmp_path, StatsBy.DAY, None, None) == []


def test_it_holds_nobody_and_survives_the_purge(journal: Journal, tmp_path: Path) -> None:
    with journal:
        journal.write([entry(), entry()])
        journal.write([AddRow(Seq(n), EntryState.SETTLED, NOON_S) for n in (1, 2)])
        while journal.purge(NOON_S + 1):
            pass
        assert journal.entries(EntryFilter()) == []
        assert journal.statistics(StatsBy.DAY, None, None)[0]["checkout"] == 2
        kept = (tmp_path / "state" / FILE).read_bytes()
        assert b"21168000001234" not in kept
        assert (tmp_path / "state" / FILE).stat().st_mode & 0o777 == 0o600


def test_a_journal_begun_anew_is_counted_from_its_begin(tmp_path: Path) -> None:
    statistics = Statistics(tmp_path, ZONE)
    statistics.add([Event("checkout", NOON_S, ModeName.ONLINE)], Reached(900, 1800))
    assert statistics.reached(Reached(1000, 2000)) == Reached(900, 1800)
    assert statistics.reached(Reached(1900, 1700)) == Reached(900, 1700), "a salvage lost the last rows"
    assert statistics.reached(Reached(0, 0)) == Reached(0, 0)
    statistics.close()


def test_what_is_older_than_400_days_goes(tmp_path: Path) -> None:
    statistics = Statistics(tmp_path, ZONE)
    day_s = 86_400
    for days in (0, KEPT_DAYS, KEPT_DAYS + 1):
        statistics.add([Event("checkout", NOON_S + days * day_s, ModeName.ONLINE)], Reached(days + 1, 0))
    assert len(statistics.told(StatsBy.DAY, None, None)) == 2
    statistics.close()


def test_a_damaged_file_is_begun_anew_and_hinders_nobody(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database at all" * 100)
    statistics = Statistics(tmp_path, ZONE)
    assert statistics.begun_anew
    statistics.add([Event("checkout", NOON_S, ModeName.ONLINE)], Reached(1, 0))
    statistics.close()


LIFE = """
import sys
from pathlib import Path
from tests.journal.test_statistics import *
with Journal.open(Path(sys.argv[1]), timezone=ZONE.key) as journal:
    print("up", flush=True)
    for n in count():
        written = journal.write([entry(), entry(Kind.RENEWAL)])
        journal.write([AddRow(written.seqs[0], EntryState.REFUSED if n % 3 else EntryState.SETTLED, NOON_S)])
        journal.write([AddRow(written.seqs[1], EntryState.SETTLED, NOON_S)])
        if n % 4 == 0:
            journal.count_up()
        if n % 7 == 0:
            journal.purge(NOON_S + 1)
        print(n, flush=True)
"""


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long), pytest.param(3, marks=pytest.mark.long)])
def test_each_counts_once_over_kills(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    state = tmp_path / "state"
    for _ in range(5 if seed == 1 else 30):
        life = subprocess.Popen([sys.executable, "-c", LIFE, str(state)], stdout=subprocess.PIPE)
        assert life.stdout is not None
        assert life.stdout.readline() == b"up\n"
        for _ in range(chance.randrange(12)):
            assert life.stdout.readline() != b""
        time.sleep(chance.uniform(0.0, 0.015))  # the moment of the kill is the chance that is wanted
        life.kill()
        life.communicate()
    with Journal.open(state, timezone=ZONE.key) as journal:
        counted(journal)
        summary = journal.summary()
        lines = journal.statistics(StatsBy.DAY, None, None)
        total = {what: sum(int(str(line[what])) for line in lines) for what in ("checkout", "renewal", "refused")}
    assert total["checkout"] + total["renewal"] == summary.recorded > 10
    assert total["refused"] == summary.refused
