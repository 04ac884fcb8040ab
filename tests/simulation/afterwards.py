"""What staff do beside the lending: rows of the paper sheet, registrations, exceptions, a list for another way up."""

import asyncio
import datetime as dt
import json
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hardware_sim.ils.catalog import Patron
from hardware_sim.ils.ledger import Origin
from kioskd.ctl import hand_over
from kioskd.model import calls as c
from kioskd.model import handed_over
from kioskd.model.entry import UNSENT, Entry, EntryFilter, EntryState, Seq
from kioskd.model.errors import CallError
from kioskd.model.settings import Secret
from kioskd.vault import Vault, keys
from kioskd.vault.keys import keys_file
from tests.simulation.kioskctl import answer
from tests.simulation.ledger import Visitor
from tests.simulation.machine import Machine
from tests.simulation.plan import NEW_CARDS, Planned, card, item
from tests.simulation.procedure import STAFF_CODE, STREETS, SURNAMES

if TYPE_CHECKING:
    from tests.simulation.world import World

AGAIN_S = 900.0
"""So long after it failed a person tries the same once more."""
LOADED = Origin(connection=0, message="desk")
"""Where a deed is from that was done when a file was loaded."""


@dataclass
class Typed:
    """What staff typed and heard the number of."""

    station: str
    seq: int
    patron: str
    item: str | None
    told_s: float


@dataclass
class Exported:
    """A file that was made: entries' ids by the name that stands with them in the journal."""

    station: str
    to: str
    ids: list[str]
    loaded: bool = False
    """Somebody had the library system load it."""
    taken_back: bool = False


@dataclass
class Afterwards:
    """All of it, for the checks at the end."""

    typed: list[Typed] = field(default_factory=list)
    exported: list[Exported] = field(default_factory=list)
    unfinished: int = 0
    registering: Counter[str] = field(default_factory=Counter)
    """Rises at a station when a registration is sent off, and when it is answered."""


