"""One running machine: started, called, killed. With KVM where the host has it, without where it has not."""

import contextlib
import itertools
import json
import queue
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from .acceleration import acceleration
from .agent import PORT_NAME
from .image import System
from .initramfs import initramfs

BOOT_S: Final = 600.0
"""A boot without KVM on a busy machine; 9 s on a quiet one."""
CONSOLE_BYTES: Final = 6_000
KERNEL: Final = (
    "console=ttyS0 quiet loglevel=4 net.ifnames=0 panic=-1 mitigations=off audit=0 nowatchdog "
    # Reading any other clock is a way out of the machine and back, and Python reads it often.
    "tsc=reliable clocksource=tsc "
    # The kernel waits for ten ticks of a timer, and on a busy host takes their lateness for a broken board.
    "no_timer_check "
    # Closing an event device waits for the kernel's readers of it.
    "rcupdate.rcu_expedited=1 "
    # A disk as fresh as this one would have its hardware database and catalogues made anew at each start.
    "systemd.condition-needs-update=no systemd.machine_id=6b696f736b6b696f736b6b696f736b00 systemd.show_status=0 "
    # Nothing that a test needs, and each costs time where the processor is emulated.
    + " ".join(
        f"systemd.mask={unit}"
        for unit in (
            "getty@tty1.service",
            "serial-getty@ttyS0.service",
            "e2scrub_reap.service",
            "systemd-random-seed.service",
            "systemd-update-utmp.service",
            "systemd-update-utmp-runlevel.service",
            "systemd-logind.service",
            "apt-daily.timer",
            "apt-daily-upgrade.timer",
            "dpkg-db-backup.timer",
            "e2scrub_all.timer",
            "fstrim.timer",
        )
    )
)


class MachineFailed(Exception):  # noqa: N818 - it says what happened
    """Raised when the machine did not boot or ended; the text ends with what stood on its console."""


class CallFailed(Exception):  # noqa: N818
    """Raised when a call in the guest raised, or took too long; the text has the guest's traceback and output."""


@dataclass(slots=True)
class _Call:
    """A call under way."""

    answer: "queue.SimpleQueue[dict[str, Any]]" = field(default_factory=queue.SimpleQueue)
    on_event: Callable[[Any], None] | None = None


