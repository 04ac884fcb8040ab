"""Rescue and drill at a station that runs, cut off at each of their steps: the same command ends what it began.

`kioskctl` is the real one, beside a simulated station; a step is a flush of a real file or a call to the daemon.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from kioskd.ctl import hand_over
from kioskd.ctl.errors import CtlError
from kioskd.daemon.drill import CARD, ITEMS
from kioskd.model import calls as c
from kioskd.model.entry import EntryFilter, EntryState, Source
from kioskd.model.errors import CallError, ErrorKind
from kioskd.vault.keys import keys_file
from tests.exports.making import koha_reads
from tests.simulation import plan as plans
from tests.simulation.afterwards import codes_file
from tests.simulation.kioskctl import Cut, Kioskctl, answer
from tests.simulation.library import Weather
from tests.simulation.life import world_of
from tests.simulation.machine import Machine
from tests.simulation.plan import card, item
from tests.simulation.sticks import pair
from tests.simulation.world import World

LOANS = 5
STEPS_AT_MOST = 40


def played(scene: Callable[[World], Coroutine[Any, Any, Any]], *, keep_days: int = 3650) -> Any:
    """Play a scene in a world in which the library system is away."""
    plan = plans.make(1, 1).only([])
    ours = {"kinds": ["self", "self"], "keep_days": keep_days, "max_items": 0, "connections": 1, "door": False}
    with world_of(replace(plan, personality="plain", settings=plan.settings | ours)) as world:
        world.library.weather.append(Weather(state="refused"))
        result = world.loop.run_until_complete(scene(world))
        assert world.faults == []
        return result


def cut_at_each_step(scene: Callable[[World, int], Coroutine[Any, Any, int]], *, keep_days: int = 3650) -> None:
    """Play a scene with the cut one step later each time, until there is none left to be cut off at."""
    steps = 0
    while played(partial(scene, cut_at=steps), keep_days=keep_days):
        steps += 1
    print(f"cut off at each of {steps} steps")
    assert 4 <= steps < STEPS_AT_MOST


async def lent(world: World) -> tuple[Machine, Machine]:
    """Two stations, the first of which has recorded some loans."""
    here, there = world.machines[:2]
    for machine in (here, there):
        machine.start()
    await asyncio.sleep(60)
    here.call(c.StaffUnlock(c.Secret("24682468")))
    here.scan(card(1))
    await asyncio.sleep(2)
    for number in range(LOANS):
        here.scan(item(number))
        await asyncio.sleep(2)
    here.call(c.SessionFinish(()))
    await asyncio.sleep(30)
    assert len(states(here)) == LOANS
    return here, there


def states(machine: Machine) -> list[str]:
    assert machine.process is not None
    return [entry.state.value for entry in machine.process.journal.entries(EntryFilter())]


async def until_done(machine: Machine, cut_at: int, *arguments: object, dies: bool = False) -> int:
    """Type it, cut off at a step, then again until it is done; return how often it was cut off."""
    try:
        await Kioskctl(machine, cut_at=cut_at).type(*arguments)
    except Cut:
        if dies:
            machine.cut()
            await asyncio.sleep(5)
            machine.start()
        await asyncio.sleep(5)
        await Kioskctl(machine).type(*arguments)
        return 1
    return 0


def export(world: World) -> tuple[object, ...]:
    (world.folder / "library.key").write_text(pair()[1])
    keys = keys_file(codes_file())
    return ("rescue", "export", "--out", world.folder / "a.rescue", "--recipient", pair()[0], "--keys-file", keys)


@contextmanager
def suppressed(kind: type[Exception], saying: str) -> Iterator[None]:
    """Let an error pass that says this."""
    try:
        yield
    except kind as problem:
        if saying not in str(problem):
            raise


def import_(world: World) -> tuple[object, ...]:
    return ("rescue", "import", world.folder / "a.rescue", "--key", world.folder / "library.key")


@pytest.mark.parametrize(
    "dies",
    [False, pytest.param(True, marks=pytest.mark.long)],
    ids=["the command is cut off", "and the station dies"],
)
@pytest.mark.parametrize("way", ["out", "in", "out, two at once"])
def test_cut_off_at_each_step_the_same_command_ends_it(way: str, dies: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if "two" in way:
        monkeypatch.setattr(hand_over, "AT_ONCE", 2)

    async def scene(world: World, cut_at: int) -> int:
        here, there = await lent(world)
        cuts = await until_done(here, cut_at if way != "in" else STEPS_AT_MOST, *export(world), dies=dies)
        cuts += await until_done(there, cut_at if way == "in" else STEPS_AT_MOST, *import_(world), dies=dies)
        assert states(here) == ["handed_over"] * LOANS
        assert there.process is not None
        came = there.process.journal.entries(EntryFilter())
        assert [entry.what.item for entry in came] == [item(number) for number in range(LOANS)]
        assert {entry.what.source for entry in came} == {Source.RESCUE}
        world.library.weather.clear()
        await asyncio.sleep(3600)
        assert states(there) == [EntryState.SETTLED.value] * LOANS
        assert len(world.library.deeds) == LOANS
        return cuts

    cut_at_each_step(scene)


def test_the_same_command_once_more_says_what_it_did_and_writes_nothing() -> None:
    async def scene(world: World) -> None:
        here, there = await lent(world)
        first = await Kioskctl(here).type(*export(world))
        assert await Kioskctl(here).type(*export(world)) == first
        with pytest.raises(CtlError, match="there is a file already"):
            await Kioskctl(there).type(*export(world))

    played(scene)


def test_what_was_begun_and_went_up_by_itself_leaves_no_archive() -> None:
    async def scene(world: World) -> None:
        here, _ = await lent(world)
        command = export(world)
        with pytest.raises(Cut):
            await Kioskctl(here, cut_at=4).type(*command)
        assert list(world.folder.glob(".a.rescue.part"))
        world.library.weather.clear()
        await asyncio.sleep(3600)
        assert states(here) == ["settled"] * LOANS
        with pytest.raises(CtlError, match="nothing is unsent here"):
            await Kioskctl(here).type(*command)
        assert not list(world.folder.glob("*a.rescue*"))

    played(scene)


@pytest.mark.parametrize("keep_days", [0, 3650])
@pytest.mark.parametrize("at_once", [1000, 2])
@pytest.mark.parametrize("how", ["stick", "list"])
def test_what_went_up_before_the_command_ends_is_told_from_what_was_handed_over(
    how: str, at_once: int, keep_days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with `keep_settled_days` 0, where both are forgotten: one is in the file, one not.

    Two at once: the cut may come when only some are marked. A stick has the forgotten others too then, and they are
    looked up.
    """
    monkeypatch.setattr(hand_over, "AT_ONCE", at_once)

    async def scene(world: World, cut_at: int) -> int:
        here, there = await lent(world)
        out = world.folder / "a.koc"
        command = ("export", "--format", "koha-koc", "--out", out, "--hand-over") if how == "list" else export(world)
        try:
            await Kioskctl(here, cut_at=cut_at).type(*command)
            cuts = 0
        except Cut:
            cuts = 1
        world.library.weather.clear()
        await asyncio.sleep(3600)
        over = states(here)
        assert set(over) <= ({"settled", "handed_over"} if keep_days else set())
        # Of a list that has its name it cannot be told any more whose it is.
        with suppressed(CtlError, "nothing is unsent here" if how == "stick" else "not overwritten"):
            await Kioskctl(here).type(*command)
        if how == "stick" and (world.folder / "a.rescue").exists():
            took = await Kioskctl(there).type(*import_(world))
            assert took["taken"] == over.count("handed_over") or not keep_days
            await asyncio.sleep(3600)
        in_list = [arguments[1] for _, _, arguments in koha_reads(out.read_bytes())[1]] if out.exists() else []
        done = [deed.item for deed in world.library.deeds]
        assert sorted(in_list + done) == [item(number) for number in range(LOANS)]
        assert not list(world.folder.glob("*.part*"))
        return cuts

    cut_at_each_step(scene, keep_days=keep_days)


