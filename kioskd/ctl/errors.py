"""How a verb ends other than well: the exit status and what stderr says."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit statuses, the same for all of kioskd's commands."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NO_ANSWER = 3


class CtlError(Exception):
    """Raised when a verb cannot be carried out; its text says what is wrong, where, and what to do."""

    status = Exit.FAILED


class WrongUsage(CtlError):  # noqa: N818 # named for what happened, as all of the house's
    """Raised when the command line or the configuration is wrong."""

    status = Exit.USAGE


class NoAnswer(CtlError):  # noqa: N818
    """Raised when the daemon does not answer."""

    status = Exit.NO_ANSWER


class Refused(CtlError):  # noqa: N818
    """Raised when the daemon refused a call: `error` is JSON-RPC's error object."""

    def __init__(self, method: str, error: dict[str, object]) -> None:
        more = error.get("data")
        instead = more.get("instead") or more.get("advice") if isinstance(more, dict) else None
        message = str(error.get("message"))
        super().__init__(f"{method}: {message.rstrip('.')}; {instead}" if instead else f"{method}: {message}")
        self.error = error
