"""The configured door, ready to be asked."""

import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from kioskd.doors.door import DoorLine
from kioskd.doors.evergreen import Evergreen
from kioskd.doors.http import Http
from kioskd.doors.koha import Koha
from kioskd.doors.symphony import Symphony
from kioskd.doors.way import Way
from kioskd.model.door import Door, takes
from kioskd.model.inputs import Input
from kioskd.model.settings import Settings

WAYS: Final[Mapping[str, Callable[[Settings, dt.tzinfo], Way]]] = {
    "koha": lambda settings, _zone: Koha(settings.door),
    "evergreen": lambda settings, zone: Evergreen(settings.door, zone, settings.station.id, settings.station.state_dir),
    "symphony": lambda settings, zone: Symphony(settings.door, zone),
}


def opened(settings: Settings, door: Door, zone: dt.tzinfo, deliver: Callable[[Input], None]) -> DoorLine:
    """Return the door."""
    send = Http(settings.door.url, settings.door.ca_file)
    return DoorLine(WAYS[door.name](settings, zone), send, deliver, partial(takes, door), door.at_once)
