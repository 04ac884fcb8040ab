"""The process that gives a USB interface back when its owner dies: what it asks the kernel, and when it does not."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from drivers.usb_lending import GUARD

OWNER = """
import os, subprocess, sys
guard = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
guard.stdout.read(1)
print(guard.pid, flush=True)
sys.stdin.read()
"""


def start(trace: Path) -> tuple[subprocess.Popen[str], int]:
    """Start a program that has started a guard of /dev/null: usbfs is not needed to see what the kernel is asked."""
    guard = [sys.executable, "-I", "-S", str(GUARD), "/dev/null", "3"]
    traced = ["strace", "-f", "-e", "trace=ioctl", "-e", "raw=ioctl", "-o", str(trace), *guard]
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, *traced], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    return owner, int(owner.stdout.readline())


def wait(pid: int) -> None:
    fd = os.pidfd_open(pid)
    import select

    assert select.select([fd], [], [], 10)[0]
    os.close(fd)


def asked(trace: Path) -> list[str]:
    return [
        call for call in re.findall(r"ioctl\((?:0x)?[0-9a-f]+, (0x[0-9a-f]+)", trace.read_text()) if call[-4:-2] == "55"
    ]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_an_owner_that_dies_leaves_the_interface_to_the_kernel(tmp_path: Path, how: signal.Signals) -> None:
    owner, pid = start(tmp_path / "trace")
    os.kill(owner.pid, how)
    owner.communicate()
    wait(pid)
    # USBDEVFS_IOCTL, _IOWR('U', 18, struct usbdevfs_ioctl): the one call that reaches a kernel driver's probe.
    assert asked(tmp_path / "trace") == ["0xc0105512" if sys.maxsize > 2**32 else "0xc00c5512"]


def test_a_guard_that_is_thanked_asks_nothing() -> None:
    guard = subprocess.Popen(
        [sys.executable, "-I", "-S", str(GUARD), "/dev/null", "3"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert guard.stdout is not None
    assert guard.stdout.read(1) == b"."
    os.kill(guard.pid, signal.SIGTERM)  # a service manager ends the rest of a service so: it stays
    out, _ = guard.communicate(b".")
    assert (guard.returncode, out) == (0, b"")
