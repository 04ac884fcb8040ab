"""What can go wrong at the wire, in two kinds: what we must not send, and what the other side sent."""


class Sip2Error(Exception):
    """Raised when a message cannot be written or read. The text names fields and lengths, never a value."""


class Unsendable(Sip2Error):  # noqa: N818 - the name says what went wrong
    """Raised when a value of ours would break the frame or cannot be spelt in the connection's encoding.

    Nothing was sent and nothing changed. `field` is the SIP2 code or the fixed field's name.
    """

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


class BadFrame(Sip2Error):  # noqa: N818 - the name says what went wrong
    """Raised when bytes of the other side are no SIP2 line: too long, or without a message code."""


class BadChecksum(BadFrame):
    """Raised when the four digits after AZ do not fit the line.

    `zeros`: they are 0000, which some servers send on every answer.
    """

    def __init__(self, *, zeros: bool) -> None:
        super().__init__("checksum 0000" if zeros else "wrong checksum")
        self.zeros = zeros


class BadAnswer(Sip2Error):  # noqa: N818 - the name says what went wrong
    """Raised when a line is whole but lacks what its meaning hangs on, such as a readable *ok*."""
