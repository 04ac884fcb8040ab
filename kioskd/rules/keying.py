"""Numbers keyed by scanner: digits, erase and enter as printed command barcodes, for who has neither keys nor touch."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from kioskd.model.commands import Command
from kioskd.model.settings import NO_SECRET, Secret
from kioskd.model.view import KeyedFor, KeyedView
from kioskd.rules import staffing
from kioskd.rules.session import Stage
from kioskd.rules.state import Keyed, State
from kioskd.rules.turn import Turn

DIGITS: Final[Mapping[Command, str]] = {
    Command.DIGIT_0: "0",
    Command.DIGIT_1: "1",
    Command.DIGIT_2: "2",
    Command.DIGIT_3: "3",
    Command.DIGIT_4: "4",
    Command.DIGIT_5: "5",
    Command.DIGIT_6: "6",
    Command.DIGIT_7: "7",
    Command.DIGIT_8: "8",
    Command.DIGIT_9: "9",
}
KEYS: Final = frozenset({*DIGITS, Command.ENTER, Command.ERASE, Command.STAFF_CODE})
KEPT_S: Final = 60.0
"""How long half a number waits for the rest."""
LONGEST: Final = 64


def press(turn: Turn, command: Command) -> Secret | None:
    """Take a key; return the number when it is entered, unless it is a staff code, which is checked here."""
    keyed = turn.state.keyed or Keyed(NO_SECRET)
    until = turn.at.mono_s + KEPT_S
    match command:
        case Command.STAFF_CODE:
            turn.set(keyed=Keyed(NO_SECRET, staff=True, until_mono_s=until))
        case Command.ERASE:
            turn.set(keyed=replace(keyed, text=Secret(keyed.text[:-1]), until_mono_s=until))
        case Command.ENTER:
            turn.set(keyed=None)
            if not keyed.text:
                return None
            if not keyed.staff:
                return keyed.text
            staffing.unlock(turn, keyed.text)
        case _:
            text = Secret((keyed.text + DIGITS[command])[:LONGEST])
            turn.set(keyed=replace(keyed, text=text, until_mono_s=until))
    return None


def shown(state: State) -> KeyedView | None:
    """Draw what has been keyed: a number as it stands, of a secret only how long it is."""
    keyed = state.keyed
    if keyed is None:
        return None
    pin = state.session is not None and state.session.stage is Stage.PIN
    what = KeyedFor.STAFF if keyed.staff else KeyedFor.PIN if pin else KeyedFor.NUMBER
    return KeyedView(what, len(keyed.text), str(keyed.text) if what is KeyedFor.NUMBER else None)


def tick(turn: Turn) -> None:
    """Forget half a number that nobody goes on with."""
    keyed = turn.state.keyed
    if keyed is not None and turn.at.mono_s >= keyed.until_mono_s:
        turn.set(keyed=None)
