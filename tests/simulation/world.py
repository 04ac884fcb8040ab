"""One life, from its plan to the last check: two stations, one library system, everybody who comes."""

import asyncio
import datetime as dt
import hashlib
import random
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hardware_sim.ils.catalog import Catalog, Item, Patron
from hardware_sim.ils.wire import Request
from kioskd.model import calls as c
from kioskd.model import effects as e
from kioskd.model.entry import Seq
from kioskd.model.errors import CallError
from kioskd.model.settings import (
    BarcodeSettings,
    DoorSettings,
    IlsSettings,
    JournalSettings,
    OfflineSettings,
    Secret,
    SessionSettings,
    Settings,
    StaffSettings,
    StationKind,
    StationSettings,
)
from kioskd.model.view import View
from tests.simulation import afterwards, people, procedure, sticks
from tests.simulation.ledger import Ledger, Visitor
from tests.simulation.library import DESK, LibrarySystem, Weather
from tests.simulation.loop import VirtualLoop
from tests.simulation.machine import Machine
from tests.simulation.plan import DAY_S, ITEMS, LEAST_SCANS, PATRONS, ZONE, Plan, Planned, card, item
from tests.simulation.sticks import Stick

SETTLING_S = 36 * 3600.0
"""After the last planned event all goes well for that long: then nothing may be unsent."""
ARMED_S = 3600.0
"""So long an accident waits for its moment."""
PASSWORD = "kiosk-password-8471"
NOT_ASKED = c.RequestId(0)
"""No call has it: they are counted from 1."""


@dataclass
class Asked:
    """A loan or renewal as a station sent it: of which entry, with which urgency."""

    at_s: float
    station: str
    seq: int | None
    urgency: str
    instance: str


@dataclass
class Armed:
    """A death that waits for its moment."""

    planned: Planned
    machine: Machine
    over: bool = False


