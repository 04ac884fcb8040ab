"""Kill -9 at random moments: what was acknowledged is there, and nothing else than what was asked for."""

import random
import subprocess
import sys
from pathlib import Path

from kioskd.model.entry import EntryFilter

from .making import opened

KILLS = 8
WRITER = """
import sys
from pathlib import Path
from tests.journal.making import add, opened
journal = opened(Path(sys.argv[1]))
number = journal.summary().recorded
print("ready", flush=True)
while True:
    number += 1
    assert journal.write([add(number)]).seqs == (number,)
    print(number, flush=True)
    if number % 50 == 0:
        journal.checkpoint()
"""


def test_killed_at_random(state_dir: Path) -> None:
    chance = random.Random(4)
    told = 0
    for _ in range(KILLS):
        with subprocess.Popen([sys.executable, "-c", WRITER, state_dir], stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
            for _ in range(chance.randrange(1, 120)):
                told = int(writer.stdout.readline())
            writer.kill()
            for line in writer.stdout:
                if line.endswith("\n"):
                    told = int(line)
        with opened(state_dir) as journal:
            assert journal.salvaged is None
            found = journal.entries(EntryFilter())
            # At most the one that was being written when it was killed.
            assert told <= len(found) <= told + 1
            assert [entry.what.id for entry in found] == [
                f"00000000-0000-4000-8000-{number:012d}" for number in range(1, len(found) + 1)
            ]
            assert journal.summary().recorded == len(found)
    print(f"{KILLS} kills, {told} entries")
