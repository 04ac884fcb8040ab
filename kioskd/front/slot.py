"""The place of one answer in the order of its connection's requests."""

from enum import Enum, auto


class Due(Enum):
    """What a slot waits for, or holds."""

    REPLY = auto()
    LINE = auto()
    VIEW = auto()
    WATCH = auto()


class Slot:
    """The place of one request's answer; `id` None: it is never written."""

    __slots__ = ("due", "id", "line")

    def __init__(self, id_: bytes | None, due: Due, line: bytes = b"") -> None:
        self.id = id_
        self.due = due
        self.line = line
