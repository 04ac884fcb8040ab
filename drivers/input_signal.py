"""Lamps and bells of a keyboard-like scanner, by which it tells *accepted* from *refused*."""

import contextlib
import os
import time
from collections.abc import Mapping, Sequence
from typing import Final

from drivers.input_device import (
    LED_CAPS_LOCK,
    LED_NUM_LOCK,
    LED_SCROLL_LOCK,
    SND_BELL,
    EventType,
    capabilities,
    lit,
    send_event,
)

SIGNALS: Final[Mapping[str, tuple[EventType, int]]] = {
    "bell": (EventType.SND, SND_BELL),
    "scroll_lamp": (EventType.LED, LED_SCROLL_LOCK),
    "num_lamp": (EventType.LED, LED_NUM_LOCK),
    "caps_lamp": (EventType.LED, LED_CAPS_LOCK),
}
"""What a device may have, by the name of the setting. Some scanners type by the lamps, so none is used unasked."""

FLASHES_S: Final[Mapping[bool, Sequence[float]]] = {True: (0.4,), False: (0.12, 0.12, 0.12)}
"""How long it is on: once for *accepted*, three times for *refused*, so that one lamp can say both."""
PAUSE_S: Final = 0.1


def has(fd: int, name: str) -> bool:
    """Whether the device has the lamp or bell called `name`; False as well where it cannot be asked."""
    kind, code = SIGNALS[name]
    with contextlib.suppress(OSError):
        return code in capabilities(fd, kind)
    return False


def is_lit(fd: int, name: str) -> bool:
    """Whether the lamp called `name` is on now; False for a bell, and where it cannot be asked."""
    kind, code = SIGNALS[name]
    with contextlib.suppress(OSError):
        return kind is EventType.LED and code in lit(fd)
    return False


def play(fd: int, name: str, *, accepted: bool, at_rest: bool) -> None:
    """Flash or ring, leave the lamp `at_rest` as it was, and close `fd`. Takes half a second."""
    kind, code = SIGNALS[name]
    try:
        with contextlib.suppress(OSError):
            for at, on_s in enumerate(FLASHES_S[accepted]):
                if at:
                    time.sleep(PAUSE_S)
                send_event(fd, kind, code, not at_rest)
                time.sleep(on_s)
                send_event(fd, kind, code, at_rest)
    finally:
        os.close(fd)
