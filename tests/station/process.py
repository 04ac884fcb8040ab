"""Whole processes: the daemon and the simulators, started as people start them."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BIN = Path(os.environ.get("KIOSK_TEST_BIN", Path(sys.executable).parent))
START_S = 20.0


def clean_environment(**more: str) -> dict[str, str]:
    """Return this environment without settings of a station."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KIOSKD_")}
    return {**kept, **more}


class Sim:
    """A simulated peripheral as a process of its own, told what to do by its control address."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [str(BIN / "kiosk-sim"), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        line = _line_within(self.process, START_S)
        self.ready: dict[str, Any] = json.loads(line)
        self.control: str = self.ready["control"]

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.control + path, timeout=70) as answer:
            return json.loads(answer.read())

    def post(self, path: str, document: object = None) -> Any:
        body = json.dumps({} if document is None else document).encode()
        request = urllib.request.Request(
            self.control + path, data=body, headers={"Content-Type": "application/json"}, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.read().decode()}") from error

    def fault(self, **switches: Any) -> None:
        self.post("/fault", switches)

    def close(self) -> None:
        end(self.process)


def _line_within(process: "subprocess.Popen[str]", seconds: float) -> str:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    line = process.stdout.readline() if ready else ""
    if not line:
        process.kill()
        _, errors = process.communicate()
        raise AssertionError(f"{process.args} did not start: {errors}")
    return line


def end(process: "subprocess.Popen[Any]") -> None:
    """End a process and leave no pipe open."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=5)
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
        self.write_config(config)

    def write_config(self, config: Mapping[str, Any]) -> None:
        merged = {
            **config,
            "station": {
                "id": "TEST-1",
                "library": "CENTRAL",
                "state_dir": str(self.state_dir),
                **config.get("station", {}),
            },
            "socket": {"path": str(self.socket), **config.get("socket", {})},
        }
        self.config.write_text(to_toml(merged))

    def start(self, *, wait: bool = True, wrapper: tuple[str, ...] = ()) -> "Daemon":
        """Start it; ready when it says READY=1 (sd_notify)."""
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        address = f"\0kioskd-test-{os.getpid()}-{time.monotonic_ns()}"
        notify.bind(address)
        try:
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    [*wrapper, str(BIN / "kioskd"), "--config", str(self.config)],
                    stdout=log,
                    stderr=log,
                    env=clean_environment(NOTIFY_SOCKET="@" + address[1:], **self._environment),
                )
            if wait:
                self._await_ready(notify)
        finally:
            notify.close()
        return self

    def _await_ready(self, notify: socket.socket) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_S
        notify.settimeout(0.05)
        while time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                if b"READY=1" in notify.recv(4096):
                    return
            if self.process.poll() is not None:
                raise AssertionError(f"kioskd ended with {self.process.returncode}: {self.log.read_text()}")
        raise AssertionError(f"kioskd is not ready: {self.log.read_text()}")

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None:
            end(self.process)

    def ctl(self, *arguments: str) -> Any:
        """Run kioskctl --json and return its document."""
        done = subprocess.run(
            [str(BIN / "kioskctl"), "--config", str(self.config), "--json", *arguments],
            capture_output=True,
            text=True,
            timeout=30,
            env=clean_environment(**self._environment),
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(f"kioskctl {arguments}: {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)


def to_toml(config: Mapping[str, Any]) -> str:
    """Write a configuration of tables and lists of tables."""
    lines: list[str] = []
    for section, content in config.items():
        tables = content if isinstance(content, list) else [content]
        for table in tables:
            lines.append(f"[[{section}]]" if isinstance(content, list) else f"[{section}]")
            lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"
