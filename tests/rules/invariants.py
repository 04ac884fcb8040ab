"""What holds after every step, whatever came: looked at from outside, by the journal, the View and the effects."""

import dataclasses
import string
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from kioskd.model import calls as c
from kioskd.model import effects as e
from kioskd.model import inputs
from kioskd.model.entry import UNSENT, AddEntry, EntryState, Kind, ModeName, Source
from kioskd.model.errors import ErrorKind
from kioskd.model.ils import AskCheckout, AskRenew, AskRenewAll, Urgency
from kioskd.model.settings import Secret
from kioskd.model.slip import SlipKind
from kioskd.model.view import Flow, LineResult, View
from kioskd.rules import timekeeping
from kioskd.rules.deadlines import deadline
from kioskd.rules.in_flight import SaveFor
from kioskd.rules.project import project
from kioskd.rules.questions import wording
from kioskd.rules.state import State
from kioskd.rules.step import step
from kioskd.rules.turn import awaited, busy
from kioskd.texts import table

if TYPE_CHECKING:
    from tests.rules.station import Station

PROMISED = {LineResult.RECORDED, LineResult.CHECKED_OUT, LineResult.RENEWED}


@dataclass(frozen=True)
class Scan:
    """A code as it came, and whose session the screen showed then."""

    code: str
    session: str | None
    patron: str | None
    typed: bool = False


def check(station: "Station", before: State, what: inputs.Input, effects: Sequence[e.Effect]) -> None:
    after = station.state
    _promised_is_kept(station)
    _asked_is_kept(station, effects)
    _online_means_sent(after)
    _drawn(station, before, after, effects)
    _whose(station, effects)
    _time_passes(station, what)
    _calls_owed(station)
    _question_is_asked(after)
    _texts(after.view)


def _promised_is_kept(station: "Station") -> None:
    """Save before say: whatever a screen calls done is in the journal, for that session's patron."""
    session = station.state.session
    if session is None or station.state.view is None:
        return
    kept = {(entry.what.session, entry.what.item) for entry in station.entries}
    for line in station.state.view.items:
        if line.result in PROMISED:
            assert (session.id, line.item) in kept, line
    numbers = [line.n for line in session.lines]
    assert len(numbers) == len(set(numbers)), numbers


def _asked_is_kept(station: "Station", effects: Sequence[e.Effect]) -> None:
    """No loan is sent that the journal does not hold as `sending`: else a power cut would send it twice."""
    sending = {(entry.what.patron, entry.what.item) for entry in station.entries if entry.state is EntryState.SENDING}
    for effect in effects:
        if isinstance(effect, e.Ask) and isinstance(effect.question, AskRenewAll):
            assert station.state.session is not None
            assert station.state.session.account is not None
            loans = {(effect.question.patron, loan.item) for loan in station.state.session.account.loans}
            assert loans <= sending, effect
        if isinstance(effect, e.Ask) and isinstance(effect.question, AskCheckout | AskRenew):
            assert (effect.question.patron, effect.question.item) in sending, effect
            if effect.urgency is Urgency.PATRON:
                assert station.state.mode.name is not ModeName.OFFLINE
                _nobody_is_overtaken(station, effect.question)


def _nobody_is_overtaken(station: "Station", question: AskCheckout | AskRenew) -> None:
    """A patron served live while it recovers: nothing of the same card or item waits for the upload."""
    if station.state.mode.name is not ModeName.RECOVERING:
        return
    live = awaited(station.state)
    for entry in station.entries:
        if entry.state in UNSENT and entry.seq not in live:
            assert (entry.what.item, entry.what.patron) != (question.item, question.patron)
            assert entry.what.item != question.item, entry
            assert entry.what.patron != question.patron, entry


def _online_means_sent(state: State) -> None:
    """Online, nothing waits: else it would wait for ever."""
    saving = any(each.what in (SaveFor.ITEM, SaveFor.LOANS) for each in state.saves.values())
    if state.mode.name is ModeName.ONLINE and not saving:
        assert state.summary.unsent <= len(awaited(state)), (state.summary, awaited(state))


def drawn(view: View | None) -> Any:
    """What a screen draws: all but the number, the clock's ticking and the countdown's."""
    if view is None:
        return None
    shown = msgspec.to_builtins(view)
    del shown["seq"]
    del shown["station"]["time"]
    if shown["timer"]:
        del shown["timer"]["ends_in_s"]
    return shown


def _drawn(station: "Station", before: State, after: State, effects: Sequence[e.Effect]) -> None:
    shown = [effect.view for effect in effects if isinstance(effect, e.Show)]
    assert len(shown) <= 1
    changed = drawn(before.view) != drawn(after.view)
    assert changed == bool(shown)
    if shown:
        assert shown[0] is after.view
        assert shown[0].seq == (before.view.seq if before.view else 0) + 1
        msgspec.json.encode(shown[0])
        kinds = [type(effect) for effect in effects]
        assert e.Save not in kinds[kinds.index(e.Show) :], "a View went out before the save it may speak of"
    assert drawn(project(after, timekeeping.now(after, station.now), 0)) == drawn(after.view)


