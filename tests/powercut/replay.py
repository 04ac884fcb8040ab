"""Power cuts for an unmodified program, from outside: record its file calls, rebuild what the disk may hold, look.

    found = record(["kioskd", "--config", ...], disk=folder)        # run it under strace; it writes below `folder`
    report = replay(found, acknowledged=rb"recorded (\\S+)", look=look)
    assert not report.wrong, report

`look(root)` opens what is there with the tools that a restart would use, raises if anything is damaged or does not
open, and returns what it found. After each acknowledgement, every later state must show it. The recording checks
itself: all calls applied must give the real directory, byte for byte; calls that it does not know stop it.

Not seen: memory-mapped writes (SQLite's shared memory holds nothing durable; this journal has none) and io_uring.
"""

import random
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .calls import Call, Said, command, read, run
from .disk import Disk, lay

Look = Callable[[Path], set[str]]
FAST = Path("/dev/shm")


@dataclass(frozen=True)
class Recording:
    disk: Path
    calls: list[Call]


@dataclass
class Report:
    """`states`: different ones, each opened. `cuts`: moments. `wrong`: what a power cut would have lost or broken."""

    cuts: int = 0
    states: int = 0
    acknowledged: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        head = (
            f"{self.states} states at {self.cuts} cuts, {len(self.acknowledged)} acknowledged, {len(self.wrong)} wrong"
        )
        return "\n".join([head, *self.wrong[:10]])


def record(inner: Sequence[str], disk: Path, **more: object) -> Recording:
    """Run a command that ends by itself, and record what it did below `disk`, which must be empty."""
    with tempfile.TemporaryDirectory() as folder:
        status = run(inner, Path(folder) / "calls", **more)
        if status != 0:
            raise AssertionError(f"{inner[0]} ended with {status}")
        return recording(Path(folder) / "calls", disk)


def start(inner: Sequence[str], calls: Path, **more: object) -> subprocess.Popen[bytes]:
    """Start a command that goes on, recorded into `calls`; when it has ended, `recording` reads that."""
    return subprocess.Popen(command(inner, calls), **more)  # type: ignore[call-overload, no-any-return]


def recording(calls: Path, disk: Path) -> Recording:
    """Read what `start` recorded, and check it against what the program left on the disk."""
    disk = disk.resolve()
    found = list(read(calls, disk))
    with tempfile.TemporaryDirectory() as empty:
        model = Disk(Path(empty))
    model.root = str(disk)
    for call in found:
        model.apply(call)
    replayed = model.tree(model.whole())
    real: dict[str, bytes | None] = {"": None}
    for path in disk.rglob("*"):
        if not path.is_socket():
            real[str(path.relative_to(disk))] = None if path.is_dir() else path.read_bytes()
    differing = sorted(name for name in real.keys() | replayed.keys() if real.get(name, 0) != replayed.get(name, 0))
    if differing:
        raise AssertionError(f"the recording does not lead to what is on the disk: {differing}")
    return Recording(disk, found)


def replay(found: Recording, acknowledged: bytes, look: Look, *, most: int = 2500, seed: int = 1) -> Report:
    """Look at every state that the disk may hold after each call, and after each acknowledgement.

    `acknowledged`: a pattern whose group names what was promised, sought in whole lines of all that was said. `most`:
    of more states than that, that many are drawn by lot (those at acknowledgements first).
    """
    pattern = re.compile(acknowledged)
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as empty:
        disk = Disk(Path(empty))
    disk.root = str(found.disk)
    report = Report()
    seen: dict[object, set[str] | str] = {}
    lines: dict[str, bytes] = {}
    promised: list[str] = []
    budget = _Budget(most, sum(not isinstance(call, Said) for call in found.calls), chance)
    with tempfile.TemporaryDirectory(dir=FAST if FAST.is_dir() else None) as folder:
        for call in found.calls:
            if isinstance(call, Said):
                *whole, lines[call.where] = (lines.get(call.where, b"") + call.content).split(b"\n")
                new = [match[1].decode() for line in whole for match in pattern.finditer(line)]
                promised += [each for each in new if each not in promised]
                if not new:
                    continue
            disk.apply(call)
            report.cuts += 1
            for state in dict.fromkeys(disk.states(chance)):
                key = disk.key(state)
                if key not in seen:
                    if not budget.grants(said=isinstance(call, Said)):
                        continue
                    report.states += 1
                    seen[key] = _look(look, disk.tree(state), Path(folder))
                there = seen[key]
                if isinstance(there, str):
                    report.wrong.append(f"after {_short(call)}: {there}")
                elif missing := [each for each in promised if each not in there]:
                    report.wrong.append(f"after {_short(call)}: missing {missing}")
    report.acknowledged = promised
    return report


class _Budget:
    """Spreads the states that may be looked at over the whole run."""

    def __init__(self, most: int, calls: int, chance: random.Random) -> None:
        self._chance = chance
        # About a dozen new states a call; with fewer calls than that allows, all are looked at.
        self._share = min(1.0, most / max(1, calls * 12))
        self._left = most

    def grants(self, *, said: bool) -> bool:
        if self._left <= 0 or not (said or self._chance.random() < self._share):
            return False
        self._left -= 1
        return True


def _look(look: Look, tree: dict[str, bytes | None], folder: Path) -> set[str] | str:
    """Return what is found in this state, or what is wrong with it."""
    root = folder / "disk"
    root.mkdir()
    try:
        lay(tree, root)
        return look(root)
    except Exception as problem:  # noqa: BLE001 - whatever goes wrong in a restart is the finding
        return f"{type(problem).__name__}: {problem}"
    finally:
        shutil.rmtree(root)


def _short(call: Call) -> str:
    text = repr(call)
    return text if len(text) < 120 else text[:100] + "…)"
