"""What is going to happen, as a list drawn from one seed before anything does: visits, outages, accidents, staff.

Each event carries a seed of its own, so that leaving others out changes nothing within it: that is what lets a failing
list be cut down to a short story (`shrink`).
"""

import datetime as dt
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from hardware_sim.ils.codes import code14

DAY_S = 86_400.0
OPENS_S, CLOSES_S = 9 * 3600.0, 20 * 3600.0
PATRONS, ITEMS = 18, 400
NEW_CARDS = 900
"""Cards that are made at a station have these numbers and the next ones."""
SCANS_A_DAY = 52
"""Planned; some do not come about, for a person waits in vain, or a station is dead."""
LEAST_SCANS = 40
"""If a day has had fewer when the doors close, late visitors come until it has."""
LATE_VISITS, LATE_EVERY_S = 24, 240.0
OUTAGE_EVERY = 5
"""Days; each fifth has one for sure."""
ZONE = ZoneInfo("America/Los_Angeles")
STARTS = (
    dt.datetime(2026, 3, 5, tzinfo=ZONE),  # the clocks go forward on the 8th
    dt.datetime(2026, 10, 29, tzinfo=ZONE),  # and back on November 1st
    dt.datetime(2026, 12, 27, tzinfo=ZONE),
    dt.datetime(2027, 6, 1, tzinfo=ZONE),
)
OUTAGES = ("refused", "refused", "refused", "hang", "mute", "offline", "half_refuse", "half_hang", "starting", "login")
FATES = (
    "dies before",
    "dies after",
    "cut",
    "silence",
    "mute",
    "late",
    "twice",
    "stale",
    "damaged",
    "ask again",
    "another",
    "refusal",
    "pieces",
)


def card(n: int) -> str:
    return code14("2", 4_000_000 + n)


def item(n: int) -> str:
    return code14("3", 7_000_000 + n)


@dataclass(frozen=True)
class Planned:
    """One event: when (seconds from the beginning), what, where (a station's index, or None), and with what."""

    at_s: float
    what: str
    station: int | None
    seed: int
    about: dict[str, Any] = field(default_factory=dict)

    def words(self) -> str:
        """Say it for a story."""
        day, left = divmod(self.at_s, DAY_S)
        hours, left = divmod(left, 3600)
        when = f"day {int(day) + 1} {int(hours):02d}:{int(left // 60):02d}:{left % 60:04.1f}"
        where = f" at station {self.station + 1}" if self.station is not None else ""
        return f"{when}{where}: {WORDS[self.what](self.about)}"


def _visit(about: dict[str, Any]) -> str:
    ways = ", ".join(name for name in about["ways"])
    things = " ".join(f"#{n}" for n in about["items"])
    return f"patron {about['patron']} comes to {about['flow']} {things}" + (f" ({ways})" if ways else "")


def _rows(rows: Sequence[dict[str, Any]]) -> str:
    return ", ".join(f"patron {row['patron']} took #{row['item']} {row['back_s']:.0f} s ago" for row in rows)


def _death(about: dict[str, Any]) -> str:
    when = {
        "at once": "at once",
        "told": f"{about['after_s'] * 1000:.0f} ms after the next item is promised",
        "asked": f"{about['after_s'] * 1000:.0f} ms after the next loan is sent",
        "calls": f"in the midst of the {about['calls'] + 1}. file call from now",
    }[about["when"]]
    return f"{when}, off for {about['off_s']:.0f} s"


def _rescue(about: dict[str, Any]) -> str:
    where = "the card of the dead station" if about["way"] == "card" else "the running station"
    then = ["the stick is destroyed"] if about["destroyed"] else [f"taken in at station {about['to'] + 1}"]
    then += [name for name in ("twice", "elsewhere", "copy") if about[name] and not about["destroyed"]]
    return f"a stick with what is unsent, from {where}: " + ", ".join(then)


WORDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "visit": _visit,
    "late visit": lambda about: f"if it was a quiet day, {_visit(about)}",
    "returns": lambda about: "patrons bring items back to the desk",
    "outage": lambda about: f"the library system is {about['state']} for {about['for_s']:.0f} s",
    "flaky": lambda about: f"a bad line for {about['for_s']:.0f} s: " + ", ".join(name for name, _ in about["fates"]),
    "slow": lambda about: f"the library system is slow ({about['slow_s']:.0f} s at most) for {about['for_s']:.0f} s",
    "forget": lambda about: f"the library system restarts and has lost its last {about['lost_s']:.0f} s",
    "drop": lambda about: "all lines are closed",
    "kill": lambda about: f"kill -9 {_death(about)}",
    "cut": lambda about: f"power cut {_death(about)}",
    "full": lambda about: f"the disk is full for {about['for_s']:.0f} s",
    "flush": lambda about: f"the next {about['times']} flushes fail",
    "jump": lambda about: f"the clock jumps by {about['by_s']:.0f} s",
    "ntp": lambda about: f"nobody keeps the clock right for {about['for_s']:.0f} s",
    "paper": lambda about: f"the paper ends after {about['lines']} lines; a new roll {about['for_s']:.0f} s later",
    "printer": lambda about: f"the printer is unplugged for {about['for_s']:.0f} s",
    "scanner": lambda about: f"the scanner is unplugged for {about['for_s']:.0f} s",
    "forced": lambda about: f"staff keep the station offline for {about['for_s']:.0f} s",
    "checkin": lambda about: f"staff want to check in #{about['item']}, to take money and to write a tag",
    "withdraw": lambda about: "staff take back the newest entry that is not settled",
    "hand over": lambda about: "staff hand the oldest unsent entry over",
    "look": lambda about: "staff list the journal",
    "sheet": lambda about: f"staff type rows of the paper sheet: {_rows(about['rows'])}",
    "register": lambda about: f"staff make card {about['n']}; it is in the catalogue {about['after_s']:.0f} s later",
    "resolve": lambda about: "staff decide some exceptions",
    "export": lambda about: "staff hand what waits over into a file",
    "take back": lambda about: f"staff take back what a file had{', which was loaded' if about['loaded'] else ''}",
    "rescue": _rescue,
    "drill": lambda about: f"an exercise with {about['items']} items{'' if about['ends'] else ', which nobody ends'}",
    "draft": lambda about: f"staff begin the form {about['form']}, then: {about['end']}",
    "crates": lambda about: "staff count crates and tick the board",
    "block": lambda about: f"the library blocks the card of patron {about['patron']}",
    "hold": lambda about: f"#{about['item']} is put aside for patron {about['patron']}",
    "unknown": lambda about: f"#{about['item']} is taken out of the catalogue",
}


@dataclass(frozen=True)
class Plan:
    """A whole life: the world's properties and all that happens in it."""

    seed: int
    days: int
    begins: dt.datetime
    personality: str
    settings: dict[str, Any]
    events: tuple[Planned, ...]

    def only(self, events: Sequence[Planned]) -> "Plan":
        return replace(self, events=tuple(events))


def make(seed: int, days: int) -> Plan:
    """Draw a life of so many days."""
    chance = random.Random(f"plan {seed}")
    begins = chance.choice(STARTS)
    settings = {
        "kinds": [chance.choice(("self", "self", "self", "staff")) for _ in range(2)],
        "ask_pin": chance.random() < 0.3,
        "no_block": chance.random() < 0.7,
        "probe": chance.random() < 0.3,
        "spread_s": chance.choice((0.0, 5.0)),
        "per_s": chance.choice((0, 0, 0, 2)),
        "connections": chance.choice((1, 1, 1, 2, 3)),
        # Where the library system has one (Koha's), half of the stations upload through it.
        "door": chance.random() < 0.5,
        "max_items": chance.choice((0, 0, 0, 3)),
        # Polls of an idle line would be most of the work; one world in ten has them often.
        "poll_s": chance.choice((1200.0, *(3600.0,) * 5, *(7200.0,) * 4)),
        "poll_offline_s": chance.choice((60.0, *(300.0,) * 5, *(600.0,) * 4)),
        "idle_s": chance.choice((30.0, 60.0)),
        # What is purged is compared by what was last seen of it; in most worlds all is kept to the end.
        "keep_days": chance.choice((*(3650,) * 6, 1, 1, 1, 0)),
        "error_detection": chance.random() < 0.85,
        # Its own 60 s would make a day a day of reconnecting.
        "idle_close_s": chance.choice((*(0.0,) * 6, *(3600.0,) * 3, 600.0)),
    }
    events = [event for day in range(days) for event in _day(chance, day, SURE[(seed + day) % len(SURE)])]
    personality = chance.choice(("plain", "koha", "koha_noblock", "evergreen", "mediator", "sipserver"))
    return Plan(seed, days, begins, personality, settings, tuple(sorted(events, key=lambda each: each.at_s)))


