"""kioskctl as a process of its own, against a real socket: the daemon's front with a tiny core behind it."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from hardware_sim.demo import processes
from hardware_sim.demo.processes import BIN
from kioskd.front.greeting import HelloInfo
from kioskd.front.server import Front
from kioskd.model.calls import Call, RequestId, Role
from kioskd.model.device import DeviceCause, DeviceKind, DeviceState, DeviceStatus
from kioskd.model.entry import ModeName, Summary
from kioskd.model.errors import CallError
from kioskd.model.settings import SocketSettings, StationKind
from kioskd.model.view import (
    ClockStatus,
    DiskStatus,
    IlsStatus,
    ModeView,
    Paper,
    Screen,
    StaffView,
    StationView,
    Status,
    View,
)

MODE = ModeView(ModeName.ONLINE, "2026-11-24T10:00:00-08:00", "", forced=False, slow=False)
VIEW = View(
    seq=1,
    session=None,
    station=StationView("CENTRAL-3", StationKind.SELF, "10:04"),
    screen=Screen.IDLE,
    flow=None,
    language="en",
    mode=MODE,
    patron=None,
    items=(),
    message=None,
    timer=None,
    choices=("session.start",),
    due_date=None,
    staff=StaffView(unlocked=False, by=None),
    unsent=0,
    exceptions=0,
    paper=Paper.OK,
    upload=None,
)
SUMMARY = Summary(recorded=12, unsent=3, settled=8, exceptions=1, oldest_unsent="2026-11-24T09:12:00-08:00")
STATUS = Status(
    mode=MODE,
    ils=IlsStatus("up", "2026-11-24T10:03:58-08:00", 12.3),
    devices=(
        DeviceStatus("front", DeviceKind.SCANNER, "serial", DeviceState.READY, "usb-1.2"),
        DeviceStatus(
            "printer",
            DeviceKind.PRINTER,
            "network",
            DeviceState.FAILING,
            problem="no answer from 10.0.0.9:9100",
            advice="switch it on, and see that its cable is in both ends",
            cause=DeviceCause.ABSENT,
        ),
    ),
    journal=SUMMARY,
    clock=ClockStatus(trusted=True, source="ntp"),
    disk=DiskStatus(free_mib=812),
    version="0.1.0",
    uptime_s=7260,
)


@dataclass
class Outcome:
    """What a run of kioskctl left."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout; a second one, or anything else beside it, is an error here."""
        return json.loads(self.out)


async def kioskctl(*arguments: str | Path, stdin: str = "", environ: Mapping[str, str] | None = None) -> Outcome:
    """Run kioskctl and wait for its end."""
    with processes.begin(
        [str(BIN / "kioskctl"), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **(environ or {})},
    ) as process:
        out, err = await asyncio.to_thread(process.communicate, stdin.encode(), 20)
    assert b"Traceback" not in err, err.decode()
    return Outcome(process.returncode, out.decode(), err.decode())


async def begin(*arguments: str | Path, environ: Mapping[str, str] | None = None) -> asyncio.subprocess.Process:
    """Start kioskctl, by `exec`: for who talks with it while it runs."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "kioskd.ctl",
        *map(str, arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **(environ or {})},
    )


@dataclass
class Daemon:
    """The front, and what its core answers: a value or a refusal by the call's type name."""

    path: Path
    front: Front
    answers: dict[str, Any] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    seq: int = 1

    def submit(self, request: RequestId, role: Role, call: Call) -> None:
        self.calls.append(call)
        answer = self.answers.get(type(call).__name__)
        if callable(answer):
            answer = answer(call)
        if isinstance(answer, CallError):
            self.front.fail(request, answer)
        else:
            self.front.reply(request, answer)

    def change(self, **fields: Any) -> None:
        self.seq += 1
        self.front.publish(replace(VIEW, seq=self.seq, **fields))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory with a short path: a socket's may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="kioskd-") as name:
        yield Path(name)


@pytest.fixture
async def daemon(folder: Path) -> AsyncIterator[Daemon]:
    daemon: Daemon | None = None

    def submit(request: RequestId, role: Role, call: Call) -> None:
        assert daemon is not None
        daemon.submit(request, role, call)

    path = folder / "kioskd.sock"
    info = HelloInfo("CENTRAL-3", "CENTRAL", "0.1.0", ("en",), "instance-1")
    front = Front(SocketSettings(path=path), submit, info, environ={})
    daemon = Daemon(path, front)
    daemon.answers |= {"StatusGet": STATUS, "JournalSummary": SUMMARY, "ModeSet": STATUS}
    await front.start()
    front.publish(VIEW)
    yield daemon
    await front.close()
