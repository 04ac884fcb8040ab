"""Empty Debian trees, made once by mmdebstrap and kept outside the working copy."""

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Final

SUITES: Final = {"12": "bookworm", "13": "trixie"}
BASE: Final = ("systemd", "systemd-sysv", "dbus", "udev", "python3", "debconf")
"""What kioskd's package depends on and a minimal Debian lacks, so that it installs without a network."""


def cache() -> Path:
    """Return where trees are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "kioskd/trees"


def tree(release: str, arch: str = "amd64", packages: tuple[str, ...] = BASE) -> Path:
    """Return an archive of a Debian `release` with these packages, making it if it is not there."""
    mark = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:8]
    archive = cache() / f"debian{release}-{arch}-{mark}.tar"
    if archive.exists():
        return archive
    archive.parent.mkdir(parents=True, exist_ok=True)
    part = archive.with_suffix(f".{os.getpid()}.tar")
    command = [
        "mmdebstrap",
        "--quiet",
        "--variant=minbase",
        f"--architectures={arch}",
        f"--include={','.join(packages)}",
    ]
    try:
        subprocess.run([*command, SUITES[release], str(part), "http://deb.debian.org/debian"], check=True)
        part.rename(archive)
    finally:
        part.unlink(missing_ok=True)
    return archive


def unpack(archive: Path, into: Path) -> Path:
    """Unpack a tree; numeric owners, as the tree's users are not this machine's."""
    into.mkdir(parents=True)
    subprocess.run(["tar", "--numeric-owner", "-xpf", str(archive), "-C", str(into)], check=True)
    return into