class _Day:
    """One day in the making. Most of what goes wrong goes wrong while somebody is there."""

    def __init__(self, chance: random.Random, day: int) -> None:
        self.chance = chance
        self.midnight_s = day * DAY_S
        self.events: list[Planned] = []
        # More than one visit in three comes at the hour when all come.
        self.busy_s = chance.uniform(OPENS_S, CLOSES_S - 3600)
        self.visits_s: list[float] = []

    def add(self, at_s: float, what: str, station: int | None = None, **about: Any) -> None:
        self.events.append(Planned(self.midnight_s + at_s, what, station, self.chance.getrandbits(48), about))

    def when(self) -> float:
        """Return a moment at which something may go wrong: mostly in the midst of a visit."""
        if self.chance.random() < 0.7:
            return self.chance.choice(self.visits_s) + self.chance.uniform(0.0, 25.0)
        return self.chance.uniform(OPENS_S, CLOSES_S)

    def station(self) -> int:
        return self.chance.randrange(2)


def _day(chance: random.Random, day: int, sure: str) -> list[Planned]:
    made = _Day(chance, day)
    _visits(made)
    made.add(chance.uniform(OPENS_S, CLOSES_S), "returns")
    made.add(CLOSES_S + 600, "returns")
    outages = int(day % OUTAGE_EVERY == OUTAGE_EVERY - 1 or chance.random() < 0.3)
    if sure in AMID_AN_OUTAGE:
        outages = 0
    for _ in range(outages):
        for_s = chance.choice((chance.uniform(5, 120), chance.uniform(600, 5400), chance.uniform(3600, 5 * 3600)))
        at_s = made.when()
        made.add(at_s, "outage", state=chance.choice(OUTAGES), for_s=for_s)
        if for_s > 600 and chance.random() < 0.3:
            made.add(at_s + for_s * chance.uniform(0.3, 1.0), "export", made.station())
    if chance.random() < 0.35:
        fates = [(name, chance.choice((0.02, 0.1, 0.3))) for name in chance.sample(FATES, chance.randint(1, 3))]
        made.add(made.when(), "flaky", fates=fates, for_s=chance.uniform(60, 7200))
    _accidents(made)
    _staff(made)
    SEEN_TO[sure](made)
    for what, odds in RATHER.items():
        if chance.random() < odds:
            SEEN_TO[what](made)
    return made.events


def _visits(made: _Day) -> None:
    """Patrons one after the other at each of two stations, until the day has its scans."""
    chance = made.chance
    coming: list[tuple[float, int]] = []
    while sum(1 + number for _, number in coming) < SCANS_A_DAY:
        together = chance.random() < 0.5
        start_s = made.busy_s + chance.random() * 3600 if together else chance.uniform(OPENS_S, CLOSES_S)
        coming.append((start_s, chance.choices((1, 2, 3, 4, 6), (3, 4, 3, 2, 1))[0]))
    free = [OPENS_S, OPENS_S]
    for start_s, number in sorted(coming):
        station = made.station()
        at_s = max(start_s, free[station] + chance.choice((0.5, 5.0, 30.0)))
        made.add(
            at_s,
            "visit",
            station,
            patron=chance.randrange(PATRONS),
            items=[chance.randrange(ITEMS) for _ in range(number)],
            flow="renew" if chance.random() < 0.12 else "borrow",
            ways=[way for way, odds in WAYS.items() if chance.random() < odds],
        )
        made.visits_s.append(at_s)
        free[station] = at_s + 20 + number * 12
    for number in range(LATE_VISITS):
        made.add(
            CLOSES_S + 1200 + number * LATE_EVERY_S,
            "late visit",
            number % 2,
            patron=chance.randrange(PATRONS),
            items=[chance.randrange(ITEMS) for _ in range(4)],
            flow="borrow",
            ways=[],
        )


WAYS = {
    "types the card": 0.06,
    "mistypes the card": 0.03,
    "types an item": 0.05,
    "mistypes an item": 0.03,
    "scans twice": 0.1,
    "takes long": 0.1,
    "leaves without finishing": 0.06,
    "cancels": 0.03,
    "wants a receipt": 0.5,
    "wants a bookmark": 0.2,
    "takes one back": 0.07,
    "forgets the PIN": 0.1,
    "scans items at once": 0.1,
    "another due date": 0.15,
}
"""What a patron may do, and how likely."""


