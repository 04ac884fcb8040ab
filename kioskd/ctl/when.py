"""Times as people type them: a day, or a moment with or without its offset."""

import argparse
import datetime as dt


def since(text: str) -> dt.datetime:
    """Return the moment; of a day alone its beginning, in the machine's zone. Raises ArgumentTypeError."""
    return _moment(text, dt.timedelta())


def until(text: str) -> dt.datetime:
    """Return the moment; of a day alone its end, so that the day is in. Raises ArgumentTypeError."""
    return _moment(text, dt.timedelta(days=1))


def _moment(text: str, whole_day: dt.timedelta) -> dt.datetime:
    try:
        try:
            found = dt.datetime.combine(dt.date.fromisoformat(text) + whole_day, dt.time())
        except ValueError:
            found = dt.datetime.fromisoformat(text)
        return found if found.tzinfo is not None else found.astimezone()
    except (ValueError, OverflowError, OSError):
        example = "2026-11-24, 2026-11-24T18:00 or 2026-11-24T18:00:00-08:00"
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write {example}") from None
