"""What the kernel starts with: the modules that find the disk, and the working tree, which never gets onto the disk.

The archive format is cpio's *newc*. Source: Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
"""

import compileall
import stat
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from .image import PYTHON, System

HERE: Final = Path(__file__).parent
TREE: Final = "run/kiosk-vm"
"""Where the guest finds it all: /run is memory, so that the disk stays the plain Debian that it is."""
BYTE_CODE: Final = f".cpython-{PYTHON.replace('.', '')}."
"""In the name of what the guest's Python need not compile again."""


def initramfs(system: System, sources: Iterable[tuple[Path, str]]) -> bytes:
    """Return an initramfs for `system`. `sources`: folders or files of the host, each with its name in the guest."""
    archive = _Archive()
    for folder in ("bin", "dev", "proc", "sys", "root", "early", "tree"):
        archive.folder(folder)
    archive.file("bin/busybox", system.busybox.read_bytes(), executable=True)
    archive.file("init", (HERE / "init.sh").read_bytes(), executable=True)
    archive.file("kiosk-agent.service", (HERE / "kiosk-agent.service").read_bytes())
    for module in system.early_modules:
        archive.file(f"early/{module.name}", module.read_bytes())
    archive.file("tree/agent.py", (HERE / "agent.py").read_bytes())
    for source, name in sources:
        if source.is_dir() and sys.version_info[:2] == tuple(map(int, PYTHON.split("."))):
            compileall.compile_dir(source, quiet=1)  # here, for there it takes ten times as long
        _add(archive, source, f"tree/{name}")
    return archive.whole()


def _add(archive: "_Archive", source: Path, name: str) -> None:
    if source.is_dir():
        archive.folder(name)
        for inner in sorted(source.iterdir()):
            _add(archive, inner, f"{name}/{inner.name}")
    elif source.suffix != ".pyc" or BYTE_CODE in source.name:
        # Byte code holds as long as its source has the time that it had.
        archive.file(name, source.read_bytes(), modified=int(source.stat().st_mtime))


class _Archive:
    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._folders: set[str] = set()

    def folder(self, name: str) -> None:
        """Add a folder and those above it, once."""
        above, _, _ = name.rpartition("/")
        if above:
            self.folder(above)
        if name not in self._folders:
            self._folders.add(name)
            self._entry(name, stat.S_IFDIR | 0o755, b"")

    def file(self, name: str, content: bytes, *, executable: bool = False, modified: int = 0) -> None:
        """Add a file, and the folders above it."""
        above, _, _ = name.rpartition("/")
        if above:
            self.folder(above)
        self._entry(name, stat.S_IFREG | (0o755 if executable else 0o644), content, modified)

    def whole(self) -> bytes:
        """Return the archive with its end."""
        self._entry("TRAILER!!!", 0, b"")
        return b"".join(self._parts)

    def _entry(self, name: str, mode: int, content: bytes, modified: int = 0) -> None:
        encoded = name.encode() + b"\0"
        fields = (len(self._parts) + 1, mode, 0, 0, 1, modified, len(content), 0, 0, 0, 0, len(encoded), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
        self._parts.append(_padded(head) + _padded(content))


def _padded(block: bytes) -> bytes:
    return block + bytes(-len(block) % 4)