def _a_death(chance: random.Random) -> dict[str, Any]:
    return {
        "when": chance.choice(("at once", "told", "told", "asked", "calls", "calls")),
        "after_s": chance.choice((0.0, 0.001, 0.01, 0.1)),
        "calls": chance.randrange(40),
        "off_s": chance.choice((2.0, 30.0, 600.0, 7200.0)),
        "ntp_after_s": chance.choice((10.0, 300.0, 20_000.0)),
    }


ACCIDENTS: Sequence[tuple[str, float, Callable[[random.Random], dict[str, Any]]]] = (
    ("kill", 0.2, _a_death),
    ("cut", 0.3, _a_death),
    ("full", 0.06, lambda chance: {"for_s": chance.choice((30.0, 300.0, 1200.0))}),
    ("flush", 0.05, lambda chance: {"times": chance.choice((1, 1, 2, 4))}),
    ("jump", 0.06, lambda chance: {"by_s": chance.choice((-7200.0, -61.0, 61.0, 3600.0, 90_000.0))}),
    ("ntp", 0.05, lambda chance: {"for_s": chance.uniform(60, 20_000)}),
    ("paper", 0.15, lambda chance: {"lines": chance.randrange(30), "for_s": chance.uniform(20, 1800)}),
    ("printer", 0.08, lambda chance: {"for_s": chance.choice((1.0, 20.0, 900.0))}),
    ("scanner", 0.08, lambda chance: {"for_s": chance.choice((1.0, 20.0, 900.0))}),
)
"""What happens to one station, how likely on a day, and with what."""
ELSEWHERE: Sequence[tuple[str, float, Callable[[random.Random], dict[str, Any]]]] = (
    ("slow", 0.06, lambda chance: {"slow_s": chance.choice((2.0, 7.0, 20.0)), "for_s": chance.uniform(60, 1800)}),
    ("forget", 0.05, lambda chance: {"lost_s": chance.choice((60.0, 1800.0, 10_000.0))}),
    ("drop", 0.2, lambda chance: {}),
    ("block", 0.05, lambda chance: {"patron": chance.randrange(PATRONS)}),
    ("hold", 0.15, lambda chance: {"item": chance.randrange(ITEMS), "patron": chance.randrange(PATRONS)}),
    ("unknown", 0.1, lambda chance: {"item": chance.randrange(ITEMS)}),
)
"""What happens at the library system."""
STAFF: Sequence[tuple[str, float, Callable[[random.Random], dict[str, Any]]]] = (
    ("forced", 0.06, lambda chance: {"for_s": chance.uniform(60, 7200)}),
    ("checkin", 0.5, lambda chance: {"item": chance.randrange(ITEMS)}),
    ("withdraw", 0.15, lambda chance: {}),
    ("hand over", 0.05, lambda chance: {}),
    ("look", 0.1, lambda chance: {}),
    ("sheet", 0.2, lambda chance: {"rows": [_row(chance) for _ in range(chance.choice((1, 1, 2, 4)))]}),
    ("resolve", 0.15, lambda chance: {}),
)
"""What staff do at a station."""
NEW_CARD = 0.15


def _row(chance: random.Random) -> dict[str, Any]:
    back_s = chance.choice((600.0, 3600.0, 20_000.0, 200_000.0))
    return {"patron": chance.randrange(PATRONS), "item": chance.randrange(ITEMS), "back_s": back_s}


def _new_card(made: _Day) -> None:
    """A card is made here, and its owner borrows with it at once; the library system hears of it by a person."""
    chance, station = made.chance, made.station()
    at_s, number = made.when(), chance.randrange(100)
    made.add(at_s, "register", station, n=number, after_s=chance.choice((600.0, 20_000.0, 90_000.0)))
    made.add(
        at_s + chance.choice((30.0, 600.0)),
        "visit",
        station,
        patron=NEW_CARDS + number,
        items=[chance.randrange(ITEMS) for _ in range(2)],
        flow="borrow",
        ways=[],
    )


def _accidents(made: _Day) -> None:
    for what, odds, about in ACCIDENTS:
        if made.chance.random() < odds:
            made.add(made.when(), what, made.station(), **about(made.chance))
    for what, odds, about in ELSEWHERE:
        if made.chance.random() < odds:
            made.add(made.when(), what, **about(made.chance))


def _staff(made: _Day) -> None:
    for what, odds, about in STAFF:
        if made.chance.random() < odds:
            made.add(made.when(), what, made.station(), **about(made.chance))
    if made.chance.random() < NEW_CARD:
        _new_card(made)


