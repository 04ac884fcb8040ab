"""Whatever comes, in whatever order: what must always hold does, and every call is answered once."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kioskd.model import calls as c
from kioskd.model.entry import StorageProblem
from kioskd.model.inputs import ScanLost
from kioskd.model.settings import Secret, StationKind
from kioskd.model.slip import SlipFate, SlipKind
from kioskd.model.view import Flow
from tests.rules import invariants
from tests.rules.library import Book
from tests.rules.station import ANNA, BEN, BOOK, CLEO, DISC, FILM, Station, town

PIN = "PIN-739154"
CODE = "2468"
WRONG_CODE = "CODE-13579"
LICENCE = "@\nANSI 6360DOE\nJANE 12 ELM ST"

Action = Callable[[Station], Any]


def call(made: c.Call, role: c.Role = c.Role.SCREEN) -> Action:
    return lambda station: station.call(made, role)


def has_loans(station: Station) -> None:
    """The patron at the station has borrowed elsewhere."""
    for n, item in enumerate(("31168000099990", "31168000099991", "31168000099992")):
        due = dt.date(2026, 11, 26 + n)
        station.library.books[item] = Book(ANNA, due, title=f"Title {n}", renewable=n != 1)


CODES = [ANNA, BEN, CLEO, BOOK, FILM, DISC, BOOK[:-3], "9780306406157", LICENCE, "29999999999999", "39999999999999"]
ACTIONS: dict[str, Action] = {
    **{f"scan {code[:14]!r}": lambda station, code=code: station.scan(code) for code in CODES},
    **{f"type {code[:14]!r}": lambda station, code=code: station.enter(code) for code in (ANNA, BOOK, PIN)},
    **{
        f"KIOSK{n:02}": lambda station, n=n: station.scan(f"KIOSK{n:02}")
        for n in (1, 2, 3, 6, 7, 8, 9, 11, 13, 14, 40, 41, 42, 44, 47, 52, 54, 56, 58, 60, 61, 62, 99)
    },
    "yes": call(c.SessionConfirm(yes=True)),
    "no": call(c.SessionConfirm(yes=False)),
    "renew": call(c.SessionStart(Flow.RENEW)),
    "checkout": call(c.SessionStart(Flow.CHECKOUT)),
    "finish": call(c.SessionFinish()),
    "finish with paper": call(c.SessionFinish((SlipKind.RECEIPT, SlipKind.BOOKMARK))),
    "show finish": call(c.SessionShow(c.ShowScreen.FINISH)),
    "show items": call(c.SessionShow(c.ShowScreen.ITEMS)),
    "show help": call(c.SessionShow(c.ShowScreen.HELP)),
    "show due date": call(c.SessionShow(c.ShowScreen.DUE_DATE), c.Role.STAFF),
    "cancel": call(c.SessionCancel()),
    "more time": call(c.SessionMoreTime()),
    "next patron": call(c.SessionNextPatron()),
    "due date": call(c.SessionDueDate(dt.date(2027, 1, 5)), c.Role.STAFF),
    "due date session": call(c.SessionDueDate(dt.date(2027, 1, 6), c.DueDateScope.SESSION), c.Role.STAFF),
    "my loans": call(c.SessionLoans()),
    "renew all": call(c.SessionRenewAll()),
    "has loans": has_loans,
    "tells half": lambda station: setattr(station.library, "renews_all", False),
    "knows no 65": lambda station: setattr(station.library, "supports", "Y" * 15 + "N"),
    "late tap": call(c.SessionCancel(session="another")),
    "withdraw 1": call(c.SessionWithdraw(1)),
    "withdraw 2": call(c.SessionWithdraw(2)),
    "unlock": call(c.StaffUnlock(Secret(CODE))),
    "unlock wrongly": call(c.StaffUnlock(Secret(WRONG_CODE))),
    "lock": call(c.StaffLock()),
    "force": call(c.ModeSet(c.ModeWish.OFFLINE, "halt"), c.Role.STAFF),
    "auto": call(c.ModeSet(c.ModeWish.AUTO), c.Role.STAFF),
    "check in": call(c.ItemCheckin(BOOK), c.Role.STAFF),  # type: ignore[arg-type]
    "rfid": call(c.RfidRead(), c.Role.STAFF),
    "upload": call(c.UploadStart(), c.Role.STAFF),
    "summary": call(c.JournalSummary(), c.Role.STAFF),
    "take back 1": call(c.JournalWithdraw(1, "left"), c.Role.STAFF),  # type: ignore[arg-type]
    "take back 2": call(c.JournalWithdraw(2, "left"), c.Role.STAFF),  # type: ignore[arg-type]
    "hand over": call(c.JournalHandOver((1, 2), "koc"), c.Role.STAFF),  # type: ignore[arg-type]
    "as item": lambda station: station.enter("ODD-1", c.CodeAs.ITEM, c.Role.STAFF),
    "as card": lambda station: station.enter("ODD-2", c.CodeAs.PATRON, c.Role.STAFF),
    "inject": call(c.ScanInject(Secret(DISC)), c.Role.TECHNICIAN),
    "scan lost": lambda station: station.tell(ScanLost("front")),
    "1 s": lambda station: station.advance(1),
    "16 s": lambda station: station.advance(16),
    "61 s": lambda station: station.advance(61),
    "10 min": lambda station: station.advance(600),
    "outage": lambda station: station.outage(),
    "hang": lambda station: setattr(station, "hangs", True),
    "back": lambda station: station.back(),
    "die before": lambda station: station.dies.append("before"),
    "die after": lambda station: station.dies.append("after"),
    "disk full": lambda station: setattr(station.journal, "problem", StorageProblem.FULL),
    "disk well": lambda station: setattr(station.journal, "problem", None),
    "journal waits": lambda station: setattr(station, "journal_waits", True),
    "journal answers": lambda station: station.save() if station.journal.asked else None,
    "library waits": lambda station: setattr(station, "library_waits", True),
    "library answers": lambda station: station.answer() if station.line.current else None,
    "codes wait": lambda station: setattr(station, "codes_wait", True),
    "code checked": lambda station: station.check_code() if station.checks else None,
    "printer waits": lambda station: setattr(station, "printer_waits", True),
    "slip breaks": lambda station: station.slip(SlipFate.BROKEN) if station.printing else None,
}


names = st.sampled_from(sorted(ACTIONS))


def let_go(station: Station) -> None:
    """Everything works again, and every room answers what it was asked."""
    station.back()
    station.dies.clear()
    station.journal.problem = None
    station.journal_waits = station.library_waits = station.codes_wait = station.printer_waits = False
    station.tell(ScanLost("front"))
    station.advance(30)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(names, max_size=40), st.sampled_from(list(StationKind)), st.booleans(), st.booleans())
def test_a_station_keeps_its_word(moves: list[str], kind: StationKind, pin: bool, without_confirm: bool) -> None:
    station = town(
        kind=kind, ils={"ask_pin": pin}, session={"confirm_after_s": 0.0} if without_confirm else {}
    ).with_printer()
    for move in moves:
        ACTIONS[move](station)
        invariants.choices_are_honest(station)
    let_go(station)
    invariants.nothing_owed(station)
    invariants.secret_nowhere(station, PIN, WRONG_CODE, LICENCE, "JANE")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(names, max_size=40))
def test_recovery_ends_and_each_loan_is_made_once(moves: list[str]) -> None:
    station = town().with_printer()
    for move in moves:
        if move not in ("check in", "hand over", "force"):
            ACTIONS[move](station)
    let_go(station)
    station.call(c.ModeSet(c.ModeWish.AUTO), c.Role.STAFF)
    # A refusal without a reason is believed after a quarter of an hour.
    station.advance(1800)
    invariants.all_settled(station)