def _whose(station: "Station", effects: Sequence[e.Effect]) -> None:
    """An item goes to whom the screen showed when it was scanned, or to the last card scanned before it."""
    for effect in effects:
        if not isinstance(effect, e.Save):
            continue
        for write in effect.writes:
            if not isinstance(write, AddEntry) or write.entry.source is Source.RESCUE:
                continue  # What was scanned at another station.
            if not write.entry.session:
                continue  # A row of a sheet or a registration: typed by staff, in nobody's visit.
            item, patron = write.entry.item, write.entry.patron
            assert item is not None
            if not any(item in scan.code for scan in station.scans):
                # Nobody scanned it: it is renewed from the list of the patron's own loans.
                assert write.entry.kind is Kind.RENEWAL
                assert station.state.session is None or patron == station.state.session.patron
                continue
            at = max(n for n, scan in enumerate(station.scans) if item in scan.code)
            firm = {station.scans[n].patron for n in range(at + 1)}
            earlier = [scan.code for scan in station.scans[:at] if scan.code.startswith(("2", "ODD"))]
            assert patron in firm or any(str(patron) in code for code in earlier[-2:]), (write, station.scans)


def _time_passes(station: "Station", what: inputs.Input) -> None:
    if isinstance(what, inputs.Tick):
        due = deadline(station.state, station.now)
        assert due is None or due > station.mono_s, "a tick left its deadline where it was"


def _question_is_asked(state: State) -> None:
    """Where an answer is awaited the screen shows the question, or something that goes by itself."""
    if state.question is not None:
        assert state.message is not None
        asked = wording(state.question, state.session)
        passing = state.message.until_mono_s is not None or state.message.key in ("still_there", "storage")
        assert passing or state.message == asked, state.message


def _calls_owed(station: "Station") -> None:
    """A call is answered once."""
    for request, answers in station.answers.items():
        assert len(answers) <= 1, (request, answers)


@lru_cache(maxsize=1000)
def _fields(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


def _texts(view: View | None) -> None:
    if view is not None and view.message is not None:
        text = table(view.language)[view.message.key]
        assert _fields(text) == set(view.message.params), view.message


# What takes longer, for those who ask for it.


def nothing_owed(station: "Station") -> None:
    """With every room done answering, every call has its answer."""
    assert not station.state.saves
    assert not station.state.waiting
    for request, answers in station.answers.items():
        assert len(answers) == 1, (request, answers)


SAMPLES: dict[str, list[c.Call]] = {
    "session.start": [c.SessionStart(Flow.CHECKOUT), c.SessionStart(Flow.RENEW)],
    "session.input": [c.SessionInput(Secret("31168012345672"))],
    "session.confirm": [c.SessionConfirm(yes=True), c.SessionConfirm(yes=False)],
    "session.cancel": [c.SessionCancel()],
    "session.finish": [c.SessionFinish((SlipKind.RECEIPT,))],
    "session.more_time": [c.SessionMoreTime()],
    "session.next_patron": [c.SessionNextPatron()],
    "session.language": [c.SessionLanguage("en")],
    "session.loans": [c.SessionLoans()],
    "session.renew_all": [c.SessionRenewAll()],
    "session.show": [c.SessionShow(c.ShowScreen.HELP)],
    "session.due_date": [c.SessionDueDate(None)],
    "staff.unlock": [c.StaffUnlock(Secret("1"))],
    "staff.lock": [c.StaffLock()],
}
HONEST = ("session.confirm", "session.finish", "session.withdraw")
"""Methods that are refused wherever the View does not offer them."""


def choices_are_honest(station: "Station") -> None:
    """What the View offers is not refused at once, and what it does not offer is."""
    state = station.state
    if state.view is None or busy(state) or state.storage is not None:
        return
    offered = state.view.choices
    for method, samples in SAMPLES.items():
        for call in samples:
            refused = _refused(station, call)
            if method in offered:
                assert refused is None, (method, call, refused, state.view.screen)
            elif method in HONEST:
                assert refused is ErrorKind.NOT_NOW, (method, call, refused, state.view.screen)
    lines = [line.n for line in state.view.items if line.result is LineResult.RECORDED]
    refusals = [_refused(station, c.SessionWithdraw(n)) for n in lines or [1]]
    if "session.withdraw" in offered:
        assert None in refusals
    else:
        assert all(refusals)


def _refused(station: "Station", call: c.Call) -> ErrorKind | None:
    request = c.RequestId(10_000_000)
    _, effects = step(station.state, inputs.Event(station.now, inputs.Asked(request, c.Role.STAFF, call)))
    fails = [effect.error.kind for effect in effects if isinstance(effect, e.Fail) and effect.request == request]
    return fails[0] if fails and fails[0] is ErrorKind.NOT_NOW else None


def secret_nowhere(station: "Station", *secrets: str) -> None:
    """A secret stands in no View, log line, row or answer."""
    for effect in station.effects:
        if isinstance(effect, e.Show | e.Log | e.Save | e.Reply | e.Fail | e.Print | e.Query):
            text = _all_text(effect)
            for secret in secrets:
                assert secret not in text, effect


def _all_text(value: Any) -> str:
    """Every text inside, also what a repr hides."""
    if isinstance(value, str):
        return str.__str__(value) + "\n"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return "".join(_all_text(getattr(value, field.name)) for field in dataclasses.fields(value))
    if isinstance(value, dict):
        return "".join(_all_text(key) + _all_text(each) for key, each in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return "".join(_all_text(each) for each in value)
    return f"{value}\n"


def all_settled(station: "Station") -> None:
    """Recovery is over: nothing unsent, and each entry that counts as a loan is one, once."""
    assert station.journal.summary().unsent == 0
    lent = [deed.item for deed in station.library.ledger if deed.what == "lent"]
    for entry in station.entries:
        assert entry.state not in UNSENT
    assert len(lent) == len(set(lent)), lent
