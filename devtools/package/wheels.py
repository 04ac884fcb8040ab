"""The libraries, as wheels: fetched by pip with the lock's hashes, chosen by what kioskd needs, unpacked."""

import hashlib
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from email.parser import HeaderParser
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

PYTHONS: Final = ("3.11", "3.13")
"""What Debian 12 and Debian 13 have, and the Raspberry Pi OS of each."""
MACHINES: Final[Mapping[str, str]] = {"amd64": "x86_64", "arm64": "aarch64"}
"""Debian's names of the architectures, and the wheels'."""
GLIBCS: Final = ("manylinux_2_34", "manylinux_2_31", "manylinux_2_28", "manylinux_2_17", "manylinux2014")
"""Debian 12 has glibc 2.36."""


def fetch(lock: Path, arch: str, python: str, into: Path) -> list[Path]:
    """Return the lock's wheels for this architecture and Python; a lock that was fetched before is not asked for again.

    Raises CalledProcessError if one cannot be had or does not have the hash that the lock names.
    """
    into.mkdir(parents=True, exist_ok=True)
    mark = into / hashlib.sha256(lock.read_bytes()).hexdigest()
    if mark.exists():
        return sorted(into.glob("*.whl"))
    asked = [
        *("--only-binary", ":all:", "--implementation", "cp", "--python-version", python),
        *(option for glibc in GLIBCS for option in ("--platform", f"{glibc}_{MACHINES[arch]}")),
        *("--require-hashes", "--requirement", str(lock), "--dest", str(into), "--find-links", str(into)),
    ]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", *asked]
    subprocess.run(command, check=True, stdout=sys.stderr)  # noqa: S603 - our own command line
    mark.touch()
    return sorted(into.glob("*.whl"))


def needed(wheels: Sequence[Path], wanted: Sequence[str], python: str) -> list[Path]:
    """Return the wheels of these requirements and of all that they require, on Linux under this Python.

    Raises KeyError if a wheel is missing.
    """
    environment = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux", "extra": ""}
    by_name = {_name(wheel.name.split("-")[0]): wheel for wheel in wheels}
    found: dict[str, Path] = {}
    open_ones = [Requirement(each) for each in wanted]
    while open_ones:
        requirement = open_ones.pop()
        if requirement.marker is not None and not requirement.marker.evaluate(environment):
            continue
        name = _name(requirement.name)
        if name not in found:
            found[name] = by_name[name]
            open_ones += _requires(by_name[name])
    return [found[name] for name in sorted(found)]


def is_pure(wheel: Path) -> bool:
    """Whether one copy serves every Python and architecture."""
    return wheel.name.endswith("-none-any.whl")


def unpack(wheel: Path, into: Path) -> None:
    """Unpack a wheel's modules, without scripts and manual pages: those are for people who develop.

    Raises ValueError if it has modules or headers for another place.
    """
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            place = re.match(r"[^/]+\.data/([^/]+)", member.filename)
            if place is not None and place[1] in {"data", "scripts"}:
                continue
            if place is not None:
                raise ValueError(f"{wheel.name} has files for other places ({member.filename})")
            archive.extract(member, into)


def _requires(wheel: Path) -> list[Requirement]:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
        head = HeaderParser().parsestr(archive.read(metadata).decode())
    return [Requirement(each) for each in head.get_all("Requires-Dist", [])]


def _name(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()
