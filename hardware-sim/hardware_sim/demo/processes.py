"""Whole processes: the daemon and the simulators, started as people start them."""

import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

BIN: Final = Path(os.environ.get("KIOSK_SIM_BIN", Path(sys.executable).parent))
"""Where kioskd and the others stand: beside this Python."""
ZONE: Final = "UTC"
"""The desk's time zone: simulators write local time, and the station compares it with its own."""
START_S: Final = 20.0
STOP_S: Final = 5.0
UCRED: Final = struct.Struct("iII")
"""`struct ucred`: pid, user, group."""
begin = subprocess.Popen
"""How a process is begun; who starts hundreds of them may have a quicker way."""
ENDS_WITH_US: Final = ("setpriv", "--pdeathsig", "KILL")
"""A desk that is killed leaves nothing behind: its scanner's link could soon lead to another desk's terminal."""


class DidNotStart(Exception):  # noqa: N818 - it says what happened
    """Raised when a process did not get ready; the text is what it said."""


class Refused(Exception):  # noqa: N818 - it says what happened
    """Raised when a control address or a command refuses; the text is what it said."""


def clean_environment(**more: str) -> dict[str, str]:
    """Return this environment without a station's settings, in the desk's time zone."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KIOSKD_")}
    return {**kept, "TZ": ZONE, **more}


class Announcing:
    """A process that prints one JSON line when it is ready."""

    def __init__(self, program: str, *arguments: str) -> None:
        self.process = begin(
            [*ENDS_WITH_US, str(BIN / program), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(),
        )
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], START_S)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            self.process.kill()
            _, errors = self.process.communicate()
            raise DidNotStart(f"{program} {' '.join(arguments)}: {errors.strip() or 'no word'}")
        self.ready: dict[str, Any] = json.loads(line)

    def close(self) -> None:
        """End it."""
        end(self.process)


class Sim(Announcing):
    """A simulated peripheral, told what to do by its control address."""

    def __init__(self, *arguments: str) -> None:
        super().__init__("kiosk-sim", *arguments)
        self.control: str = self.ready.get("control", "")

    def get(self, path: str) -> Any:  # noqa: ANN401 - each path has a document of its own
        """Return a document of the control address. Raises Refused."""
        return self._ask(urllib.request.Request(self.control + path))  # noqa: S310 - our own loopback address

    def post(self, path: str, document: object = None) -> Any:  # noqa: ANN401
        """Tell the control address something. Raises Refused."""
        body = json.dumps({} if document is None else document).encode()
        headers = {"Content-Type": "application/json"}
        return self._ask(
            urllib.request.Request(self.control + path, data=body, headers=headers, method="POST")  # noqa: S310
        )

    def fault(self, **switches: Any) -> None:
        """Set fault switches."""
        self.post("/fault", switches)

    @staticmethod
    def _ask(request: urllib.request.Request) -> Any:  # noqa: ANN401
        try:
            with urllib.request.urlopen(request, timeout=70) as answer:  # noqa: S310
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(f"{request.full_url}: {error.read().decode()}") from error


def end(process: "subprocess.Popen[Any]") -> None:
    """End a process and leave no pipe open."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for pipe in (process.stdout, process.stderr, process.stdin):
        if pipe is not None:
            pipe.close()


class Daemon:
    """kioskd on a folder of its own."""

    def __init__(self, folder: Path, config: Mapping[str, Any], **environment: str) -> None:
        self.folder = folder
        self.config = folder / "kioskd.toml"
        self.socket = folder / "kioskd.sock"
        self.state_dir = folder / "state"
        self.log = folder / "kioskd.log"
        self._environment = environment
        self.process: subprocess.Popen[bytes] | None = None
        self.pid = 0
        """Who said that it is ready: the daemon itself, also under a wrapper."""
        self.write_config(config)

    def write_config(self, config: Mapping[str, Any]) -> None:
        """Write its configuration, with the folder's own places filled in."""
        places = {"id": "TEST-1", "library": "CENTRAL", "state_dir": str(self.state_dir), "timezone": ZONE}
        merged = {
            **config,
            "station": {**places, **config.get("station", {})},
            "socket": {"path": str(self.socket), **config.get("socket", {})},
        }
        self.config.write_text(to_toml(merged))

    def start(self, *, wait: bool = True, wrapper: tuple[str, ...] = ()) -> "Daemon":
        """Start it; it is ready when it says READY=1 (sd_notify). Raises DidNotStart."""
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.pid = 0
        address = f"kioskd-desk-{os.getpid()}-{time.monotonic_ns()}"
        notify.bind("\0" + address)
        try:
            with self.log.open("ab") as log:
                self.process = begin(
                    [*ENDS_WITH_US, *wrapper, str(BIN / "kioskd"), "--config", str(self.config)],
                    stdout=log,
                    stderr=log,
                    env=clean_environment(NOTIFY_SOCKET="@" + address, **self._environment),
                )
            if wait:
                self._await_ready(notify)
        except DidNotStart:
            self.kill()
            raise
        finally:
            notify.close()
        return self

    def _await_ready(self, notify: socket.socket) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_S
        notify.settimeout(0.05)
        while time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                said, about, _, _ = notify.recvmsg(4096, socket.CMSG_SPACE(UCRED.size))
                if b"READY=1" in said:
                    # unix(7): SCM_CREDENTIALS, a struct ucred; there is no other message about it.
                    self.pid, _, _ = UCRED.unpack(about[0][2][: UCRED.size])
                    return
            if self.process.poll() is not None:
                raise DidNotStart(f"kioskd ended with {self.process.returncode}: {self.log.read_text()}")
        raise DidNotStart(f"kioskd is not ready: {self.log.read_text()}")

    def kill(self) -> None:
        """End it by kill -9; one that has ended stays as it ended."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it in order; under a wrapper it is told itself, for strace hands no signal on."""
        if self.process is not None:
            if self.pid not in (0, self.process.pid) and self.process.poll() is None:
                with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                    os.kill(self.pid, signal.SIGTERM)
                    self.process.wait(timeout=STOP_S)
            end(self.process)

    def ctl(self, *arguments: str) -> Any:  # noqa: ANN401 - each verb has a document of its own
        """Run `kioskctl --json` and return its document. Raises Refused."""
        with begin(
            [str(BIN / "kioskctl"), "--config", str(self.config), "--json", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(**self._environment),
        ) as process:
            try:
                out, errors = process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        if process.returncode != 0:
            raise Refused(f"kioskctl {' '.join(arguments)}: {process.returncode}: {errors}")
        return json.loads(out)


def to_toml(config: Mapping[str, Any]) -> str:
    """Write a configuration of tables and lists of tables."""
    lines: list[str] = []
    for section, content in config.items():
        tables = content if isinstance(content, list) else [content]
        for table in tables:
            lines.append(f"[[{section}]]" if isinstance(content, list) else f"[{section}]")
            lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"
