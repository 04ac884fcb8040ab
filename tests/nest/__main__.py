"""The process that is forked: loads, then forks for each request, until nobody is left to ask."""

import atexit
import contextlib
import ctypes
import gc
import importlib
import os
import pickle
import signal
import socket
import sys
import time
import traceback
from typing import Any, Final, NoReturn

from kioskd.ctl.__main__ import VERBS

LOADED: Final = (
    "hardware_sim.bench.command",
    "hardware_sim.ils.command",
    "hardware_sim.printer.command",
    "hardware_sim.scanner.command",
    "kioskd.__main__",
    "kioskd.config.loading",
    "kioskd.config.models",
    "kioskd.ctl.doctor.probes",
    "kioskd.ctl.journal_file",
    "kioskd.daemon.journald",
    "kioskd.daemon.running",
    "drivers.network_printer",
    "drivers.serial_scanner",
)
PR_SET_PDEATHSIG: Final = 1


def main() -> None:
    """Serve until the other end closes."""
    here = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asks; the other end closes then
    for name in LOADED:
        importlib.import_module(name)
    for verb in VERBS:
        importlib.import_module(f"kioskd.ctl.verbs.{verb}")
    # What is loaded is looked through by no child's collector, so that its pages stay shared.
    gc.collect()
    gc.freeze()
    while True:
        message, fds, _, _ = socket.recv_fds(here, 1 << 20, 3)
        if not message:
            return
        here.send(str(_forked(pickle.loads(message), fds, here)).encode())
        for fd in fds:
            os.close(fd)


def _forked(request: tuple[Any, ...], fds: list[int], here: socket.socket) -> int:
    """Return the number of a new process whose parent has ended."""
    reading, writing = os.pipe()
    between = os.fork()
    if between == 0:
        between = os.getpid()
        child = os.fork()
        if child:
            os.write(writing, str(child).encode())
            os._exit(0)
        os.close(writing)
        here.close()
        _become(request, fds, between)
    os.close(writing)
    os.waitpid(between, 0)
    with os.fdopen(reading) as told:
        return int(told.read())


def _become(request: tuple[Any, ...], fds: list[int], between: int) -> NoReturn:
    """Do what the interpreter does between `exec` and the program, and after it."""
    status = 1
    try:
        module, arguments, ends_with_parent, folder, environ = request
        while os.getppid() == between:  # a death is announced by the parent that it has when it asks for it
            time.sleep(0.0001)
        if ends_with_parent:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        for number, fd in enumerate(fds):
            os.dup2(fd, number)
        os.closerange(3, 1024)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environ)
        time.tzset()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        through = bool(environ.get("PYTHONUNBUFFERED"))
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False, buffering=1)
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False, buffering=1)
        sys.stdout.reconfigure(line_buffering=os.isatty(1), write_through=through)
        sys.argv = [module, *arguments]
        status = importlib.import_module(module).main()
    except SystemExit as asked:
        status = asked.code if isinstance(asked.code, int) else int(asked.code is not None)
    except BaseException:  # noqa: BLE001 - a child must end here, whatever happens
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(status or 0)


if __name__ == "__main__":
    main()
