"""Nodes that may not be opened, asked by a process without root's rights: the kernel's own refusal."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.base import WhyNot
from kioskd.devices import advice as words
from kioskd.devices.advice import NO_GROUP, advice
from kioskd.model.device import DeviceKind

NOBODY = 65534
OPEN = """
import os, sys
from drivers import SCANNERS
from drivers.base import CannotOpen
import drivers.evdev_scanner, drivers.hidraw_scanner, drivers.serial_scanner  # while it may still read this tree
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid({nobody})
    os.setuid({nobody})
try:
    SCANNERS[{driver!r}](**{{ {key!r}: {path!r} }})
except CannotOpen as error:
    print(error.why.value)
"""


@contextlib.contextmanager
def node(driver: str) -> Iterator[str]:
    """A path that nobody may open: a real tty for serial lines, a file for those whose opening is refused first."""
    with contextlib.ExitStack() as stack:
        if driver == "serial":
            master, slave = os.openpty()
            stack.callback(os.close, master)
            stack.callback(os.close, slave)
            path = Path(os.ttyname(slave))
        else:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            folder.chmod(0o755)
            path = folder / "node"
            path.touch()
        path.chmod(0)
        yield str(path)


@pytest.mark.cell("evdev hidraw", "not permitted", on="files")
@pytest.mark.cell("serial", "not permitted", on="pty")
@pytest.mark.parametrize("driver", ["evdev", "hidraw", "serial"])
def test_a_node_that_may_not_be_opened_is_denied_and_not_absent(driver: str) -> None:
    with node(driver) as path:
        script = OPEN.format(driver=driver, key="port" if driver == "serial" else "device", path=path, nobody=NOBODY)
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.strip(), done.stderr) == (WhyNot.DENIED.value, "")


def test_the_line_to_type_names_the_nodes_group_and_the_user(tmp_path: Path) -> None:
    path = tmp_path / "event5"
    path.touch()
    asked = (DeviceKind.SCANNER, WhyNot.DENIED, str(path))
    path.chmod(0o600)
    assert advice(*asked) == NO_GROUP
    assert advice(*asked[:2]) == words.ADVICE[asked[:2]]
    path.chmod(0o660)
    if os.geteuid() == 0:
        assert advice(*asked) == NO_GROUP, "root's own group is no way in"
        os.chown(path, 0, words.grp.getgrnam("dialout").gr_gid)
    group, user = path.group(), words.pwd.getpwuid(os.geteuid()).pw_name
    assert advice(*asked) == f"let the daemon's user use it: sudo usermod -aG {group} {user}, and restart kioskd"
    path.unlink()
    assert advice(*asked) == words.ADVICE[asked[:2]]