class Machine:
    """A machine on `drive`, QEMU's words for its disk. As a context manager it is on, and at the end switched off.

    >>> with Machine(system, sources, drive=scratch(system.disk)) as machine:
    ...     machine.call("tests.vm.guest.evdev:unplug", cycles=100)
    """

    def __init__(
        self,
        system: System,
        sources: Iterable[tuple[Path, str]],
        *,
        drive: str,
        environment: Path | None = None,
        memory_mib: int = 768,
        kernel: str = "",
    ) -> None:
        """`environment`: the disk with the Python libraries. `kernel`: more for the kernel's command line."""
        self._system = system
        self._sources = tuple(sources)
        self._drive = drive
        self._environment = environment
        self._memory_mib = memory_mib
        self._kernel = f"{KERNEL} {kernel}".strip()
        self._acceleration = acceleration(system)
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._line: socket.socket | None = None
        self._send_lock = threading.Lock()
        self._calls: dict[int, _Call] = {}
        self._numbers = itertools.count(1)
        self._boots: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.boot_id = ""
        self.boot_s = 0.0
        """How long the last boot took, from switching on to the agent's first word."""

    # ---- on and off

    def start(self) -> Self:
        """Switch on and wait for the agent. Raises MachineFailed."""
        self._folder = tempfile.TemporaryDirectory(prefix="kiosk-vm-")
        folder = Path(self._folder.name)
        (folder / "initramfs").write_bytes(initramfs(self._system, self._sources))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(folder / "agent"))
            listener.listen(1)
            began = time.monotonic()
            self._process = subprocess.Popen(
                self._command(folder),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,  # a Ctrl-C is meant for the tests, which then end the machine
            )
            listener.settimeout(0.2)
            while self._line is None:
                with contextlib.suppress(TimeoutError):
                    self._line, _ = listener.accept()
                if self._line is None and (self._process.poll() is not None or time.monotonic() - began > BOOT_S):
                    self._fail("QEMU did not start")
        threading.Thread(target=self._hear, args=(self._line,), daemon=True).start()
        self.await_boot(began)
        return self

    def await_boot(self, began: float | None = None) -> None:
        """Wait for the agent of a boot: the first, or the next after a restart. Raises MachineFailed."""
        began = time.monotonic() if began is None else began
        while time.monotonic() - began < BOOT_S:
            with contextlib.suppress(queue.Empty):
                self.boot_id = self._boots.get(timeout=0.2)
                self.boot_s = time.monotonic() - began
                return
            if self._process is None or self._process.poll() is not None:
                break
        self._fail("the guest did not boot")

    def await_end(self, timeout_s: float = BOOT_S) -> None:
        """Wait until the machine has switched itself off. Raises MachineFailed."""
        if self._process is not None:
            try:
                self._process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self._fail("the guest does not switch off")

    def kill(self) -> None:
        """Cut the power: QEMU is gone at once. What the guest had not flushed is where its drive keeps it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stderr is not None:
                self._process.stderr.close()
            self._process = None
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)
            self._line.close()
            self._line = None
        for call in list(self._calls.values()):
            call.answer.put({"error": "the machine was switched off"})
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.kill()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    # ---- calls

    def begin(
        self,
        function: str,
        *,
        on_event: Callable[[Any], None] | None = None,
        timeout_s: float = 600.0,
        **params: object,
    ) -> int:
        """Start a call without waiting for its end; `finish` waits. `on_event` is called in a thread of ours."""
        return self._begin(function, params, timeout_s=timeout_s, on_event=on_event)

    def finish(self, number: int, *, timeout_s: float = 600.0) -> Any:  # noqa: ANN401 - each call has a result of its own
        """Wait for the end of a call and return its result. Raises CallFailed."""
        try:
            answer = self._calls[number].answer.get(timeout=timeout_s + 30)
        except queue.Empty:
            raise CallFailed(f"no answer from the guest\n{self.console()}") from None
        except BaseException:
            self._send({"kill": number})  # the test is over: what it began must not meet the next one
            raise
        finally:
            del self._calls[number]
        if "error" in answer:
            raise CallFailed(f"{answer['error']}\n{answer.get('out', '')}\n--- console\n{self.console()}")
        if answer["out"]:
            print(answer["out"], end="")
        return answer["result"]

    def end(self, number: int) -> None:
        """End a call that was begun, and all that it started in the guest; its result is nobody's."""
        self._send({"kill": number})
        del self._calls[number]

    def call(self, function: str, *, timeout_s: float = 240.0, **params: object) -> Any:  # noqa: ANN401
        """Call `module:function` in the guest, in a process of its own, and return its result. Raises CallFailed."""
        return self.finish(self._begin(function, params, timeout_s=timeout_s, on_event=None), timeout_s=timeout_s)

    def console(self) -> str:
        """Return the end of what stood on the guest's console."""
        if self._folder is None:
            return ""
        try:
            return (Path(self._folder.name) / "console").read_bytes()[-CONSOLE_BYTES:].decode(errors="replace")
        except OSError:
            return ""

    # ---- within

    def _begin(
        self, function: str, params: dict[str, object], *, timeout_s: float, on_event: Callable[[Any], None] | None
    ) -> int:
        if self._line is None:
            raise CallFailed("the machine is off")
        number = next(self._numbers)
        self._calls[number] = _Call(on_event=on_event)
        self._send({"id": number, "call": function, "params": params, "timeout_s": timeout_s})
        return number

    def _send(self, document: dict[str, object]) -> None:
        if self._line is not None:
            with self._send_lock, contextlib.suppress(OSError):  # the machine is gone, and who waits is told so
                self._line.sendall(json.dumps(document).encode() + b"\n")

    def _command(self, folder: Path) -> list[str]:
        drives = [f"if=virtio,{self._drive}"]
        if self._environment is not None:
            drives.append(f"if=virtio,format=raw,readonly=on,file={self._environment}")
        return [
            # A test run that is killed must not leave machines behind.
            *(
                "setpriv",
                "--pdeathsig",
                "KILL",
                "qemu-system-x86_64",
                *self._acceleration,
                "-machine",
                "q35",
                "-smp",
                "2",
            ),
            *("-m", str(self._memory_mib), "-nodefaults", "-no-user-config", "-display", "none"),
            *("-kernel", str(self._system.kernel), "-initrd", str(folder / "initramfs"), "-append", self._kernel),
            *("-serial", f"file:{folder / 'console'}"),
            *(word for drive in drives for word in ("-drive", drive)),
            *("-device", "virtio-rng-pci", "-device", "virtio-serial-pci"),
            *("-chardev", f"socket,id=agent,path={folder / 'agent'}"),
            *("-device", f"virtserialport,chardev=agent,name={PORT_NAME}"),
            *("-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile="),
        ]

    def _hear(self, line: socket.socket) -> None:
        buffer = b""
        while True:
            try:
                chunk = line.recv(65536)
            except OSError:
                return
            if not chunk:
                return
            *lines, buffer = (buffer + chunk).split(b"\n")
            for text in lines:
                self._heard(json.loads(text))

    def _heard(self, document: dict[str, Any]) -> None:
        if "boot" in document:
            self._boots.put(document["boot"])
            return
        call = self._calls.get(document["id"])
        if call is None:
            return
        if "event" not in document:
            call.answer.put(document)
        elif call.on_event is not None:
            call.on_event(document["event"])

    def _fail(self, what: str) -> None:
        console, said = self.console(), ""
        if self._process is not None:
            self._process.kill()
            _, errors = self._process.communicate()
            said = errors.decode(errors="replace")
        raise MachineFailed(f"{what}\n{said}\n--- console\n{console}")


def scratch(disk: Path) -> str:
    """Return a drive that begins as `disk` and forgets what is written with the machine's end."""
    return f"format=raw,snapshot=on,cache=unsafe,file={disk}"
