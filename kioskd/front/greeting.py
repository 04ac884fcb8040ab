"""`hello`: which protocol is spoken and in which role."""

from collections.abc import Mapping
from typing import Final

from kioskd.front.params import Hello
from kioskd.front.protocol import PROTOCOL, SUPPORTED
from kioskd.model.calls import Role
from kioskd.model.errors import CallError, ErrorKind
from kioskd.model.written_late import dataclass

ROLES: Final[Mapping[str, Role]] = {role.name.lower(): role for role in Role}
"""Roles by their names on the wire."""


@dataclass(frozen=True, slots=True)
class HelloInfo:
    """What `hello` tells of the station; `instance` is new with each start of the daemon."""

    station: str
    library: str
    version: str
    languages: tuple[str, ...]
    instance: str


def result(info: HelloInfo, role: Role) -> dict[str, object]:
    """Return the result of `hello` for a connection that now has `role`."""
    return {
        "station": info.station,
        "library": info.library,
        "version": info.version,
        "protocol": PROTOCOL,
        "role": role.name.lower(),
        "languages": info.languages,
        "instance": info.instance,
    }


def role_asked(call: Hello, role: Role) -> Role | CallError:
    """Return the role that a connection with `role` has after this `hello`, or why it is refused.

    A role once given up is not given back: what speaks for a page cannot be talked into more.
    """
    if call.protocol not in SUPPORTED:
        why = f"protocol: {call.protocol} is not supported; supported: {', '.join(map(str, SUPPORTED))}"
        return CallError(ErrorKind.BAD_PARAMS, why, {"field": "protocol", "supported": SUPPORTED})
    if call.role is None:
        return role
    asked = ROLES.get(call.role)
    if asked is None:
        why = f"role: expected one of {', '.join(f'`{name}`' for name in ROLES)}"
        return CallError(ErrorKind.BAD_PARAMS, why, {"field": "role"})
    return asked if asked <= role else not_allowed(asked, role)


def not_allowed(needs: Role, role: Role) -> CallError:
    """Return the refusal of what only a greater role may."""
    message = f"this needs the role {needs.name.lower()}; this connection has {role.name.lower()}"
    return CallError(ErrorKind.NOT_ALLOWED, message, {"needs": needs.name.lower()})
