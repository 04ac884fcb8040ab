"""`kioskctl stats`: checkouts, renewals and refusals by day, hour or mode, without persons."""

import argparse
import datetime as dt
from typing import Any, Final

from kioskd.ctl.arguments import Asked, Verbs, state_dir
from kioskd.ctl.errors import NoAnswer
from kioskd.ctl.output import say, say_json, table
from kioskd.ctl.place import journal_place

HEADS: Final = ("checkout", "renewal", "card", "refused", "later", "back")
"""Of the table, so that it fits 80 columns; `later`: refused at the upload, `back`: withdrawn."""
COLUMNS: Final = ("checkout", "renewal", "registration", "refused", "exception", "withdrawn")
DAYS: Final = 31


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verb = verbs.add_parser(
        "stats",
        parents=parents,
        help="checkouts, renewals and refusals a day, hour or mode, without persons",
        description="Kept 400 days, longer than the entries themselves. With the daemon down: as last counted.",
    )
    verb.add_argument("--by", choices=["day", "hour", "mode"], default="day", help="a line for each (default: day)")
    verb.add_argument("--since", type=_day, metavar="YYYY-MM-DD", help=f"from this day on (default: {DAYS} days)")
    verb.add_argument("--until", type=_day, metavar="YYYY-MM-DD", help="up to this day, included")
    state_dir(verb)
    verb.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Print the counts. Raises NoAnswer."""
    options = asked.options
    since = options.since or dt.datetime.now().astimezone().date() - dt.timedelta(days=DAYS)
    lines = _lines(asked, since, options.until)
    if asked.json:
        say_json({"by": options.by, "lines": lines})
        return
    if not lines:
        say("nothing was counted in that time")
        return
    keys = ("day",) if options.by == "day" else ("day", options.by)
    total = {name: sum(int(line.get(name) or 0) for line in lines) for name in COLUMNS}
    rows = [[*(line.get(key) for key in keys), *(line.get(name) for name in COLUMNS)] for line in lines]
    rows.append(["total", *("" for _ in keys[1:]), *total.values()])
    table((*keys, *HEADS), rows)


def _lines(asked: Asked, since: dt.date, until: dt.date | None) -> list[dict[str, Any]]:
    if asked.where.state_dir is None or asked.where.socket is not None:
        try:
            with asked.connect() as client:
                days = {"since": since.isoformat()} | ({"until": until.isoformat()} if until is not None else {})
                found: list[dict[str, Any]] = client.call("stats.get", {"by": asked.options.by, **days})["lines"]
                return found
        except NoAnswer as away:
            lines = _from_file(asked, since, until)
            if lines is None:
                raise NoAnswer(f"{away}; and its statistics cannot be read (are you root?)") from None
            return lines
    return _from_file(asked, since, until) or []


def _from_file(asked: Asked, since: dt.date, until: dt.date | None) -> list[dict[str, Any]] | None:
    from kioskd.journal.statistics import read  # noqa: PLC0415 # SQLite is for a daemon that is down
    from kioskd.model.choices import StatsBy  # noqa: PLC0415

    place, _ = journal_place(asked.where)
    return read(place, StatsBy(asked.options.by), since, until)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("expected a day, YYYY-MM-DD") from None
