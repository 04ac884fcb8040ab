"""What a patron has on loan: shown while the library system answers, renewed all at once, and kept nowhere.

Each renewal is an entry of its own, saved as `recorded` in one piece with the others; a second save notes each one's
due date and that it is about to be sent. Only then is anything asked: 65 once where the library system takes it and the
list is whole, else 29 for one after the other. What no answer settles is the upload's, which tells by the due date
whether it was done.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from kioskd.model.barcode import ItemBarcode
from kioskd.model.entry import AddEntry, AddRow, EntryState, How, ModeName, Seq
from kioskd.model.errors import ErrorKind
from kioskd.model.ils import AskItem, AskPatron, AskRenewAll, ItemAnswer, PatronAnswer, RenewAllAnswer, Urgency
from kioskd.model.inputs import Answered, NotSaved, Saved
from kioskd.model.view import AccountState, LineResult, Tone
from kioskd.rules import backlog, lending, mode, policy
from kioskd.rules.in_flight import AskFor, Asking, SaveFor, Saving
from kioskd.rules.link import Phase
from kioskd.rules.on_loan import offered, renewable
from kioskd.rules.session import GOOD, Account, Line, Loan, Overlay, Session, Stage
from kioskd.rules.turn import Turn
from kioskd.texts import say

RENEW_ALL: Final = 15
"""The position of 65 in BX. Source: the public 2.00 document."""
EACH_MORE_S: Final = 0.25
"""What a 65 may take for each loan beyond the time of one answer."""
LOOKED_AT_MOST: Final = 200
"""Items whose title and due date are asked for; the rest stands by its number."""


def show(turn: Turn) -> None:
    """`session.loans`: show them, and ask the library system where it was not asked in this session."""
    if not offered(turn.state):
        refuse(turn)
        return
    turn.set(overlay=Overlay.LOANS)
    if turn.session.account is None or turn.session.account.state is AccountState.UNKNOWN:
        turn.set_session(account=Account())
        _ask_patron(turn, holds=False)


def refuse(turn: Turn) -> None:
    """Answer the call: not while the library system is down, or not in this state."""
    session, language = turn.state.session, turn.state.language
    if session is not None and turn.state.mode.name is ModeName.OFFLINE:
        reason, instead = say(language, "loans_need_ils"), say(language, "loans_later")
        turn.fail(ErrorKind.REFUSED_OFFLINE, reason, {"action": "loans", "reason": reason, "instead": instead})
        return
    policy.not_now(turn)


def _account(turn: Turn, asking: Asking) -> Account | None:
    """Return the account that a question was about, if it is still there."""
    session = turn.state.session
    return session.account if session is not None and session.id == asking.session else None


def _set(turn: Turn, **changes: object) -> None:
    account = turn.session.account
    assert account is not None
    turn.set_session(account=replace(account, **changes))  # type: ignore[arg-type]


def _ask_patron(turn: Turn, *, holds: bool) -> None:
    session = turn.session
    assert session.patron is not None
    question = AskPatron(session.patron, session.pin, charged=not holds, holds=holds)
    until = turn.at.mono_s + mode.timeout_s(turn)
    turn.ask(question, Asking(AskFor.ACCOUNT, session.id), Urgency.PATRON, until)


def answered(turn: Turn, asking: Asking, event: Answered) -> None:
    """A list came, or what is known of one thing in it."""
    account, answer = _account(turn, asking), event.answer
    if account is None:
        return
    match answer:
        case PatronAnswer() if account.state is AccountState.ASKING:
            _listed(turn, answer)
        case PatronAnswer():
            _set(
                turn, holds=tuple(Loan(item) for item in answer.holds), to_look_at=(*account.to_look_at, *answer.holds)
            )
            _look(turn)
        case ItemAnswer():
            known = answer.known
            _looked(turn, account, answer.item, answer.title if known else "", answer)
        case _:
            # `kioskd.ils` hands on only answers that fit the question.
            return


def _listed(turn: Turn, answer: PatronAnswer) -> None:
    loans = tuple(Loan(item) for item in answer.charged)
    complete = (answer.charged_count or 0) <= len(loans)
    waiting = answer.hold_count or 0
    looked_at = answer.charged[:LOOKED_AT_MOST]
    _set(turn, state=AccountState.READY, loans=loans, complete=complete, hold_count=waiting, to_look_at=looked_at)
    if waiting:
        _ask_patron(turn, holds=True)
    else:
        _look(turn)


def _look(turn: Turn) -> None:
    """Ask about the next thing, behind whatever patrons wait for."""
    account = turn.session.account
    if account is None or not account.to_look_at or turn.session.stage not in (Stage.ITEMS, Stage.FINISH):
        return
    until = turn.at.mono_s + mode.timeout_s(turn)
    turn.ask(AskItem(account.to_look_at[0]), Asking(AskFor.ACCOUNT, turn.session.id), Urgency.POLL, until)


def _looked(turn: Turn, account: Account, item: ItemBarcode, title: str, answer: ItemAnswer) -> None:
    def told(loan: Loan) -> Loan:
        if loan.item != item:
            return loan
        return Loan(item, title or loan.title, answer.due or loan.due, answer.due_text or loan.due_text)

    for line in turn.session.lines:
        if line.item == item and line.result is LineResult.RENEWED:
            due = answer.due.isoformat() if answer.due else answer.due_text or line.due
            turn.set_line(line.n, title=title or line.title, due=due)
    _set(
        turn,
        loans=tuple(told(loan) for loan in account.loans),
        holds=tuple(told(loan) for loan in account.holds),
        to_look_at=account.to_look_at[1:],
    )
    _look(turn)


def unanswered(turn: Turn, asking: Asking) -> None:
    """No word came: without a list there is nothing to show; without a title the number stands."""
    account = _account(turn, asking)
    if account is None:
        return
    if account.state is AccountState.ASKING:
        _set(turn, state=AccountState.UNKNOWN)
    else:
        _set(turn, to_look_at=())


def renew_all(turn: Turn) -> None:
    """`session.renew_all`: save a renewal for each loan; nothing is sent before."""
    wanted = renewable(turn.state)
    account = turn.session.account if turn.state.session is not None else None
    if not offered(turn.state) or account is None or account.state is not AccountState.READY or not wanted:
        refuse(turn)
        return
    if account.to_renew:
        policy.not_now(turn)
        return
    if turn.state.storage is not None:
        lending.refuse_storage(turn, turn.state.storage)
        return
    first = lending.next_n(turn)
    lines = tuple(
        Line(
            first + place,
            loan.item,
            LineResult.CHECKING,
            turn.at.mono_s,
            title=loan.title,
            renewal=True,
        )
        for place, loan in enumerate(wanted)
    )
    turn.set_session(lines=(*turn.session.lines, *lines))
    writes = tuple(AddEntry(lending.entry_of(turn, line, How.TYPED), EntryState.RECORDED) for line in lines)
    numbers = tuple(line.n for line in lines)
    turn.save(writes, Saving(SaveFor.LOANS, turn.session.id, lines=numbers, request=turn.request))
    turn.request = None


def saved(turn: Turn, saving: Saving, event: Saved) -> None:
    """The renewals are kept: note their due dates, and that they are about to be sent."""
    lines = _lines(turn, saving)
    if not lines:
        return
    for line, seq in zip(lines, event.seqs, strict=True):
        turn.set_line(line.n, seq=seq)
    if not _live(turn):
        _recorded(turn, _lines(turn, saving))
        return
    account = turn.session.account
    due = {loan.item: loan.due_text for loan in account.loans} if account is not None else {}
    rows = tuple(
        AddRow(seq, EntryState.SENDING, turn.at.wall_s, due_before=due.get(line.item) or None)
        for line, seq in zip(lines, event.seqs, strict=True)
    )
    turn.save(rows, Saving(SaveFor.LOANS_MARK, turn.session.id, lines=saving.lines, seqs=event.seqs))


def not_saved(turn: Turn, saving: Saving, event: NotSaved) -> None:
    """The disk took none of them: they leave the list, and nothing was asked."""
    lending.storage_failed(turn, event.problem)
    if turn.state.session is not None and turn.session.id == saving.session:
        turn.set_session(lines=tuple(line for line in turn.session.lines if line.n not in saving.lines))
    lending.refuse_storage(turn, event.problem)


def marked(turn: Turn, saving: Saving) -> None:
    """It is durable that they are about to be sent: ask."""
    lines = _lines(turn, saving)
    if not lines:
        return
    if not _live(turn):
        _recorded(turn, lines)
        return
    session = turn.session
    assert session.patron is not None
    if _at_once(turn, lines):
        for line in lines:
            turn.set_line(line.n, asked=True)
        until = turn.at.mono_s + mode.timeout_s(turn) + EACH_MORE_S * len(lines)
        about = Asking(AskFor.RENEW_ALL, session.id, seqs=saving.seqs)
        turn.ask(AskRenewAll(session.patron, session.pin), about, Urgency.PATRON, until)
        return
    _set(turn, to_renew=saving.lines)
    _renew_next(turn)


def mark_failed(turn: Turn, saving: Saving) -> None:
    """They are kept and nothing was sent: the upload sends them once the disk is well."""
    _recorded(turn, _lines(turn, saving))


def _lines(turn: Turn, saving: Saving) -> tuple[Line, ...]:
    """Return the lines of a save, if their session is still there."""
    session = turn.state.session
    if session is None or session.id != saving.session:
        return ()
    return tuple(line for line in session.lines if line.n in saving.lines and line.result is LineResult.CHECKING)


def _live(turn: Turn) -> bool:
    return turn.state.link.phase is Phase.UP and backlog.serves_live(turn.state, turn.session.patron)


def _recorded(turn: Turn, lines: Iterable[Line]) -> None:
    for line in lines:
        if line.seq is not None and not line.asked:
            # It may stand as `sending` with its neighbours, and was not sent: there is nothing to look up.
            upload = turn.state.upload
            turn.set(upload=replace(upload, marked=upload.marked | {line.seq}))
        lending.recorded(turn, line)


def _at_once(turn: Turn, lines: tuple[Line, ...]) -> bool:
    """Tell whether one 65 does exactly what was saved: the library system takes it, and has no loan unknown to us."""
    account, session = turn.session.account, turn.session
    takes_it = turn.state.link.supports[RENEW_ALL : RENEW_ALL + 1].upper() == "Y"
    if account is None or not takes_it or not account.complete:
        return False
    others = any(line.result in GOOD for line in session.lines)
    return not others and {line.item for line in lines} == {loan.item for loan in account.loans}


def _renew_next(turn: Turn) -> None:
    """Send the next of those that go one by one, each with the whole time of an answer; nobody waits in vain twice."""
    session = turn.state.session
    if session is not None and not backlog.serves_live(turn.state, session.patron):
        _leave_to_upload(turn)
        return
    while session is not None and session.account is not None and session.account.to_renew:
        line = turn.line(session.id, session.account.to_renew[0])
        if line is not None and line.seq is not None and line.result is LineResult.CHECKING:
            lending.send(turn, line, line.seq, turn.at.mono_s + mode.timeout_s(turn))
            return
        _set(turn, to_renew=session.account.to_renew[1:])
        session = turn.session


def one_renewed(turn: Turn, asking: Asking) -> None:
    """A loan was answered: if it was one of several renewals, go on with the next."""
    account = _account(turn, asking)
    if account is None or not account.to_renew or account.to_renew[0] != asking.n:
        return
    _set(turn, to_renew=account.to_renew[1:])
    if len(account.to_renew) > 1:
        _renew_next(turn)
    else:
        _tell(turn)


def all_renewed(turn: Turn, asking: Asking, event: Answered) -> None:
    """66 came: each entry that it names has its outcome; the rest is looked up."""
    answer = event.answer
    assert isinstance(answer, RenewAllAnswer)
    session = turn.state.session
    here = session is not None and session.id == asking.session
    items: dict[Seq, ItemBarcode] = {}
    if session is not None and here:
        items = {line.seq: line.item for line in session.lines if line.seq in asking.seqs and line.seq is not None}
    for seq, item in items.items():
        if item in answer.renewed:
            mode.settled(turn)
            turn.later(AddRow(seq, EntryState.SETTLED, turn.at.wall_s, "renewed"))
            turn.set_line_of(seq, result=LineResult.RENEWED)
        elif item in answer.unrenewed or not answer.ok:
            words = {"AF": answer.message} if answer.message else None
            turn.later(AddRow(seq, EntryState.REFUSED, turn.at.wall_s, "refused", words))
            turn.set_line_of(seq, result=LineResult.REFUSED, reason="ils_refused", said=answer.message or None)
    if not here:
        # The patron has gone; the upload looks each of them up.
        return
    _recorded(turn, _unsettled(turn.session, asking))
    if turn.session.account is not None:
        _set(turn, to_look_at=tuple(item for item in items.values() if item in answer.renewed)[:LOOKED_AT_MOST])
        _look(turn)
    _tell(turn)


def not_all_renewed(turn: Turn, asking: Asking) -> None:
    """No 66 came, and nobody knows what it did: the upload looks each of them up."""
    session = turn.state.session
    if session is not None and session.id == asking.session:
        _recorded(turn, _unsettled(session, asking))


def _unsettled(session: Session, asking: Asking) -> tuple[Line, ...]:
    return tuple(line for line in session.lines if line.seq in asking.seqs and line.result is LineResult.CHECKING)


def _tell(turn: Turn) -> None:
    """Say how it went, in one sentence."""
    lines = [line for line in turn.session.lines if line.renewal]
    good = sum(line.result in GOOD for line in lines)
    left = sum(line.result is LineResult.REFUSED for line in lines)
    if left:
        turn.say("renewed_some", Tone.WARN, count=str(good), left=str(left))
    else:
        turn.say("renewed_all", Tone.OK, count=str(good))


def nobody_waits(turn: Turn) -> None:
    """The library system is away: its list is taken off the screen, and renewals on their way are recorded."""
    session = turn.state.session
    if session is None or session.account is None:
        return
    _leave_to_upload(turn)
    turn.set_session(account=None)
    if turn.state.overlay is Overlay.LOANS:
        turn.set(overlay=None)


def _leave_to_upload(turn: Turn) -> None:
    """Record those renewals that have not been asked about."""
    account = turn.session.account
    waiting = account.to_renew if account is not None else ()
    if waiting:
        _set(turn, to_renew=())
    _recorded(turn, [line for line in turn.session.lines if line.n in waiting and line.result is LineResult.CHECKING])
