"""Inputs and states without anybody's number, name, words or secret, so that the rules do the same with them.

Each text that a state or an input can hold has its treatment here, by class and field; a test walks all classes and
finds those that have none. One that is forgotten all the same is treated as a person's words.
"""

import datetime as dt
import typing
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum, StrEnum
from functools import cache
from typing import Any, Final

from kioskd.model import calls as c
from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.blocks import DIGEST, REASONS, BlockList, BlockReason
from kioskd.model.commands import COMMANDS, Command
from kioskd.model.settings import RegistrationSettings, Secret
from kioskd.rules import form
from kioskd.rules.changed import changed as copied
from kioskd.rules.keying import DIGITS
from kioskd.rules.listed import digest, reason
from kioskd.rules.recognise import IsCard, IsCommand, IsEither, IsNothing, recognise
from kioskd.rules.wrong import Wrong
from kioskd.trace.stand_in import StandIns

HIDDEN: Final = Secret("***")
TRACED_BLOCKS: Final = b"trace"
"""The key of a block list that is made for a trace."""
NUMBERS: Final = {row.command: number for number, row in COMMANDS.items()}


def barcode(command: Command) -> str:
    """Return the barcode of a command."""
    return f"KIOSK{NUMBERS[command]}"


ZERO: Final = barcode(Command.DIGIT_0)
"""What stands for each digit that is keyed by scanner: together they are somebody's number or code."""


class Treat(StrEnum):
    """What becomes of a text."""

    KEEP = "keep"
    CODE = "code"
    """A number of a card or an item: its stand-in."""
    WORDS = "words"
    """Somebody's words, a title, initials: something that is as equal or unequal."""
    SECRET = "secret"  # noqa: S105 # a PIN, a password, a code of staff
    BY_FIELD = "by_field"
    """A mapping from SIP2 fields or their names: free texts are words, numbers are codes."""
    PARAMS = "params"
    """Parameters of a message: a number that has a stand-in is replaced by it."""


KEPT_NAMES: Final = frozenset(
    {
        "scanner",
        "session",
        "language",
        "instance",
        "boot_id",
        "oldest_unsent",
        "oldest_exception",
        "id",
        "station",
        "outcome",
        "due_before",
        "due_text",
        "due",
        "decided",
        "asked",
        "time_text",
        "supports",
        "flags",
        "blocks",
        "alert_type",
        "destination",
        "location",
        "detail",
        "problem",
        "advice",
        "driver",
        "identity",
        "since",
        "name",
        "key",
        "kind",
        "library",
        "profile",
        "upload_problem",
        "options",
        "ticks",
        "cause",
        "url",
        "device",
        "port",
        "codepage",
        "archive",
        "part",
        "parts",
    }
)
"""Texts of the station itself, wherever a field is called so."""
WORDS_NAMES: Final = frozenset(
    {
        "title",
        "message",
        "reason",
        "said",
        "by",
        "to",
        "initials",
        "forced",
        "forced_reason",
        "mode_reason",
        "sealed",
        "twin",
    }
)
TABLE: Final[Mapping[tuple[str, str], Treat]] = {
    ("LoanAnswer", "item"): Treat.CODE,
    ("LoanAnswer", "patron"): Treat.CODE,
    ("CheckinAnswer", "item"): Treat.CODE,
    ("CardOrItem", "code"): Treat.CODE,
    ("Unmatched", "code"): Treat.CODE,
    ("Backlog", "numbers"): Treat.CODE,
    ("Saving", "numbers"): Treat.CODE,
    ("Rescued", "keys"): Treat.WORDS,
    ("Scanned", "code"): Treat.CODE,
    ("ScanInject", "code"): Treat.CODE,
    ("LastScan", "code"): Treat.CODE,
    ("SheetAdd", "item"): Treat.CODE,
    ("SheetAdd", "patron"): Treat.CODE,
    ("PatronRegister", "categories"): Treat.WORDS,
    ("RegistrationTick", "item"): Treat.KEEP,
    ("State", "drafts"): Treat.SECRET,
    ("State", "today"): Treat.KEEP,
    ("StaffCodeChecked", "drafts"): Treat.SECRET,
    ("Seen", "reason"): Treat.KEEP,
    ("AddNote", "content"): Treat.BY_FIELD,
    ("Line", "reason"): Treat.KEEP,
    ("Mode", "reason"): Treat.KEEP,
    ("Entry", "answer"): Treat.BY_FIELD,
    ("AddRow", "answer"): Treat.BY_FIELD,
    ("Look", "heard"): Treat.BY_FIELD,
    ("Current", "said"): Treat.BY_FIELD,
    ("Message", "params"): Treat.PARAMS,
    ("State", "last_scans"): Treat.KEEP,
}
FREE_FIELDS: Final = frozenset({"AE", "AF", "AG", "AJ", "BD", "BE", "BF", "message", "title", "by", "sealed", "twin"})
PLAIN: Final = (str, int, float, bytes, Enum, dt.date, dt.time, type(None))
TAILS: Final = frozenset({"card", "other"})
"""Parameters that are a card's last digits."""
CODE_FIELDS: Final = frozenset({"AA", "AB", "item", "patron"})


