"""Empty Debian trees, made once by mmdebstrap and kept outside the working copy, and commands run in them.

No virtual machine and, but for the systemd tier, no booted system: a tree's programs on this machine's kernel, on
another architecture through qemu-user.
"""

import hashlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

SUITES: Final = {"12": "bookworm", "13": "trixie"}
BASE: Final = ("systemd", "systemd-sysv", "dbus", "udev", "python3", "debconf")
"""What kioskd's package depends on and a minimal Debian lacks, so that it installs without a network."""
ROOTS: Final = Path("/etc/ssl/certs/ca-certificates.crt")
ROOTS_INSIDE: Final = "/run/roots.pem"
BINFMT: Final = Path("/proc/sys/fs/binfmt_misc")
AARCH64: Final = (
    rb":qemu-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
    rb":\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64-static:F"
)
"""An ELF file of 64 bits, little-endian, for machine 183. F: the kernel keeps the interpreter open, so that a tree
needs no copy of it. Source: Documentation/admin-guide/binfmt-misc.rst."""


def cache() -> Path:
    """Return where trees are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "kioskd/trees"


def tree(release: str, arch: str = "amd64", packages: Sequence[str] = BASE) -> Path:
    """Return an archive of a Debian `release` with these packages, making it if it is not there.

    Raises CalledProcessError, OSError.
    """
    mark = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:8]
    archive = cache() / f"debian{release}-{arch}-{mark}.tar"
    if archive.exists():
        return archive
    if arch == "arm64":
        run_aarch64()
    archive.parent.mkdir(parents=True, exist_ok=True)
    part = archive.with_suffix(f".{os.getpid()}.tar")
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--architectures={arch}"]
    included = [f"--include={','.join(packages)}"] if packages else []
    try:
        subprocess.run([*command, *included, SUITES[release], str(part), *mirror()], check=True)  # noqa: S603 - our own command line
        part.rename(archive)
    finally:
        part.unlink(missing_ok=True)
    return archive


def mirror() -> list[str]:
    """Return where this machine takes Debian packages from; empty, for the default, where it is no Debian."""
    asked = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    found = subprocess.run(asked, check=False, capture_output=True, text=True).stdout.split()  # noqa: S603 - as above
    return [uri for uri in found if uri.rstrip("/").endswith("/debian")][:1]


def unpack(archive: Path, into: Path) -> Path:
    """Unpack a tree; numeric owners, as the tree's users are not this machine's. Raises CalledProcessError.

    dpkg need not wait for the disk there: a tree that a power cut spoils is made anew.
    """
    into.mkdir(parents=True)
    command = ["tar", "--numeric-owner", "-xpf", str(archive), "-C", str(into)]
    subprocess.run(command, check=True)  # noqa: S603 - as above
    (into / "etc/dpkg/dpkg.cfg.d/unsafe-io").write_text("force-unsafe-io\n")
    return into


def trust() -> list[str]:
    """Return what lets pip in a tree trust whom this machine trusts: some networks have roots of their own."""
    if not ROOTS.exists():
        return []
    return [f"--bind-ro={ROOTS}:{ROOTS_INSIDE}", f"--setenv=PIP_CERT={ROOTS_INSIDE}"]


def run_in(root: Path, command: str, *, binds: Mapping[Path, str] | None = None) -> int:
    """Run a shell command in a tree, with this machine's network, and return its exit status."""
    asked = [
        *("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--resolv-conf=copy-host", "--console=pipe"),
        "--system-call-filter=adjtimex clock_adjtime",  # reading alone; setting it stays forbidden
        *(f"--bind-ro={outside}:{inside}" for outside, inside in (binds or {}).items()),
        f"--machine=kioskd-{os.getpid()}",  # by default the folder's name, which two runs at once would share
        *trust(),
        *("--setenv=DEBIAN_FRONTEND=noninteractive", "--setenv=LANG=C.UTF-8", f"--directory={root}"),
        *("/bin/sh", "-ec", command),
    ]
    return subprocess.run(asked, check=False, stdin=subprocess.DEVNULL).returncode  # noqa: S603 - as above


def run_aarch64() -> None:
    """Let this kernel run aarch64 programs through qemu-user. Raises OSError, CalledProcessError."""
    if os.uname().machine == "aarch64":
        return
    if not (BINFMT / "register").exists():
        subprocess.run(["/bin/mount", "-t", "binfmt_misc", "binfmt_misc", str(BINFMT)], check=True)  # noqa: S603 - as above
    if not (BINFMT / "qemu-aarch64").exists():
        (BINFMT / "register").write_bytes(AARCH64)