def test_what_is_forgotten_cannot_be_taken_back_and_says_so() -> None:
    async def scene(world: World) -> None:
        here, _ = await lent(world)
        archive = await Kioskctl(here).type(*export(world))
        back = ("journal", "take-back", "--reason", "lost", "--by", "KM", "--file-is-destroyed", "--to")
        with pytest.raises(CtlError, match="nothing went to 'elsewhere'"):
            await Kioskctl(here).type(*back, "elsewhere")
        world.library.weather.clear()
        await asyncio.sleep(3600)
        assert states(here) == []
        with pytest.raises(CtlError, match=r"is forgotten .*that file alone has it"):
            await Kioskctl(here).type(*back, f"rescue {archive['id']}")

    played(scene, keep_days=0)


@pytest.mark.parametrize("how", ["stick", "list"])
def test_what_another_station_left_unfinished_is_not_overwritten(how: str) -> None:
    """It is marked there, and stands in that file alone."""

    async def scene(world: World, cut_at: int) -> int:
        here, there = await lent(world)
        there.scan(card(2))
        await asyncio.sleep(2)
        there.scan(item(LOANS))
        await asyncio.sleep(30)
        out = world.folder / "a.koc"
        command = ("export", "--format", "koha-koc", "--out", out, "--hand-over") if how == "list" else export(world)
        try:
            await Kioskctl(here, cut_at=cut_at).type(*command)
        except Cut:
            left = {path: path.read_bytes() for path in world.folder.glob("*a.*.part")}
            if left:
                with pytest.raises(CtlError, match=r"STATION-1.*was cut off.*at that station.*choose another name"):
                    await Kioskctl(there).type(*command)
            assert {path: path.read_bytes() for path in world.folder.glob("*a.*.part")} == left
            assert states(there) == ["recorded"]
            return 1
        return 0

    cut_at_each_step(scene)


