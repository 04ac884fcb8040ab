"""The guest's end: takes calls from the host over a virtio port, runs each in a process of its own, and sends back
what it returned. Stands alone: the guest's Python has nothing but its own library here.

A line of JSON each way. To the guest: {"id", "call": "module:function", "params", "timeout_s"}, or {"kill": id}, which
ends that call. To the host: once
{"boot": boot's id}; then for each call {"id", "event": …} as often as it tells something, and last {"id", "result"} or
{"id", "error"}, both with "out": what the process wrote.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final

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


def serve(host: Host, call: dict[str, Any]) -> None:
    """Run one call to its end."""
    out = tempfile.TemporaryFile()  # noqa: SIM115 - closed below, whatever happens
    reads, writes = os.pipe()
    try:
        environment = {
            **os.environ,
            "PYTHONPATH": f"{TREE}:{TREE / 'hardware-sim'}:{TREE / 'python'}",
            "TZ": "UTC",
        }
        process = subprocess.Popen(
            # The shell puts the pipe where the call expects it.
            ["/bin/sh", "-c", f'exec "$0" "$@" {TOLD}>&{writes}', sys.executable, __file__, "--one", json.dumps(call)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            pass_fds=(writes,),
            start_new_session=True,
            env=environment,
        )
        os.close(writes)
        RUNNING[call["id"]] = process.pid
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
        process.wait()
        out.seek(max(0, out.seek(0, os.SEEK_END) - OUT_BYTES))
        host.tell(id=call["id"], out=out.read().decode(errors="replace"), **last)
    finally:
        out.close()


def one(call: dict[str, Any]) -> int:
    """Run a call in this process; tell its result."""
    import importlib  # noqa: PLC0415 - the agent itself needs none of it
    import traceback  # noqa: PLC0415

    os.set_inheritable(TOLD, False)
    module, _, function = call["call"].partition(":")
    try:
        result = getattr(importlib.import_module(module), function)(**call["params"])
        told = {"result": result}
        line = json.dumps(told)
    except BaseException:  # noqa: BLE001 - whatever it is, the host is told
        line = json.dumps({"error": traceback.format_exc()})
    os.write(TOLD, line.encode() + b"\n")
    return 0


def main() -> None:
    """Serve until the machine ends."""
    fd = os.open(find_port(), os.O_RDWR | os.O_CLOEXEC)
    host = Host(fd)
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
                threading.Thread(target=serve, args=(host, document), daemon=True).start()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        sys.exit(one(json.loads(sys.argv[2])))
    main()
