"""The installed station under its own systemd: installed, lent at, killed, looked at."""

import contextlib
import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hardware_sim.demo.client import Client, Hangup, View
from hardware_sim.kernel.gadget import UsbPrinter
from hardware_sim.kernel.nodes import await_truth
from hardware_sim.kernel.uhid import UhidKeyboard
from hardware_sim.vm.telling import tell
from tests.vm.guest.paper import Roll

SOCKET = Path("/run/kioskd/kioskd.sock")
HOST = "10.0.2.2"
PATIENCE_S = 180.0
SCANNER = "HELD1"
CONFIG = """\
[station]
id = "VM-1"
library = "CENTRAL"
timezone = "UTC"

[ils]
host = "{host}"
port = {port}
login_user = ""
timeout_s = {timeout_s}
poll_online_s = 1.0
poll_offline_s = 0.5
poll_return_s = 0.2
upload_spread_s = 0.0
"""
SAID = {"recorded", "checked_out"}
"""What a patron is told of an item that goes home."""


def run(*command: str, timeout_s: float = 1800.0) -> str:
    """Run a command; what it wrote. Raises RuntimeError with that, when it fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    del environment["PYTHONPATH"]  # the installed programs have libraries of their own
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.returncode}\n{done.stdout}")
    return done.stdout


def ctl(*words: str) -> Any:
    return json.loads(run("/usr/bin/kioskctl", "--json", *words))


def main_pid() -> int:
    return int(run("systemctl", "show", "-p", "MainPID", "--value", "kioskd.service"))


def install(package: str) -> dict[str, object]:
    """Install the package on a Debian that has never seen it; the file that it brings starts as it is.

    Each line that apt says is told with the seconds since the beginning.
    """
    began = time.monotonic()
    said = ""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    del environment["PYTHONPATH"]
    # The machine is switched off in order afterwards: no file need be flushed by itself.
    command = ["apt-get", "-q", "-o", "Dpkg::Options::=--force-unsafe-io", "-o", "Dpkg::Use-Pty=0"]
    command += ["install", "-y", "--no-install-recommends", package]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as installing:
        assert installing.stdout is not None
        for line in installing.stdout:
            said += line
            tell(f"{time.monotonic() - began:6.1f} s  {line.rstrip()}")
    assert installing.returncode == 0, said
    took_s = time.monotonic() - began
    state = run("systemctl", "show", "-p", "ActiveState,SubState,Result", "kioskd.service", "kioskd.socket")
    summary = ctl("journal", "summary")
    return {"took_s": took_s, "said": said[-2000:], "state": state, "recorded": summary["recorded"]}


def configure(port: int, timeout_s: float = 5.0) -> None:
    """Say where the library system is, and start anew."""
    Path("/etc/kioskd/kioskd.toml").write_text(CONFIG.format(host=HOST, port=port, timeout_s=timeout_s))
    run("systemctl", "restart", "kioskd.service")


def no_flush(mode: str) -> None:
    """Make the installed journal one that does not flush: what the check of power cuts must find."""
    (source,) = Path("/usr/lib/kioskd").rglob("kioskd/journal/sqlite.py")
    text = source.read_text()
    changed, lines = re.subn(r'(?m)^(SYNCHRONOUS\b.*= )"FULL"$', rf'\1"{mode}"', text)
    assert lines == 1, f"{source} has no such line"
    source.write_text(changed)
    for compiled in source.parent.glob("__pycache__/sqlite.*"):
        compiled.unlink()
    run("systemctl", "restart", "kioskd.service")
    os.sync()


def switch_off() -> None:
    """Switch off in order."""
    subprocess.Popen(["/bin/sh", "-c", "sleep 0.5; exec systemctl poweroff"], start_new_session=True)


def reboot() -> None:
    """Start the machine anew, in order."""
    subprocess.Popen(["/bin/sh", "-c", "sleep 0.5; exec systemctl reboot"], start_new_session=True)


# ---- at the desk


def connect() -> Client:
    """Connect to the daemon as soon as it answers."""
    until_s = time.monotonic() + PATIENCE_S
    while True:
        with contextlib.suppress(OSError):
            client = Client(SOCKET, timeout_s=PATIENCE_S)
            client.watch()
            return client
        if time.monotonic() > until_s:
            raise TimeoutError("the daemon does not answer\n" + run("journalctl", "-b", "-u", "kioskd", "-n", "40"))
        time.sleep(0.05)


def device_state(client: Client, kind: str) -> list[str]:
    # The search has a row of its own, which says whether anything was ever found.
    devices = [device for device in client.call("status.get")["devices"] if device["name"] != "scanner search"]
    return [device["state"] for device in devices if device["kind"] == kind]


def await_device(client: Client, kind: str, state: str = "ready") -> float:
    """Wait until one device of the kind is in this state; how long that took."""
    began = time.monotonic()
    while state not in device_state(client, kind):
        if time.monotonic() - began > PATIENCE_S:
            raise TimeoutError(f"no {kind} is {state}: {client.call('status.get')['devices']}")
        time.sleep(0.02)
    return time.monotonic() - began


class Desk:
    """A patron's hands at a station with a kernel keyboard."""

    def __init__(self, client: Client, scanner: UhidKeyboard) -> None:
        self.client = client
        self.scanner = scanner

    def scan_until(self, code: str, wanted: Callable[[View], bool], what: str) -> View:
        """Scan, and scan again where nothing comes of it: the first keys after a start may be nobody's."""
        until_s = time.monotonic() + PATIENCE_S
        while True:
            self.scanner.type_text(code + "\r", gap_s=0.004)
            try:
                return self.client.until(wanted, timeout_s=20.0, what=what)
            except Exception as error:
                if isinstance(error, Hangup) or time.monotonic() > until_s:
                    raise

    def card(self, card: str) -> None:
        self.scan_until(
            card, lambda view: view["screen"] == "items" and not view["items"] and bool(view["patron"]), "a visit"
        )

    def item(self, item: str) -> str:
        """Lend one; what the station says of it."""

        def said(view: View) -> bool:
            return any(line["item"] == item and line["result"] != "checking" for line in view["items"])

        view = self.scan_until(item, said, item)
        (result,) = [line["result"] for line in view["items"] if line["item"] == item]
        return str(result)

    def finish(self, *paper: str) -> None:
        self.client.call("session.finish", paper=list(paper))
        self.client.until(lambda view: view["screen"] in {"done", "idle"}, what="the end of the visit")


