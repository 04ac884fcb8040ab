"""When the library system is believed to be there: answers and silence in, mode out, with hysteresis."""

from dataclasses import replace

from kioskd.model.barcode import PatronBarcode
from kioskd.model.effects import Connect, FetchUnsent
from kioskd.model.entry import BEFORE_ALL, Entry, ModeName
from kioskd.model.ils import (
    Answer,
    AskId,
    AskItem,
    AskPatron,
    AskStatus,
    LineTrouble,
    NoAnswer,
    PatronAnswer,
    StatusAnswer,
    Urgency,
)
from kioskd.model.inputs import LineDown, LineUp
from kioskd.model.time import Clock, ClockSource
from kioskd.model.view import Tone
from kioskd.rules.changed import changed
from kioskd.rules.in_flight import AskFor, Asking, FetchFor
from kioskd.rules.lanes import PATRONS_LINE
from kioskd.rules.link import Link, Phase
from kioskd.rules.quiet import quiet_until
from kioskd.rules.turn import Turn, awaited

MISSES_TO_OFFLINE = 3
SLOW_S = 2.5
SHORTEST_TIMEOUT_S = 2.0
LOGIN_BACKOFF_S = 60.0
SUSPECT_WAIT_S = 60.0
LONGEST_BACKOFF_S = 600.0
CLOCK_AGREES_S = 60.0
FIRST_FLAP_WAIT_S = 0.1
PROOFS_LOST_TO_DOUBT = 2
SENDS_LOST_TO_DOUBT = 8
"""Lines in a row that may die of a loan before the library system is thought to be half up; fewer are chance."""


def timeout_s(turn: Turn) -> float:
    """Return how long an answer may take: the setting, or less where 98's own time-out is shorter (2 s at least)."""
    setting = turn.state.settings.ils.timeout_s
    server = turn.state.link.server_timeout_s
    return setting if server is None else min(setting, max(SHORTEST_TIMEOUT_S, server))


def _link(turn: Turn, **changes: object) -> None:
    turn.set(link=changed(turn.state.link, **changes))


def enter(turn: Turn, name: ModeName, reason: str) -> None:
    """Go over to a mode; one that is already there keeps its `since`."""
    mode = turn.state.mode
    if mode.name is name and mode.reason == reason:
        return
    since = mode.since_wall_s if mode.name is name else turn.at.wall_s
    turn.set(mode=replace(mode, name=name, reason=reason, since_wall_s=since))
    if mode.name is not name:
        turn.log("info", "mode_changed", mode=name.value, reason=reason, before=mode.name.value)


def connect(turn: Turn) -> None:
    """Open a line now."""
    _link(turn, phase=Phase.CONNECTING, next_mono_s=None, poll=None)
    upload = turn.state.upload
    turn.set(upload=replace(upload, heard={**upload.heard, PATRONS_LINE: ()}))
    turn.do(Connect(timeout_s(turn)))


def line_up(turn: Turn, up: LineUp) -> None:
    """Take in a line that is connected, logged in and has answered its first 99."""
    _link(turn, phase=Phase.UP, login_worked=True, failures=0, detail="")
    _status(turn, up.status)


def _status(turn: Turn, status: StatusAnswer) -> None:
    link = turn.state.link
    _link(turn, flags=status.flags, supports=status.supports, server_timeout_s=status.timeout_s, misses=0)
    _compare_clocks(turn, status)
    # Many servers say N to checkout while it works: that is believed only where somebody knows better.
    refused = turn.state.settings.ils.trust_flags and status.flags.get("checkout_ok") is False
    if not status.online or refused:
        _link(turn, good=0, trouble=LineTrouble.SAYS_OFFLINE)
        _next_poll(turn)
        _fall(turn, LineTrouble.SAYS_OFFLINE)
        return
    quick = link.dropped_mono_s is not None and turn.at.mono_s - link.dropped_mono_s <= timeout_s(turn)
    starting = turn.state.mode.reason == LineTrouble.NOT_YET
    _link(turn, good=link.good + 1, trouble=None, last_answer_wall_s=turn.at.wall_s)
    if turn.state.mode.name is ModeName.OFFLINE:
        if ((quick and not link.proofs_lost) or starting) and not link.doubted:
            come_back(turn)
        else:
            if link.doubted:
                _fall(turn, LineTrouble.SUSPECT if link.suspect else LineTrouble.HALF_UP)
            enough = turn.state.link.good >= turn.state.settings.ils.answers_to_return
            if enough and turn.at.mono_s >= link.believe_mono_s:
                _probe(turn)
    _next_poll(turn)


