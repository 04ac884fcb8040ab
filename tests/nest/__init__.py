"""Starts simulators and daemons in a few milliseconds: each a real process of its own, forked from one that has loaded
all that they need.

A start by `exec` costs 0.3 to 0.9 s of processor time, nearly all of it imports, and a station is four of them. What
runs is the same code from `main()` on, with its own pipes, environment, directory and signals, and it is a child of the
test as any other: waited for and killed as such. `pytest --cold` starts everything by `exec`, and so do the longer
tiers; the tour, the recorded power cuts, `kioskd --check` and every kioskctl that is talked with always do.
"""

import ctypes
import os
import pickle
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from hardware_sim.demo.processes import BIN, ENDS_WITH_US

PROGRAMS: Final = {
    "kioskd": "kioskd.__main__",
    "kioskctl": "kioskd.ctl.__main__",
    "kiosk-sim": "hardware_sim.__main__",
}
PR_SET_CHILD_SUBREAPER: Final = 36

_prctl = ctypes.CDLL(None, use_errno=True).prctl


class Nest:
    """The process that is forked, begun when it is first needed; it ends when its socket to here closes."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.nest", str(theirs.fileno())], pass_fds=[theirs.fileno()]
            )

    def begin(self, request: tuple[Any, ...], fds: Sequence[int]) -> int:
        """Return the number of a new child of this process, running with these as its first three descriptors."""
        # Its parent there ends at once, and it becomes ours: but for this moment, no orphan does.
        if _prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "this kernel lets no process take others' children")
        try:
            socket.send_fds(self._socket, [pickle.dumps(request)], fds)
            return int(self._socket.recv(32))
        finally:
            _prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)

    def close(self) -> None:
        self._socket.close()
        self._process.wait(20)


_nest: Nest | None = None


def close() -> None:
    """End what is forked from; what was forked goes on."""
    global _nest  # noqa: PLW0603 - one a process, as its children are
    if _nest is not None:
        _nest.close()
    _nest = None


class Popen(subprocess.Popen):  # type: ignore[type-arg]
    """As `subprocess.Popen`, for command lines of our own programs; all others are begun as ever."""

    def _execute_child(self, args: Any, *rest: Any) -> None:
        known = _known(args)
        if known is None:
            super()._execute_child(args, *rest)
            return
        _, preexec_fn, _, pass_fds, cwd, env, _, _, shell, *pipes, _, gid, gids, uid, umask, new_session, group = rest
        plain = (None, (), False, None, None, None, -1, False, -1)
        assert (preexec_fn, pass_fds, shell, gid, gids, uid, umask, new_session, group) == plain
        p2cread, _, _, c2pwrite, _, errwrite = pipes
        global _nest  # noqa: PLW0603
        if _nest is None:
            _nest = Nest()
        ends_with_us, module, arguments = known
        fds = [given if given != -1 else own for own, given in enumerate((p2cread, c2pwrite, errwrite))]
        folder, environ = os.fspath(cwd or Path.cwd()), dict(os.environ if env is None else env)
        self.pid = _nest.begin((module, arguments, ends_with_us, folder, environ), fds)
        self._child_created = True
        self._close_pipe_fds(*pipes)


def _known(args: Any) -> tuple[bool, str, list[str]] | None:
    words = [os.fspath(word) for word in args]
    ends_with_us = tuple(words[: len(ENDS_WITH_US)]) == ENDS_WITH_US
    if ends_with_us:
        words = words[len(ENDS_WITH_US) :]
    for name, module in PROGRAMS.items():
        if words[0] == str(BIN / name):
            return ends_with_us, module, words[1:]
    if words[:3] == [sys.executable, "-m", "hardware_sim"]:
        return ends_with_us, PROGRAMS["kiosk-sim"], words[3:]
    return None