def treatment(owner: str, name: str, annotation: object) -> Treat | None:
    """Return what becomes of the texts of a field; None: nobody has decided."""
    if (owner, name) in TABLE:
        return TABLE[owner, name]
    held = _leaves(annotation)
    if PatronBarcode in held or ItemBarcode in held:
        return Treat.CODE
    if Secret in held:
        return Treat.SECRET
    if owner.endswith("Settings"):
        return Treat.CODE if name == "probe_patron" else Treat.KEEP
    if str not in held:
        return Treat.KEEP
    return Treat.KEEP if name in KEPT_NAMES else Treat.WORDS if name in WORDS_NAMES else None


def _leaves(annotation: object) -> set[object]:
    inner = typing.get_args(annotation)
    return set().union(*map(_leaves, inner)) if inner else {annotation}


@cache
def _plan(kind: type) -> tuple[tuple[str, Treat], ...]:
    """Return the fields that have to be looked at, and what becomes of their texts."""
    hints = typing.get_type_hints(kind)
    rows = ((each.name, treatment(kind.__name__, each.name, hints[each.name]) or Treat.WORDS) for each in fields(kind))
    return tuple((name, treat) for name, treat in rows if treat is not Treat.KEEP or not _all_plain(hints[name]))


def _all_plain(annotation: object) -> bool:
    """Tell whether nothing in such a field can hold anything else: kept, it stays the very same."""
    leaves = {getattr(leaf, "__supertype__", leaf) for leaf in _leaves(annotation)}
    return all(isinstance(leaf, type) and issubclass(leaf, PLAIN) for leaf in leaves)


