"""The block list: who is on it asks staff while the library system is away."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kioskd.daemon.block_list import read_block_list
from kioskd.model import effects as e
from kioskd.model.barcode import PatronBarcode
from kioskd.model.blocks import LETTERS, BlockList, BlockReason
from kioskd.model.downtime import BlocksView
from kioskd.model.settings import StationKind
from kioskd.rules.listed import reason
from tests.rules.library import Book, Library, Patron
from tests.rules.station import ANNA, BEN, BOOK, NOON, Station
from tests.rules.station import settings as made


def listing(tmp_path: Path, text: str, days: float = 1) -> BlockList:
    path = tmp_path / "list.txt"
    path.write_text(text)
    os.utime(path, (NOON - days * 86_400, NOON - days * 86_400))
    found = read_block_list(path).blocks
    assert found is not None
    return found


def station(blocks: BlockList | None, kind: StationKind = StationKind.SELF) -> Station:
    config = made(kind, offline={"block_list": Path("list.txt")})
    library = Library({ANNA: Patron(), BEN: Patron()}, {BOOK: Book()})
    return Station(config=config, library=library, blocks=blocks).start()


def test_a_listed_card_is_sent_to_the_desk_and_others_borrow(tmp_path: Path) -> None:
    away = station(listing(tmp_path, f"{ANNA} B\n")).offline()
    view = away.scan(ANNA)
    assert (view.screen, view.message.key if view.message else None) == ("idle", "card_blocked")
    assert away.scan(BEN).screen == "items"


def test_online_the_library_system_decides(tmp_path: Path) -> None:
    online = station(listing(tmp_path, f"{ANNA} B\n"))
    online.advance(10)
    assert online.scan(ANNA).screen == "items"


@pytest.mark.parametrize("yes", [True, False])
def test_staff_allow_or_reject_and_the_log_keeps_who(tmp_path: Path, yes: bool) -> None:
    away = station(listing(tmp_path, f"{ANNA} L\n")).offline()
    away.unlock()
    view = away.scan(ANNA)
    assert (view.screen, view.message.key if view.message else None) == ("confirm", "listed_lost")
    view = away.confirm(yes=yes)
    logged = [effect for effect in away.effects if isinstance(effect, e.Log) and effect.event.startswith("listed_card")]
    assert [(each.event, each.fields["by"], each.fields["card"]) for each in logged] == [
        ("listed_card_allowed" if yes else "listed_card_rejected", "AB", "…8653")
    ]
    if yes:
        assert [line.result for line in away.scan(BOOK).items] == ["recorded"]
        assert away.entries[0].what.patron == ANNA
    else:
        away.scan(BOOK)
        assert not away.entries


def test_nothing_is_lent_before_staff_have_decided(tmp_path: Path) -> None:
    away = station(listing(tmp_path, f"{ANNA} D\n")).offline()
    away.unlock()
    away.scan(ANNA)
    away.scan(BOOK)
    assert not away.entries


@pytest.mark.parametrize(("letter", "asks"), [("L", True), ("E", False), ("B", False), ("D", False)])
def test_an_old_list_stops_nobody_but_a_lost_card(tmp_path: Path, letter: str, asks: bool) -> None:
    away = station(listing(tmp_path, f"{ANNA} {letter}\n", days=8)).offline()
    assert (away.scan(ANNA).screen == "idle") is asks
    warned = [effect.event for effect in away.effects if isinstance(effect, e.Log)]
    assert "block_list_old" in warned


def test_a_card_that_was_being_looked_up_when_the_line_went_is_on_the_list_too(tmp_path: Path) -> None:
    online = station(listing(tmp_path, f"{ANNA}\n"))
    online.advance(10)
    online.library_waits = True
    online.scan(ANNA)
    online.outage()
    online.advance(30)
    assert online.view.screen == "idle"


def test_it_is_read_at_the_start_and_at_each_outage(tmp_path: Path) -> None:
    away = station(listing(tmp_path, ANNA))
    away.advance(10)
    read = sum(isinstance(effect, e.ReadBlockList) for effect in away.effects)
    assert read >= 1
    away.outage()
    away.advance(120)
    assert sum(isinstance(effect, e.ReadBlockList) for effect in away.effects) == read + 1


def test_one_that_cannot_be_read_is_told_and_stops_nobody() -> None:
    away = station(None).offline()
    assert away.scan(ANNA).screen == "items"
    assert "block_list_unread" in [effect.event for effect in away.effects if isinstance(effect, e.Log)]


def test_lines_are_read_as_evergreen_writes_them(tmp_path: Path) -> None:
    blocks = listing(tmp_path, f"{ANNA} L\r\n{ANNA} E\n\n{BEN}\nODD CARD D\n 42 \n")
    read = {card: reason(blocks, PatronBarcode(card)) for card in (ANNA, BEN, "ODD CARD", "42", "43")}
    assert read == {
        ANNA: BlockReason.LOST,
        BEN: BlockReason.UNSAID,
        "ODD CARD": BlockReason.BLOCKED,
        "42": BlockReason.UNSAID,
        "43": None,
    }
    assert ANNA not in repr(blocks)
    assert ANNA.encode() not in blocks.digests


def test_no_file_says_so(tmp_path: Path) -> None:
    read = read_block_list(tmp_path / "none")
    assert read.blocks is None
    assert read.problem.endswith("No such file or directory")


@settings(max_examples=30)
@given(cards=st.dictionaries(st.from_regex(r"[0-9]{1,14}", fullmatch=True), st.sampled_from("LEBD"), max_size=40))
def test_every_card_of_any_list_is_found_and_no_other(
    cards: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    blocks = listing(tmp_path_factory.mktemp("list"), "".join(f"{card} {letter}\n" for card, letter in cards.items()))
    found = {card: reason(blocks, PatronBarcode(card)) for card in cards}
    assert found == {card: LETTERS[letter] for card, letter in cards.items()}
    assert reason(blocks, PatronBarcode("x")) is None


def test_its_size_and_age_stand_on_the_board(tmp_path: Path) -> None:
    """On the next day it is a day older, without anybody doing anything; past `block_list_days` that is a warning."""
    away = station(listing(tmp_path, f"{ANNA} B\n{BEN}\n", days=6.9), StationKind.STAFF).offline()
    away.scan(BEN)
    away.scan(BOOK)
    away.finish()
    board = away.view.downtime
    assert board is not None
    assert board.blocks == BlocksView(cards=2, days=6, old=False)
    away.advance(86_400)
    board = away.view.downtime
    assert board is not None
    assert board.blocks == BlocksView(cards=2, days=7, old=True)
    without = station(None, StationKind.STAFF).offline()
    assert without.view.downtime is not None
    assert without.view.downtime.blocks is None
