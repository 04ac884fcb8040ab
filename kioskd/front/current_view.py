"""The View that stands now, encoded once for all who watch."""

from dataclasses import replace

from kioskd.front import rpc
from kioskd.front.protocol import VIEW
from kioskd.model.view import View


class CurrentView:
    """The newest View and its JSON; the only thing that ages in it is the countdown."""

    def __init__(self) -> None:
        self._view: View | None = None
        self._at_s = 0.0
        self._elapsed_s = 0
        self._encoded = b""
        self._notification = b""

    @property
    def known(self) -> bool:
        """Whether there is a View yet."""
        return self._view is not None

    def publish(self, view: View, now_s: float) -> None:
        """Take a new View; `now_s`: of the loop's clock."""
        self._view, self._at_s, self._elapsed_s = view, now_s, 0
        self._encode(view)

    def encoded(self, now_s: float) -> bytes:
        """Return the View's JSON as it stands now."""
        self._tick(now_s)
        return self._encoded

    def notification(self, now_s: float) -> bytes:
        """Return the `view` notification's line as it stands now."""
        self._tick(now_s)
        return self._notification

    def _tick(self, now_s: float) -> None:
        """Let the countdown say what is left when it is sent, not when the View was made."""
        elapsed_s = int(now_s - self._at_s)
        if self._view is None or self._view.timer is None or elapsed_s == self._elapsed_s:
            return
        self._elapsed_s = elapsed_s
        timer = replace(self._view.timer, ends_in_s=max(0, self._view.timer.ends_in_s - elapsed_s))
        self._encode(replace(self._view, timer=timer))

    def _encode(self, view: View) -> None:
        self._encoded = rpc.encode(view)
        self._notification = rpc.notification(VIEW, self._encoded)
