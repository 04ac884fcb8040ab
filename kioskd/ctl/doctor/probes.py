"""Gathers the facts of this station. Nothing is written, nothing is opened that a running station uses itself."""

import grp
import os
import pwd
import socket
import ssl
import stat
import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from kioskd import __version__
from kioskd.config import BadConfiguration, load
from kioskd.ctl.arguments import Asked, Where
from kioskd.ctl.doctor import machine_probes as at
from kioskd.ctl.doctor.facts import Facts, SecretFile, Unit
from kioskd.ctl.doctor.holders import holders
from kioskd.ctl.errors import CtlError, NoAnswer, WrongUsage
from kioskd.ctl.place import DEFAULT_CONFIG, journal_place
from kioskd.journal.errors import JournalDamaged, JournalError, OtherVersion
from kioskd.journal.listing import summary_document
from kioskd.journal.moved import look
from kioskd.journal.reading import JournalReader
from kioskd.model.settings import DoorSettings, Settings

UNITS: Final = {
    "kioskd.socket": True,
    "kioskd.service": True,
    "kioskd-nightly.timer": True,
    "kioskd-screen.service": True,
    "kiosk-display.service": False,
}
"""The units, and whether a station cannot do without; a display is a choice."""
LOOK_S: Final = 2.0
"""How long the journal's file is looked over, and how long a system command may take."""
OWN_LINE_S: Final = 5.0


def gather(asked: Asked, root: Path, told: Callable[[str], None]) -> tuple[Facts, tuple[str, ...]]:
    """Return the facts, and what could not be looked at. `told` is given at once why the daemon does not answer."""
    unknown: list[str] = []
    found: dict[str, Any] = {"version": __version__, "config_file": asked.where.config or DEFAULT_CONFIG}
    found |= _daemon(asked, unknown)
    if "away" in found:
        told(found["away"])
    settings = _configuration(asked.where, found, unknown)
    found |= _place(asked.where, root, unknown, daemon_answers="status" in found)
    found |= at.machine(root) | at.network(root) | {"udev_rules": at.udev_rules(root)}
    found["holders"] = holders((found.get("status") or {}).get("devices") or (), root)
    found |= _systemd(root, unknown)
    if settings is not None and getattr(asked.options, "own_line", False):
        found |= _own_line(settings.ils.host, settings.ils.port)
        if settings.door.url:
            found |= _own_door(settings.door)
    if found.get("throttled") is None:
        found["throttled"] = _vcgencmd()
    oldest = ((found.get("status") or {}).get("journal") or found.get("journal") or {}).get("oldest_unsent")
    if oldest:
        found["oldest_unsent_s"] = time.time() - datetime.fromisoformat(oldest).timestamp()
    return Facts(**found), tuple(unknown)


def _daemon(asked: Asked, unknown: list[str]) -> dict[str, Any]:
    try:
        with asked.connect() as client:
            return {"status": client.call("status.get", timeout_s=LOOK_S)}
    except WrongUsage as problem:
        unknown.append(f"the daemon: {problem}")
        return {}
    except NoAnswer as away:
        unknown.append("what the daemon alone knows: devices, line, clock")
        why = str(away).partition("; ")[0]
        return {"away": why.removeprefix("the daemon does not answer at ")}
    except CtlError as away:
        unknown.append("what the daemon alone knows: devices, line, clock")
        return {"away": str(away)}


def _configuration(where: Where, found: dict[str, Any], unknown: list[str]) -> Settings | None:
    """Add what `kioskd --check` says of the configuration, and the files that it names."""
    path = where.config or DEFAULT_CONFIG
    try:
        readable = not path.exists() or os.access(path, os.R_OK)
    except PermissionError:  # a folder on the way to it may not be entered
        readable = False
    if not readable:
        unknown.append(f"{path}: this user may not read it; sudo kioskctl doctor")
        return None
    try:
        loaded = load(path, where.environ, need_file=where.config is not None)
    except BadConfiguration as bad:
        found["config_problems"] = tuple(map(str, bad.problems))
        return None
    settings = loaded.settings
    found["config_warnings"] = loaded.warnings
    found["station"] = settings.station.id
    found["ils_host"] = settings.ils.host
    secrets = [path.parent / name for name in ("ils-password", "ils-upload-password")]
    if settings.staff.codes_file is not None:
        secrets.append(settings.staff.codes_file)
    found["secrets"] = tuple(
        SecretFile(each, stat.S_IMODE(status.st_mode)) for each in secrets if (status := _stat(each)) is not None
    )
    if settings.offline.block_list is not None:
        status = _stat(settings.offline.block_list)
        found["block_list"] = settings.offline.block_list
        found["block_list_days"] = settings.offline.block_list_days
        found["block_list_age_days"] = (time.time() - status.st_mtime) / 86_400 if status is not None else None
    return settings


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _place(where: Where, root: Path, unknown: list[str], *, daemon_answers: bool) -> dict[str, Any]:
    """Return what is to be seen of the state directory; with the daemon down, of the journal in it too."""
    try:
        place, zone = journal_place(where)
    except WrongUsage:
        return {}  # the configuration's problem says so already
    found: dict[str, Any] = {"state_dir": place}
    status = _stat(place)
    found["state_dir_there"] = status is not None if os.access(place.parent, os.X_OK) else None
    if status is None:
        return found
    if status.st_uid == 0 and stat.S_IMODE(status.st_mode) == 0:
        # systemd's InaccessiblePaths=: an empty place lies over it, of which nothing is true of the real one.
        unknown.append(f"{place}: hidden from this program; sudo kioskctl doctor")
        return {"state_dir": place}
    found["state_dir_mode"] = stat.S_IMODE(status.st_mode)
    try:
        found["state_dir_owner"] = pwd.getpwuid(status.st_uid).pw_name
    except KeyError:
        found["state_dir_owner"] = str(status.st_uid)
    mount = at.mount_of(root, place.resolve())
    if mount is not None:
        found["state_dir_mount"], found["state_dir_read_only"] = mount
    found |= at.room(place)
    if not os.access(place, os.R_OK | os.X_OK):
        unknown.append(f"{place}: this user may not look into it; sudo kioskctl doctor")
        return found
    found["damaged_aside"] = tuple(sorted(each.name for each in place.glob("journal.damaged-*.sqlite3")))
    return found | ({} if daemon_answers else _journal(place, zone, unknown))