# --- what each life meets on some day for sure ------------------------------------------------------


def _amid_an_outage(made: _Day, what: str, station: int, about: dict[str, Any]) -> float:
    """Something that needs an outage, in which patrons come and something waits; return when. The station may die."""
    chance = made.chance
    for_s = chance.choice((1800.0, 2700.0, 3600.0))
    at_s = min(chance.choice(made.visits_s), CLOSES_S - for_s)
    made.add(at_s, "outage", state=chance.choice(("refused", "refused", "mute", "offline", "half_refuse")), for_s=for_s)
    for number in range(3):
        made.add(
            at_s + 300 + number * 240,
            "visit",
            station,
            patron=chance.randrange(PATRONS),
            items=[chance.randrange(ITEMS) for _ in range(3)],
            flow="borrow",
            ways=[],
        )
    then_s = at_s + chance.uniform(1000, for_s)
    made.add(then_s, what, station, **about)
    if chance.random() < 0.3:
        made.add(
            then_s + chance.choice((0.0, 0.3, 1.0, 20.0)), chance.choice(("kill", "cut")), station, **_a_death(chance)
        )
    return then_s


def _carried(made: _Day, way: str) -> None:
    chance = made.chance
    station = made.station()
    about = {
        "way": way,
        "to": chance.choice([n for n in range(3) if n != station]),
        "carry_s": chance.choice((60.0, 3600.0, 20_000.0)),
        "cuts": chance.choice((0.0, 0.5, 0.8)),
        "destroyed": chance.random() < 0.25,
        "twice": chance.random() < 0.5,
        "elsewhere": chance.random() < 0.3,
        "copy": chance.random() < 0.15,
    }
    _amid_an_outage(made, "rescue", station, about)


def _exercise(made: _Day) -> None:
    chance, station, at_s = made.chance, made.station(), made.when()
    made.add(
        at_s, "drill", station, items=chance.choice((1, 2, 3)), tries=4, finish=chance.choice((0.0, 0.2, 5.0)),
        ends=chance.random() < 0.8,
    )  # fmt: skip
    if chance.random() < 0.5:
        # Somebody types a row of a real sheet meanwhile: it is nothing of the drill's.
        made.add(at_s + chance.uniform(1, 12), "sheet", station, rows=[_row(chance)])
    if chance.random() < 0.3:
        made.add(at_s + chance.uniform(0, 12), chance.choice(("kill", "cut")), station, **_a_death(chance))


def _form(made: _Day) -> None:
    chance = made.chance
    end = chance.choice(("lock", "lock amid", "cut", "cut"))
    made.add(made.when(), "draft", made.station(), form=chance.choice(("register", "sheet")), end=end)


def _file(made: _Day) -> None:
    chance, station = made.chance, made.station()
    at_s = _amid_an_outage(made, "export", station, {}) + chance.choice((60.0, 3600.0))
    made.add(at_s, "take back", station, loaded=chance.random() < 0.5, cuts=0.3, destroyed=False)


def _crates(made: _Day) -> None:
    chance = made.chance
    about = {"times": chance.choice((4, 12)), "pause_s": chance.choice((60.0, 1800.0))}
    _amid_an_outage(made, "crates", made.station(), about)


SEEN_TO: Mapping[str, Callable[[_Day], None]] = {
    "rescue": lambda made: _carried(made, "station"),
    "card": lambda made: _carried(made, "card"),
    "drill": _exercise,
    "draft": _form,
    "crates": _crates,
    "file": _file,
    "card made": _new_card,
    "sheet": lambda made: made.add(
        made.when(), "sheet", made.station(), rows=[_row(made.chance) for _ in range(made.chance.choice((1, 2, 4)))]
    ),
    "resolve": lambda made: made.add(CLOSES_S + 7200, "resolve", made.station()),
}
EVENT = {name: name for name in SEEN_TO} | {"card": "rescue", "file": "take back", "card made": "register"}
"""The event by which each of them shows."""
AMID_AN_OUTAGE = frozenset({"rescue", "card", "crates", "file"})
"""These bring an outage of their own."""
SURE = tuple(SEEN_TO)
"""Each day has one of them for sure, in turn, so that ten lives of a day meet them all."""
RATHER = {"rescue": 0.04, "card": 0.03, "drill": 0.05, "draft": 0.1, "crates": 0.05, "file": 0.04}
"""How likely any day has one beside it."""
