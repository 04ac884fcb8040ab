"""Whatever is typed into a form of staff's: it is recorded as typed, or the field is named and nothing is recorded.

The registration form's own fields: `test_form.py`. What becomes a call at all: `kioskd.front.params`, here for the two
fields that are no texts.
"""

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kioskd.front.params import ALL_METHODS, BadParams
from kioskd.model import calls as c
from kioskd.model import downtime_calls as d
from kioskd.model import effects as e
from kioskd.model.choices import ResolveAction
from kioskd.model.downtime import DraftForm
from kioskd.model.entry import AddRow, EntryState, Kind
from kioskd.model.errors import CallError, ErrorKind
from kioskd.model.settings import Secret
from kioskd.rules.by_hand import KINDS
from kioskd.texts import MODULES
from tests.rules.station import ANNA, BOOK, Station
from tests.rules.test_by_hand import MORNING, STAFF, form, row
from tests.rules.test_downtime import UNSURE, made

FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ANY = st.text(st.characters(), max_size=40)
TEXT = st.text(max_size=40)
"""What JSON can say: half a surrogate pair is refused with its whole line (tests/front/test_rpc.py)."""
LIKELY = st.sampled_from(["", " ", "C", "r", "renewal", "x", ANNA, BOOK, ANNA[:9], f" {BOOK} ", "30000000000000"])
SHEET_TEXTS = ("kind", "item", "patron", "by")


@pytest.fixture(scope="module")
def station() -> Station:
    """One that checks its invariants elsewhere; each example leaves a row behind at most."""
    return Station(watch=False).start().offline()


def outcome(station: Station, call: c.Call) -> tuple[CallError | None, int]:
    """What was refused, if it was, and how many entries came."""
    before = len(station.entries)
    answer = station.asks(call, STAFF)
    return (answer.error if isinstance(answer, e.Fail) else None), len(station.entries) - before


def names_its_field(error: CallError, *fields: str) -> None:
    assert error.kind is ErrorKind.BAD_PARAMS
    assert error.more["field"] in fields
    assert str(error.more["text"]).strip()
    assert error.message.startswith(f"{error.more['field']}: ")


@pytest.mark.parametrize("field", SHEET_TEXTS)
@FEW
@given(text=ANY | LIKELY)
def test_any_text_of_a_sheets_row_is_kept_or_named(station: Station, field: str, text: str) -> None:
    """A twin of an earlier example is a doubt about the item; who is sure has it recorded."""
    error, came = outcome(station, row(**{field: Secret(text)}))
    if error is not None and error.more.get("sure"):
        names_its_field(error, field, "item")
        assert came == 0
        error, came = outcome(station, row(**{field: Secret(text)}, sure=True))
    if error is not None:
        # A checkout wants a card, and it is the card's field that lacks it.
        names_its_field(error, field, "patron")
        assert came == 0
        return
    assert came == 1
    what = station.entries[-1].what
    kept = {"kind": what.kind, "item": what.item, "patron": what.patron or "", "by": what.by or ""}[field]
    assert kept == (KINDS[text.strip().lower()] if field == "kind" else text.strip())


@FEW
@given(apart=st.timedeltas(dt.timedelta(days=-3000), dt.timedelta(days=3000)), due=st.none() | st.dates())
def test_any_time_and_due_date_of_a_sheets_row_are_kept_or_named(
    station: Station, apart: dt.timedelta, due: dt.date | None
) -> None:
    at = MORNING + apart
    error, came = outcome(station, row(at=at, due_date=due, sure=True))
    if error is not None:
        names_its_field(error, "at", "due_date")
        assert came == 0
    else:
        what = station.entries[-1].what
        assert (came, what.at_wall_s, what.due_date) == (1, at.timestamp(), due)


@pytest.mark.parametrize(
    ("method", "field"), [("sheet.add", "at"), ("sheet.add", "due_date"), ("downtime.review", "time")]
)
@FEW
@given(
    text=TEXT
    | st.dates().map(str)
    | st.datetimes().map(lambda at: f"{at.isoformat()}-08:00")
    | st.just("T09:30:00-08:00")
)
def test_any_text_for_a_day_or_a_time_is_one_or_the_field_is_named(method: str, field: str, text: str) -> None:
    """What the page sends for a day that was never completed is no call at all."""
    params = {"at": "2026-11-24T09:30:00-08:00", "kind": "C", "item": BOOK} if method == "sheet.add" else {}
    found = parsed(method, params | {field: text})
    if isinstance(found, BadParams):
        assert found.field == field
        assert str(found).startswith(f"{field}: expected ")
    else:
        assert isinstance(getattr(found, field), dt.date)


