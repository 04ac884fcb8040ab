"""What a code is: by pattern, never by order."""

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final

from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.commands import COMMAND, COMMANDS, Command
from kioskd.model.settings import BarcodeSettings, CheckDigit
from kioskd.model.written_late import dataclass

_AIM = re.compile(r"^\][A-Za-z][0-9A-Za-z]")
"""AIM symbology identifier: `]`, a code letter and a modifier (ISO/IEC 15424)."""
_CODABAR = re.compile(r"^[A-Da-d](.+)[A-Da-d]$")
_SHOP_LENGTHS = (12, 13)
_ADD_ON = re.compile(r"(97[89]\d{10})(?:\d{2}|\d{5})", re.ASCII)
"""An ISBN or ISSN with the two or five digits printed beside it (price, issue)."""
_LOST_AT_MOST = 10
"""Characters that a truncated scan may lack."""


class CheckDigitState(StrEnum):
    """What a number's last digit says."""

    GOOD = "good"
    BAD = "bad"
    NONE = "none"
    """Not 14 digits: there is none to check."""


@dataclass(frozen=True, slots=True)
class IsCommand:
    """A command barcode."""

    command: Command


@dataclass(frozen=True, slots=True)
class IsCard:
    """A patron's card."""

    card: PatronBarcode
    check_digit: CheckDigitState


@dataclass(frozen=True, slots=True)
class IsItem:
    """An item's barcode."""

    item: ItemBarcode
    check_digit: CheckDigitState


@dataclass(frozen=True, slots=True)
class IsEither:
    """Both patterns match."""

    code: str


class Why(StrEnum):
    """Why a code is none of ours; the text keys of what the patron hears."""

    SHOP = "shop_barcode"
    INCOMPLETE = "scan_incomplete"
    TOO_LONG = "scan_too_long"
    CHECK_DIGIT = "scan_check_digit"
    UNKNOWN = "code_unknown"
    UNKNOWN_COMMAND = "command_unknown"
    EMPTY = "scan_empty"


@dataclass(frozen=True, slots=True)
class IsNothing:
    """None of ours. Only its length and class are kept: a driver's licence is a name and an address."""

    why: Why
    length: int
    kind: str


Recognised = IsCommand | IsCard | IsItem | IsEither | IsNothing


@lru_cache(maxsize=8)
def _compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    # ASCII: `\d` in a setting means the digits that SIP2 can carry, not those of every script.
    return tuple(re.compile(pattern, re.ASCII) for pattern in patterns)