def _journal(place: Path, zone: str, unknown: list[str]) -> dict[str, Any]:
    moved = look(place)
    if moved is not None:
        return {"moved": f"moved at {moved.at}, {moved.unsent} unsent, to {moved.file}"}
    try:
        with JournalReader.read_only(place, timezone=zone) as reader:
            reader.check(LOOK_S)
            return {"journal": summary_document(reader.summary())}
    except JournalDamaged as problem:
        return {"damaged": str(problem)}
    except OtherVersion as problem:
        return {"other_version": str(problem)} if problem.found > problem.known else {}
    except (JournalError, OSError) as problem:
        unknown.append(f"the journal: {problem}")
        return {}


def _systemd(root: Path, unknown: list[str]) -> dict[str, Any]:
    """Return the units' states and the groups of the daemon's process, where systemd runs and knows them."""
    if not (root / "run/systemd/system").is_dir():
        unknown.append("units: systemd does not run here")
        return {}
    wanted = "Id,LoadState,ActiveState,Result,NRestarts,UnitFileState,MainPID"
    shown = _output("systemctl", "show", "--property", wanted, *UNITS)
    blocks = [dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in shown.split("\n\n")]
    installed = [block for block in blocks if block.get("LoadState") in ("loaded", "masked")]
    found: dict[str, Any] = {
        "units": tuple(
            Unit(
                block["Id"],
                block.get("ActiveState", ""),
                block.get("Result", ""),
                int(block.get("NRestarts") or 0),
                block.get("UnitFileState", ""),
                UNITS.get(block["Id"], False),
            )
            for block in installed
        )
    }
    pids = [int(block.get("MainPID") or 0) for block in installed if block["Id"] == "kioskd.service"]
    if any(pids):
        found["daemon_groups"] = at.groups_of(root, pids[0], {each.gr_gid: each.gr_name for each in grp.getgrall()})
    kept = _output("timedatectl", "show", "--property", "NTPSynchronized", "--value").strip()
    if kept in ("yes", "no"):
        found["kernel_keeps_time"] = kept == "yes"
    return found


def _vcgencmd() -> int | None:
    told = _output("vcgencmd", "get_throttled").strip().partition("=")[2]
    try:
        return int(told, 16)
    except ValueError:
        return None


def _output(*command: str) -> str:
    """Return what a program of the system says; nothing where it is missing or does not end."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LOOK_S, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def _own_line(host: str, port: int) -> dict[str, Any]:
    """Return whether a connection comes to be from here; nothing is said on it, so no seat is taken."""
    if not host:
        return {}
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return {"name_leads_to": ()}
    led = tuple(dict.fromkeys(str(each[4][0]) for each in found))
    try:
        socket.create_connection((host, port), OWN_LINE_S).close()
    except OSError as problem:
        return {"name_leads_to": led, "own_line": f"{host}:{port}: {problem.strerror or problem}"}
    return {"name_leads_to": led, "own_line": "connected"}


def _own_door(door: DoorSettings) -> dict[str, Any]:
    """Return whether a connection to the door comes to be, and whether who answers there is who he says; no log-in."""
    parts = urlsplit(door.url)
    tls = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if tls else 80)
    try:
        with socket.create_connection((host, port), OWN_LINE_S) as line:
            if not tls:
                return {"own_door": "connected"}
            context = ssl.create_default_context(cafile=str(door.ca_file) if door.ca_file is not None else None)
            with context.wrap_socket(line, server_hostname=host):
                return {"own_door": "connected", "door_trusted": True}
    except ssl.SSLCertVerificationError as untrusted:
        return {"own_door": f"{host}:{port}: {untrusted.verify_message}", "door_trusted": False}
    except (OSError, UnicodeError) as problem:
        return {"own_door": f"{host}:{port}: {getattr(problem, 'strerror', None) or problem}"}
