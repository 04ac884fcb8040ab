"""Tries, from within a unit's sandbox, what it must not be able to do; prints a JSON object: deed → how it ended.

Runs by itself, in place of the daemon, with nothing but Python's own library.
"""

import ctypes
import errno
import json
import mmap
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)


def call(number_or_name: str, *arguments: object) -> None:
    if getattr(LIBC, number_or_name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def read(path: str) -> Callable[[], object]:
    def deed() -> None:
        with Path(path).open("rb", buffering=0) as stream:
            stream.read(1)

    return deed


def write(path: str) -> Callable[[], object]:
    return lambda: Path(path).open("ab").close()


def listing(path: str) -> Callable[[], object]:
    return lambda: list(Path(path).iterdir())


def bind() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 7777))


def own_file(name: str) -> Path:
    """A path where the unit may write."""
    return Path(os.environ.get("STATE_DIRECTORY", "/tmp")) / name


def control_group() -> None:
    path = Path("/sys/fs/cgroup/probe")
    path.mkdir()
    path.rmdir()


def setuid_file() -> None:
    path = own_file("setuid-probe")
    path.touch()
    try:
        path.chmod(0o4755)
    finally:
        path.unlink()


def run_own() -> None:
    path = own_file("run-probe")
    path.write_text("#!/bin/sh\nexit 0\n")
    try:
        path.chmod(0o755)
        if os.spawnv(os.P_WAIT, str(path), [str(path)]) != 0:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    finally:
        path.unlink()


DEEDS: dict[str, Callable[[], object]] = {
    "read the file of passwords": read("/etc/shadow"),
    "read the library system's password in its file": read("/etc/kioskd/ils-password"),
    "read the kernel's log": read("/dev/kmsg"),
    "read a disk": read("/dev/sda"),
    "read the memory of process 1": read("/proc/1/mem"),
    "see process 1": read("/proc/1/cmdline"),
    "list homes": listing("/home"),
    "list root's home": listing("/root"),
    "change the configuration": write("/etc/kioskd/kioskd.toml"),
    "change the program": write("/usr/lib/kioskd/version"),
    "change a unit": write("/run/systemd/system/x.service"),
    "write beside the socket": write("/run/kioskd/other.sock"),
    "write in /var/lib": write("/var/lib/other"),
    "change a kernel setting": write("/proc/sys/kernel/hostname"),
    "change the host's name": lambda: socket.sethostname("x"),
    "change a control group": control_group,
    "set the clock": lambda: call("settimeofday", ctypes.c_char_p(b"\0" * 16), None),
    "mount": lambda: call("mount", b"tmpfs", b"/tmp", b"tmpfs", 0, None),
    "make a namespace": lambda: call("unshare", 0x10000000),
    "watch another process": lambda: call("ptrace", 16, 1, None, None),
    "load a kernel module": lambda: call("syscall", 313, -1, b"", 0),
    "signal process 1": lambda: os.kill(1, signal.SIGCONT),
    "become root": lambda: os.setuid(0),
    "raise its priority": lambda: os.setpriority(os.PRIO_PROCESS, 0, -19),
    "take real time": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
    "make code writable": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC),
    "open a raw socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
    "open a netlink socket": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "open a Bluetooth socket": lambda: socket.socket(31, socket.SOCK_STREAM),
    "listen on a port": bind,
    "make a file that runs as its owner": setuid_file,
    "run what it wrote itself": run_own,
    "make a device": lambda: os.mknod("/tmp/device", 0o20600, os.makedev(1, 1)),
    "open a device that is not its own": read("/dev/fuse"),
    "open a text console": lambda: Path("/dev/tty1").open("rb").close(),
}


def apart(tried: Callable[[], object]) -> str:
    """Try a deed in a process of its own, as one that succeeds changes what the next may do."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        ended = "done"
        try:
            tried()
        except OSError as refused:
            ended = errno.errorcode.get(refused.errno or 0, type(refused).__name__)
        os.write(writing, ended.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        said = stream.read()
    os.waitpid(child, 0)
    return said or "ended"


def main() -> None:
    # What is tried here harms the machine that it succeeds on.
    if not Path("/run/host/container-manager").exists():
        raise SystemExit("this is for a container of systemd-nspawn alone")
    found = {deed: apart(tried) for deed, tried in DEEDS.items()}
    print("probe", json.dumps(found))


if __name__ == "__main__":
    main()