def is_one_of(code: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether the whole code is as one of the patterns says."""
    return any(pattern.fullmatch(code) for pattern in _compiled(patterns))


_fits = is_one_of

_DOUBLED: Final = str.maketrans("0123456789", "0246813579")
"""Each digit twice, the digits of that added up."""


def luhn(digits: str) -> bool:
    """Tell whether the last digit is the Luhn check digit of those before it (ISO/IEC 7812-1)."""
    return _luhn_sum(digits) % 10 == 0


def luhn_digit(digits: str) -> str:
    """Return the Luhn check digit of these."""
    return str(-_luhn_sum(digits + "0") % 10)


def _luhn_sum(digits: str) -> int:
    return sum(map(int, digits[::-2])) + sum(map(int, digits[-2::-2].translate(_DOUBLED)))


def check_digit(code: str) -> CheckDigitState:
    """Tell what the last digit of a 14-digit number says."""
    if len(code) != 14 or not (code.isascii() and code.isdigit()):
        return CheckDigitState.NONE
    return CheckDigitState.GOOD if luhn(code) else CheckDigitState.BAD


def _ean(digits: str) -> bool:
    weights = (3, 1) if len(digits) == 12 else (1, 3)
    return sum(int(digit) * weights[place % 2] for place, digit in enumerate(digits)) % 10 == 0


def _is_shop(code: str) -> bool:
    if _ADD_ON.fullmatch(code):
        return True
    if not (code.isascii() and code.isdigit()) or len(code) not in _SHOP_LENGTHS:
        return False
    return code.startswith(("978", "979")) or _ean(code)


def _kind(code: str) -> str:
    if code.isascii() and code.isdigit():
        return "digits"
    if code.isalnum():
        return "letters_and_digits"
    return "text" if code.isprintable() else "binary"


def _lost_its_end(code: str, patterns: tuple[str, ...]) -> bool:
    return any(_fits(code + "0" * lost, patterns) for lost in range(1, _LOST_AT_MOST + 1))


def _lost_its_start(code: str, patterns: tuple[str, ...]) -> bool:
    return any(_fits(first + "0" * lost + code, patterns) for lost in range(_LOST_AT_MOST) for first in "0123456789")


def _too_long(code: str, patterns: tuple[str, ...]) -> bool:
    shortest = max(5, len(code) - 2 * _LOST_AT_MOST)
    return any(
        _fits(code[:end], patterns) or _fits(code[-end:], patterns) for end in range(len(code) - 1, shortest, -1)
    )


def _candidates(code: str, settings: BarcodeSettings, *, typed: bool) -> Sequence[str]:
    """Return the forms of the code to try, the plainest first."""
    plain = _AIM.sub("", code).strip()
    if typed:
        plain = re.sub(r"[\s-]", "", plain)
    forms = [plain]
    if codabar := _CODABAR.fullmatch(plain):
        forms.append(codabar.group(1))
    found = [pattern.search(plain) for pattern in _compiled(settings.extract)]
    forms += [each.group(1) for each in found if each is not None and each.group(1)]
    return forms


def matched(form: str, settings: BarcodeSettings) -> IsCard | IsItem | IsEither | IsNothing | None:
    """Tell what a number is by the patterns alone; None: neither pattern matches."""
    card, item = _fits(form, settings.patron), _fits(form, settings.item)
    if card and item:
        return IsEither(form)
    if not (card or item):
        return None
    state = check_digit(form)
    if state is CheckDigitState.BAD and settings.check_digit is CheckDigit.REQUIRE:
        return IsNothing(Why.CHECK_DIGIT, len(form), _kind(form))
    return IsCard(PatronBarcode(form), state) if card else IsItem(ItemBarcode(form), state)


def recognise(code: str, settings: BarcodeSettings, *, typed: bool) -> Recognised:
    """Tell what a code is.

    Taken off first: an AIM prefix, a Codabar start/stop pair if the rest matches, blanks and hyphens of typed input.
    `barcodes.extract` finds the number in what phone cards hold.
    """
    forms = _candidates(code, settings, typed=typed)
    plain = forms[0]
    if command := COMMAND.fullmatch(plain):
        row = COMMANDS.get(command.group(1))
        return IsCommand(row.command) if row else IsNothing(Why.UNKNOWN_COMMAND, len(plain), "command")
    for form in forms:
        if (found := matched(form, settings)) is not None:
            return found
    return IsNothing(_why_not(plain, settings), len(plain), _kind(plain))


def _why_not(plain: str, settings: BarcodeSettings) -> Why:
    if not plain:
        return Why.EMPTY
    patterns = settings.patron + settings.item
    # A driver's licence (PDF417) is far longer than any number of ours: do not call that "too long, scan again".
    if len(plain) > 64 or not plain.isprintable():
        return Why.UNKNOWN
    if _is_shop(plain) and plain.startswith(("978", "979")):
        return Why.SHOP
    if _lost_its_end(plain, patterns):
        return Why.INCOMPLETE
    if _is_shop(plain):
        return Why.SHOP
    if len(plain) >= 4 and plain.isdigit() and _lost_its_start(plain, patterns):
        return Why.INCOMPLETE
    if _too_long(plain, patterns):
        return Why.TOO_LONG
    return Why.UNKNOWN
