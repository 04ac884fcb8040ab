"""The ring: the last inputs of `step`, in memory, codes and names replaced as they go in, and states to begin at."""

import datetime as dt
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from kioskd.model import calls as c
from kioskd.model.commands import Command
from kioskd.model.effects import Ask, Effect, Log, Show
from kioskd.model.inputs import Asked, Event, Input, Scanned
from kioskd.model.settings import BarcodeSettings, Secret
from kioskd.model.time import Instant
from kioskd.model.written_late import dataclass
from kioskd.rules.keying import DIGITS, KEPT_S, KEYS
from kioskd.rules.project import project
from kioskd.rules.recognise import IsCommand, IsNothing, recognise
from kioskd.rules.session import Stage
from kioskd.rules.state import State
from kioskd.rules.turn import busy
from kioskd.trace.hiding import Hiding, barcode
from kioskd.trace.stand_in import StandIns

KEPT: Final = 2000
EVERY: Final = 500
"""Inputs from one state that is kept to the next."""
MOST_NUMBERS: Final = 600
"""Of more cards and items that wait no state is kept: hiding them all would take longer than a scan may wait."""
AIM_CODE_128: Final = "]C0"
DIGIT_KEYS: Final = {digit: command for command, digit in DIGITS.items()}


@dataclass(frozen=True, slots=True)
class Traced:
    """One input as it may be shown. `recognised`: what its code was, where it had one.

    `did`: what the rules asked for, in short, at the station; None: not known, or the rules failed at it.
    """

    at: Instant
    input: Input
    recognised: str | None = None
    did: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Press:
    """A key pressed by its command barcode, at input `n`. `again`: the same barcode read twice, which is one press."""

    n: int
    command: Command
    digit: str
    again: bool = False
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of the ring. `state`: the one in which its first input found the station, where it is kept.

    `next`: where the next stretch begins, None at the end.
    """

    first: int
    state: State | None
    inputs: tuple[Traced, ...]
    next: int | None


class Ring:
    """Keeps the last inputs, and now and then the state before one, from which they can be played again."""

    def __init__(self, settings: BarcodeSettings, kept: int = KEPT, every: int = EVERY) -> None:
        self._settings = settings
        self._every = every
        self._stand_ins = StandIns(settings)
        self._hide = Hiding(self._stand_ins)
        self._ring: deque[Traced] = deque(maxlen=kept)
        self._added = 0
        """Inputs so far; they are numbered from 0."""
        self._states: dict[int, State] = {}
        self._keyed: list[Press] = []
        """What came by the command barcodes of a keypad and waits for *enter*."""
        self._spelt = ""
        """The last barcode of a keypad before these, as it stands in the ring."""
        self._staff_code = False
        self._keyed_s = 0.0

    def add(self, event: Event, before: State | None = None, effects: Iterable[Effect] | None = None) -> None:
        """Keep an input, without anybody's number; `before`: the state that it found, `effects`: what came of it."""
        if before is not None and self._due(before):
            self._keep_state(before, event.at)
        shown, recognised = self._shown(event, before)
        did = None if effects is None else tuple(map(in_short, effects))
        self._ring.append(Traced(event.at, shown, recognised, did))
        self._added += 1

    def kept(self) -> Sequence[Traced]:
        """Return what is in the ring, the oldest first."""
        return tuple(self._ring)

    def page(self, after: int | None, limit: int) -> Page:
        """Return a stretch: from the oldest state that is kept (None), or from input `after` on."""
        oldest = self._added - len(self._ring)
        first = min((n for n in self._states if n >= oldest), default=oldest) if after is None else max(after, oldest)
        begin = first - oldest
        inputs = tuple(
            replace(each, input=self._hide.written(each.input))
            for each in [self._ring[at] for at in range(begin, min(begin + limit, len(self._ring)))]
        )
        more = first + len(inputs)
        state = self._states.get(first)
        written = self._hide.written(state) if state is not None else None
        return Page(first, written, inputs, more if more < self._added else None)

    # ---- states

    def _due(self, before: State) -> bool:
        if len(before.backlog.numbers) > MOST_NUMBERS:
            return False
        last = max(self._states, default=None)
        if last is None:
            return True
        since = self._added - last
        # A calm moment if there is one: then little has to be hidden, and no number is half keyed.
        calm = before.session is None and before.keyed is None and not before.waiting and not before.upload.running
        return since >= self._every and (calm or since >= 2 * self._every)

    def _keep_state(self, before: State, at: Instant) -> None:
        oldest = self._added - len(self._ring)
        self._states = {n: state for n, state in self._states.items() if n >= oldest}
        keyed = before.keyed and replace(before.keyed, text=Secret("0" * len(before.keyed.text)))
        seq = before.view.seq if before.view is not None else None
        hidden: State = self._hide(replace(before, view=None, keyed=keyed))
        if keyed is not None:
            hidden = replace(hidden, keyed=keyed)
        if seq is not None:
            hidden = replace(hidden, view=project(hidden, at, seq))
        self._states[self._added] = hidden

    # ---- inputs

    def _shown(self, event: Event, before: State | None) -> tuple[Input, str | None]:
        what = event.input
        if isinstance(what, Asked) and isinstance(what.call, c.PatronRegister) and before is not None:
            today = dt.datetime.fromtimestamp(event.at.wall_s, before.zone).date()
            return replace(what, call=self._hide.form(what.call, before.settings.registration, today)), None
        carried = _carried(what)
        if carried is None:
            return self._hide(what), None
        code, typed = carried
        meant = recognise(code, self._settings, typed=typed)
        if isinstance(meant, IsCommand) and meant.command in KEYS:
            what = _carrying(what, self._keyed_code(meant.command, event, before))
        elif isinstance(what, Asked) and isinstance(what.call, c.SessionInput):
            pin = before is None or _pin_may_come(before)
            what = replace(what, call=self._hide.typed(what.call, pin=pin))
        else:
            what = self._hide(what)
        return what, type(meant).__name__

    def _keyed_code(self, command: Command, event: Event, before: State | None) -> str:
        """Take a key of a number that is keyed digit by digit; until it is entered each digit stands as 0."""
        mono_s = event.at.mono_s
        forgotten = before is not None and before.keyed is None and not busy(before) and not before.waiting
        if forgotten or mono_s - self._keyed_s > KEPT_S:
            self._forget_keys()
        self._keyed_s = mono_s
        again = before is not None and _is_again(event, before)
        if command is Command.STAFF_CODE and not again:
            self._forget_keys()
            self._staff_code = True
        if command is Command.ERASE and not again:
            digits = [at for at, press in enumerate(self._keyed) if press.digit and not press.erased]
            if digits:
                self._keyed[digits[-1]] = replace(self._keyed[digits[-1]], erased=True)
        if command is Command.ENTER and not again:
            pin = before is None or _pin_may_come(before)
            self._forget_keys("" if self._staff_code else self._entered(pin=pin))
        self._keyed.append(Press(self._added, command, DIGITS.get(command, ""), again=again))
        return spelt(self._keyed, "", self._spelt)[-1]

    def _forget_keys(self, digits: str = "") -> None:
        if self._keyed:
            self._spelt = spelt(self._keyed, digits, self._spelt)[-1]
        self._keyed.clear()
        self._staff_code = False

    def _entered(self, *, pin: bool) -> str:
        """Put the digits of the number's stand-in where its own were pressed, and return them; a PIN stays zeros."""
        number = "".join(press.digit for press in self._keyed if press.digit and not press.erased and not press.again)
        if not number or (pin and isinstance(recognise(number, self._settings, typed=True), IsNothing)):
            return ""
        other = self._hide.typed(c.SessionInput(Secret(number)), pin=False).code
        oldest = self._added - len(self._ring)
        for press, code in zip(self._keyed, spelt(self._keyed, other, self._spelt), strict=True):
            if press.n >= oldest:
                kept = self._ring[press.n - oldest]
                self._ring[press.n - oldest] = replace(kept, input=_carrying(kept.input, code))
        return other