class Hiding:
    """Hides by a table, one way for all that a station remembers; numbers keep the same stand-in."""

    def __init__(self, stand_ins: StandIns) -> None:
        self._stand_ins: Final = stand_ins
        self._settings: Final = stand_ins.settings
        self._blocks: BlockList | None = None
        self._listed: Final[dict[str, BlockReason]] = {}
        self._own: Final[Mapping[type, Callable[[Any], Any]]] = {
            c.SessionInput: lambda call: self.typed(call, pin=True),
            c.PatronRegister: lambda call: replace(
                c.PatronRegister(Secret(self._code(call.card)), HIDDEN, HIDDEN, ""), sure=call.sure
            ),
            BlockList: self._met,
        }

    def __call__(self, value: Any) -> Any:  # noqa: ANN401 # whatever is in a state
        """Return the same without what is somebody's; what holds nothing of the kind is the same object."""
        return self._hide(value, Treat.KEEP)

    def typed(self, call: c.SessionInput, *, pin: bool) -> c.SessionInput:
        """Return a typed code; `pin`: it may be one, then of what is no code of ours nothing stays."""
        meant = recognise(call.code, self._settings, typed=True)
        if isinstance(meant, IsNothing) and pin and call.as_ is None:
            return replace(call, code=HIDDEN)
        return replace(call, code=Secret(self._code(call.code, typed=True)))

    def form(self, call: c.PatronRegister, settings: RegistrationSettings, today: dt.date) -> c.PatronRegister:
        """Return a registration that the rules find as good or as wrong, and that is nobody's, not even in length."""
        found = form.filled(call, settings, today)
        minor = isinstance(found, form.Form) and (
            form.age(dt.date.fromisoformat(found.content["birth_date"]), today) < settings.minor_age
        )
        born = dt.date(today.year - (1 if minor else settings.minor_age + 1), 1, 1)
        other = c.PatronRegister(
            Secret(self._code(call.card)),
            Secret("x"),
            Secret(born.isoformat()),
            _offered(call.language, settings.languages),
            library=_offered(call.library, settings.libraries),
            profile=_offered(call.profile, settings.profiles),
            first=_there(call.first, "x"),
            address=_there(call.address, "x"),
            email=_there(call.email, "x@example.org"),
            phone=_there(call.phone, "55555"),
            ticks=call.ticks,
            sure=call.sure,
        )
        return replace(other, **WRONG.get(found.field, {})) if isinstance(found, Wrong) else other

    def written(self, value: Any) -> Any:  # noqa: ANN401
        """Return the same with a block list, if it holds one, that lists the stand-ins of the cards that were seen."""
        if isinstance(value, BlockList):
            rows = sorted((digest(TRACED_BLOCKS, card), why) for card, why in self._listed.items())
            return BlockList(
                TRACED_BLOCKS,
                b"".join(row[0][:DIGEST] for row in rows),
                bytes(REASONS.index(row[1]) for row in rows),
                value.made_wall_s,
            )
        blocks = getattr(value, "blocks", None)
        return replace(value, blocks=self.written(blocks)) if isinstance(blocks, BlockList) else value

    def _met(self, blocks: BlockList) -> BlockList:
        """Remember by which list cards are listed from now on; nothing of it stays but its age."""
        self._blocks = blocks
        return BlockList(TRACED_BLOCKS, b"", b"", blocks.made_wall_s)

    def _code(self, code: str, *, typed: bool = False) -> str:
        if not code:
            return code
        if self._blocks is None and (known := self._stand_ins.seen(code)) is not None:
            # Most have been seen before: what waits, what is uploaded, what is on a list.
            return known
        meant = recognise(code, self._settings, typed=typed)
        if isinstance(meant, IsCommand) and meant.command in DIGITS:
            return ZERO
        other = self._stand_ins.of(code, typed=typed)
        card = meant.card if isinstance(meant, IsCard) else meant.code if isinstance(meant, IsEither) else None
        why = reason(self._blocks, PatronBarcode(card)) if card is not None else None
        if why is not None:
            self._listed[other] = why
        return other

    def _hide(self, value: Any, treat: Treat) -> Any:  # noqa: ANN401 # a row a kind of value
        if value is None or isinstance(value, int | float | Enum):
            return value
        if isinstance(value, str):
            return self._text(value, treat)
        if isinstance(value, tuple):
            hidden = tuple(self._hide(each, treat) for each in value)
            return value if all(one is two for one, two in zip(hidden, value, strict=True)) else hidden
        if is_dataclass(value):
            own = self._own.get(type(value))
            return own(value) if own is not None else self._fields(value)
        if isinstance(value, frozenset):
            return frozenset(self._hide(each, treat) for each in value)
        if isinstance(value, Mapping):
            return {self._key(key, treat): self._in_field(key, each, treat) for key, each in value.items()}
        return value

    def _fields(self, value: Any) -> Any:  # noqa: ANN401
        changed = {}
        for name, treat in _plan(type(value)):  # type: ignore[arg-type] # mypy: a type is no Hashable to a cache
            before = getattr(value, name)
            after = self._hide(before, treat)
            if after is not before:
                changed[name] = after
        if not changed:
            return value
        return replace(value, **changed) if hasattr(value, "__post_init__") else copied(value, **changed)

    def _key(self, key: Any, treat: Treat) -> Any:  # noqa: ANN401
        return self._text(key, treat) if treat is Treat.CODE and isinstance(key, str) else key

    def _in_field(self, key: object, value: Any, treat: Treat) -> Any:  # noqa: ANN401
        if treat is Treat.PARAMS and key in TAILS:
            return self._stand_ins.tail(value)
        if treat is Treat.BY_FIELD:
            treat = Treat.WORDS if key in FREE_FIELDS else Treat.CODE if key in CODE_FIELDS else Treat.PARAMS
        return self._hide(value, treat)

    def _text(self, text: str, treat: Treat) -> str:
        match treat:
            case Treat.CODE:
                return type(text)(self._code(text))
            case Treat.WORDS:
                return self._stand_ins.words(text)
            case Treat.SECRET:
                return HIDDEN if text else text
            case Treat.PARAMS | Treat.BY_FIELD:
                known = self._stand_ins.seen(text)
                ours = not isinstance(recognise(text, self._settings, typed=False), IsNothing)
                return known if known is not None else self._code(text) if ours else text
            case Treat.KEEP:
                return text


def _there(text: Secret, instead: str) -> Secret:
    """Return something where something was, since the rules note which fields were left empty."""
    return Secret(instead if text.strip() else "")


def _offered(text: str, offered: Collection[str]) -> str:
    """Return a choice of the form; words that it does not offer are somebody's."""
    return text if text in offered or not text.strip() else "x"


WRONG: Final[Mapping[str, Mapping[str, Any]]] = {
    "last": {"last": Secret("")},
    "language": {"language": ""},
    "birth_date": {"birth_date": Secret("x")},
    "categories": {"categories": ("x",)},
    "address": {"address": Secret("x\n" * 7)},
    "email": {"email": Secret("x")},
    "phone": {"phone": Secret("x")},
}
"""What makes a form wrong in that field; library, profile and ticks stay as they were sent."""
