"""Faults that are made for real: a socket, a journal, a configuration, the kernel's files; then `doctor` runs whole."""

import contextlib
import io
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kioskd.ctl.__main__ import main
from kioskd.journal import Journal

NO_DAEMON: Final = "DMN-01"
CONFIG: Final = """
[ils]
host = "127.0.0.1"
login_user = ""
[station]
id = "T-1"
state_dir = "{state}"
[socket]
path = "{socket}"
"""


@dataclass
class Station:
    """A station whose daemon is down: configuration, an empty journal, and a machine's files."""

    folder: Path
    ends: ExitStack

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def socket(self) -> Path:
        return self.folder / "s"

    @property
    def config(self) -> Path:
        return self.folder / "kioskd.toml"

    def put(self, path: str, content: str) -> None:
        """Write one of the machine's files."""
        place = self.folder / "root" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)

    def add(self, text: str) -> None:
        """Add to the configuration."""
        self.config.write_text(self.config.read_text() + text)

    def doctor(self, *more: str) -> tuple[int, dict[str, Any]]:
        """Return the exit status and the document."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            status = main(
                ["--config", str(self.config), "--json", "doctor", "--root", str(self.folder / "root"), *more]
            )
        return status, json.loads(out.getvalue())


MOUNTS: Final = "/dev/mmcblk0p2 / ext4 rw,noatime 0 0\n"


@contextmanager
def station(folder: Path) -> Iterator[Station]:
    """Make the station."""
    with ExitStack() as ends:
        made = Station(folder, ends)
        made.config.write_text(CONFIG.format(state=made.state, socket=made.socket))
        Journal.open(made.state, timezone="UTC").close()
        made.state.chmod(0o700)
        made.put("proc/self/mounts", MOUNTS)
        made.put("etc/fstab", "# a comment\nPARTUUID=1 / ext4 defaults,noatime 0 1\n")
        made.put("proc/meminfo", "MemTotal: 900000 kB\nMemAvailable:  500000 kB\n")
        made.put("sys/devices/platform/soc/soc:firmware/get_throttled", "0\n")
        made.put("sys/class/thermal/thermal_zone0/temp", "51234\n")
        made.put("sys/fs/ext4/mmcblk0p2/errors_count", "0\n")
        made.put("sys/block/mmcblk0/device/life_time", "0x01 0x02\n")
        made.put("sys/bus/usb/devices/1-0:1.0/usb1-port1/over_current_count", "0\n")
        made.put("sys/class/net/eth0/carrier", "1\n")
        made.put("proc/net/route", "Iface\teth0\neth0\t00000000\t0100000A\t3\t0\t0\t0\t00000000\t0\t0\t0\n")
        made.put("etc/resolv.conf", "nameserver 10.0.0.1\n")
        yield made


def _listening(made: Station, answer: bytes | None) -> None:
    """Let somebody listen at the daemon's socket: silent (None), or with this answer and the end."""
    server = made.ends.enter_context(socket.socket(socket.AF_UNIX))
    server.bind(str(made.socket))
    server.listen(4)
    if answer is None:
        return

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = server.accept()
                with client, contextlib.suppress(OSError):
                    client.recv(4096)
                    client.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    made.ends.callback(lambda: server.shutdown(socket.SHUT_RDWR))


def stale(made: Station) -> None:
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(str(made.socket))


def damaged(made: Station) -> None:
    path = made.state / "journal.sqlite3"
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)
    path.with_name("journal.sqlite3-wal").unlink(missing_ok=True)  # it holds the pages once more


def moved(made: Station) -> None:
    mark = {"archive": "a", "file": "/media/stick/t-1", "at": "2026-11-24T10:00:00Z", "unsent": 3}
    (made.state / "moved.json").write_text(json.dumps(mark))


def no_password(made: Station) -> None:
    made.config.write_text(made.config.read_text().replace('login_user = ""', 'login_user = "kiosk"'))


def no_state(made: Station) -> None:
    made.state.rename(made.folder / "elsewhere")


def secret(made: Station) -> None:
    (made.folder / "ils-password").write_text("x")
    (made.folder / "ils-password").chmod(0o644)