def test_a_drill_that_the_disk_does_not_take_leaves_nothing() -> None:
    async def scene(world: World) -> None:
        here, _ = await lent(world)
        here.disk.failing_flushes = 4
        refused = await answer(here, c.DrillStart(), c.Role.TECHNICIAN)
        assert isinstance(refused, CallError)
        assert refused.kind is ErrorKind.STORAGE
        assert not [path for path in here.disk.files if "/drill/" in path]
        here.disk.failing_flushes = 0
        assert isinstance(await answer(here, c.DrillStart(), c.Role.TECHNICIAN), dict)

    played(scene)


def test_what_is_typed_beside_a_drill_is_about_real_entries() -> None:
    """A drill that took an archive in, or handed entries over, would take them along when it ends."""

    async def scene(world: World) -> None:
        here, there = await lent(world)
        for machine in (here, there):
            assert isinstance(await answer(machine, c.DrillStart(), c.Role.TECHNICIAN), dict)
        assert here.view is not None
        assert "staff.unlock" not in here.view.choices, "no code is known in it"
        for code in (CARD, *ITEMS):
            here.scan(code)
            await asyncio.sleep(2)
        assert [line.result.value for line in here.view.items] == ["recorded"] * 3
        await Kioskctl(here).type(*export(world))
        assert (await Kioskctl(there).type(*import_(world)))["taken"] == LOANS
        for machine in (here, there):
            await answer(machine, c.DrillEnd(), c.Role.TECHNICIAN)
            assert not [path for path in machine.disk.files if "/drill/" in path]
        assert states(here) == ["handed_over"] * LOANS
        assert len(states(there)) == LOANS

    played(scene)
