"""What clients of the socket may use, so that none of them can delay a scan."""

from kioskd.model.written_late import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What clients may use. `lines_a_turn`: requests of one client before the loop turns to others.

    `stalled_s`: how long a client may leave its socket buffer full. `linger_s`: how long a connection that is closed by
    us reads on, so that the last answer is not lost with what the client was still sending.
    """

    connections: int = 2048
    outstanding: int = 32
    outgoing_bytes: int = 4 * 1024 * 1024
    stalled_s: float = 10.0
    linger_s: float = 1.0
    lines_a_turn: int = 8
