"""The library system and its line: hardware_sim's desk and world, spoken to in SIP2 bytes over a line of memory.

What goes wrong is decided here, request by request, from the weather that stands: the desk itself tells the truth.
Not simulated: answers overtaking each other, TLS, a proxy in between, work that begins after the line's end by more
than a slow server's half minute.
"""

import asyncio
import datetime as dt
import hashlib
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from hardware_sim.ils.catalog import Catalog
from hardware_sim.ils.desk import Desk
from hardware_sim.ils.disguise import Disguise
from hardware_sim.ils.faults import Faults
from hardware_sim.ils.ledger import Deed, Ledger, Origin
from hardware_sim.ils.logins import Caller, Logins
from hardware_sim.ils.personality import PERSONALITIES
from hardware_sim.ils.wire import ChecksumError, Lines, NotSip2Error, Request, read_request
from hardware_sim.ils.world import World
from kioskd.doors import http
from kioskd.ils.line import Line

NET_S = 0.004
LATEST_S = 20.0
"""How long it may sit on a question that it answers late."""
DONE_WITHIN_S = 60.0
"""So long after a question came in, at most, its deed is done: late, by a slow system."""
HANG_S = 3600.0
WATCHED_S = 600.0
ASKED_AT_MOST = 5_000
"""Questions of a line within that time: twice as many as a whole life has, mostly."""
DOOR_STATES = {"hang": "silence", "half_hang": "silence", "mute": "unheard", "offline": "error", "login": "error"}
DOOR_STATES |= {"half_refuse": "error", "starting": "error"}
"""What the door does in each state of the whole system: it answers nothing, after it did it or not, or it says 500."""
DESK = Origin(connection=0, message="world")
OTHERS = {"AA": "29999999999990", "AB": "39999999999998"}
"""Whom an answer names that is about something else."""


@dataclass(frozen=True)
class Done:
    """A deed as it truly happened: when, by which station ("" for the desk), by which message, on which connection."""

    at_s: float
    kind: Deed
    patron: str
    item: str
    station: str
    message: str
    connection: int


class Hammered(SystemExit):
    """Raised when the library system is asked without end, which would end no life; nothing in a loop catches it."""


@dataclass
class Heard:
    """An 11 or a 29 as it came in, or a 17 as it was looked up: of an item, by a station, on a connection."""

    at_s: float
    station: str
    code: str
    item: str
    connection: int


@dataclass
class Weather:
    """What goes wrong now. `state`: of the whole system; `fates`: of single requests, each with its weight."""

    state: str = "up"
    """up, refused, hang, mute, offline, half_refuse, half_hang, login."""
    fates: Sequence[tuple[str, float]] = ()
    slow_s: float = 0.0
    connects_fail: float = 0.0