@cache
def codes_file() -> Path:
    """Return where staff codes would lie, with a key beside it for what is to be sealed; one for all lives."""
    folder = Path(tempfile.mkdtemp(prefix="simulated-keys-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    path = folder / "codes"
    Vault.new(keys_file(path), "AB", STAFF_CODE)
    return path


_remembered = cache(keys._key)


@contextmanager
def keys_at_hand() -> Iterator[None]:
    """Let a code's key be derived once for all lives: that a guess takes a tenth of a second is its purpose."""
    true, keys._key = keys._key, _remembered
    try:
        yield
    finally:
        keys._key = true


def derive_key() -> None:
    """Derive the key of the code that all lives use, before they part."""
    vault = Vault.load(keys_file(codes_file()))
    assert vault is not None
    with keys_at_hand():
        vault.open(vault.seal({}), "AB", STAFF_CODE)


def _number(told: Any) -> int | None:
    return told["seq"] if isinstance(told, dict) and "seq" in told else None


async def sheet(world: "World", machine: Machine, planned: Planned) -> None:
    """Type rows of a paper sheet: things that somebody took an hour or a day ago, while the station was out of use."""
    chance = random.Random(planned.seed)
    for row in planned.about["rows"]:
        number, who = item(row["item"]), Visitor(row["patron"], machine.name, world.loop.time())
        if world.custody.get(number) is not None or number in world.library.world.loans:
            continue
        who.left_s = world.loop.time()
        world.custody[number] = who
        patron = card(row["patron"])
        at = world.library.clock().astimezone(dt.UTC) - dt.timedelta(seconds=row["back_s"])
        due = world.today() + dt.timedelta(days=28) if chance.random() < 0.2 else None
        call = c.SheetAdd(at, chance.choice(("C", "checkout")), Secret(number), Secret(patron), due, by="AB")
        told = await answer(machine, call)
        if isinstance(told, CallError) and told.more.get("sure"):
            # It looks like a loan that is here already; the sheet has it all the same.
            told = await answer(machine, c.SheetAdd(at, "C", Secret(number), Secret(patron), due, "AB", sure=True))
        seq = _number(told)
        if seq is None:
            # Nobody knows whether it is recorded: the thing stays out of the play.
            continue
        world.afterwards.typed.append(Typed(machine.name, seq, patron, number, world.loop.time()))
        await asyncio.sleep(chance.uniform(2, 9))


async def register(world: "World", machine: Machine, planned: Planned) -> None:
    """Make a card; the library system hears of it by a person, later."""
    chance = random.Random(planned.seed)
    number = card(NEW_CARDS + planned.about["n"])
    call = c.PatronRegister(
        Secret(number),
        last=Secret(chance.choice(SURNAMES)),
        birth_date=Secret(f"0{chance.randint(1, 9)}/1{chance.randint(0, 9)}/19{chance.randint(50, 99)}"),
        language="English",
        first=Secret("Ann"),
        address=Secret(chance.choice(STREETS)),
        ticks=("paper_form_kept",),
        sure=True,
    )
    world.afterwards.registering[machine.name] += 1
    seq = _number(await answer(machine, call))
    world.afterwards.registering[machine.name] += 1
    if seq is None:
        return
    world.afterwards.typed.append(Typed(machine.name, seq, number, None, world.loop.time()))
    await asyncio.sleep(planned.about["after_s"])
    for _ in range(300):
        if world.library.up:
            break
        await asyncio.sleep(600)
    world.library.world.patrons[number] = Patron(barcode=number, name="Reader", pin="")
    await answer(machine, c.ExceptionsResolve(Seq(seq), c.ResolveAction.DONE_BY_HAND, "made", by="AB"))


async def resolve(world: "World", machine: Machine, planned: Planned) -> None:
    """Decide what waits for a person: some is tried again, some was done by hand."""
    if machine.process is None:
        return
    chance = random.Random(planned.seed)
    waiting = [each for each in machine.process.journal.entries(EntryFilter()) if each.state is EntryState.EXCEPTION]
    for entry in chance.sample(waiting, min(len(waiting), 3)):
        action = chance.choice((c.ResolveAction.CORRECT_AND_RETRY, c.ResolveAction.DONE_BY_HAND, c.ResolveAction.DROP))
        await answer(machine, c.ExceptionsResolve(entry.seq, action, "looked at", by="AB"))


async def export(world: "World", machine: Machine, planned: Planned) -> None:
    """Hand what waits over into a file, as `kioskctl export --hand-over` does; cut off, the same command ends it."""
    path = machine.settings.station.state_dir / f"list-{planned.seed}.csv"
    world.afterwards.unfinished += 1
    while True:
        if machine.process is not None and await _one_try(world, machine, path):
            world.afterwards.unfinished -= 1
            return
        await asyncio.sleep(AGAIN_S)


async def _one_try(world: "World", machine: Machine, path: Path) -> bool:
    """Try the whole command; True: it is done, or there was nothing to do."""
    what = hand_over.unfinished(path, machine.name)
    if what is None:
        waiting = [_document(entry) for entry in entries(machine) if entry.state in UNSENT]
        what = hand_over.HandOver.of("csv", path, waiting)
        if not what.documents:
            return True
        hand_over.begin(path, machine.name, what)
    await asyncio.sleep(0.2)
    seqs = tuple(Seq(each["seq"]) for each in what.documents)
    told = await answer(machine, c.JournalHandOver(seqs, what.to))
    if machine.process is None or (told is None and machine.process.station.state.saves):
        return False
    numbers = handed_over.numbers_at(machine.process.journal.notes(handed_over.KIND), what.to)
    found = hand_over.marked(what, set(numbers))
    if not found:
        # None was marked: the journal did not take it, or all were sent meanwhile.
        hand_over.remove(hand_over.part(path))
        return True
    hand_over.finish(path, json.dumps(found).encode())
    world.afterwards.exported.append(Exported(machine.name, what.to, _ids(path)))
    return True


def _ids(path: Path) -> list[str]:
    return [each["id"] for each in json.loads(path.read_bytes())]


def entries(machine: Machine) -> list[Entry]:
    """Return all that a running station keeps."""
    return machine.process.journal.entries(EntryFilter()) if machine.process is not None else []


def _document(entry: Entry) -> dict[str, Any]:
    return {"seq": int(entry.seq), "id": entry.what.id, "state": entry.state.value, "outcome": entry.outcome}
