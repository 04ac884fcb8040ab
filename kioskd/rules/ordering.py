"""What goes up before what: registrations, then own entries in their sequence, whatever their clocks say.

Time orders only rows of paper sheets and entries of other stations: among themselves, and where they come between own
entries. A time that nobody vouches for is compared within its boot and never beyond.
"""

from kioskd.model.entry import Entry, Kind, Source
from kioskd.model.time import ClockTrust


def goes_ahead(entry: Entry) -> bool:
    """Tell whether an entry's number does not say its turn: a registration, or a row from elsewhere."""
    return entry.what.kind is Kind.REGISTRATION or entry.what.source is not Source.STATION


def ordered(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Order what goes ahead: registrations first, then by time where times can be compared, else by number."""
    registrations = [entry for entry in entries if entry.what.kind is Kind.REGISTRATION]
    placed: list[Entry] = []
    for entry in entries:
        if entry.what.kind is Kind.REGISTRATION:
            continue
        at = next((n for n, other in enumerate(placed) if earlier(entry, other)), len(placed))
        placed.insert(at, entry)
    return (*registrations, *placed)


def earlier(entry: Entry, other: Entry) -> bool:
    """Tell whether an entry happened before another one for sure."""
    mine, theirs = entry.what, other.what
    if mine.clock is ClockTrust.UNSURE or theirs.clock is ClockTrust.UNSURE:
        return mine.boot_id == theirs.boot_id and bool(mine.boot_id) and mine.at_boot_s < theirs.at_boot_s
    return mine.at_wall_s < theirs.at_wall_s


def goes_before(ahead: Entry, own: Entry | None) -> bool:
    """Tell whether a registration or a row from elsewhere goes before the next own entry."""
    return own is None or ahead.what.kind is Kind.REGISTRATION or earlier(ahead, own)
