"""A door of the library system's own that errs while the line beside it answers."""

import pytest

from kioskd.model.entry import EntryState
from kioskd.model.ils import AskCheckout, AskItem, AskPatron, NoAnswer
from kioskd.model.settings import DoorSettings, Secret
from tests.rules.outage import comes_back, fates, recorded
from tests.rules.station import ANNA, BEN, BOOK, FILM, Station

AN_HOUR_S = 3600.0


def looks(station: Station) -> int:
    return sum(isinstance(question, AskPatron | AskItem) for question in station.library.heard)


def test_one_that_errs_at_once_is_tried_after_longer_and_longer_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    station = recorded((ANNA, BOOK), (BEN, FILM), ils={"profile": "koha"}, begun=True)
    door = DoorSettings(url="https://koha.example", user="kiosk", password=Secret("x"), branch="MAIN")
    object.__setattr__(station.state.settings, "door", door)
    whole = station._answer
    tried: list[float] = []

    def answer() -> None:
        ask = station.line.current
        assert ask is not None
        if isinstance(ask.question, AskCheckout):
            tried.append(station.mono_s)
            assert len(tried) < 150, "all the time"
            station.line.current = None
            station._unanswered(ask, NoAnswer.DOOR_LOST)
        else:
            whole()

    monkeypatch.setattr(station, "_answer", answer)
    before = looks(station)
    comes_back(station, AN_HOUR_S)
    assert len(tried) > 20, "it is tried on and on"
    assert looks(station) - before < 4 * len(tried) + 20
    monkeypatch.undo()
    station.advance(300)
    assert fates(station) == [(EntryState.SETTLED, "lent")] * 2
    assert sorted(station.lent()) == [(ANNA, BOOK), (BEN, FILM)]