def parsed(method: str, params: dict[str, str]) -> object:
    try:
        return ALL_METHODS[method].parse(json.dumps(params).encode())
    except BadParams as wrong:
        return wrong


@FEW
@given(card=ANY | LIKELY)
def test_any_card_of_a_registration_is_kept_or_named(station: Station, card: str) -> None:
    error, came = outcome(station, form(card=Secret(card), sure=True))
    if error is not None:
        names_its_field(error, "card")
        assert came == 0
    else:
        what = station.entries[-1].what
        assert (came, what.kind, what.patron) == (1, Kind.REGISTRATION, card.strip())


@FEW
@given(items=st.integers(0, 2**53 - 1) | st.integers(0, 2100), crate=st.integers(0, 9))
def test_any_count_of_a_crate_is_kept_or_named(items: int, crate: int) -> None:
    error, _ = outcome(desk := OUT, d.CrateCount(items, crate, "KM"))
    crates = {each.crate: each.items for each in desk.view.downtime.crates}
    if error is not None:
        names_its_field(error, "items", "crate")
        assert items > 2000 or crate not in crates
    else:
        assert crates[crate or max(crates)] == items


@FEW
@given(reason=ANY, by=ANY)
def test_whoever_drops_an_exception_says_why_and_who_they_are(reason: str, by: str) -> None:
    seq = with_an_exception(OUT)
    error, _ = outcome(OUT, c.ExceptionsResolve(seq, ResolveAction.DROP, Secret(reason), by))
    (entry,) = [each for each in OUT.entries if each.seq == seq]
    if error is not None:
        names_its_field(error, "reason", "by")
        assert not (reason.strip() and by.strip())
        assert entry.state is EntryState.EXCEPTION
    else:
        assert (entry.state, entry.reason) == (EntryState.RESOLVED, reason.strip())


OUT = made(clock=UNSURE).offline()
"""A staff station in an outage, whose clock nobody vouches for."""


def with_an_exception(station: Station) -> Any:
    """A row of the sheet that was left to a person."""
    answer = station.asks(row(sure=True), STAFF)
    assert isinstance(answer, e.Reply), answer
    entry = station.entries[-1]
    left = AddRow(entry.seq, EntryState.EXCEPTION, station.wall_s, "on_hold")
    station.journal.entries[entry.seq] = replace(entry, state=left.state, outcome=left.outcome)
    return entry.seq


BAD: dict[str, tuple[c.Call, str]] = {
    "birth date": (form(birth_date=Secret("13/13/1990")), "birth_date"),
    "no tick": (form(ticks=()), "ticks"),
    "kind": (row(kind="X"), "kind"),
    "to come": (row(at=MORNING + dt.timedelta(days=30)), "at"),
    "due before": (row(due_date=dt.date(2020, 1, 1)), "due_date"),
    "no card": (row(patron=Secret("nobody")), "patron"),
    "crate": (d.CrateCount(9, 9, "KM"), "crate"),
    "clock": (d.DowntimeReview(by="KM"), "time"),
}


@pytest.mark.parametrize("language", MODULES)
def test_what_is_expected_is_told_in_the_language_of_the_page_and_in_english_to_programs(language: str) -> None:
    station = made(clock=UNSURE, station={"languages": tuple(MODULES)}).offline()
    station.call(c.SessionLanguage(language))
    told = {}
    for name, (call, field) in BAD.items():
        if name == "to come":
            continue  # by a clock that is not believed nothing is to come
        error = station.refused(call, STAFF)
        names_its_field(error, field)
        told[name] = str(error.more["text"])
        assert (told[name] in error.message) is (language == "en"), name
    assert len(set(told.values())) == len(told)


TYPED = st.dictionaries(
    st.sampled_from(["card", "last", "day", "category 1", "reason", "seq", "ticks"]), ANY.map(Secret)
)


@pytest.mark.parametrize("which", DraftForm)
@FEW
@given(fields=TYPED)
def test_whatever_was_typed_into_a_form_is_there_again(which: DraftForm, fields: dict[str, Secret]) -> None:
    station = DRAFTS
    assert station.asks(d.DraftKeep(which, fields), STAFF) is not None
    answer = station.asks(d.DraftGet(which), STAFF)
    assert isinstance(answer, e.Reply)
    assert answer.result == {"fields": fields}


DRAFTS = Station(watch=False).start()
DRAFTS.unlock()
