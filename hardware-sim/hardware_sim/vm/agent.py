"""The guest's end: takes calls from the host over a virtio port, runs each in a process of its own, and sends back
what it returned. Stands alone: the guest's Python has nothing but its own library here.

A line of JSON each way. To the guest: {"id", "call": "module:function", "params", "timeout_s"}, or {"kill": id}, which
ends that call. To the host: once
{"boot": boot's id}; then for each call {"id", "event": …} as often as it tells something, and last {"id", "result"} or
{"id", "error"}, both with "out": what the process wrote.
"""

import contextlib
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path
from typing import Any, Final, NoReturn

TREE: Final = Path("/run/kiosk-vm")
PORT_NAME: Final = "kiosk.agent"
OUT_BYTES: Final = 20_000
"""Of what a call wrote, the end is sent."""
TOLD: Final = 3
"""The descriptor on which a call tells events and its result."""


def find_port() -> str:
    """Return the device of our virtio port."""
    while True:
        for port in Path("/sys/class/virtio-ports").glob("*"):
            with contextlib.suppress(OSError):
                if (port / "name").read_text().strip() == PORT_NAME and Path("/dev", port.name).exists():
                    return f"/dev/{port.name}"
        time.sleep(0.02)


class Host:
    """The line to the host."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lock = threading.Lock()

    def tell(self, **document: object) -> None:
        """Send one line."""
        line = json.dumps(document).encode() + b"\n"
        with self._lock:
            while line:
                line = line[os.write(self._fd, line) :]


RUNNING: Final[dict[int, int]] = {}
"""The process group of each call under way."""


def end(number: int) -> None:
    """Kill a call and all that it started."""
    group = RUNNING.pop(number, None)
    if group is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


class Forge:
    """A process that has the calls' modules already and forks for each call: importing takes seconds in here."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        environment = {
            **os.environ,
            "PYTHONPATH": f"{TREE}:{TREE / 'hardware-sim'}:{TREE / 'python'}",
            "TZ": "UTC",
        }
        with theirs:
            subprocess.Popen(
                [sys.executable, "-u", __file__, "--forge", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env=environment,
            )

    def begin(self, call: dict[str, Any], out: int, told: int) -> int:
        """Start a call that writes to the descriptor `out` and tells by `told`; return its process group."""
        with self._lock:
            socket.send_fds(self._line, [json.dumps(call).encode()], [out, told])
            return int(self._line.recv(64))


def serve(host: Host, forge: Forge, call: dict[str, Any]) -> None:
    """Run one call to its end."""
    with tempfile.TemporaryFile() as out:
        reads, writes = os.pipe()
        RUNNING[call["id"]] = forge.begin(call, out.fileno(), writes)
        os.close(writes)
        timer = threading.Timer(call["timeout_s"], end, (call["id"],))
        timer.start()
        last: dict[str, Any] = {"error": "ended without a word: killed, or out of time"}
        with os.fdopen(reads) as told:
            for line in told:
                document = json.loads(line)
                if "event" in document:
                    host.tell(id=call["id"], event=document["event"])
                else:
                    last = document
                    break
        timer.cancel()
        end(call["id"])  # and what it started and left
        out.seek(max(0, out.seek(0, os.SEEK_END) - OUT_BYTES))
        host.tell(id=call["id"], out=out.read().decode(errors="replace"), **last)


def forge(line: socket.socket) -> None:
    """Be the forge: fork for each call, its module imported here, once."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them: their pipes say when they end
    while True:
        message, fds, _, _ = socket.recv_fds(line, 1 << 20, 2)
        if not message:
            return
        call = json.loads(message)
        with contextlib.suppress(BaseException):  # the call says it by itself
            importlib.import_module(call["call"].partition(":")[0])
        child = os.fork()
        if not child:
            os.setpgid(0, 0)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            line.close()
            out, told = fds
            if told != TOLD and out == TOLD:
                out = os.dup(out)
            os.dup2(told, TOLD)
            os.dup2(out, 1)
            os.dup2(out, 2)
            for fd in {out, told} - {1, 2, TOLD}:
                os.close(fd)
            one(call)
        with contextlib.suppress(OSError):  # whoever of the two comes first
            os.setpgid(child, child)
        for fd in fds:
            os.close(fd)
        line.send(str(child).encode())


def one(call: dict[str, Any]) -> NoReturn:
    """Run a call in this process; tell its result, and end."""
    os.set_inheritable(TOLD, False)
    module, _, function = call["call"].partition(":")
    try:
        result = getattr(importlib.import_module(module), function)(**call["params"])
        line = json.dumps({"result": result})
    except BaseException:  # noqa: BLE001 - whatever it is, the host is told
        line = json.dumps({"error": traceback.format_exc()})
    sys.stdout.flush()
    sys.stderr.flush()
    encoded = line.encode() + b"\n"
    while encoded:
        encoded = encoded[os.write(TOLD, encoded) :]
    os._exit(0)


def main() -> None:
    """Serve until the machine ends."""
    fd = os.open(find_port(), os.O_RDWR | os.O_CLOEXEC)
    host, forges = Host(fd), Forge()
    host.tell(boot=Path("/proc/sys/kernel/random/boot_id").read_text().strip())
    buffer = b""
    while True:
        chunk = os.read(fd, 65536)
        if not chunk:  # nobody holds the other end
            time.sleep(0.1)
            continue
        *lines, buffer = (buffer + chunk).split(b"\n")
        for line in lines:
            document = json.loads(line)
            if "kill" in document:
                end(document["kill"])
            else:
                threading.Thread(target=serve, args=(host, forges, document), daemon=True).start()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--forge"]:
        forge(socket.socket(fileno=int(sys.argv[2])))
    else:
        main()
