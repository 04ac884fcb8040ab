"""Who is at the other end: the kernel's word (SO_PEERCRED, unix(7)) and the role that the settings give that user."""

import os
import pwd
import socket
import struct
from typing import Final

from kioskd.model.calls import Role
from kioskd.model.settings import SocketSettings
from kioskd.model.written_late import dataclass

_UCRED: Final = struct.Struct("iII")
"""struct ucred of <sys/socket.h>: pid, uid, gid."""

ROOT: Final = 0


@dataclass(frozen=True, slots=True)
class Peer:
    """The process that connected (or that listens, seen from a client), as the kernel noted it then."""

    pid: int
    uid: int
    gid: int


def peer_of(sock: socket.socket) -> Peer:
    """Return who is at the other end of a Unix socket. Raises OSError."""
    return Peer(*_UCRED.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)))


def user_name(uid: int) -> str | None:
    """Return the user's name, or None: a container may know no name for a number."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


class Rights:
    """Roles by user. Names are looked up at start, and once more for a number not seen before."""

    def __init__(self, settings: SocketSettings, own_uid: int | None = None) -> None:
        self._by_name: dict[str, Role] = {}
        for role, names in (
            (Role.SCREEN, settings.screen_users),
            (Role.STAFF, settings.staff_users),
            (Role.TECHNICIAN, settings.technician_users),
        ):
            self._by_name |= dict.fromkeys(names, role)  # the greater role wins, as it comes later
        self._by_uid: dict[int, Role | None] = {}
        for name, role in self._by_name.items():
            try:
                self._by_uid[pwd.getpwnam(name).pw_uid] = role
            except KeyError:
                continue  # the user may be made later
        own = os.geteuid() if own_uid is None else own_uid
        self._by_uid |= {ROOT: Role.TECHNICIAN, own: Role.TECHNICIAN}

    def role(self, uid: int) -> Role | None:
        """Return what this user may do, or None: nothing."""
        if uid not in self._by_uid:
            name = user_name(uid)
            self._by_uid[uid] = None if name is None else self._by_name.get(name)
        return self._by_uid[uid]
