"""A trace played again does what the station did: the same states and effects, at each step of random stories.

The numbers that a story uses are known here, so that what was recorded is compared number by number: each must stand
where its stand-in stands in the replay.
"""

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from kioskd.model import calls as c
from kioskd.model import effects as e
from kioskd.model.barcode import last_digits
from kioskd.model.blocks import REASONS, BlockList, BlockReason
from kioskd.model.effects import Effect
from kioskd.model.entry import AddNote
from kioskd.model.inputs import Event, Input
from kioskd.model.settings import Secret, StationKind
from kioskd.rules.listed import digest
from kioskd.rules.state import State
from kioskd.rules.step import step
from kioskd.trace.file import lines, page_document, read
from kioskd.trace.replay import Stepped, replay
from kioskd.trace.ring import Ring
from kioskd.trace.written import document
from tests.rules.station import ANNA, BEN, BOOK, CLEO, DISC, FILM, Station, town
from tests.rules.test_always import ACTIONS, CODE, LICENCE, PIN, call

NEW_CARD = "21168000000017"
LOANS = ("31168000099990", "31168000099991", "31168000099992")
NUMBERS = (
    ANNA,
    BEN,
    CLEO,
    BOOK,
    FILM,
    DISC,
    *LOANS,
    "29999999999999",
    "39999999999999",
    NEW_CARD,
    BOOK[:-3],
    "9780306406157",
)
ODD = ("ODD-1", "ODD-2")
WORDS = ("A book", "Title 0", "Title 1", "Title 2", "Jane Doe no", "halt", "left", "koc")
PERSONAL = (*NUMBERS[:-1], *ODD, PIN, LICENCE, "JANE 12", "Jane Doe", "AB-initials")
SEALED = {"Seal", "CheckStaffCode"}

KEYED = {
    "key a card": [f"KIOSK5{digit}" for digit in ANNA] + ["KIOSK60"],
    "key and erase": ["KIOSK51", "KIOSK61", *(f"KIOSK5{digit}" for digit in BOOK), "KIOSK60"],
    "key a digit, read twice": ["KIOSK53", "KIOSK53"],
    "key a staff code": ["KIOSK62", *(f"KIOSK5{digit}" for digit in CODE), "KIOSK60"],
}


def press(keys: Sequence[str]) -> Any:
    def pressed(station: Station) -> None:
        for before, key in pairwise(("", *keys)):
            if key == before and len(keys) > 2:
                station.advance(2)
            station.scan(key)

    return pressed


def registers(**fields: Any) -> Any:
    call_ = c.PatronRegister(
        Secret(NEW_CARD), Secret("Doe"), Secret("03/14/2001"), "en", first=Secret("Jane"), **fields
    )
    return call(call_, c.Role.STAFF)


MOVES: Mapping[str, Any] = {
    **ACTIONS,
    **{name: press(keys) for name, keys in KEYED.items()},
    "register": registers(ticks=("paper_form_kept",)),
    "register, unticked": registers(),
    "register, bad mail": registers(ticks=("paper_form_kept",), email=Secret("jane")),
}