def _probe(turn: Turn) -> None:
    """Before it is believed to be back: does it answer about a card or an item too, and not only 99?

    Asked about: the card that is set for it, or the oldest unsent entry: its item, or, where 63 is what failed, its
    card. With neither, 98 has to do.
    """
    state = turn.state
    if any(asking.what is AskFor.PROBE for asking in state.asks.values()):
        return
    card = state.settings.ils.probe_patron
    if card:
        _ask_proof(turn, AskPatron(PatronBarcode(card)))
    elif state.summary.unsent - len(awaited(state)) <= 0:
        come_back(turn)
    elif state.fetch is None and state.storage is None:
        turn.set(fetch=FetchFor.PROOF)
        turn.do(FetchUnsent(BEFORE_ALL, 1))


def _ask_proof(turn: Turn, question: AskPatron | AskItem) -> None:
    until = turn.at.mono_s + timeout_s(turn)
    turn.ask(question, Asking(AskFor.PROBE), Urgency.POLL, until)


def proof_fetched(turn: Turn, entries: tuple[Entry, ...]) -> None:
    """The journal gave the oldest unsent entry: look it up."""
    if turn.state.mode.name is not ModeName.OFFLINE or turn.state.link.phase is not Phase.UP:
        return
    entry = entries[0].what if entries else None
    if entry is not None and entry.patron is not None and turn.state.link.cards_doubted:
        _ask_proof(turn, AskPatron(entry.patron))
    elif entry is not None and entry.item is not None:
        _ask_proof(turn, AskItem(entry.item))
    elif entry is not None and entry.patron is not None:
        _ask_proof(turn, AskPatron(entry.patron))
    else:
        come_back(turn)


def probed(turn: Turn, answer: Answer) -> None:
    """64 or 18 came. One that does not know the probe's card is still starting: it would refuse everything.

    What an entry names may well be unknown there for good, so any answer about one is proof enough.
    """
    card = turn.state.settings.ils.probe_patron
    if card and isinstance(answer, PatronAnswer) and answer.patron == card and answer.valid is False:
        _link(turn, good=0)
        _fall(turn, LineTrouble.HALF_UP)
        turn.log("warning", "probe_patron_unknown")
        return
    _link(turn, doubted=False, proofs_lost=0)
    if turn.state.mode.name is ModeName.OFFLINE:
        come_back(turn)


def unproved(turn: Turn, why: NoAnswer) -> None:
    """The probe's question stayed unanswered: 98 is good, and the work itself is not done."""
    if why is NoAnswer.NO_LINE:
        return
    if why is NoAnswer.DROPPED:
        # One line that dies of it is chance; where the next does too, each would, and each costs a log-in.
        _link(turn, proofs_lost=turn.state.link.proofs_lost + 1)
        if turn.state.link.proofs_lost < PROOFS_LOST_TO_DOUBT:
            return
    if why is NoAnswer.UNSENDABLE:
        # No proof can be had from it, and none against the library system either.
        come_back(turn)
        return
    _link(turn, good=0)
    _doubt(turn)
    _fall(turn, LineTrouble.HALF_UP)


def _doubt(turn: Turn) -> None:
    """It did not do its work; each time in a row it is trusted later, to 10 minutes at most."""
    link, first_s = turn.state.link, turn.state.settings.ils.poll_offline_s
    wait_s = min(first_s * 2 ** min(link.relapses - 1, 10), LONGEST_BACKOFF_S) if link.relapses else 0.0
    _link(
        turn,
        doubted=True,
        relapses=link.relapses + 1,
        believe_mono_s=turn.at.mono_s + wait_s,
        sends_lost=0,
        dropped_mono_s=None,
    )


def doubt_s(times: int) -> float:
    """Return how long refusals are left alone before they are tried again, after so many times in a row."""
    return min(SUSPECT_WAIT_S * 2.0 ** min(times, 10), LONGEST_BACKOFF_S)


def suspect(turn: Turn, times: int, *, refused: int) -> None:
    """It refused one after the other: nothing goes up, nobody is refused by it, until it is believed again.

    `times`: how often in a row that was so before; the wait doubles with each.
    """
    wait_s = doubt_s(times)
    _link(turn, good=0, doubted=True, suspect=True, believe_mono_s=turn.at.mono_s + wait_s, dropped_mono_s=None)
    turn.log("warning", "ils_suspect", refused=refused, wait_s=round(wait_s))
    if turn.state.session is None:
        turn.say("ils_suspect", Tone.WARN)
    _fall(turn, LineTrouble.SUSPECT)


def send_lost(turn: Turn) -> None:
    """A line died of a loan. Once is chance; where it goes on, 98 is good and the work is not done."""
    _link(turn, sends_lost=turn.state.link.sends_lost + 1)
    if turn.state.link.sends_lost >= SENDS_LOST_TO_DOUBT:
        _link(turn, good=0)
        _doubt(turn)
        _fall(turn, LineTrouble.HALF_UP)


