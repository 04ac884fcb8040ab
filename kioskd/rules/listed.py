"""Cards on the block list: while the library system is away, staff decide about them."""

import hashlib
from typing import Final

from kioskd.model.barcode import PatronBarcode, masked
from kioskd.model.blocks import DIGEST, REASONS, BlockList, BlockReason
from kioskd.model.effects import ReadBlockList
from kioskd.model.entry import ModeName
from kioskd.model.inputs import BlockListRead
from kioskd.model.view import Tone
from kioskd.rules.session import ListedCard
from kioskd.rules.state import State
from kioskd.rules.turn import Turn

DAY_S: Final = 86_400.0


def digest(key: bytes, card: str) -> bytes:
    """Return a card's keyed hash."""
    return hashlib.blake2b(card.encode(), key=key, digest_size=DIGEST).digest()


def reason(blocks: BlockList | None, card: PatronBarcode) -> BlockReason | None:
    """Return why a card is listed; None: it is not."""
    if blocks is None:
        return None
    wanted = digest(blocks.key, card)
    low, high = 0, len(blocks)
    while low < high:
        middle = (low + high) // 2
        if blocks.digests[middle * DIGEST : (middle + 1) * DIGEST] < wanted:
            low = middle + 1
        else:
            high = middle
    found = blocks.digests[low * DIGEST : (low + 1) * DIGEST] == wanted
    return REASONS[blocks.reasons[low]] if found else None


def old(state: State, wall_s: float) -> bool:
    """Tell whether the list is so old that it only warns."""
    blocks = state.blocks
    days = state.settings.offline.block_list_days
    return blocks is not None and state.clock.trusted and wall_s - blocks.made_wall_s > days * DAY_S


def follow(turn: Turn, before: State) -> None:
    """Read the list at the start and at the beginning of each outage, which is when it matters."""
    if turn.state.settings.offline.block_list is None or not turn.state.instance:
        return
    begins = turn.state.mode.name is ModeName.OFFLINE and before.mode.name is not ModeName.OFFLINE
    if begins or not before.instance:
        turn.do(ReadBlockList())


def read(turn: Turn, event: BlockListRead) -> None:
    """The list is here; one that cannot be read leaves the one before."""
    if event.blocks is None:
        turn.log("warning", "block_list_unread", problem=event.problem)
        return
    turn.set(blocks=event.blocks)
    days = round((turn.at.wall_s - event.blocks.made_wall_s) / DAY_S, 1)
    if old(turn.state, turn.at.wall_s):
        turn.log("warning", "block_list_old", cards=len(event.blocks), days=days)
    else:
        turn.log("info", "block_list_read", cards=len(event.blocks), days=days)


def question(turn: Turn, card: PatronBarcode, *, unmatched: bool) -> ListedCard | None:
    """Return what staff are asked before this card borrows offline; None: nothing stands against it.

    An old list stops nobody, but for a lost card, which always asks.
    """
    why = reason(turn.state.blocks, card)
    if why is None:
        return None
    if why is not BlockReason.LOST and old(turn.state, turn.at.wall_s):
        turn.log("warning", "listed_card_lent", card=masked(card), reason=why.value)
        if turn.staffed:
            turn.say(why.value, Tone.WARN)
        return None
    return ListedCard(card, why, unmatched)