class World:
    """Everything that is there while a plan is carried out. `verbose` tells what happens as it does."""

    def __init__(self, plan: Plan, folder: Path, loop: VirtualLoop, *, verbose: bool = False) -> None:
        self.plan = plan
        self.loop = loop
        self.verbose = verbose
        self.chance = random.Random(f"world {plan.seed}")
        self.trace = hashlib.blake2b(digest_size=16)
        self.begun_wall_s = plan.begins.timestamp() - loop.time()
        self.began_s = loop.time()
        self.ledger = Ledger()
        self.library = self._library()
        self.folder = folder
        # The third one serves nobody: a stick may be carried there.
        self.machines = [self._machine(n, folder) for n in range(3)]
        self.present: dict[str, Visitor] = {}
        self.last: dict[str, Visitor] = {}
        self.custody: dict[str, Visitor | None] = {}
        self.pins: set[str] = set()
        self.logs: list[str] = []
        self.masked_lines: list[str] = []
        self.asked: list[Asked] = []
        self.checkins: list[tuple[str, str, float, bool]] = []
        self.withdrawals = 0
        self.afterwards = afterwards.Afterwards()
        self.scans: dict[int, int] = {}
        self.happened: dict[str, int] = {}
        self.faults: list[str] = []
        self._armed: list[Armed] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.sticks: list[Stick] = []
        self.sticks_under_way = 0
        self.procedure = procedure.Procedure()
        self.drilled_lines: list[str] = []
        loop.set_exception_handler(self._fault)

    # ---- making it

    def _library(self) -> LibrarySystem:
        catalog = Catalog(
            patrons=[
                Patron(barcode=card(n), name=f"Reader {n}", pin=people.pin(n), blocked="See staff" if n == 17 else "")
                for n in range(PATRONS)
            ],
            items=[Item(barcode=item(n), title=f"Volume {n}") for n in range(ITEMS)],
        )
        library = LibrarySystem(
            loop=self.loop,
            zone=ZONE,
            begun_wall_s=self.begun_wall_s,
            personality_name=self.plan.personality,
            idle_close_s=self.plan.settings["idle_close_s"],
            catalog=catalog,
            chance=random.Random(self.chance.getrandbits(64)),
            trace=self.trace,
        )
        library.heard = self._heard
        return library

    def _door(self) -> DoorSettings:
        """Return the way beside SIP2, if this world's library system has one."""
        if not (self.plan.settings["door"] and self.plan.personality.startswith("koha")):
            return DoorSettings()
        return DoorSettings(url="https://library", user="uploader", password=Secret(PASSWORD), branch="4")

    def _machine(self, n: int, folder: Path) -> Machine:
        chosen = self.plan.settings
        name = f"STATION-{n + 1}"
        settings = Settings(
            station=StationSettings(
                id=name,
                library="SIM",
                kind=StationKind(chosen["kinds"][n % 2]),
                state_dir=folder / name,
                timezone=ZONE.key,
                languages=("en",),
            ),
            door=self._door(),
            ils=IlsSettings(
                host="library",
                profile="koha" if self._door().url else "generic",
                login_user="kiosk",
                login_password=Secret(PASSWORD),
                institution_id="SIM",
                poll_online_s=chosen["poll_s"],
                poll_offline_s=chosen["poll_offline_s"],
                upload_spread_s=chosen["spread_s"],
                connections=chosen["connections"],
                upload_per_s=chosen["per_s"],
                no_block=chosen["no_block"],
                probe_patron=card(0) if chosen["probe"] else "",
                checkin=True,
                ask_pin=chosen["ask_pin"],
                error_detection=chosen["error_detection"],
            ),
            staff=StaffSettings(codes_file=Path("codes")),
            barcodes=BarcodeSettings(),
            offline=OfflineSettings(max_items=chosen["max_items"]),
            session=SessionSettings(idle_s=chosen["idle_s"]),
            journal=JournalSettings(keep_settled_days=chosen["keep_days"]),
        )
        return Machine(
            name=name,
            loop=self.loop,
            settings=settings,
            library=self.library,
            begun_wall_s=self.begun_wall_s,
            chance=random.Random(self.chance.getrandbits(64)),
            fd=1000 + n,
            traced=self.plan.seed % 4 == 0,
            on_view=self._view,
            on_ask=self._ask,
            on_log=self._log,
            on_line=self._line,
            on_paper=self._paper,
            on_scan=self._scanned,
            sealing=afterwards.codes_file(),
        )

    # ---- what is seen

    @property
    def running(self) -> list[Machine]:
        """The stations that were ever switched on."""
        return [machine for machine in self.machines if machine.starts]

    def count(self, what: str) -> None:
        """Count something that happened."""
        self.happened[what] = self.happened.get(what, 0) + 1

    def say(self, text: str) -> None:
        """Tell what happens, if anybody listens."""
        if self.verbose:
            day, left = divmod(self.loop.time() - self.began_s, DAY_S)
            print(f"  {int(day) + 1:3d} {left // 3600:02.0f}:{left % 3600 // 60:02.0f}:{left % 60:06.3f}  {text}")

    def _fault(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        text = "".join(traceback.format_exception(error)) if error is not None else str(context)
        self.faults.append(f"a fault of the program: {text}")

    def _view(self, machine: Machine, view: View) -> None:
        machine.view = view
        if view.station.id != machine.name:
            self.procedure.drilled(machine, view)
            return
        new = self.ledger.saw(machine.name, view, self.present.get(machine.name), self.loop.time())
        drawn = [(line.n, line.item, line.result.value) for line in view.items]
        said = view.message.key if view.message is not None else ""
        seen = f"{machine.name} {view.screen} {view.mode.name} {view.mode.reason} {said} {drawn} unsent {view.unsent}"
        self.trace.update(f"{self.loop.time():.6f} {seen}".encode())
        if self.verbose:
            self.say(f"{seen} patron {view.patron.label if view.patron else None}")
        if new:
            self._moment("told", machine)

    def _ask(self, machine: Machine, ask: e.Ask, seq: int | None) -> None:
        instance = machine.process.instance if machine.process is not None else ""
        self.asked.append(Asked(self.loop.time(), machine.name, seq, ask.urgency.value, instance))
        self._moment("asked", machine)

    def _log(self, machine: Machine, effect: e.Log) -> None:
        self.say(f"{machine.name} log {effect.event} {dict(effect.fields)}")

    def _line(self, way: str, line: str) -> None:
        self.masked_lines.append(line)

    def _heard(self, station: str, request: Request, connection: int) -> None:
        if request.get("AD"):
            self._pin_on_the_line(station, request)
        if "DRILL" in request.get("AA") or "DRILL" in request.get("AB"):
            self.drilled_lines.append(f"{station} {request.code}")
        if self.verbose:
            self.say(f"{station} → library ({connection}): {request.code} {dict(request.fields)}")

    def _pin_on_the_line(self, station: str, request: Request) -> None:
        """A PIN goes to the library system with what its owner does while it is up, and never with an upload."""
        machine = next(each for each in self.machines if each.name == station)
        last = next((asked for asked in reversed(self.asked) if asked.station == station), None)
        uploads = request.code in ("11", "29") and last is not None and last.urgency == "upload"
        if uploads or not machine.settings.ils.ask_pin:
            self.ledger.wrong.append(f"a PIN went out with {request.code}")

    def _paper(self, machine: Machine, numbers: list[str]) -> None:
        self.trace.update(repr(numbers).encode())
        self.say(f"{machine.name} prints {numbers}")
        self.ledger.on_paper(machine.name, numbers, self.present.get(machine.name), self.last.get(machine.name))

    def day(self) -> int:
        """Return the number of today, from 0 on."""
        return int((self.loop.time() - self.began_s) // DAY_S)

    def _scanned(self) -> None:
        """A station's rules took a scan in."""
        self.scans[self.day()] = self.scans.get(self.day(), 0) + 1

    def today(self) -> dt.date:
        return self.library.clock().date()

    # ---- what happens

    def _later(self, after_s: float, call: Callable[..., object], *arguments: Any) -> None:
        self.loop.call_later(after_s, call, *arguments)

    def _spawn(self, what: Coroutine[Any, Any, None]) -> None:
        task = self.loop.create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._fault(self.loop, {"exception": task.exception()})

    def happen(self, planned: Planned) -> None:
        """Let one planned event happen."""
        self.count(planned.what)
        if self.verbose:
            self.say(f"* {planned.words()}")
        machine = self.machines[planned.station] if planned.station is not None else self.machines[0]
        about = planned.about
        match planned.what:
            case "visit":
                self._spawn(people.Visit(self, machine, planned).go())
            case "late visit":
                if self.scans.get(self.day(), 0) < LEAST_SCANS:
                    self._spawn(people.Visit(self, machine, planned).go())
            case "checkin":
                self._spawn(people.checkin(self, machine, planned))
            case "kill" | "cut":
                self._arm(planned, machine)
            case "outage":
                self._weather(Weather(state=about["state"]), about["for_s"])
            case "flaky":
                failing = 0.3 if len(about["fates"]) > 1 else 0.0
                self._weather(Weather(fates=about["fates"], connects_fail=failing), about["for_s"])
            case "slow":
                self._weather(Weather(slow_s=about["slow_s"]), about["for_s"])
            case "forget":
                self.library.forget(about["lost_s"])
            case "drop":
                self.library.drop_all()
            case "returns":
                self._returns(random.Random(planned.seed))
            case "full":
                machine.disk.full = True
                self._later(about["for_s"], self._free, machine)
            case "flush":
                machine.disk.failing_flushes = about["times"]
            case "jump":
                machine.clock_off_s += about["by_s"]
                machine.synchronised = False
                self._later(3 * 3600.0, self._clock_right, machine)
            case "ntp":
                machine.synchronised = False
                self._later(about["for_s"], self._clock_right, machine)
            case "paper":
                machine.roll.run_short(about["lines"])
                self._later(about["for_s"], machine.roll.load)
            case "printer":
                machine.roll.set_plugged(False)
                self._later(about["for_s"], machine.roll.set_plugged, True)
            case "scanner":
                self._unplug_scanner(machine)
                self._later(about["for_s"], self._plug_scanner, machine)
            case _:
                self._staff(planned, machine)

    def _staff(self, planned: Planned, machine: Machine) -> None:
        about = planned.about
        match planned.what:
            case "forced":
                machine.call(c.ModeSet(c.ModeWish.OFFLINE, "works on the line"), c.Role.STAFF)
                self._later(about["for_s"], self._unforce, machine)
            case "withdraw":
                seq = self._unsettled(machine, newest=True)
                if seq is not None:
                    self.withdrawals += 1
                    machine.call(c.JournalWithdraw(Seq(seq), "by mistake"), c.Role.STAFF)
            case "hand over":
                seq = self._unsettled(machine, newest=False)
                if seq is not None:
                    machine.call(c.JournalHandOver((Seq(seq),), "a list on paper"), c.Role.STAFF)
            case what if what in AFTERWARDS:
                self._spawn(AFTERWARDS[what](self, machine, planned))
            case "look":
                machine.call(c.JournalList(), c.Role.STAFF)
                machine.call(c.ExceptionsList(), c.Role.STAFF)
            case "block":
                self.library.world.patrons[card(about["patron"])].blocked = "Please see staff"
                self._later(DAY_S, self._unblock, about["patron"])
            case "hold":
                row = self.library.world.items.get(item(about["item"]))
                if row is not None:
                    row.held_for = card(about["patron"])
            case "unknown":
                number = item(about["item"])
                if number not in self.library.world.loans and self.custody.get(number) is None:
                    self.library.world.items.pop(number, None)
            case other:
                raise AssertionError(other)

    def _unblock(self, patron: int) -> None:
        self.library.world.patrons[card(patron)].blocked = ""

    def _free(self, machine: Machine) -> None:
        machine.disk.full = False

    def _clock_right(self, machine: Machine) -> None:
        machine.clock_off_s = 0.0
        machine.synchronised = True

    def _unforce(self, machine: Machine, asked: c.RequestId = NOT_ASKED) -> None:
        """Have it lend by itself again; whoever hears no answer, or that the disk is full, asks once more."""
        if asked not in machine.answers or isinstance(machine.answers[asked], CallError):
            again = machine.call(c.ModeSet(c.ModeWish.AUTO), c.Role.STAFF) if machine.running else None
            self._later(60.0, self._unforce, machine, again or NOT_ASKED)

    def _unplug_scanner(self, machine: Machine) -> None:
        machine.cable.set_plugged(False)
        if machine.process is not None:
            machine.process.scanner.unplugged()

    def _plug_scanner(self, machine: Machine) -> None:
        machine.cable.set_plugged(True)
        if machine.process is not None:
            machine.process.scanner.plugged()

    def _weather(self, weather: Weather, for_s: float) -> None:
        self.library.weather.append(weather)
        self.library.changed()

        def over() -> None:
            self.library.weather.remove(weather)
            self.library.changed()

        self._later(for_s, over)

    def _unsettled(self, machine: Machine, *, newest: bool) -> int | None:
        if machine.process is None:
            return None
        unsent = machine.process.journal.unsent()
        return (unsent[-1] if newest else unsent[0]).seq if unsent else None

    async def unlock(self, machine: Machine) -> None:
        """Staff lend the station their rights."""
        machine.call(c.StaffUnlock(Secret(people.STAFF_CODE)))
        await asyncio.sleep(0.5)

    # ---- deaths

    def _arm(self, planned: Planned, machine: Machine) -> None:
        about = planned.about
        armed = Armed(planned, machine)
        if about["when"] == "at once":
            self._die(armed)
            return
        if about["when"] == "calls":
            machine.disk.cut_in = about["calls"]
            was = machine.starts

            def look() -> None:
                if machine.process is None and machine.starts == was:
                    self._off(armed)
                elif machine.starts == was and machine.disk.cut_in is not None:
                    self._later(5.0, look)

            self._later(1.0, look)
            return
        self._armed.append(armed)
        self._later(ARMED_S, self._die, armed)

    def _moment(self, when: str, machine: Machine) -> None:
        for armed in list(self._armed):
            if armed.machine is machine and armed.planned.about["when"] == when:
                self._armed.remove(armed)
                self._later(armed.planned.about["after_s"], self._die, armed)

    def _die(self, armed: Armed) -> None:
        if armed.over:
            return
        armed.over = True
        if armed in self._armed:
            self._armed.remove(armed)
        if armed.machine.process is None:
            return
        if armed.planned.what == "kill":
            armed.machine.kill()
        else:
            armed.machine.cut()
        self._off(armed)

    def _off(self, armed: Armed) -> None:
        about, machine = armed.planned.about, armed.machine
        self.say(f"! {machine.name} is dead ({armed.planned.what})")
        if armed.planned.what == "cut" or about["when"] == "calls":
            # A Raspberry Pi goes on with the time at which it ended.
            machine.clock_off_s -= about["off_s"]
            machine.synchronised = False
            self._later(about["off_s"] + about["ntp_after_s"], self._clock_right, machine)
        self._later(about["off_s"], machine.start)

    # ---- things that people bring back

    def pending(self, number: str) -> bool:
        """Whether a station still owes the library system word of this item, or cannot be asked."""
        if self.sticks_under_way:
            return True
        for machine in self.running:
            if machine.process is None:
                return True
            if any(entry.what.item == number for entry in machine.process.journal.unsent()):
                return True
        return False

    def _returns(self, chance: random.Random) -> None:
        # Nothing is checked in until every station shows 0 unsent; what is on a stick is.
        if not self.library.up or self.sticks_under_way:
            return
        unsent: set[str] = set()
        for machine in self.running:
            if machine.process is None:
                return
            unsent |= {str(entry.what.item) for entry in machine.process.journal.unsent()}
        for number in sorted(self.custody):
            who = self.custody[number]
            if who is None or who.left_s is None or number in unsent or chance.random() < 0.3:
                continue
            if number in self.library.world.loans:
                self.library.world.take_back(number, DESK)
            self.custody[number] = None

    def something_brought_back(self, n: int) -> str:
        """Return the number of something that is no longer in anybody's hands, or that was never lent."""
        there = [
            number
            for number, who in sorted(self.custody.items())
            if who is not None and who.left_s is not None and not self.pending(number)
        ]
        return there[n % len(there)] if there else item(n)

    # ---- the whole

    async def run(self) -> None:
        """Carry the plan out, then let all go well until everything is settled."""
        for machine in self.machines[:2]:
            machine.start()
        for planned in self.plan.events:
            self.loop.call_at(self.began_s + planned.at_s, self.happen, planned)
        end_s = self.began_s + self.plan.days * DAY_S
        await asyncio.sleep(end_s - self.loop.time())
        await self._settle()

    async def _settle(self) -> None:
        until = self.loop.time() + SETTLING_S
        for _ in range(2):
            # Whatever still stands at the end of the plan ends within its own time.
            await asyncio.sleep(6 * 3600)
        self.library.weather.clear()
        while self.loop.time() < until:
            if all(self._quiet(machine) for machine in self.running) and not self._tasks:
                break
            await asyncio.sleep(600)

    def _quiet(self, machine: Machine) -> bool:
        process = machine.process
        if process is None:
            return False
        state = process.station.state
        return not (process.journal.summary().unsent or state.saves or state.outbox or state.asks)


AFTERWARDS = {
    "sheet": afterwards.sheet,
    "register": afterwards.register,
    "resolve": afterwards.resolve,
    "export": afterwards.export,
    "rescue": sticks.rescued,
    "take back": sticks.taken_back,
    "drill": procedure.drill,
    "draft": procedure.draft,
    "crates": procedure.crates,
}
