"""What a power cut left on a medium, looked at without a machine: put in order as the next boot would, files taken out.

By e2fsprogs, which replays the file system's own journal as the kernel does when it mounts.
"""

import subprocess
from pathlib import Path
from typing import Final

UNREPAIRED: Final = 4
"""e2fsck's exit status from which on something is left that it could not put in order. Source: e2fsck(8)."""


class Unreadable(Exception):  # noqa: N818 - it says what happened
    """Raised when the file system is beyond e2fsck, or the folder is not on it; the text is what was said."""


def take_out(disk: Path, folder: str, to: Path) -> str:
    """Put the ext4 in the file `disk` in order and copy its `folder` into the folder `to`. Raises Unreadable.

    Returns what e2fsck said.
    """
    checked = _run("/sbin/e2fsck", "-f", "-y", str(disk))
    if checked.returncode >= UNREPAIRED:
        raise Unreadable(checked.stdout)
    dumped = _run("/sbin/debugfs", "-R", f'rdump "{folder}" "{to}"', str(disk))
    if not (to / Path(folder).name).is_dir():  # debugfs ends with 0 whatever happens
        raise Unreadable(dumped.stdout)
    return checked.stdout


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
