"""Mutates what it knows, looks at which lines that reaches, and keeps what reached new ones.

Coverage comes from `sys.settrace`, which is slow, so only one input in so many is looked at; that is enough to lead.
"""

import hashlib
import random
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from tests.fuzz.targets import Target

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
TOP = HERE.parents[1]
WATCHED = (str(TOP / "kioskd"), str(TOP / "drivers"))
LOOKED_AT = 25
"""One input in so many is traced."""
SLOW_S = 2.0
KEPT_AT_MOST = 400
SAMPLES = 30


@dataclass
class Run:
    """What came of fuzzing one target."""

    name: str
    inputs: int = 0
    lines: int = 0
    kept: int = 0
    took_s: float = 0.0
    slowest_s: float = 0.0
    memory_kib: list[int] = field(default_factory=list)
    """What the process had in memory, looked at so many times while it read."""
    crashes: dict[str, bytes] = field(default_factory=dict)
    """By what was raised, the shortest input that raises it."""

    @property
    def grown_kib(self) -> int:
        """By how much more memory the last third needed than the second one: caches fill in the first."""
        third = len(self.memory_kib) // 3
        return max(self.memory_kib[-third:]) - max(self.memory_kib[third : 2 * third]) if third else 0

    def add(self, other: "Run") -> None:
        """Take in another shard of the same target."""
        self.inputs += other.inputs
        self.lines = max(self.lines, other.lines)
        self.kept += other.kept
        self.took_s += other.took_s
        self.slowest_s = max(self.slowest_s, other.slowest_s)
        self.crashes = {**other.crashes, **self.crashes}
        if other.grown_kib > self.grown_kib:
            self.memory_kib = other.memory_kib


def corpus(name: str) -> list[bytes]:
    """Return the inputs that the repository keeps for a target."""
    return [path.read_bytes() for path in sorted((CORPUS / name).glob("*"))]


def mutated(chance: random.Random, known: Sequence[bytes], words: Sequence[bytes], longest: int) -> bytes:
    """Return a new input, made of one or two that are known and a few words."""
    given = bytearray(chance.choice(known)) if known else bytearray()
    for _ in range(1 << chance.randrange(4)):
        at = chance.randrange(len(given) + 1)
        match chance.randrange(9):
            case 0:
                given[at:at] = chance.choice(words)
            case 1 if given:
                given[at % len(given)] ^= 1 << chance.randrange(8)
            case 2 if given:
                given[at % len(given)] = chance.choice((0, 1, 10, 13, 32, 124, 127, 128, 255))
            case 3:
                del given[at : at + chance.randrange(1, 9)]
            case 4:
                given[at:at] = given[at : at + chance.randrange(1, 40)]
            case 5:
                other = chance.choice(known) if known else b""
                cut = chance.randrange(len(other) + 1)
                given[at:] = other[cut:]
            case 6:
                given[at : at + 4] = chance.choice(words)
            case 7:
                given[at:at] = bytes([chance.randrange(256)])
            case _:
                given[at:at] = chance.choice((b"0", b"9", b"A", b" ")) * chance.choice((1, 2, 8, 300))
    return bytes(given[:longest])


class _Lines:
    """Which lines of our own code run."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, int]] = set()
        self.new = False

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "call" and not frame.f_code.co_filename.startswith(WATCHED):
            return None
        place = (frame.f_code.co_filename, frame.f_lineno)
        if place not in self.seen:
            self.seen.add(place)
            self.new = True
        return self


def fuzz(name: str, target: Target, inputs: int, seed: int | str) -> Run:
    """Give a target so many inputs: those that are kept, then mutations of them."""
    chance = random.Random(f"{name} {seed}")
    run, lines = Run(name), _Lines()
    known = corpus(name) or [b""]
    begun = time.monotonic()
    every = max(1, inputs // SAMPLES)
    for given in _inputs(chance, known, target, inputs):
        run.inputs += 1
        looks = run.inputs <= len(known) or run.inputs % LOOKED_AT == 0
        before_s = time.perf_counter()
        lines.new = False
        try:
            if looks:
                was = sys.gettrace()
                sys.settrace(lines)
                try:
                    target.read(given)
                finally:
                    sys.settrace(was)
            else:
                target.read(given)
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            _crashed(run, error, given)
        run.slowest_s = max(run.slowest_s, time.perf_counter() - before_s)
        if looks and lines.new and len(known) < KEPT_AT_MOST and given not in known:
            known.append(given)
            run.kept += 1
        if run.inputs % every == 0:
            run.memory_kib.append(_kib())
    run.lines = len(lines.seen)
    run.took_s = time.monotonic() - begun
    return run


def _inputs(chance: random.Random, known: Sequence[bytes], target: Target, inputs: int) -> Iterator[bytes]:
    first = list(known)[:inputs]
    yield from first
    for _ in range(inputs - len(first)):
        yield mutated(chance, known, target.words, target.longest)


def _crashed(run: Run, error: Exception, given: bytes) -> None:
    trace, where = error.__traceback__, ""
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith(str(TOP)):
            where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    key = f"{type(error).__name__} at {where}: {str(error)[:100]}"
    if key not in run.crashes or len(given) < len(run.crashes[key]):
        run.crashes[key] = given


def _kib() -> int:
    """Return what this process has in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * (resource.getpagesize() // 1024)


def keep(name: str, given: bytes) -> Path:
    """Put an input into the repository's corpus, under a name of its content."""
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.blake2b(given, digest_size=6).hexdigest()
    path.write_bytes(given)
    return path
