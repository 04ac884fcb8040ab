"""Simulators as processes and in the test's own loop, and small clients that share nothing with them."""

import asyncio
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

import pytest

from hardware_sim.addresses import Address
from hardware_sim.demo import processes
from hardware_sim.ils.catalog import demonstration
from hardware_sim.ils.faults import Faults
from hardware_sim.ils.personality import PERSONALITIES
from hardware_sim.ils.system import LibrarySystem

DATE = "20261123    222122"
BLANK = " " * 18


@dataclass
class Running:
    """A simulator's process and what it said when it was ready."""

    process: subprocess.Popen[str]
    ready: dict[str, Any]

    def ask(self, path: str, document: object = None, *, method: str | None = None) -> tuple[int, Any]:
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(self.ready["control"] + path, data=body, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                raw = answer.read()
                return answer.status, json.loads(raw) if "json" in answer.headers["Content-Type"] else raw
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.loads(refused.read())

    def good(self, path: str, document: object = None, **more: Any) -> Any:
        status, answer = self.ask(path, document, **more)
        assert status == 200, answer
        return answer

    def stop(self) -> int:
        self.process.terminate()
        status = self.process.wait(timeout=20)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        return status


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    """Start `kiosk-sim …` and wait until it says that it is ready."""
    with ExitStack() as stack:

        def begin(*words: object) -> Running:
            process = processes.begin(
                [sys.executable, "-m", "hardware_sim", *map(str, words)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
            running = Running(process, {})
            stack.callback(lambda: running.stop() if process.returncode is None else None)
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                assert process.stderr is not None
                pytest.fail(process.stderr.read())
            running.ready = json.loads(line)
            return running

        yield begin


class Sip2Client:
    """A bare SIP2 client of its own making."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(
        self, body: str, *, sequence: int | None = None, end: bytes = b"\r", encoding: str = "utf-8"
    ) -> None:
        raw = body.encode(encoding)
        if sequence is not None:
            raw += b"AY%dAZ" % sequence
            raw += f"{-sum(raw) & 0xFFFF:04X}".encode()
        self.writer.write(raw + end)
        await self.writer.drain()

    async def line(self) -> str:
        """Read up to CR; without it, what came before the server closed."""
        try:
            raw = await asyncio.wait_for(self.reader.readuntil(b"\r"), 10)
        except asyncio.IncompleteReadError as ended:
            return ended.partial.decode("utf-8").strip("\n")
        except ConnectionError:
            return ""
        return raw.decode("utf-8").strip("\r\n")

    async def ask(self, body: str, **more: Any) -> str:
        await self.send(body, **more)
        return await self.line()

    async def checkout(self, patron: str, item: str, *, policy: str = "N", no_block: str = "N", due: str = DATE) -> str:
        return await self.ask(f"11{policy}{no_block}{DATE}{due}AODEMO|AA{patron}|AB{item}|AC|")

    async def renew(self, patron: str, item: str) -> str:
        return await self.ask(f"29NN{DATE}{DATE}AODEMO|AA{patron}|AB{item}|AC|")

    async def checkin(self, item: str) -> str:
        return await self.ask(f"09N{DATE}{DATE}APX|AODEMO|AB{item}|AC|")

    async def charged(self, patron: str) -> list[str]:
        answer = await self.ask(f"63001{DATE}  Y       AODEMO|AA{patron}|")
        return [piece[2:] for piece in answer[61:].split("|") if piece.startswith("AU")]

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


class Branch:
    """A library system in the test's loop, with clients, cards and books."""

    def __init__(self, system: LibrarySystem) -> None:
        self.system = system
        self.cards = list(system.world.patrons)
        self.books = list(system.world.items)
        self.clients: list[Sip2Client] = []

    async def client(self, *, login: bool = True) -> Sip2Client:
        client = Sip2Client(*await asyncio.open_connection(self.system.address.host, self.system.address.port))
        self.clients.append(client)
        if login:
            assert await client.ask("9300CNkiosk|COsecret|CPX|") == "941"
        return client

    def deeds(self) -> list[tuple[str, str, str]]:
        return [(entry.kind.value, entry.patron, entry.item) for entry in self.system.ledger]


@pytest.fixture
async def open_branch() -> AsyncIterator[Callable[..., Awaitable[Branch]]]:
    """Open a library system of a personality with some faults; closed at the end."""
    branches: list[Branch] = []

    async def begin(personality: str = "plain", *, faults: dict[str, object] | None = None, **more: Any) -> Branch:
        system = LibrarySystem(catalog=demonstration(), personality=PERSONALITIES[personality], faults=Faults(), **more)
        await system.open(Address("127.0.0.1", 0))
        if faults:
            await system.set_faults(faults)
        branches.append(Branch(system))
        return branches[-1]

    yield begin
    for branch in branches:
        for client in branch.clients:
            await client.close()
        await branch.system.close()
