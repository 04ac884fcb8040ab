"""`kioskctl doctor` against a daemon that answers, and against none."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.base import WhyNot
from kioskd.devices.advice import advice
from kioskd.model.device import DeviceCause, DeviceKind

from .conftest import STATUS, Daemon, begin, kioskctl

CONFIG = '[ils]\nhost = "ils.example"\nlogin_user = ""\n[station]\nid = "T"\nstate_dir = "{state}"\n'


@pytest.fixture
def places(folder: Path) -> tuple[str | Path, ...]:
    """A good configuration, a state directory, and a machine without files."""
    (folder / "state").mkdir(mode=0o700)
    (folder / "root").mkdir()
    (folder / "kioskd.toml").write_text(CONFIG.format(state=folder / "state"))
    return ("--config", folder / "kioskd.toml", "doctor", "--root", folder / "root")


async def test_a_device_out_of_use_is_found_with_the_daemons_advice(
    daemon: Daemon, places: tuple[str | Path, ...]
) -> None:
    done = await kioskctl("--socket", daemon.path, "--json", *places)
    document = done.document
    assert set(document) == {"wrong", "findings", "not_looked_at", "status", "summary", "version"}
    printer = next(each for each in document["findings"] if each["about"] == "devices")
    assert set(printer) == {"code", "about", "weight", "seen", "cause", "do"}
    assert printer["do"] == STATUS.devices[1].advice
    assert (done.status, document["status"]["mode"]["name"]) == (1, "online")
    assert "wrong with this station" in done.err


async def test_nothing_wrong_is_0_though_there_are_notices(daemon: Daemon, places: tuple[str | Path, ...]) -> None:
    daemon.answers["StatusGet"] = replace(
        STATUS, devices=STATUS.devices[:1], journal=replace(STATUS.journal, oldest_unsent=None)
    )
    done = await kioskctl("--socket", daemon.path, *places)
    assert (done.status, done.err) == (0, "")
    assert "JRN-08" in done.out  # an exception waits


async def test_no_daemon_is_said_at_once_and_the_page_fits_80_columns(places: tuple[str | Path, ...]) -> None:
    socket = places[1].parent / "none"  # type: ignore[union-attr]
    running = await begin("--socket", socket, *places)
    assert running.stdout is not None
    first = await asyncio.wait_for(running.stdout.readline(), 20)
    assert b"does not answer" in first
    rest, _ = await running.communicate()
    assert running.returncode == 1
    assert "DMN-01" in rest.decode()
    assert all(len(line) <= 80 for line in rest.decode().splitlines() if " /" not in line)
    assert b"\x1b" not in rest


async def test_the_program_that_has_a_device_is_named(
    daemon: Daemon, places: tuple[str | Path, ...], folder: Path
) -> None:
    node = folder / "root/dev/usb/lp0"
    node.parent.mkdir(parents=True)
    node.touch()
    (folder / "root/proc").symlink_to("/proc")
    told = advice(DeviceKind.PRINTER, WhyNot.BUSY, "/dev/usb/lp0")
    problem = "/dev/usb/lp0: Device or resource busy"
    busy = replace(STATUS.devices[1], problem=problem, advice=told, cause=DeviceCause.BUSY)
    daemon.answers["StatusGet"] = replace(STATUS, devices=(STATUS.devices[0], busy))
    with node.open("rb") as opened:
        holder = await asyncio.create_subprocess_exec("/bin/sleep", "60", stdin=opened)
    done = await kioskctl("--socket", daemon.path, "--json", *places)
    holder.kill()
    await holder.wait()
    (found,) = (each for each in done.document["findings"] if each["code"] == "DEV-13")
    assert found["seen"].endswith(f"busy; it is open in sleep ({holder.pid})")
    done = await kioskctl("--socket", daemon.path, "--json", *places)
    (found,) = (each for each in done.document["findings"] if each["code"] == "DEV-13")
    assert found["seen"].endswith("Device or resource busy")
