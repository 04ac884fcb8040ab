"""Whether a refusal is believed: a library system that refuses everything is not itself, whatever it says about why.

No refusal becomes an exception before the run is believed; until then its entry stays unsent, and what it would have
become is held here. Refusals in a row of different patrons and items, or more than half of the first entries, stop the
upload as `ils_suspect`; after a wait the rest goes first, and what was refused is looked up and tried again. A lone
refusal of what it knows only waits, while patrons are served. A power cut forgets what is held and loses nothing: the
entries stand as `sending` and are looked up.
"""

from dataclasses import replace
from typing import Final

from kioskd.model.entry import BEFORE_ALL, AddRow, Entry, Seq
from kioskd.model.ils import Answer, ItemAnswer, PatronAnswer
from kioskd.rules import mode
from kioskd.rules.changed import changed
from kioskd.rules.evidence import Card, Facts, Past, Shelf
from kioskd.rules.outcome import SETTLED, Outcome
from kioskd.rules.sending import Belief, Held
from kioskd.rules.turn import Turn

STREAK: Final = 5
FIRST: Final = 20
"""Of so many entries of a run, no more than half may be refused."""
TRIES_IF_EXPLAINED: Final = 2
TRIES_OF_FEW: Final = 5
TRIES_OF_MANY: Final = 8
"""So often an entry is refused before it is believed of a system that says yes to nobody: a quarter of an hour where
few are refused, three quarters where many are."""

EXPLAINED: Final = frozenset(
    {Outcome.PATRON_BLOCKED, Outcome.ON_LOAN_TO_ANOTHER, Outcome.LATER_ACTIVITY, Outcome.ON_HOLD}
)
"""Refusals for which a look shows a reason that no empty database makes up."""
UNKNOWN: Final = frozenset({Outcome.PATRON_NOT_FOUND, Outcome.ITEM_NOT_FOUND})
"""An empty database says so of everybody: who knows some card or item means it about the others."""


def is_refusal(what: Outcome, facts: Facts) -> bool:
    """Tell whether an outcome rests on a no of the library system."""
    knows_nothing = facts.card is Card.UNKNOWN and facts.shelf is Shelf.UNKNOWN
    if facts.past is Past.LOST and what is Outcome.UNSURE and knows_nothing:
        return True
    return (facts.past is Past.NO and what not in SETTLED) or what is Outcome.NOT_DONE


def hold(turn: Turn, entry: Entry, what: Outcome, row: AddRow) -> None:
    """Keep a refusal until it is believed."""
    belief = turn.state.upload.belief
    patron, item = entry.what.patron, entry.what.item
    # A renewal by the item alone names no patron: then the item has to do.
    others = all((patron is None or patron != one) and item != other for one, other in belief.streak)
    counted = belief.decided < FIRST
    _set(
        turn,
        decided=belief.decided + counted,
        refused=belief.refused + counted,
        streak=(*belief.streak, (patron, item)) if others else belief.streak,
        held=(*belief.held, Held(entry, row, what in EXPLAINED, what in UNKNOWN)),
        tries={**belief.tries, entry.seq: belief.tries.get(entry.seq, 0) + 1},
    )


def seen(turn: Turn, answer: Answer) -> None:
    """It knew a card or an item, or did not."""
    known = answer.valid if isinstance(answer, PatronAnswer) else isinstance(answer, ItemAnswer) and answer.known
    if known and not turn.state.upload.belief.knows:
        _set(turn, knows=True)


def refused_honestly(turn: Turn, seq: Seq) -> bool:
    """Tell whether an entry was answered no by a system that never did what it refused."""
    belief = turn.state.upload.belief
    return seq in belief.tries and not belief.lied


def lied(turn: Turn) -> None:
    """It has done what it refused."""
    if not turn.state.upload.belief.lied:
        _set(turn, lied=True)


def agreed(turn: Turn) -> None:
    """It said yes, or had done what it was asked: it is at its work."""
    belief = turn.state.upload.belief
    counted = belief.decided < FIRST
    mode.trusted(turn)
    if counted or belief.streak or not belief.vouched:
        _set(turn, decided=belief.decided + counted, streak=(), vouched=True)


