"""A Debian tree booted with its own systemd under systemd-nspawn, in about a second; and hands at its terminal.

Real: systemd, its units, sockets, users, credentials, sandboxes, dpkg. Not real: devices, udev's events, the kernel's
modules, power. Its network is a loopback of its own. The folders that it changes are a layer over the tree.
"""

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

REPO: Final = Path(__file__).parents[2]
BOOT_S: Final = 60
RUN_S: Final = 120
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Failed(AssertionError):  # noqa: N818 - as all of the house's
    """Raised when a command in the machine ends other than well."""


class Layers:
    """A folder that shows `lower` trees, the topmost first, and keeps every change in a layer of its own."""

    def __init__(self, *lower: Path) -> None:
        self._scratch = Path(tempfile.mkdtemp(prefix="kioskd-layer-"))
        self.upper = self._scratch / "upper"
        self.root = self._scratch / "root"
        for folder in (self.upper, self.root, self._scratch / "work"):
            folder.mkdir()
        below = ":".join(str(each) for each in lower)
        options = f"lowerdir={below},upperdir={self.upper},workdir={self._scratch / 'work'}"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, str(self.root)], check=True)

    def close(self, *, keep_upper: bool = False) -> None:
        """Take the folder away, and its layer unless it is still wanted."""
        subprocess.run(["umount", str(self.root)], check=True)
        if not keep_upper:
            shutil.rmtree(self._scratch)

    def remove(self) -> None:
        """Take the layer away as well."""
        shutil.rmtree(self._scratch)


class Machine:
    """One machine, from boot to power off. Use it as a context."""

    def __init__(self, root: Path, *, binds: Mapping[Path, str] | None = None, options: Sequence[str] = ()) -> None:
        self.root = root
        self._binds = dict(binds or {})
        self._options = tuple(options)
        self._leader = 0
        self._nspawn: subprocess.Popen[bytes] | None = None

    def boot(self) -> None:
        """Boot until its systemd says that it is up. Raises Failed."""
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
            address = Path(folder) / "notify"
            notices.bind(str(address))
            notices.settimeout(BOOT_S)
            command = [
                *("setpriv", "--pdeathsig=TERM", "systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit"),
                "--private-network",
                *("--notify-ready=yes", "--console=pipe", f"--machine=k{os.getpid()}-{id(self) % 9999}"),
                *(f"--bind-ro={outside}:{inside}" for outside, inside in self._binds.items()),
                *self._options,
                f"--directory={self.root}",
            ]
            # Without the unified hierarchy an older host would give the machine's systemd no cgroups of its own.
            environ = {**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1", "NOTIFY_SOCKET": str(address)}
            self._nspawn = subprocess.Popen(
                command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            while True:
                try:
                    lines = notices.recv(4096).decode().splitlines()
                except TimeoutError:
                    self.kill()
                    raise Failed("the machine did not come up") from None
                for line in lines:
                    if line.startswith("X_NSPAWN_LEADER_PID="):
                        self._leader = int(line.partition("=")[2])
                if "READY=1" in lines:
                    return

    def run(self, command: str, *, user: str = "root", check: bool = True, timeout_s: float = RUN_S) -> str:
        """Run a shell command there and return what it says on both channels. Raises Failed."""
        ended = subprocess.run(
            self._inside(command, user),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=timeout_s, check=False, cwd="/", env=self._environ(),
        )  # fmt: skip
        if check and ended.returncode:
            raise Failed(f"{command}: exit {ended.returncode}\n{ended.stdout}")
        return ended.stdout

    def status(self, command: str, *, user: str = "root") -> int:
        """Return a command's exit status."""
        ended = subprocess.run(
            self._inside(command, user), stdin=subprocess.DEVNULL, capture_output=True, check=False, cwd="/",
            env=self._environ(), timeout=RUN_S,
        )  # fmt: skip
        return ended.returncode

    def open(self, command: str, *, user: str = "root") -> subprocess.Popen[str]:
        """Start a command there and return at once."""
        return subprocess.Popen(
            self._inside(command, user), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, cwd="/", env=self._environ(),
        )  # fmt: skip

    def json(self, command: str) -> Any:
        """Return the JSON document that a command prints."""
        return json.loads(self.run(command))

    def show(self, unit: str, name: str) -> str:
        """Return one property of a unit."""
        return self.run(f"systemctl show --value -p {name} {unit}").strip()

    def log(self, unit: str) -> str:
        """Return what a unit logged."""
        return self.run(f"journalctl --no-pager -o short-monotonic -u {unit}")

    def until(self, met: Callable[[], Any], what: str, *, within_s: float = 30) -> Any:
        """Return what `met` returns as soon as it is true. Raises Failed. Nothing tells us, so it is asked again."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            if found := met():
                return found
            time.sleep(0.05)
        raise Failed(f"not within {within_s} s: {what}\n{self.log('kioskd')[-3000:]}")

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file there, as root."""
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(mode)

    def drop_in(self, unit: str, text: str) -> None:
        """Change a unit until the next boot."""
        self.run(f"mkdir -p /run/systemd/system/{unit}.d")
        self.run(f"printf '%s' {shlex.quote(text)} >/run/systemd/system/{unit}.d/test.conf && systemctl daemon-reload")

    def power_off(self) -> None:
        """Shut it down in order."""
        if self._nspawn is None:
            return
        self.run("systemctl poweroff", check=False)
        try:
            self._nspawn.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
        self._nspawn = None

    def kill(self) -> None:
        """End all its processes at once, as if it broke; what the kernel has of its files stays."""
        if self._nspawn is not None:
            # With its first process all others of the machine end; nspawn alone would leave them running.
            if self._leader:
                os.kill(self._leader, signal.SIGKILL)
            self._nspawn.kill()
            self._nspawn.wait()
            self._nspawn = None

    def __enter__(self) -> Self:
        self.boot()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.power_off()

    def _inside(self, command: str, user: str) -> list[str]:
        namespaces = ("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root")
        as_user = [] if user == "root" else ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"]
        return ["nsenter", f"--target={self._leader}", *namespaces, "--", *as_user, "/bin/sh", "-c", command]

    def _environ(self) -> dict[str, str]:
        return {"PATH": PATH, "LANG": "C.UTF-8", "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive"}