def settled(turn: Turn) -> None:
    """An entry was settled: it does its work, and whatever it failed before is forgotten."""
    link = turn.state.link
    if link.cards_doubted:
        # It lends and does not answer for cards: whoever comes with one would wait in vain.
        _link(turn, sends_lost=0)
    elif link.doubted or link.relapses or link.sends_lost:
        _link(turn, doubted=False, relapses=0, believe_mono_s=0.0, sends_lost=0)


def card_answered(turn: Turn) -> None:
    """64 came: it answers for cards."""
    if turn.state.link.cards_doubted:
        _link(turn, cards_doubted=False)


def card_unanswered(turn: Turn, why: NoAnswer) -> None:
    """63 hung."""
    if why is NoAnswer.TIMED_OUT:
        _link(turn, cards_doubted=True)


def trusted(turn: Turn) -> None:
    """It said yes to somebody, or its refusals are believed: it is itself again."""
    if turn.state.link.suspect:
        _link(turn, suspect=False)


def come_back(turn: Turn) -> None:
    """The library system is believed to be there again, unless staff want to stay offline."""
    dropped, upload = turn.state.link.dropped_mono_s, turn.state.upload
    if dropped is None or turn.at.mono_s - dropped > timeout_s(turn):
        # It was away: that it lent before says nothing about it now.
        turn.set(upload=replace(upload, belief=replace(upload.belief, vouched=False, knows=False)))
    _link(turn, dropped_mono_s=None)
    if turn.state.mode.forced is not None:
        return
    pending = turn.state.summary.unsent - len(awaited(turn.state))
    enter(turn, ModeName.RECOVERING if pending > 0 else ModeName.ONLINE, "")


def _next_poll(turn: Turn) -> None:
    """Set when the next 99 is due, after that much silence."""
    settings, link = turn.state.settings.ils, turn.state.link
    if turn.state.mode.name is not ModeName.OFFLINE or turn.state.mode.forced is not None:
        wait_s = settings.poll_online_s
    elif link.good:
        # While it is not to be believed anyway, it is not asked as if it were about to be.
        wait_s = max(settings.poll_return_s, min(settings.poll_offline_s, link.believe_mono_s - turn.at.mono_s))
    else:
        wait_s = settings.poll_offline_s
    _link(turn, next_mono_s=turn.at.mono_s + wait_s)


def _fall(turn: Turn, trouble: LineTrouble) -> None:
    if turn.state.mode.forced is None:
        enter(turn, ModeName.OFFLINE, LineTrouble.QUIET if is_quiet(turn) else trouble)


def is_quiet(turn: Turn) -> bool:
    """Tell whether an outage now is the nightly halt."""
    return quiet_until(turn.state.settings.ils.quiet_hours, turn.state.zone, turn.at.wall_s) is not None


def _quiet_is_over(turn: Turn) -> None:
    """What was the nightly halt is an outage by now."""
    link = turn.state.link
    if turn.state.mode.reason != LineTrouble.QUIET or turn.state.mode.name is not ModeName.OFFLINE or is_quiet(turn):
        return
    trouble = LineTrouble.SUSPECT if link.suspect else link.trouble or LineTrouble.HALF_UP
    turn.log("warning", "line_down", trouble=trouble.value, detail=link.detail)
    _fall(turn, trouble)


def line_down(turn: Turn, down: LineDown) -> None:
    """Take in a line that ended or never came to be."""
    settings, link = turn.state.settings.ils, turn.state.link
    was_up = link.phase is Phase.UP
    # A server that closes an idle line is no outage: the line is opened again at once, and only that can be a miss.
    miss = not was_up or down.trouble in (LineTrouble.SILENT, LineTrouble.GARBLED)
    failures = link.failures + (0 if was_up else 1)
    misses = link.misses + (1 if miss else 0)
    _link(
        turn,
        phase=Phase.DOWN,
        misses=misses,
        failures=failures,
        good=0 if miss else link.good,
        poll=None,
        trouble=down.trouble,
        detail=down.detail,
        # Only a line that was closed may come back at once: one that died of silence would be silent again.
        dropped_mono_s=turn.at.mono_s if was_up and not miss else link.dropped_mono_s,
        flaps=link.flaps + 1 if was_up else 0,
    )
    if is_quiet(turn):
        if was_up or turn.state.mode.reason != LineTrouble.QUIET:
            turn.log("info", "line_down", trouble=down.trouble.value, detail=down.detail)
    elif was_up or turn.state.mode.reason != down.trouble:
        turn.log("warning", "line_down", trouble=down.trouble.value, detail=down.detail)
    offline = turn.state.mode.name is ModeName.OFFLINE
    if misses >= MISSES_TO_OFFLINE or offline:
        reason = turn.state.mode.reason
        graver = was_up and reason in (LineTrouble.HALF_UP, LineTrouble.SUSPECT)
        _fall(turn, LineTrouble(reason) if graver else down.trouble)
        offline = True
    if was_up:
        # A line that was closed without having answered anything is not opened in a busy loop.
        wait_s = min(FIRST_FLAP_WAIT_S * 2 ** min(link.flaps - 1, 10), settings.poll_return_s) if link.flaps else 0.0
    elif down.trouble is LineTrouble.LOGIN and link.login_worked:
        wait_s = min(LOGIN_BACKOFF_S * 2 ** min(failures - 1, 10), LONGEST_BACKOFF_S)
    else:
        wait_s = settings.poll_offline_s if offline else settings.poll_return_s
    _link(turn, next_mono_s=turn.at.mono_s + wait_s)
    if wait_s == 0.0:
        connect(turn)


