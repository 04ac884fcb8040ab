"""What people were told, kept outside of the stations: by the screen, and on paper."""

from dataclasses import dataclass, field

from kioskd.model.view import LineResult, View

GOOD = frozenset({LineResult.CHECKED_OUT, LineResult.RENEWED, LineResult.RECORDED})


@dataclass
class Visitor:
    """Who stands before a station: the numbers that this person scanned or typed for a card, in order."""

    patron: int
    station: str
    came_s: float
    cards: list[str] = field(default_factory=list)
    entered: set[str] = field(default_factory=set)
    """Item numbers scanned or typed by this person."""
    took: set[str] = field(default_factory=set)
    left_s: float | None = None
    ids: set[str] = field(default_factory=set)
    """The sessions that are this person's."""


@dataclass
class Promise:
    """A line of a View that said: this is yours."""

    station: str
    session: str
    n: int
    item: str
    who: Visitor | None
    label: str
    at_s: float
    results: list[tuple[float, LineResult]]
    due: str | None = None

    @property
    def last(self) -> LineResult:
        return self.results[-1][1]

    @property
    def stands(self) -> bool:
        """Whether the person was never told that it was taken back."""
        return self.last in GOOD


@dataclass
class Ledger:
    """All promises and all slips. `wrong`: what was seen to be wrong on the spot."""

    promises: dict[tuple[str, str, int], Promise] = field(default_factory=dict)
    owners: dict[str, Visitor | None] = field(default_factory=dict)
    carded: set[str] = field(default_factory=set)
    """Visits in which a card was shown."""
    wrong: list[str] = field(default_factory=list)
    printed: int = 0
    views: int = 0

    def saw(self, station: str, view: View, present: Visitor | None, at_s: float) -> bool:
        """Take a View in; True if it promises something new."""
        self.views += 1
        new = False
        session = view.session
        if session is None:
            return False
        if session not in self.owners:
            self.owners[session] = present
            if present is not None:
                present.ids.add(session)
        owner = self.owners[session]
        if present is not None and present is not owner and session not in self.carded:
            # No card is in it yet: it is whose card comes.
            present.ids.add(session)
            owner = self.owners[session] = present
        if view.patron is not None:
            self.carded.add(session)
        if present is not None and owner is not None and present is not owner and present.patron == owner.patron:
            # Who left and came back within the minute goes on with the visit.
            present.ids.add(session)
            present.entered |= owner.entered
            present.took |= owner.took
            owner = self.owners[session] = present
        for line in view.items:
            key = (station, session, line.n)
            known = self.promises.get(key)
            if known is None:
                if line.result not in GOOD:
                    continue
                label = view.patron.label if view.patron is not None else ""
                self.promises[key] = Promise(
                    station, session, line.n, line.item, owner, label, at_s, [(at_s, line.result)], line.due
                )
                new = True
                if owner is not None:
                    owner.took.add(line.item)
                self._is_theirs(station, label, owner, line.item)
            elif known.last is not line.result:
                if known.item != line.item:
                    self.wrong.append(f"line {line.n} of a session changed from {known.item} to {line.item}")
                if line.result is LineResult.REFUSED or line.result is LineResult.CHECKING:
                    self.wrong.append(f"{line.item} was promised, and then {line.result}")
                known.results.append((at_s, line.result))
                if line.result is LineResult.WITHDRAWN and owner is not None:
                    owner.took.discard(line.item)
        return new

    def _is_theirs(self, station: str, label: str, owner: Visitor | None, item: str) -> None:
        if owner is None:
            self.wrong.append(f"{item} was promised at {station} while nobody was there")
            return
        if item not in owner.entered:
            self.wrong.append(f"{item} was promised to somebody who did not scan it")
        if label and not any(card.endswith(label[-4:]) for card in owner.cards):
            self.wrong.append(f"{item} was promised to the card {label}, which is not this person's")

    def on_paper(self, station: str, numbers: list[str], present: Visitor | None, last: Visitor | None) -> None:
        """Numbers came out of a printer: they are those of the person who stands there or has just left."""
        self.printed += 1
        who = present if present is not None and present.ids else last
        for number in numbers:
            if number.startswith("2"):
                self.wrong.append(f"a card's number was printed at {station}")
            elif who is None or number not in who.took:
                self.wrong.append(f"{number} was printed at {station} for the wrong person")