def spelt(keyed: Sequence[Press], digits: str, before: str) -> list[str]:
    """Return the barcodes that key these digits (zeros where there are none) as the presses came, after `before`.

    The same barcode twice within a moment is one scan: what was another key must be another code, hence the AIM prefix.
    """
    codes: list[str] = []
    left = list(digits)
    for press in keyed:
        counts = press.digit and not press.erased and not press.again
        shown = DIGIT_KEYS[left.pop(0) if counts and left else "0"] if press.digit else press.command
        code = barcode(shown)
        if press.again:
            code = before or code
        elif code == before:
            code = AIM_CODE_128 + code
        codes.append(code)
        before = code
    return codes


def _is_again(event: Event, before: State) -> bool:
    """Whether the rules take a scan for the one before, read twice."""
    what = event.input
    scanner, code = "", ""
    if isinstance(what, Scanned):
        scanner, code = what.scanner, what.code
    elif isinstance(what, Asked) and isinstance(what.call, c.ScanInject):
        scanner, code = what.call.scanner, what.call.code
    last = before.last_scans.get(scanner)
    soon_s = before.settings.barcodes.repeat_s
    return last is not None and last.code == code and event.at.mono_s - last.mono_s < soon_s


def _carried(what: Input) -> tuple[str, bool] | None:
    """Return the code that an input carries, and whether it was typed; None: it carries none."""
    match what:
        case Scanned(code=code) | Asked(call=c.ScanInject(code=code)):
            return code, False
        case Asked(call=c.SessionInput(code=code)):
            return code, True
        case _:
            return None


def _carrying(what: Input, code: str) -> Input:
    """Return the same input with another code."""
    match what:
        case Scanned():
            return replace(what, code=Secret(code))
        case Asked(call=c.ScanInject() | c.SessionInput() as call):
            return replace(what, call=replace(call, code=Secret(code)))
        case _:
            raise TypeError(type(what).__name__)


def _pin_may_come(state: State) -> bool:
    """Whether what is typed now may be taken for a PIN: one is asked, or will be when what is under way is over."""
    stage = state.session.stage if state.session is not None else None
    return state.settings.ils.ask_pin and (stage in (Stage.PIN, Stage.LOOKUP) or busy(state) or bool(state.waiting))


def in_short(effect: Effect) -> str:
    """Return an effect in a word or two, without anything of what it carries."""
    name = type(effect).__name__
    match effect:
        case Ask():
            return f"{name} {type(effect.question).__name__}"
        case Show():
            return f"{name} {effect.view.screen.value}"
        case Log():
            return f"{name} {effect.event}"
        case _:
            return name
