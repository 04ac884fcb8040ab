"""Why a simulator stops, and with which exit status."""


class SimulatorError(Exception):
    """Raised when a simulator cannot do what its command line asked; the text goes to stderr as it is.

    `status` is the process's exit status: 1 tried and failed, 2 wrong usage.
    """

    def __init__(self, text: str, *, status: int = 1) -> None:
        super().__init__(text)
        self.status = status


class UsageError(SimulatorError):
    """Raised when the command line itself is wrong: an address, a switch, a file that cannot be read."""

    def __init__(self, text: str) -> None:
        super().__init__(text, status=2)
