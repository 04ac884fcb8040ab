"""Who and what the simulated library has: the demonstration catalogue, or one from a file.

The first rows are characters of a play, each for one case of the desk; the rest are ordinary.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from hardware_sim.errors import UsageError

from .codes import ITEM_PREFIX, PATRON_PREFIX, code14
from .policy import Policy


class Patron(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A card. `blocked` is empty or the words of the block; `expires` is YYYY-MM-DD or empty; `lost`: the card is."""

    barcode: str
    name: str
    profile: str = "adult"
    pin: str = ""
    blocked: str = ""
    expires: str = ""
    lost: bool = False
    fines: str = ""
    note: str = ""


class Item(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A book, film or magazine. `held_for` is the barcode of the patron for whom it waits, or empty."""

    barcode: str
    title: str
    kind: str = "book"
    held_for: str = ""
    renewable: bool = True
    note: str = ""


class FirstLoan(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A loan that exists when the doors open; `days_ago` is when it was made."""

    patron: str
    item: str
    days_ago: int = 3


class Catalog(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Patrons, items, the loans that exist at the start, and the rules of lending."""

    patrons: list[Patron]
    items: list[Item]
    loans: list[FirstLoan] = msgspec.field(default_factory=list)
    policy: Policy = msgspec.field(default_factory=Policy)


# name, profile, further fields; the n-th row has the n-th patron number
_PATRONS: Final[Sequence[tuple[str, dict[str, str]]]] = (
    ("Ada Brandt", {"note": "an ordinary card"}),
    ("Bảo Nguyễn", {"note": "an ordinary card"}),
    ("Carla Ortiz", {"blocked": "Card blocked: please see staff", "note": "blocked"}),
    ("Dmitri Sokolov", {"expires": "2020-06-30", "note": "expired"}),
    ("Erin Walsh", {"pin": "4711", "note": "has a PIN: 4711"}),
    ("Farid Haddad", {"note": "has Don Quijote on loan"}),
    ("Grace Liu", {"profile": "child", "note": "a child's card: five items at most"}),
    ("Hanna Lind", {"fines": "3.50", "note": "owes 3.50, may borrow"}),
    ("王小明", {"note": "an ordinary card"}),
    ("Zoë Čapek", {"profile": "staff", "note": "a colleague: long loans"}),
)
_ITEMS: Final[Sequence[tuple[str, str, dict[str, object]]]] = (
    ("Pride and Prejudice", "book", {}),
    ("Moby-Dick; or, The Whale", "book", {}),
    ("Frankenstein", "book", {}),
    ("Metropolis", "dvd", {"note": "a film: seven days"}),
    ("Don Quijote de la Mancha", "book", {"note": "on loan to somebody else"}),
    ("Война и мир", "book", {"note": "waits for another patron"}),
    ("The Oxford Atlas", "reference", {"note": "not for loan"}),
    ("Nosferatu", "dvd", {"renewable": False, "note": "seven days, no renewal"}),
    ("紅樓夢", "book", {}),
    ("Truyện Kiều", "book", {}),
    ("The Garden Monthly, June", "magazine", {"note": "a magazine: fourteen days"}),
    ("Alice's Adventures in Wonderland", "book", {}),
    ("The Time Machine", "book", {}),
    ("Little Women", "book", {}),
    ("The Call of the Wild", "book", {}),
    ("Jane Eyre", "book", {}),
)


def demonstration(*, patrons: int = 20, items: int = 60) -> Catalog:
    """Return the demonstration catalogue, filled up with plain rows to at least the given sizes."""
    cards = [code14(PATRON_PREFIX, n) for n in range(1, max(patrons, len(_PATRONS)) + 1)]
    books = [code14(ITEM_PREFIX, n) for n in range(1, max(items, len(_ITEMS)) + 1)]
    people = [
        msgspec.convert({"barcode": card, "name": name, **more}, Patron)
        for card, (name, more) in zip(cards, _PATRONS, strict=False)
    ]
    people += [
        Patron(barcode=card, name=f"Reader {n}")
        for n, card in enumerate(cards[len(_PATRONS) :], start=len(_PATRONS) + 1)
    ]
    shelf = [
        msgspec.convert({"barcode": book, "title": title, "kind": kind, **more}, Item)
        for book, (title, kind, more) in zip(books, _ITEMS, strict=False)
    ]
    shelf += [
        Item(barcode=book, title=f"Collected Works, volume {n}")
        for n, book in enumerate(books[len(_ITEMS) :], start=len(_ITEMS) + 1)
    ]
    shelf[5].held_for = cards[1]
    return Catalog(patrons=people, items=shelf, loans=[FirstLoan(patron=cards[5], item=books[4])])


def from_file(path: Path) -> Catalog:
    """Read a catalogue from a JSON file. Raises UsageError, with the place in the file, if it is none."""
    try:
        catalog = msgspec.json.decode(path.read_bytes(), type=Catalog)
    except OSError as wrong:
        raise UsageError(f"--catalog {path}: {wrong.strerror}") from wrong
    except msgspec.MsgspecError as wrong:
        raise UsageError(f"--catalog {path}: {wrong}") from wrong
    cards = {patron.barcode for patron in catalog.patrons}
    books = {item.barcode for item in catalog.items}
    for loan in catalog.loans:
        if loan.patron not in cards or loan.item not in books:
            raise UsageError(f"--catalog {path}: the loan of {loan.item} to {loan.patron} names an unknown one")
    return catalog
