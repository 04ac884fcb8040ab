"""Watches the simulators by their control addresses and keeps the newest picture of each."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from hardware_sim.control import Changes

from .acts import Act

_WAIT_S: Final = 25
_BETWEEN_S: Final = 0.1  # an upload changes the library system a thousand times a second; eyes need ten
_GONE_S: Final = 0.5
_SHOWN: Final = 100

Picture = dict[str, Any]


class Relay:
    """The simulators as the page sees them: `pictures` by name, `changes` when one of them is new."""

    def __init__(self, simulators: Mapping[str, str]) -> None:
        self.pictures: dict[str, Picture] = {name: {"gone": True} for name in simulators}
        self.versions: dict[str, int] = dict.fromkeys(simulators, 0)
        self.changes = Changes()
        self._simulators = simulators
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_WAIT_S + 10))
        self._tasks = [asyncio.create_task(self._watch(name)) for name in simulators]

    async def close(self) -> None:
        """Stop watching."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()

    async def do(self, act: Act, value: str) -> tuple[int, Any]:
        """Carry out an act; return the simulator's status and answer, or 502 where it is not there."""
        url = self._simulators.get(act.simulator)
        if url is None:
            return 404, {"error": f"this bench has no {act.simulator}"}
        try:
            async with self._session.post(url + act.path, json=act.body(value)) as answer:
                return answer.status, await answer.json()
        except (aiohttp.ClientError, TimeoutError):
            return 502, {"error": f"the {act.simulator} does not answer at {url}"}

    async def fetch(self, name: str, path: str) -> tuple[int, bytes]:
        """Return what a simulator answers to `path`, its status first; 502 where it is not there."""
        url = self._simulators.get(name)
        if url is None:
            return 404, b""
        try:
            async with self._session.get(url + path) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError):
            return 502, b""

    async def _get(self, name: str, path: str) -> Any:  # noqa: ANN401  # JSON
        async with self._session.get(self._simulators[name] + path, raise_for_status=True) as answer:
            return await answer.json()

    async def _watch(self, name: str) -> None:
        seen: int | None = None
        while True:
            try:
                since = "" if seen is None else f"?since={seen}&wait_s={_WAIT_S}"
                answer = await self._get(name, f"/changes{since}")
                if answer["version"] != seen:
                    # A simulator that was started anew counts from the beginning.
                    seen = answer["version"]
                    self._put(name, await self._look(name))
                await asyncio.sleep(_BETWEEN_S)
            except (aiohttp.ClientError, TimeoutError):
                seen = None
                if not self.pictures[name].get("gone"):
                    self._put(name, {"gone": True})
                await asyncio.sleep(_GONE_S)

    async def _look(self, name: str) -> Picture:
        state: Picture = await self._get(name, "/state")
        match name:
            case "ils":
                catalog = await self._get(name, "/catalog")
                ledger = await self._get(name, f"/ledger?after={max(0, state['ledger'] - _SHOWN)}")
                spoken = await self._get(name, f"/transcript?after={max(0, state['transcript'] - 60)}")
                shown = {"patrons": catalog["patrons"][:_SHOWN], "items": catalog["items"][:_SHOWN]}
                return {"state": state, "catalog": shown, "ledger": ledger["entries"], "spoken": spoken["lines"]}
            case "printer":
                slips = await self._get(name, f"/slips?after={max(0, state['slips'] - 12)}")
                return {"state": state, "slips": slips["slips"], "open": slips["open"]}
            case _:
                return {"state": state}

    def _put(self, name: str, picture: Picture) -> None:
        self.pictures[name] = picture
        self.versions[name] += 1
        self.changes.note()