def patron_waited(turn: Turn, why: NoAnswer) -> None:
    """A patron's question stayed unanswered: from now on nobody waits."""
    trouble = {
        NoAnswer.TIMED_OUT: LineTrouble.SILENT,
        NoAnswer.DROPPED: LineTrouble.LOST,
        NoAnswer.NO_LINE: turn.state.link.trouble or LineTrouble.SILENT,
        NoAnswer.MISMATCHED: LineTrouble.GARBLED,
        NoAnswer.UNREADABLE: LineTrouble.GARBLED,
    }.get(why)
    if trouble is None:
        return
    if why is not NoAnswer.DROPPED:
        _link(turn, good=0, dropped_mono_s=None)
        if why is not NoAnswer.NO_LINE:
            _doubt(turn)
    _fall(turn, trouble)


def answered(turn: Turn, round_trip_s: float) -> None:
    """Any answer shows that the line lives, and puts off the next 99."""
    before = turn.state.link
    slow = round_trip_s > SLOW_S
    _link(turn, round_trip_s=round_trip_s, last_answer_wall_s=turn.at.wall_s, misses=0, flaps=0)
    if turn.state.mode.name is not ModeName.OFFLINE:
        _link(turn, next_mono_s=turn.at.mono_s + turn.state.settings.ils.poll_online_s)
    if slow and not (before.round_trip_s or 0.0) > SLOW_S:
        turn.log("warning", "ils_slow", round_trip_ms=round(round_trip_s * 1000))


def poll_answered(turn: Turn, status: StatusAnswer) -> None:
    """A 99 was answered."""
    _link(turn, poll=None)
    _status(turn, status)


def poll_unanswered(turn: Turn, ask: AskId) -> None:
    """A 99 never left (its turn did not come in time): ask again. Where the line died, `LineDown` says so."""
    if turn.state.link.poll == ask and turn.state.link.phase is Phase.UP:
        _link(turn, poll=None, next_mono_s=turn.at.mono_s + turn.state.settings.ils.poll_return_s)


def tick(turn: Turn) -> None:
    """Connect or poll when it is time."""
    _quiet_is_over(turn)
    link = turn.state.link
    if link.next_mono_s is None or link.next_mono_s > turn.at.mono_s:
        return
    if link.phase is Phase.DOWN:
        connect(turn)
    elif link.poll is not None:
        # It is out already; its answer or its silence says when the next one is due.
        _link(turn, next_mono_s=None)
    elif link.phase is Phase.UP:
        until = turn.at.mono_s + timeout_s(turn)
        ask = turn.ask(AskStatus(), Asking(AskFor.POLL), Urgency.POLL, until)
        _link(turn, poll=ask, next_mono_s=None)


def _compare_clocks(turn: Turn, status: StatusAnswer) -> None:
    """Believe our clock if the library system's (98 date/time sync) shows the same time of day."""
    clock = turn.state.clock
    if status.local_time is None or clock.source is ClockSource.NTP:
        return
    ours = turn.local().replace(tzinfo=None)
    apart_s = abs((ours - status.local_time).total_seconds())
    if apart_s <= CLOCK_AGREES_S and (not clock.trusted or clock.source is ClockSource.STAFF):
        turn.set(clock=Clock(trusted=True, source=ClockSource.ILS, boot_id=clock.boot_id))
    elif apart_s > CLOCK_AGREES_S:
        if clock.source in (ClockSource.ILS, ClockSource.STAFF):
            turn.set(clock=Clock(trusted=False, source=ClockSource.NONE, boot_id=clock.boot_id))
        turn.log("warning", "clock_differs", apart_s=round(apart_s))


def slow(link: Link) -> bool:
    """Tell whether the library system takes so long that people notice."""
    return (link.round_trip_s or 0.0) > SLOW_S