def block_list(made: Station, age_days: float | None) -> None:
    path = made.folder / "blocked.txt"
    made.add(f'[offline]\nblock_list = "{path}"\n')
    if age_days is not None:
        path.write_text("")
        path.chmod(0o600)
        then_s = path.stat().st_mtime - age_days * 86_400
        os.utime(path, (then_s, then_s))


def usb_printer(made: Station) -> None:
    made.put("sys/bus/usb/devices/1-1:1.0/bInterfaceClass", "07\n")


THROTTLED: Final = "sys/devices/platform/soc/soc:firmware/get_throttled"


@dataclass(frozen=True)
class Real:
    """A fault as people say it, how it is made, and the codes beside the base's."""

    name: str
    make: Callable[[Station], object]
    codes: frozenset[str]
    daemon: str = NO_DAEMON
    more: tuple[str, ...] = ()


def _put(name: str, path: str, content: str, *codes: str) -> Real:
    return Real(name, lambda made: made.put(path, content), frozenset(codes))


REAL: Final = (
    Real("daemon down", lambda made: None, frozenset()),
    Real("stale socket", stale, frozenset(), "DMN-02"),
    Real("daemon hangs", lambda made: _listening(made, None), frozenset(), "DMN-03"),
    Real("daemon goes away", lambda made: _listening(made, b""), frozenset(), "DMN-07"),
    Real("another program at the socket", lambda made: _listening(made, b"220 mail\r\n"), frozenset(), "DMN-06"),
    Real("wrong key", lambda made: made.add("[station2]\nx = 1\n"), frozenset({"CFG-01"})),
    Real("password missing", no_password, frozenset({"CFG-02"})),
    Real("wrong pattern", lambda made: made.add("[barcodes]\nitem = ['(']\n"), frozenset({"CFG-01"})),
    Real("password for all to read", secret, frozenset({"CFG-04"})),
    Real("block list missing", lambda made: block_list(made, None), frozenset({"CFG-02", "CFG-05"})),
    Real("block list old", lambda made: block_list(made, 30), frozenset({"CFG-06"})),
    Real("no state directory", no_state, frozenset({"JRN-01"})),
    Real("state directory for all", lambda made: made.state.chmod(0o755), frozenset({"JRN-02"})),
    Real("journal moved away", moved, frozenset({"JRN-03"})),
    Real("journal damaged", damaged, frozenset({"JRN-04"})),
    Real("journal salvaged", lambda made: (made.state / "journal.damaged-1.sqlite3").touch(), frozenset({"JRN-05"})),
    _put("card remounted read-only", "proc/self/mounts", MOUNTS.replace("rw", "ro"), "DSK-06", "DSK-10"),
    _put("journal in memory", "proc/self/mounts", "overlay / overlay rw 0 0\n", "DSK-07"),
    _put("card gives back errors", "sys/fs/ext4/mmcblk0p2/errors_count", "7\n", "DSK-08"),
    _put("card worn", "sys/block/mmcblk0/device/life_time", "0x02 0x0a\n", "DSK-09"),
    _put("under-voltage", THROTTLED, "50001\n", "PI-01", "PI-04"),
    _put("there was under-voltage", THROTTLED, "10000\n", "PI-02"),
    _put("throttled", THROTTLED, "4\n", "PI-03"),
    _put("was too hot", THROTTLED, "80000\n", "PI-06"),
    _put("too hot", "sys/class/thermal/thermal_zone0/temp", "86000\n", "PI-05"),
    _put("over-current", "sys/bus/usb/devices/1-0:1.0/usb1-port1/over_current_count", "2\n", "PI-07"),
    _put("memory short", "proc/meminfo", "MemAvailable: 20000 kB\n", "PI-08"),
    _put("link lost", "sys/class/net/eth0/carrier", "0\n", "NET-01"),
    _put("no default route", "proc/net/route", "Iface\neth0\t0000000A\t0\t1\t0\t0\t0\t00FFFFFF\t0\t0\t0\n", "NET-03"),
    Real("usb printer while the daemon is down", usb_printer, frozenset()),
)
