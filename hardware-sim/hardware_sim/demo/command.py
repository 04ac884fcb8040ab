"""`kiosk-sim demo`: a whole station to play with, or the unattended tour."""

import argparse
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack

from hardware_sim.demo.client import Hangup, NoSuchView, RpcError
from hardware_sim.demo.desk import Desk
from hardware_sim.demo.processes import DidNotStart, Refused
from hardware_sim.demo.tour import Tour, Unseen
from hardware_sim.errors import SimulatorError


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `kiosk-sim demo`."""
    parser.add_argument("--tour", action="store_true", help="play one outage unattended, from first scan to settlement")
    parser.add_argument("--no-browser", action="store_true", help="open none")


def run(options: argparse.Namespace) -> None:
    """Start everything, and end it on Ctrl-C or after the tour. Raises SimulatorError."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        with ExitStack() as stack:
            desk = Desk(stack)
            if options.tour:
                signal.signal(signal.SIGINT, signal.default_int_handler)
                Tour(desk).play()
                return
            sys.stdout.write(
                f"\n  the station's screen   {desk.screen_url}\n"
                f"  the bench              {desk.bench_url}\n\n"
                "Scan cards and books at the bench, take the library system down, and watch the screen.\n"
                f"The same from a terminal: .venv/bin/kioskctl --config {desk.daemon.config} status\n"
                "Ctrl-C ends all of it.\n"
            )
            sys.stdout.flush()
            if not options.no_browser:
                _open(desk.bench_url)
            stop.wait()
    except (DidNotStart, Unseen, NoSuchView, RpcError, Refused, Hangup, OSError) as trouble:
        raise SimulatorError(str(trouble)) from trouble


def _open(url: str) -> None:
    opener = shutil.which("xdg-open")
    if opener is not None:
        subprocess.Popen([opener, url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
