"""Papers for staff: a registration's stub, a crate's label, its mail, the settlement, an empty sheet. No person's."""

import datetime as dt
from typing import Final

from kioskd.model import downtime_calls as d
from kioskd.model.device import DeviceKind
from kioskd.model.downtime import Figures
from kioskd.model.effects import Print, ReadFigures, Reply
from kioskd.model.errors import ErrorKind
from kioskd.model.inputs import FiguresRead, SlipEnded
from kioskd.model.slip import Align, LineKind, Slip, SlipFate, SlipLine, StaffSlip
from kioskd.model.view import Paper
from kioskd.rules.mail import crate_mail
from kioskd.rules.outage import Crate
from kioskd.rules.state import State
from kioskd.rules.turn import Turn
from kioskd.texts import say

WAIT_S: Final = 10.0
"""How long a paper may wait for the printer."""
ROWS: Final = 12
"""Rows of a downtime sheet on receipt paper."""


def asked(turn: Turn, call: d.SlipPrint) -> None:
    """Print a paper, or say why not; it is answered when it is out."""
    outage = turn.state.outage
    match call.what:
        case StaffSlip.STUB:
            _or_wrong(turn, stub(turn.state, call.n) if 0 < call.n <= turn.state.summary.recorded else None)
        case StaffSlip.SHEET:
            print_slip(turn, sheet(turn.state))
        case StaffSlip.CRATE | StaffSlip.MAIL:
            crates = outage.crates if outage is not None else ()
            crate = next((each for each in crates if each.number == call.n), None)
            if crate is None or (call.what is StaffSlip.MAIL and not turn.state.settings.crates.mail_to):
                _or_wrong(turn, None)
            else:
                print_slip(turn, label(turn.state, crate) if call.what is StaffSlip.CRATE else mail(turn.state, crate))
        case StaffSlip.SETTLEMENT:
            if outage is None:
                turn.fail(ErrorKind.NOT_NOW, "there was no outage to be settled", {"choices": []})
                return
            assert turn.request is not None
            turn.do(ReadFigures(turn.request, outage.since_wall_s))
            turn.request = None


def figures_read(turn: Turn, event: FiguresRead) -> None:
    """The journal counted: print the settlement."""
    turn.request = event.request
    if event.figures is None:
        turn.fail(ErrorKind.STORAGE, "the journal could not be read; see the daemon's log")
        return
    print_slip(turn, settlement(turn.state, turn.local(), event.figures))


def _or_wrong(turn: Turn, slip: Slip | None) -> None:
    if slip is None:
        turn.fail(ErrorKind.BAD_PARAMS, "n: expected the number of one that is here", {"field": "n"})
    else:
        print_slip(turn, slip)


def print_slip(turn: Turn, slip: Slip) -> None:
    """Hand a paper to the printer; the call that wants it, if one does, is answered when it is out."""
    here = any(device.kind is DeviceKind.PRINTER for device in turn.state.devices)
    if not here or not turn.state.printer_ready or turn.state.paper in (Paper.NONE, Paper.OUT):
        turn.fail(ErrorKind.DEVICE, say(turn.state.language, "no_paper_here"), _device(turn.state))
        return
    number = turn.number()
    turn.set(papers={**turn.state.papers, number: turn.request})
    turn.do(Print(number, slip, turn.at.mono_s + WAIT_S))
    turn.request = None


def ended(turn: Turn, event: SlipEnded) -> bool:
    """A slip ended; tell whether it was one of these."""
    if event.slip not in turn.state.papers:
        return False
    papers = dict(turn.state.papers)
    request = papers.pop(event.slip)
    turn.set(papers=papers)
    if request is not None and event.fate is SlipFate.PRINTED:
        turn.do(Reply(request, {"printed": True}))
    elif request is not None:
        turn.request = request
        turn.fail(ErrorKind.DEVICE, say(turn.state.language, "no_paper_here"), _device(turn.state))
    return True


def _device(state: State) -> dict[str, object]:
    return {"device": "printer", "advice": say(state.language, "no_paper_advice")}


# --- what stands on them ----------------------------------------------------------------------------