def lend(cards: list[str], items: list[str], per_visit: int) -> int:
    """Lend one item after the other, and tell each as soon as the station says it; until the power goes."""
    with UhidKeyboard(SCANNER) as scanner:
        client = connect()
        tell({"answers": True})
        await_device(client, "scanner")
        tell({"ready": True})
        desk = Desk(client, scanner)
        for at, item in enumerate(items):
            if at % per_visit == 0:
                if at:
                    desk.finish()
                desk.card(cards[at // per_visit % len(cards)])
            tell({"scanning": item})
            result = desk.item(item)
            tell({"said": item, "result": result})
        desk.finish()
        return len(items)


def start_again_and_again() -> None:
    """Kill the daemon as soon as it answers, until somebody ends it: each time systemd starts another."""
    while True:
        connect().close()
        daemon = main_pid()
        if daemon:
            with contextlib.suppress(ProcessLookupError):
                os.kill(daemon, signal.SIGKILL)


def entries() -> list[dict[str, Any]]:
    """Return all that the journal has, read by the installed kioskctl."""
    connect().close()
    return [{key: entry[key] for key in ("seq", "id", "item", "state")} for entry in ctl("journal", "list")["entries"]]


def health() -> dict[str, Any]:
    """Return what SQLite and the log say of this boot."""
    log = run("journalctl", "-b", "-u", "kioskd", "-o", "cat", "--no-pager")
    return {"summary": ctl("journal", "summary"), "salvaged": "salvag" in log.lower(), "log": log[-3000:]}


def sent(timeout_s: float = 300.0) -> dict[str, Any]:
    """Wait until nothing is unsent."""
    until_s = time.monotonic() + timeout_s
    while (summary := ctl("journal", "summary"))["unsent"]:
        if time.monotonic() > until_s:
            raise TimeoutError(f"still unsent: {summary}")
        time.sleep(0.5)
    return dict(summary)


# ---- a day


class Library:
    """The library system's control address, on the host."""

    def __init__(self, port: int) -> None:
        self._control = f"http://{HOST}:{port}"

    def fault(self, **switches: object) -> None:
        body = json.dumps(switches).encode()
        request = urllib.request.Request(self._control + "/fault", data=body, method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()


@contextlib.contextmanager
def desk_with_paper() -> Iterator[tuple[Desk, UsbPrinter, Roll]]:
    printer = UsbPrinter("PAPER")
    try:
        printer.plug()
        with Roll(printer) as roll, UhidKeyboard(SCANNER) as scanner, connect() as client:
            await_device(client, "scanner")
            await_device(client, "printer")
            yield Desk(client, scanner), printer, roll
    finally:
        printer.remove()


def day(cards: list[str], items: list[str], control: int) -> dict[str, Any]:
    """A day with an outage, and everything that can be pulled or killed; return what was said and how long it took."""
    library = Library(control)
    said: list[list[str]] = []
    times: dict[str, float] = {}
    stock = iter(items)

    def lend_some(desk: Desk, count: int) -> list[str]:
        lent = []
        for _ in range(count):
            item = next(stock)
            said.append([item, desk.item(item)])
            lent.append(item)
        return lent

    def printed(roll: Roll, lent: list[str]) -> None:
        await_truth(lambda: all(item.encode() in roll.taken for item in lent), f"{lent} on paper", timeout_s=PATIENCE_S)
        roll.taken.clear()

    with desk_with_paper() as (desk, printer, roll):
        client = desk.client
        client.until(lambda view: view["mode"]["name"] == "online", what="online")
        desk.card(cards[0])
        lent = lend_some(desk, 2)
        desk.finish("receipt")
        printed(roll, lent)

        library.fault(down=True)
        client.until(lambda view: view["mode"]["name"] == "offline", what="offline")
        desk.card(cards[1])
        lent = lend_some(desk, 2)

        desk.scanner.type_text(next(stock)[:6])
        desk.scanner.unplug()
        await_device(client, "scanner", "absent")
        desk.scanner.plug()
        times["scanner back"] = await_device(client, "scanner")
        lent += lend_some(desk, 2)
        desk.finish("receipt")
        printed(roll, lent)

        desk.card(cards[2])
        lend_some(desk, 2)
        began = time.monotonic()
        os.kill(main_pid(), signal.SIGKILL)
        client.close()
        client = desk.client = connect()
        times["answers after kill -9"] = time.monotonic() - began
        interrupted = client.views[-1]["message"]
        await_device(client, "scanner")
        desk.card(cards[2])
        lend_some(desk, 2)
        desk.finish()

        before = main_pid()
        began = time.monotonic()
        os.kill(before, signal.SIGSTOP)
        await_truth(lambda: main_pid() not in (0, before), "another daemon", timeout_s=PATIENCE_S)
        client.close()
        client = desk.client = connect()
        times["answers after a hang"] = time.monotonic() - began
        result = run("journalctl", "-b", "-u", "kioskd", "-o", "cat", "--no-pager")
        watchdog = "watchdog" in result.lower()
        await_device(client, "scanner")
        await_device(client, "printer")
        roll.close()
        printer.unplug()
        await_device(client, "printer", "absent")
        printer.plug()
        with Roll(printer) as new_roll:
            times["printer back"] = await_device(client, "printer")
            desk.card(cards[3])
            lent = lend_some(desk, 2)
            desk.finish("receipt")
            printed(new_roll, lent)
    return {"said": said, "times_s": times, "interrupted": interrupted, "watchdog": watchdog}


def after_the_day(control: int) -> dict[str, Any]:
    """After the reboot: the library system comes back, and everything goes there."""
    before = ctl("journal", "summary") if SOCKET.exists() else {}
    Library(control).fault(down=False)
    with connect() as client:
        client.until(lambda view: view["mode"]["name"] == "online", timeout_s=PATIENCE_S, what="online")
    return {"before": before, "after": sent()}
