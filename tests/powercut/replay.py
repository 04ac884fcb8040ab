"""Power cuts for an unmodified program, from outside: record its file calls, rebuild what the disk may hold, look.

    found = record(["kioskd", "--config", ...], disk=folder)        # run it under strace; it writes below `folder`
    report = replay(found, acknowledged=rb"recorded (\\S+)", look=look)
    assert not report.wrong, report

`look(root)` opens what is there with the tools that a restart would use, raises if anything is damaged or does not
open, and returns what it found. After each acknowledgement, every later state must show it. The recording checks
itself: all calls applied must give the real directory, byte for byte; calls that it does not know stop it.

Not seen: memory-mapped writes (SQLite's shared memory holds nothing durable; this journal has none) and io_uring.
"""

import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
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
    """What was looked at. `cuts`: moments. `legal`: different states in all, `states`: those of them that were opened.

    `wrong`: what a power cut would have lost or broken.
    """

    legal: int = 0
    cuts: int = 0
    states: int = 0
    acknowledged: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        head = f"{self.states} of {self.legal} states at {self.cuts} cuts, {len(self.acknowledged)} acknowledged"
        return "\n".join([f"{head}, {len(self.wrong)} wrong", *self.wrong[:10]])


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


def end(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM) -> None:
    """Send the recorded program (not strace, which would only let go of it) a signal, and wait for its end."""
    for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
        os.kill(int(child), how)
    process.wait()


def recording(calls: Path, disk: Path) -> Recording:
    """Read what `start` recorded, and check it against what the program left on the disk."""
    disk = disk.resolve()
    found = list(read(calls, disk))
    model = Disk(str(disk))
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


def replay(found: Recording, acknowledged: bytes, look: Look, *, most: int = 1500, seed: int = 1) -> Report:
    """Look at the states that the disk may hold after each call, and after each acknowledgement.

    `acknowledged`: a pattern whose group names what was promised, sought in whole lines of all that was said. `most`:
    of more states than that, that many are drawn by lot, evenly over the run; after the most telling ones.
    """
    report = Report()
    chosen = _choose(list(_states(found, acknowledged, seed)), most, random.Random(seed))
    report.legal = chosen.legal
    seen: dict[object, set[str] | str] = {}
    with tempfile.TemporaryDirectory(dir=FAST if FAST.is_dir() else None) as folder:
        for moment in _states(found, acknowledged, seed):
            report.cuts += moment.first
            report.acknowledged = moment.promised
            if moment.key not in chosen.keys:
                continue
            if moment.key not in seen:
                seen[moment.key] = _look(look, moment.tree(), Path(folder))
            there = seen[moment.key]
            if isinstance(there, str):
                report.wrong.append(f"after {_short(moment.call)}: {there}")
            elif missing := [each for each in moment.promised if each not in there]:
                report.wrong.append(f"after {_short(moment.call)}: missing {missing}")
    report.states = len(seen)
    return report


@dataclass
class _Moment:
    """One state that the disk may hold after a call.

    `first`: of those after this call. `telling`: it is looked at before others: nothing of what was not flushed is
    there, or a part of what happened to names (there are few such states, and what they break is broken for good).
    """

    call: Call
    promised: list[str]
    key: object
    first: bool
    telling: bool
    tree: Callable[[], dict[str, bytes | None]]


def _states(found: Recording, acknowledged: bytes, seed: int) -> Iterator[_Moment]:
    """Yield every state after each call; the same ones each time."""
    pattern = re.compile(acknowledged)
    chance = random.Random(seed)
    disk = Disk(str(found.disk))
    lines: dict[str, bytes] = {}
    promised: list[str] = []
    for call in found.calls:
        if isinstance(call, Said):
            *whole, lines[call.where] = (lines.get(call.where, b"") + call.content).split(b"\n")
            new = [match[1].decode() for line in whole for match in pattern.finditer(line)]
            if not new:
                continue
            promised = [*promised, *(each for each in new if each not in promised)]
        disk.apply(call)
        for number, state in enumerate(dict.fromkeys(disk.states(chance))):
            telling = number == 0 or disk.parts_names(state)
            yield _Moment(call, promised, disk.key(state), number == 0, telling, partial(disk.tree, state))


@dataclass
class _Chosen:
    legal: int
    keys: set[object]


def _choose(moments: list[_Moment], most: int, chance: random.Random) -> _Chosen:
    every = dict.fromkeys(moment.key for moment in moments)
    telling = list(dict.fromkeys(moment.key for moment in moments if moment.telling))
    keys = set(telling if len(telling) <= most else chance.sample(telling, most))
    others = [key for key in every if key not in keys]
    keys.update(others if len(others) + len(keys) <= most else chance.sample(others, most - len(keys)))
    return _Chosen(len(every), keys)


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