def _head(state: State, title: str) -> list[SlipLine]:
    station = state.settings.station
    return [
        SlipLine(title, Align.CENTRE, large=True),
        SlipLine(f"{station.library or station.id}  {station.id}", Align.CENTRE),
        SlipLine(""),
    ]


def _language(state: State) -> str:
    """Papers for staff are in the station's first language, whatever the screen is set to."""
    return state.settings.station.languages[0]


def stub(state: State, seq: int) -> Slip:
    """Return the stub that is clipped to a paper form: the entry's number and nothing of the person."""
    language = _language(state)
    lines = [
        *_head(state, say(language, "slip_stub")),
        SlipLine(str(seq), Align.CENTRE, large=True),
        SlipLine(""),
        SlipLine(say(language, "slip_stub_clip")),
    ]
    return Slip(StaffSlip.STUB, tuple(lines))


def label(state: State, crate: Crate) -> Slip:
    """Return a crate's label, with the line that keeps a return from overtaking its loan."""
    language, day = _language(state), crate.on.isoformat()
    lines = [
        *_head(state, say(language, "slip_crate", crate=str(crate.number))),
        SlipLine(say(language, "slip_crate_on", date=day)),
        SlipLine(say(language, "slip_count", count=str(crate.items))),
        SlipLine(say(language, "slip_crate_date", date=day)),
        SlipLine(""),
        SlipLine(say(language, "slip_crate_stop"), large=True),
    ]
    if state.settings.crates.destination:
        lines += [SlipLine(""), SlipLine(say(language, "slip_crate_to", to=state.settings.crates.destination))]
    return Slip(StaffSlip.CRATE, tuple(lines))


def mail(state: State, crate: Crate) -> Slip:
    """Return the mail about a crate as a QR code, for a telephone that has the line that the station lacks."""
    written = crate_mail(state, crate)
    lines = [
        *_head(state, written.subject),
        SlipLine(written.mailto, kind=LineKind.QR),
        SlipLine(""),
        *(SlipLine(to, Align.CENTRE) for to in written.to),
        SlipLine(written.body),
    ]
    return Slip(StaffSlip.MAIL, tuple(lines))


def settlement(state: State, now: dt.datetime, figures: Figures) -> Slip:
    """Return the settlement: how many, what became of them, first and last; no names and no numbers of anybody."""
    language = _language(state)

    def moment(wall_s: float | None) -> str:
        if wall_s is None:
            return "-"
        return dt.datetime.fromtimestamp(wall_s, state.zone).strftime("%Y-%m-%d %H:%M")

    counts = {
        "slip_recorded": figures.recorded,
        "slip_settled": figures.settled,
        "slip_waiting": figures.waiting,
        "slip_exceptions": figures.exceptions,
        "slip_other": figures.recorded - figures.settled - figures.waiting - figures.exceptions,
    }
    lines = [
        *_head(state, say(language, "slip_settlement")),
        *(SlipLine(say(language, key, count=str(count))) for key, count in counts.items()),
        SlipLine(say(language, "slip_first", time=moment(figures.first_wall_s))),
        SlipLine(say(language, "slip_last", time=moment(figures.last_wall_s))),
        SlipLine(""),
        SlipLine(now.strftime("%Y-%m-%d %H:%M"), Align.CENTRE),
    ]
    return Slip(StaffSlip.SETTLEMENT, tuple(lines))


def sheet(state: State) -> Slip:
    """Return an empty downtime sheet for receipt paper: a block of lines for each loan."""
    language = _language(state)
    lines = [
        *_head(state, say(language, "slip_sheet")),
        SlipLine(say(language, "slip_sheet_day")),
        SlipLine(""),
    ]
    for number in range(1, ROWS + 1):
        lines += [
            SlipLine(say(language, "slip_sheet_row", n=str(number))),
            SlipLine(say(language, "slip_sheet_card")),
            SlipLine(say(language, "slip_sheet_item")),
            SlipLine(say(language, "slip_sheet_due")),
            SlipLine(""),
        ]
    return Slip(StaffSlip.SHEET, tuple(lines))