@dataclass
class LibrarySystem:
    """`told` takes each SIP2 line for the trace; `begun` is the wall time at which the simulation began."""

    loop: asyncio.AbstractEventLoop
    zone: ZoneInfo
    begun_wall_s: float
    personality_name: str
    idle_close_s: float
    catalog: Catalog
    chance: random.Random
    trace: Any = field(default_factory=hashlib.blake2b)
    weather: list[Weather] = field(default_factory=list)
    deeds: list[Done] = field(default_factory=list)
    requests: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    wires: list["Wire"] = field(default_factory=list)
    connections: int = 0
    counted: tuple[float, int] = (0.0, 0)
    """From when on questions are counted, and how many came since."""
    heard_of: dict[str, list[Heard]] = field(default_factory=lambda: defaultdict(list))
    heard: Callable[[str, Request, int], None] = lambda station, request, connection: None

    def __post_init__(self) -> None:
        self.personality = replace(PERSONALITIES[self.personality_name], idle_close_s=self.idle_close_s)
        self._stations: dict[int, str] = {0: ""}
        self.ledger = Ledger(None, clock=self.clock, on_entry=self._noted)
        self.world = World(self.catalog, self.ledger, clock=self.clock)
        self.logins = Logins(self.loop.time)
        self.desk = Desk(self.world, self.personality, self.logins, institution="SIM", library="Simulated")
        self.disguise = Disguise(self.personality)
        self.last: dict[str, bytes] = {}
        self._starting = Faults()

    def clock(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.begun_wall_s + self.loop.time(), self.zone)

    def _noted(self) -> None:
        entry = self.ledger.entries[-1]
        if entry.kind is not Deed.REFUSED:
            station = self._stations[entry.connection]
            done = Done(
                self.loop.time(), entry.kind, entry.patron, entry.item, station, entry.message, entry.connection
            )
            self.deeds.append(done)
            self.trace.update(repr(done).encode())

    @property
    def now(self) -> Weather:
        return self.weather[-1] if self.weather else Weather()

    @property
    def up(self) -> bool:
        """Whether the staff's own desk works."""
        return self.now.state == "up"

    def count(self, fault: str) -> None:
        self.faults[fault] = self.faults.get(fault, 0) + 1

    def changed(self) -> None:
        """The weather changed: what cannot stand any more ends."""
        if self.now.state == "refused":
            self.drop_all()

    def drop_all(self) -> None:
        for wire in list(self.wires):
            wire.hang_up()

    def forget(self, seconds: float) -> int:
        """Restart from a copy that is so old: what was lent since is lost; return how many loans."""
        self.drop_all()
        since = self.loop.time() - seconds
        lost = 0
        young = {done.item for done in self.deeds if done.kind is Deed.LOAN and done.at_s >= since}
        for item in sorted(young):
            loan = self.world.loans.get(item)
            if loan is not None:
                self.world._take(item)
                self.ledger.add(Deed.FORGOTTEN, loan.patron, item, DESK)
                lost += 1
        return lost

    # ---- the line

    async def open_line(self, station: str, make: Callable[[], Line], host: str, port: int) -> None:
        await asyncio.sleep(NET_S)
        weather = self.now
        if weather.state == "refused" or self.chance.random() < weather.connects_fail:
            self.count("connection refused")
            raise ConnectionRefusedError(111, "Connection refused")
        if weather.state == "hang":
            self.count("connection hangs")
            await asyncio.sleep(HANG_S)
        line = make()
        self.connections += 1
        self._stations[self.connections] = station
        wire = Wire(self, station, self.connections, line)
        self.wires.append(wire)
        line.connection_made(wire)

    def take(self, wire: "Wire", raw: bytes) -> None:
        """Serve one line of a request as the weather lets it."""
        self.requests += 1
        self._count_on(wire.station)
        self.trace.update(raw)
        try:
            request = read_request(raw, self.disguise.encoding)
        except (ChecksumError, NotSip2Error):
            wire.send(self.disguise.ask_to_resend())
            return
        self.heard(wire.station, request, wire.caller.connection)
        if request.code in ("11", "29"):
            self._note(wire, request)
        fate = self._fate(request)
        if fate != "ok":
            self.count(fate)
        delay_s = 0.002 + self.now.slow_s * self.chance.random()
        if fate == "late":
            delay_s += self.chance.uniform(1.0, LATEST_S)
        self.loop.call_later(delay_s, self._serve, wire, request, fate)

    def _count_on(self, station: str) -> None:
        since_s, number = self.counted
        self.counted = (since_s, number + 1) if self.loop.time() < since_s + WATCHED_S else (self.loop.time(), 1)
        if number == ASKED_AT_MOST:
            # Once: what a dying life still asks is no news.
            raise Hammered(f"asked {number} times within {WATCHED_S:.0f} s, the last time by {station}")

    async def through_the_door(self, request: http.Request, until_mono_s: float) -> http.Response:
        """Serve one request of Koha's offline service as the weather lets it. Raises NotSent, Lost."""
        from hardware_sim.ils.door_koha import KohaDoor

        self.requests += 1
        await asyncio.sleep(NET_S)
        weather = self.now
        if weather.state == "refused" or self.chance.random() < weather.connects_fail:
            raise http.NotSent("no connection")
        fate = DOOR_STATES.get(weather.state) or self._door_fate()
        self.count(f"door: {fate}")
        if fate == "error":
            return http.Response(500, "Internal Server Error")
        query = request.query
        answer = ""
        if fate != "silence":
            answer = KohaDoor(self.world, {})._issue(query["cardnumber"], query["barcode"], query["timestamp"])
        if fate != "ok":
            await asyncio.sleep(max(0.0, until_mono_s - self.loop.time()))
            raise http.Lost("no answer in time")
        return http.Response(200, answer)

    def _door_fate(self) -> str:
        """Draw what becomes of a request at the door, from the same weather as of those on the line."""
        lost = sum(weight for name, weight in self.now.fates if name in ("dies before", "silence"))
        unheard = sum(weight for name, weight in self.now.fates if name in ("dies after", "cut", "mute", "late"))
        return self.chance.choices(("silence", "unheard", "ok"), (lost, unheard, max(0.0, 1.0 - lost - unheard)))[0]

    def _note(self, wire: "Wire", request: Request) -> None:
        item = request.get("AB")
        self.heard_of[item].append(Heard(self.loop.time(), wire.station, request.code, item, wire.caller.connection))

    def _fate(self, request: Request) -> str:
        weather = self.now
        polled = request.code in ("93", "99")
        match weather.state:
            case "hang":
                return "silence"
            case "mute":
                return "mute"
            case "half_hang" if not polled:
                return "silence"
            case "half_refuse" if not polled:
                return "refusal"
            case "starting" if not polled:
                return "refusal"
        if polled or not weather.fates:
            return "ok"
        names = [name for name, _ in weather.fates]
        weights = [weight for _, weight in weather.fates]
        left = max(0.0, 1.0 - sum(weights))
        return self.chance.choices([*names, "ok"], [*weights, left])[0]

    def _serve(self, wire: "Wire", request: Request, fate: str) -> None:
        if fate in ("silence", "dies before"):
            if fate == "dies before":
                wire.hang_up()
            return
        if fate == "ask again":
            wire.send(self.disguise.ask_to_resend())
            return
        if fate == "refusal":
            self.desk.faults = self._starting
            self._starting.starting = self.now.state == "starting"
            answer: Any = self.desk.system_refusal(request, wire.caller)
        else:
            if request.code == "17":
                self._note(wire, request)
            self.desk.faults = Faults(says_offline=self.now.state == "offline", login_refused=self.now.state == "login")
            answer = self.desk.answer(request, wire.caller) if self.desk.knows(request) else None
        if answer is None:
            wire.hang_up()
            return
        if fate == "another":
            fields = tuple((name, OTHERS.get(name, value)) for name, value in answer.fields)
            answer = replace(answer, fields=fields)
        whole = self.disguise.write(answer, sequence=request.sequence, checked=request.checked)
        self._send(wire, fate, whole)
        self.last[wire.station] = whole

    def _send(self, wire: "Wire", fate: str, whole: bytes) -> None:
        match fate:
            case "mute":
                pass
            case "dies after":
                wire.hang_up()
            case "cut":
                wire.send(whole[: self.chance.randrange(1, len(whole))])
                self.loop.call_later(NET_S, wire.hang_up)
            case "twice":
                wire.send(whole + whole)
            case "stale":
                wire.send(self.last.get(wire.station, b"") + whole)
            case "damaged":
                wire.send(whole.replace(b"AZ", b"AZ0", 1)[: len(whole)])
            case "pieces":
                half = len(whole) // 2
                wire.send(whole[:half])
                self.loop.call_later(0.05, wire.send, whole[half:])
            case _:
                wire.send(whole)


