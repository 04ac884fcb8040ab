"""One station: a computer with a disk, devices and clocks, and the daemon's process that comes and goes on it.

The process is what `kioskd.daemon.running` puts together, with a screen of our own instead of the socket: the real
loop around `step`, the real carrying out of effects, journal, conversation, printer and scanner lives.
"""

import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kioskd.daemon.open_session import NAME as MARK
from kioskd.journal.errors import JournalError
from kioskd.journal.moved import IsMoved
from kioskd.journal.names import JOURNAL, LOCK, companions
from kioskd.model import calls as c
from kioskd.model import effects as e
from kioskd.model import inputs
from kioskd.model.entry import Entry, EntryState
from kioskd.model.settings import Settings
from kioskd.model.view import View
from tests.simulation.devices import Cable, Roll
from tests.simulation.disk import Content, Disk
from tests.simulation.library import LibrarySystem
from tests.simulation.loop import VirtualLoop
from tests.simulation.process import STATE, Process


@dataclass
class Machine:
    """The computer. What it is told to call: `on_view`, `on_ask`, `on_log`, `on_line`, `on_paper`, `on_scan`."""

    name: str
    loop: VirtualLoop
    settings: Settings
    library: LibrarySystem
    begun_wall_s: float
    chance: random.Random
    fd: int
    traced: bool
    """Whether a technician watches the line: masking each costs time."""
    on_view: Callable[["Machine", View], None]
    on_ask: Callable[["Machine", e.Ask, int | None], None]
    on_log: Callable[["Machine", e.Log], None]
    on_line: Callable[[str, str], None]
    on_paper: Callable[["Machine", list[str]], None]
    on_scan: Callable[[], None]
    codes: Mapping[str, str] = field(default_factory=lambda: {"24682468": "AB"})
    process: Process | None = None
    view: View | None = None
    synchronised: bool = True
    clock_off_s: float = 0.0
    """How far its wall clock is ahead of the truth."""
    steps: int = 0
    starts: int = 0
    refused: int = 0
    """How often it did not start because its entries are elsewhere."""
    card_out: bool = False
    """Its card is in a reader somewhere else."""
    lost_writes: int = 0
    deaths_s: list[float] = field(default_factory=list)
    sealing: Path | None = None
    over: dict[int, Entry] = field(default_factory=dict)
    """Entries that were over when a purge came, as they stood then."""
    purged: int = 0
    wrong: list[str] = field(default_factory=list)
    were_exceptions: set[int] = field(default_factory=set)
    stepped_aside: set[int] = field(default_factory=set)
    """Entries that let others go first because lines died of them."""
    left: set[int] = field(default_factory=set)
    """Entries that are in a file or on a stick."""
    came_home: dict[int, float] = field(default_factory=dict)
    """When such entries were at home again; what was recorded after them had not waited for them."""
    answers: dict[c.RequestId, Any] = field(default_factory=dict)
    _requests: int = 0

    def __post_init__(self) -> None:
        folder = self.settings.station.state_dir
        folder.mkdir(parents=True, exist_ok=True)
        self.disk = Disk(f"simulated-{self.name}-{id(self)}", random.Random(self.chance.getrandbits(64)))
        self.disk.cut_off = self._cut_within
        self.cable = Cable(str(folder / "scanner"), self.loop, self.fd)
        self.cable.set_plugged(True)
        self.roll = Roll(lambda numbers: self.on_paper(self, numbers))
        self.booted_s = self.loop.time()
        self._boots = 0
        self.boot_id = ""
        self._new_boot()
        self._was_cut = False

    def _new_boot(self) -> None:
        self._boots += 1
        self.booted_s = self.loop.time()
        self.boot_id = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    @property
    def wall_s(self) -> float:
        return self.begun_wall_s + self.loop.time() + self.clock_off_s

    @property
    def running(self) -> bool:
        return self.process is not None

    def start(self) -> None:
        """Start the daemon; a disk that does not let it is tried again later, as the unit does."""
        if self.process is not None or self.card_out:
            return
        if self._was_cut:
            self._was_cut = False
            self._new_boot()
        self.disk.go_on()
        self.starts += 1
        try:
            self.process = Process(self)
        except IsMoved:
            # systemd gives up soon; what it says is a technician's to read.
            self.refused += 1
            self.disk.stop()
        except JournalError:
            self.process = None
            self.disk.stop()
            self.loop.call_later(5.0, self.start)

    def follow(self, seq: int, state: EntryState) -> None:
        """Note when an entry leaves in a file, and when it is at home again."""
        if state is EntryState.HANDED_OVER:
            self.left.add(seq)
        elif seq in self.left:
            self.left.remove(seq)
            self.came_home[seq] = self.loop.time()

    def died_since(self, at_s: float) -> bool:
        """Tell whether the process was killed, or its power cut, since then."""
        return any(death_s >= at_s for death_s in self.deaths_s)

    def kill(self) -> None:
        """End the process by `kill -9`: what it wrote stays, synced or not."""
        if self.process is not None:
            self.deaths_s.append(self.loop.time())
            self.disk.stop()
            process, self.process = self.process, None
            process.die()
            self.view = None

    def cut(self) -> None:
        """Cut the power: what was not flushed is lost, as the seed has it; the clock stands until the next start."""
        self.kill()
        self._lose_power()

    def _lose_power(self) -> None:
        self.lost_writes += self.disk.lose()
        self._was_cut = True
        mark = self.settings.station.state_dir / MARK
        if self.disk.chance.random() < 0.5:
            mark.unlink(missing_ok=True)

    def _cut_within(self) -> None:
        """The power went in the middle of a write: nothing that the process does now is of any effect."""
        process, self.process = self.process, None
        self.view = None
        if process is not None:
            self.deaths_s.append(self.loop.time())
            process.alive = False
            process.queue.dead = True
            self.loop.call_soon(process.die)
        self.loop.call_soon(self._lose_power)

    # What people do.

    def scan(self, code: str) -> None:
        self.cable.scan(code, self.chance.choice((1, 1, 2, 5)))

    def call(self, call: c.Call, role: c.Role = c.Role.SCREEN) -> c.RequestId | None:
        """Call a method; the answer comes to `answers`."""
        if self.process is None:
            return None
        self._requests += 1
        request = c.RequestId(self._requests)
        self.process.by_people(inputs.Asked(request, role, call))
        return request

    # What a technician does with its card.

    def card(self) -> Path:
        """Take the card out: return the folder that it is in a reader."""
        assert self.process is None
        self.card_out = True
        folder = self.settings.station.state_dir
        for path, content in self.disk.files.items():
            (folder / Path(path).name).write_bytes(content.now)
        return folder

    def put_back(self) -> None:
        """Put the card back; the station starts."""
        folder = self.settings.station.state_dir
        self.disk.files = {
            str(STATE / path.name): Content(bytearray(whole), bytearray(whole))
            for path in companions(folder / JOURNAL)
            if path.exists() and not path.name.endswith("-shm")
            for whole in [path.read_bytes()]
        }
        for path in (*companions(folder / JOURNAL), folder / LOCK):
            path.unlink(missing_ok=True)
        self.card_out = False
        self.start()

    def answered(self, request: c.RequestId, result: Any) -> None:
        self.answers[request] = result
