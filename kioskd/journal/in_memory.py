"""Whether a folder lies in memory only, where a power cut takes it: the layer over a read-only root, a tmpfs."""

from pathlib import Path
from typing import Final

MOUNTS: Final = Path("/proc/self/mountinfo")
IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})


def lies_in_memory(folder: Path, mountinfo: str) -> bool:
    """Tell it from what the kernel lists (proc(5)); a layer whose place cannot be seen counts as lasting."""
    kind, options = _mount_of(folder, mountinfo)
    if kind != "overlay":
        return kind in IN_MEMORY
    upper = dict(option.partition("=")[::2] for option in options.split(",")).get("upperdir")
    return upper is not None and _mount_of(Path(upper), mountinfo)[0] in IN_MEMORY


def read_mounts() -> str:
    """Return the kernel's list; empty where it tells none."""
    try:
        return MOUNTS.read_text()
    except OSError:
        return ""


def _mount_of(folder: Path, mountinfo: str) -> tuple[str, str]:
    """Return file system type and options of the mount that a folder lies on; the last of several at one place."""
    found = ("", "")
    longest = -1
    for line in mountinfo.splitlines():
        mounted, separator, source = line.partition(" - ")
        fields, more = mounted.split(" "), source.split(" ")
        if not separator or len(fields) < 5 or len(more) < 3:
            continue
        point = Path(fields[4].encode().decode("unicode_escape"))
        if folder.is_relative_to(point) and len(point.parts) >= longest:
            longest = len(point.parts)
            found = (more[0], more[2])
    return found