class Wire(asyncio.Transport):
    """A connection: the station writes into it, the library system answers."""

    def __init__(self, library: LibrarySystem, station: str, number: int, line: Line) -> None:
        super().__init__()
        self.station = station
        self.caller = Caller(number, station)
        self._library = library
        self._line = line
        self._lines = Lines(library.personality.after_cr)
        self._closed_here = False
        self._closed_there = False
        self._idle: asyncio.TimerHandle | None = None

    def is_closing(self) -> bool:
        return self._closed_here

    def write(self, data: Any) -> None:
        if not self._closed_here:
            self._library.loop.call_later(NET_S, self._arrived, bytes(data))

    def abort(self) -> None:
        if not self._closed_here:
            self._closed_here = True
            self._leave()
            self._library.loop.call_soon(self._line.connection_lost, None)

    def _arrived(self, data: bytes) -> None:
        # What was under way when the station died is heard all the same.
        if self._closed_there:
            return
        idle_s = self._library.personality.idle_close_s
        if idle_s:
            if self._idle is not None:
                self._idle.cancel()
            self._idle = self._library.loop.call_later(idle_s, self.hang_up)
        for line in self._lines.feed(data):
            self._library.take(self, line)

    def send(self, data: bytes) -> None:
        """Send an answer."""
        self._library.trace.update(data)
        self._library.loop.call_later(NET_S, self._answered, data)

    def _answered(self, data: bytes) -> None:
        if not self._closed_here and not self._closed_there:
            self._line.data_received(data)

    def hang_up(self) -> None:
        """The library system closes the connection."""
        if not self._closed_there:
            self._closed_there = True
            self._leave()
            if not self._closed_here:
                self._line.eof_received()

    def _leave(self) -> None:
        if self in self._library.wires:
            self._library.wires.remove(self)
        if self._idle is not None:
            self._idle.cancel()