class Recorded(Station):
    """A station that keeps what it did, and has a ring as the daemon has."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.ring = Ring(self.config.barcodes, kept=100_000, every=100)
        self.story: list[tuple[State, Input, State, Sequence[Effect]]] = []

    def _step(self, what: Input) -> None:
        before = self.state
        self.steps += 1
        self.state, effects = step(before, Event(self.now, what))
        self.ring.add(Event(self.now, what), before, effects)
        self.story.append((before, what, self.state, effects))
        self.effects += effects
        for effect in effects:
            self._carry(effect)


def played(seed: int, moves: int = 40) -> Recorded:
    """A random story of a station."""
    chance = random.Random(seed)
    plain = town(begun=False, kind=chance.choice(list(StationKind)), ils={"ask_pin": chance.random() < 0.3})
    station = Recorded(config=plain.config, library=plain.library, watch=False)
    if chance.random() < 0.3:
        listed = [(digest(b"key", card), why) for card, why in ((BEN, BlockReason.LOST), (CLEO, BlockReason.BARRED))]
        listed.sort()
        station.blocks = BlockList(
            b"key", b"".join(row[0] for row in listed), bytes(REASONS.index(row[1]) for row in listed), station.wall_s
        )
        offline = replace(station.config.offline, block_list=station.config.staff.codes_file)
        station.config = replace(station.config, offline=offline)
        station.state = replace(station.state, settings=station.config)
    station.start()
    station.with_printer()
    for name in chance.choices(sorted(MOVES), k=moves):
        MOVES[name](station)
    return station


class Translated:
    """What a story says, with each number and word in it replaced by the stand-in that the ring gave it."""

    def __init__(self, station: Recorded) -> None:
        stand_ins = station.ring._stand_ins
        said = "".join(shown((what, after, effects)) for _, what, after, effects in station.story)
        numbers = {*re.findall(r"(?<!\d)[23]\d{13}(?!\d)", said), *NUMBERS, *ODD}
        pairs = {f'"{word}"': f'"{stand_ins.words(word)}"' for word in (*WORDS, "AB")}
        for number in numbers:
            other = stand_ins.of(number, typed=True)
            pairs[number] = other
            for around in ('{}"', "…{} ", "…{}?") if number[0] in "2O" else ():
                pairs[around.format(last_digits(number))] = around.format(last_digits(other))
        self._pairs = {one.replace("…", r"\u2026"): two.replace("…", r"\u2026") for one, two in pairs.items()}
        # A word of somebody's may be the name of a field as well: that one is left.
        self._any = re.compile("|".join(f"{re.escape(one)}(?!:)" for one in sorted(self._pairs, key=len, reverse=True)))

    def __call__(self, value: Any) -> str:
        text = self._any.sub(lambda match: self._pairs[match[0]], shown(value))
        return re.sub(r'"of": \[("[^\]]*)\]', _in_order, text)


def _in_order(members: re.Match[str]) -> str:
    return f'"of": [{", ".join(sorted(members[1].split(", ")))}]'


def shown(value: Any) -> str:
    """A value as text, without what is hidden by being nothing any more: secrets, the length of a block list."""
    text = json.dumps(document(plain(value)), sort_keys=True)
    text = re.sub(r'\{"\$": "secret", "is": "[^"]*"\}', '"secret"', text)
    text = re.sub(r'\{"\$": "PatronRegister"[^}]*\}', '"form"', text)
    return re.sub(r'"cards", \d+', '"cards"', text)


def plain(value: Any) -> Any:
    """Half a number that is being keyed is compared by its length; what is sealed, by that it is."""
    if isinstance(value, State):
        keyed = value.keyed and replace(value.keyed, text=Secret("*"))
        view = value.view and replace(value.view, keyed=None)
        blocks = value.blocks
        if blocks is not None:
            blocks = replace(blocks, key=b"", digests=b"", reasons=b"")
        return replace(value, keyed=keyed, view=view, blocks=blocks)
    if isinstance(value, e.Show):
        return replace(value, view=replace(value.view, keyed=None))
    if isinstance(value, e.Save):
        return replace(value, writes=tuple(map(plain, value.writes)))
    if isinstance(value, AddNote):
        return replace(
            value, content={key: text for key, text in value.content.items() if key not in ("sealed", "twin")}
        )
    if isinstance(value, e.Seal):
        return replace(value, content={}, twin="")
    return value


def reread(station: Recorded) -> Sequence[Stepped]:
    """The station's trace, written to a file, read back and played."""
    page = page_document(station.ring.page(None, 100_000))
    rows = page.pop("inputs")
    assert isinstance(rows, list)
    text = "".join(lines({"station": "S", "version": "1", "saved": "now", **page}, rows))
    trace = read(text)
    for secret in PERSONAL:
        assert secret not in text, secret
    return list(replay(trace.state, trace.inputs, trace.first))


@pytest.mark.parametrize("seed", [1, 2, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 103))])
def test_a_replay_gives_the_same_states_and_effects(seed: int) -> None:
    station = played(seed)
    translated = Translated(station)
    steps = reread(station)
    assert len(steps) == len(station.story)
    assert translated(station.story[0][0]) == shown(steps[0].before)
    for stepped, (_, what, after, effects) in zip(steps, station.story, strict=True):
        where = f"step {stepped.n}: {what}"
        assert stepped.failed is None, where
        assert stepped.as_there, where
        assert translated(effects_of(effects)) == shown(effects_of(stepped.effects)), where
        assert translated(after) == shown(stepped.after), where


def effects_of(effects: Sequence[Effect]) -> Any:
    return tuple(map(plain, effects))
