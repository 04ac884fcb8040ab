"""What an assembler remembers of a scan that it could not take whole; shared by bytes and keys."""

from drivers.base import LostReason, ScanEvent, ScanLost


class Loss:
    """The loss in the scan under way: told once, and again if a silence has made what follows another scan.

    It ends at a suffix and nowhere else: after a time-out or an overflow everything up to the next suffix may be the
    broken scan's tail, and a tail looks like a shorter barcode.
    """

    def __init__(self) -> None:
        self._reason: LostReason | None = None
        self._told = False

    @property
    def told(self) -> bool:
        """Whether the person has heard of this loss, so that only a silence makes it news again."""
        return self._told

    def note(self, reason: LostReason) -> None:
        """Remember a loss that is told at the suffix."""
        self._reason = self._reason or reason

    def tell(self, reason: LostReason) -> list[ScanEvent]:
        """Remember a loss and tell it now."""
        self.note(reason)
        told, self._told = self._told, True
        return [] if told else [ScanLost(reason)]

    def silence(self) -> list[ScanEvent]:
        """The time between characters has passed in the middle of a scan."""
        events = self.tell(LostReason.TIMED_OUT)
        self._told = False
        return events

    def end(self, *, anything: bool) -> list[ScanEvent] | None:
        """The suffix came, after `anything` or nothing since the last event. None: no loss, take the code."""
        reason, told = self._reason, self._told
        self._reason, self._told = None, False
        if reason is None:
            return None
        return [ScanLost(reason)] if anything and not told else []
