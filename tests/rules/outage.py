"""An outage, from its first loan to its last settlement."""

from kioskd.model.entry import EntryState
from kioskd.model.settings import StationKind
from tests.rules.station import Station, town


def recorded(*loans: tuple[str, str], **changes: object) -> Station:
    """A staff station that lent these offline; the library system is still away."""
    station = town(kind=StationKind.STAFF, **changes).offline()
    for card, item in loans:
        if station.state.session is None or station.state.session.patron != card:
            station.scan(card)
        station.scan(item)
    station.finish()
    station.advance(10)
    return station


def comes_back(station: Station, seconds: float = 120) -> Station:
    station.back()
    station.advance(seconds)
    return station


def fates(station: Station) -> list[tuple[EntryState, str | None]]:
    return [(entry.state, entry.outcome) for entry in station.entries]
