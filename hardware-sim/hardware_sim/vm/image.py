"""What a machine is made of, from packages: made once, kept in the user's cache under a key of what it was made from.

Needs Debian's packages qemu-system-x86, mmdebstrap and e2fsprogs, a mirror, and root (or user namespaces with a range
of ids in /etc/subuid, for mmdebstrap). Nothing is kept in the working tree.
"""

import contextlib
import fcntl
import hashlib
import lzma
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
SUITE: Final = "bookworm"
PYTHON: Final = "3.11"
"""What that suite has: the station's libraries are fetched for it, whatever runs here."""
PACKAGES: Final = ("systemd-sysv", "udev", "kmod", "e2fsprogs", "python3", "libusb-1.0-0")
LEFT_OUT: Final = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
DISK_MIB: Final = 1536
ENVIRONMENT_MIB: Final = 512
XZ, ELF = b"\xfd7zXZ\x00", b"\x7fELF"
UNUSED_DAYS: Final = 14
"""What nobody started from for so long is removed when something new is made."""
PLATFORMS: Final = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux1_x86_64")


class CannotMake(Exception):  # noqa: N818 - it says what happened
    """Raised when an image could not be made; the text is the end of what the failing command said."""


@dataclass(frozen=True, slots=True)
class System:
    """A Debian that boots: its disk, and what QEMU starts it with."""

    disk: Path
    kernel: Path
    busybox: Path
    early_modules: tuple[Path, ...]
    """In the order in which they go in."""


def cache_folder() -> Path:
    """Return where images are kept: `KIOSK_SIM_VM_CACHE`, else the user's cache folder."""
    chosen = os.environ.get("KIOSK_SIM_VM_CACHE")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(chosen) if chosen else base / "kioskd" / "vm"


def system(*, extra_packages: Sequence[str] = ()) -> System:
    """Return a small Debian with systemd, udev, Python and `extra_packages`. Raises CannotMake."""
    recipe = (HERE / "debian.sh").read_text()
    made_from = (SUITE, *PACKAGES, *extra_packages, *LEFT_OUT, str(DISK_MIB), recipe, "vmlinux")
    folder = _kept("debian", made_from, lambda folder: _make_debian(folder, (*PACKAGES, *extra_packages)))
    return System(
        disk=folder / "disk.ext4",
        kernel=folder / "vmlinux",
        busybox=folder / "busybox",
        early_modules=tuple(sorted((folder / "early").iterdir())),
    )


def environment(lock: Path) -> Path:
    """Return a disk with the Python libraries that the lock file names, for the guest's Python. Raises CannotMake."""
    # Byte code comes along where the Python here is the guest's: compiling takes long in a machine without KVM.
    made_from = (PYTHON, sys.version, *PLATFORMS, str(ENVIRONMENT_MIB), lock.read_text())
    return _kept("python", made_from, lambda folder: _make_environment(folder, lock)) / "disk.ext4"


def _kept(kind: str, made_from: Sequence[str], make: Callable[[Path], None]) -> Path:
    """Return the folder of this kind made from just that; make it if it is not there. Two at once take turns."""
    key = hashlib.sha256("\0".join(made_from).encode()).hexdigest()[:16]
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"{kind}-{key}"
    with _alone(cache / f"{kind}.lock"):
        if not folder.is_dir():
            _sweep(cache)
            began = time.monotonic()
            sys.stderr.write(f"kiosk-sim: making {folder}\n")
            with tempfile.TemporaryDirectory(dir=cache, prefix=f"new-{kind}-") as name:
                made = Path(name) / "made"
                made.mkdir()
                make(made)
                made.rename(folder)
            sys.stderr.write(f"kiosk-sim: made {folder} in {time.monotonic() - began:.0f} s\n")
        os.utime(folder)
    return folder


def _sweep(cache: Path) -> None:
    for folder in cache.iterdir():
        if folder.is_dir() and time.time() - folder.stat().st_mtime > UNUSED_DAYS * 86400:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make_debian(folder: Path, packages: Sequence[str]) -> None:
    tree = folder / "tree"
    as_owner = () if os.geteuid() == 0 else ("mmdebstrap", "--unshare-helper")
    _run(
        "mmdebstrap",
        "--quiet",
        "--variant=minbase",
        f"--include={','.join(packages)}",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT),
        f"--customize-hook=sh '{HERE / 'debian.sh'}' \"$1\"",
        SUITE,
        str(tree),
    )
    for name in ("vmlinuz", "busybox", "early"):
        _run(*as_owner, "cp", "-r", str(tree / "made" / name), str(folder / name))
    _run(*as_owner, "rm", "-rf", str(tree / "made"))
    _unpack_kernel(folder / "vmlinuz", folder / "vmlinux")
    _make_ext4(folder / "disk.ext4", tree, DISK_MIB, as_owner)
    _run(*as_owner, "rm", "-rf", str(tree))


def _unpack_kernel(packed: Path, to: Path) -> None:
    """Unpack it here: in a machine without KVM that takes half of the kernel's start."""
    content = packed.read_bytes()
    at = -1
    while (at := content.find(XZ, at + 1)) >= 0:
        with contextlib.suppress(lzma.LZMAError):
            kernel = lzma.LZMADecompressor().decompress(content[at:])
            if kernel.startswith(ELF):
                to.write_bytes(kernel)
                return
    raise CannotMake(f"{packed}: Debian's kernel is packed in another way than by xz")


def _make_environment(folder: Path, lock: Path) -> None:
    tree = folder / "tree"
    _run(
        *(sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check"),
        *("--require-hashes", "--only-binary=:all:", "--implementation=cp", f"--python-version={PYTHON}"),
        *(f"--platform={platform}" for platform in PLATFORMS),
        *("--target", str(tree), "-r", str(lock)),
    )
    _make_ext4(folder / "disk.ext4", tree, ENVIRONMENT_MIB, ())
    shutil.rmtree(tree)


def _make_ext4(disk: Path, tree: Path, size_mib: int, as_owner: Sequence[str]) -> None:
    # mke2fs stands in /sbin, which is not in everybody's path.
    _run(*as_owner, "/sbin/mke2fs", "-q", "-t", "ext4", "-d", str(tree), str(disk), f"{size_mib}M")


def _run(*command: str) -> None:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        raise CannotMake(f"{' '.join(command[:3])} … ended with {done.returncode}:\n{done.stdout[-3000:]}")
