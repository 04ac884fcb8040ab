"""The socket file: made so that nobody reaches it before its rights stand, replaced when stale, never when alive."""

import errno
import os
import socket
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from kioskd.front.peers import peer_of

MODE: Final = 0o660
BACKLOG: Final = 1024
"""Connections that may wait to be accepted; more get EAGAIN, which few clients try again."""
PROBE_S: Final = 0.5
FIRST_INHERITED_FD: Final = 3
"""SD_LISTEN_FDS_START, sd_listen_fds(3)."""


class SocketTrouble(Exception):  # noqa: N818 # named for what happened, as all of the house's
    """Raised when the socket cannot be opened; its text says what is wrong, where, and what to do."""


class Listener:
    """A listening socket and the file it stands in."""

    def __init__(self, sock: socket.socket, path: Path | None) -> None:
        self.sock = sock
        self._path = path
        self._inode = _inode(path) if path else None

    def remove_file(self) -> None:
        """Remove the file, if it still is ours; a socket of systemd's stays."""
        if self._path is not None and self._inode is not None and _inode(self._path) == self._inode:
            self._path.unlink(missing_ok=True)


def open_listener(path: Path, environ: Mapping[str, str]) -> Listener:
    """Return a bound socket: systemd's if it handed one over, else our own at `path`. Raises SocketTrouble.

    It does not listen yet: until it does, connections are refused.
    """
    inherited = _inherited(environ)
    if inherited is not None:
        return Listener(inherited, None)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_room(path)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        try:
            sock.bind(str(path))
            path.chmod(MODE)
        except OSError:
            sock.close()
            raise
    except OSError as problem:
        why = problem.strerror or str(problem)
        raise SocketTrouble(f"{path}: {why}; give socket.path a place that the daemon's user may write to") from problem
    return Listener(sock, path)


def _make_room(path: Path) -> None:
    """Remove a socket file that nobody listens at. Raises SocketTrouble if it is anything else, OSError."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise SocketTrouble(f"{path}: is there and no socket; move it away or change socket.path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(PROBE_S)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except FileNotFoundError:
            return
        except (TimeoutError, BlockingIOError):
            raise SocketTrouble(f"{path}: a daemon that is too busy to answer holds it; stop that one") from None
        pid = peer_of(probe).pid
    raise SocketTrouble(f"{path}: process {pid} answers there; stop it, or give this daemon another socket.path")


def _inherited(environ: Mapping[str, str]) -> socket.socket | None:
    """Return the socket that systemd passed (sd_listen_fds(3)), or None. Raises SocketTrouble if it is no such one."""
    if environ.get("LISTEN_PID") != str(os.getpid()) or environ.get("LISTEN_FDS", "0") == "0":
        return None
    if environ["LISTEN_FDS"] != "1":
        raise SocketTrouble("systemd passed several sockets; kioskd.socket must have one ListenStream=")
    sock = socket.socket(fileno=FIRST_INHERITED_FD)
    if sock.family != socket.AF_UNIX or sock.type != socket.SOCK_STREAM:
        raise SocketTrouble("systemd passed a socket of another kind; kioskd.socket needs ListenStream= with a path")
    os.set_inheritable(sock.fileno(), False)
    sock.setblocking(False)
    return sock


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError as problem:
        if problem.errno in (errno.ENOENT, errno.ENOTDIR, errno.EACCES):
            return None
        raise
    return found.st_dev, found.st_ino