def vouch(turn: Turn) -> None:
    """A patron's loan was answered with a yes: what waits for such a word goes on at once."""
    mode.trusted(turn)
    if not turn.state.upload.belief.vouched:
        _set(turn, vouched=True)
        if turn.state.upload.belief.tries:
            turn.set(upload=replace(turn.state.upload, start_mono_s=None))


def begin(belief: Belief) -> Belief:
    """Return what is left of a run's belief for the next one."""
    return Belief(
        tries=belief.tries,
        vouched=belief.vouched,
        knows=belief.knows,
        lied=belief.lied,
        suspicions=belief.suspicions,
    )


def judge(turn: Turn, *, at_end: bool) -> None:
    """Believe what is held, or suspect the library system; called after each refusal or yes, and at a run's end."""
    belief = turn.state.upload.belief
    if not belief.held:
        return
    many = len(belief.streak) >= STREAK or belief.refused > FIRST // 2
    few = not many and at_end and 2 * belief.refused > belief.decided
    if not (many or few or at_end):
        if belief.decided >= FIRST and not belief.streak:
            _believe(turn, belief.held)
        return
    _believe(turn, tuple(held for held in belief.held if not (many or few) or _sure(belief, held, many=many)))
    belief = turn.state.upload.belief
    if few and len(belief.streak) == 1 and not any(held.unknown for held in belief.held):
        _wait(turn)
    elif belief.held:
        _suspect(turn)
    else:
        mode.trusted(turn)


def _sure(belief: Belief, held: Held, *, many: bool) -> bool:
    tries = belief.tries.get(held.entry.seq, 0)
    good_reason = held.explained or belief.vouched or (held.unknown and belief.knows)
    if many:
        return tries >= TRIES_OF_MANY or (good_reason and tries >= TRIES_IF_EXPLAINED)
    return good_reason or tries >= TRIES_OF_FEW


def _believe(turn: Turn, believed: tuple[Held, ...]) -> None:
    """The system is itself, so these are exceptions."""
    if not believed:
        return
    belief, upload = turn.state.upload.belief, turn.state.upload
    seqs = {held.entry.seq for held in believed}
    items = dict(upload.held_items)
    for held in believed:
        turn.later(held.row)
        turn.log("info", "entry_exception", seq=held.entry.seq, outcome=held.row.outcome)
        if held.entry.what.item is not None:
            items[held.entry.what.item] = held.entry.seq
    turn.set(upload=replace(upload, held_items=items, done=upload.done + len(believed)))
    _set(
        turn,
        held=tuple(held for held in belief.held if held not in believed),
        tries={seq: tries for seq, tries in belief.tries.items() if seq not in seqs},
        streak=(),
        decided=0 if belief.decided < FIRST else FIRST,
        refused=0,
        suspicions=0,
    )


def _wait(turn: Turn) -> None:
    """One refusal proves nothing either way: look again later, and serve whoever comes meanwhile."""
    upload = turn.state.upload
    belief = upload.belief
    seqs = {held.entry.seq for held in belief.held}
    wait_s = mode.doubt_s(belief.suspicions)
    turn.log("info", "refusal_waits", refused=len(seqs), wait_s=round(wait_s))
    turn.set(
        upload=replace(
            upload,
            queue=(),
            ahead=(),
            ahead_read=False,
            at_end=False,
            fetched_to=BEFORE_ALL,
            last=upload.last | seqs,
            start_mono_s=turn.at.mono_s + wait_s,
            belief=replace(begin(belief), suspicions=belief.suspicions + 1),
        )
    )


def _suspect(turn: Turn) -> None:
    """Stop, tell staff, and let the rest go first the next time."""
    upload = turn.state.upload
    belief = upload.belief
    seqs = {held.entry.seq for held in belief.held}
    turn.set(upload=replace(upload, last=upload.last | seqs))
    _set(turn, vouched=False, suspicions=belief.suspicions + 1)
    mode.suspect(turn, belief.suspicions, refused=len(seqs))


def _set(turn: Turn, **changes: object) -> None:
    upload = turn.state.upload
    turn.set(upload=changed(upload, belief=changed(upload.belief, **changes)))
