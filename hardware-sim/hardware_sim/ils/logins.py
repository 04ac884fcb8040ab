"""Who is logged in, who tried, and how many seats the library system has."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from .faults import Faults


@dataclass(slots=True)
class Caller:
    """What the desk knows of a connection."""

    connection: int
    peer: str = ""
    login: str = ""


class Login(msgspec.Struct, frozen=True):
    """One 93. `why`: empty for a good one, else `password`, `refused` or `seats`."""

    n: int
    monotonic: float
    connection: int
    login: str
    why: str


class Logins:
    """Every log-in ever tried, and the seats that are taken."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.users: dict[str, str] = {}  # empty: every user and password is good
        self.tried: list[Login] = []
        self.faults = Faults()
        self._monotonic = monotonic
        self._sitting: dict[int, Caller] = {}
        self._lingering: list[float] = []

    def joined(self, caller: Caller) -> None:
        """Take in a connection."""
        self._sitting[caller.connection] = caller

    def left(self, caller: Caller) -> None:
        """Let a connection go; its seat is free at once, or after seat_lingers_s."""
        self._sitting.pop(caller.connection, None)
        if caller.login and self.faults.seat_lingers_s:
            self._lingering.append(self._monotonic() + self.faults.seat_lingers_s)

    def taken(self, *, but: Caller | None = None) -> int:
        """Count the seats that others have, or still have."""
        now = self._monotonic()
        self._lingering = [until for until in self._lingering if until > now]
        sitting = sum(1 for caller in self._sitting.values() if caller is not but and caller.login)
        return sitting + len(self._lingering)

    def admit(self, caller: Caller, user: str, password: str) -> bool:
        """Judge a 93, and write it down."""
        why = self._why_not(caller, user, password)
        self.tried.append(Login(len(self.tried) + 1, self._monotonic(), caller.connection, user, why))
        if not why:
            caller.login = user or "?"
        return not why

    def _why_not(self, caller: Caller, user: str, password: str) -> str:
        if self.faults.login_refused:
            return "refused"
        if self.users and self.users.get(user) != password:
            return "password"
        if self.faults.seats and self.taken(but=caller) >= self.faults.seats:
            return "seats"
        return ""
