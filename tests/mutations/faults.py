"""Faults that a programmer could make in what must never fail, each as one replacement of text.

`tests` are those that should notice it; `simulated` says that lives of whole stations should too. Both are tried for
each by `python -m tests.mutations`; that each text still stands in the code exactly once is tested every time.
"""

from dataclasses import dataclass
from typing import Final

RULES, JOURNAL, ILS, SIP2, DEVICES = (
    "kioskd/rules/",
    "kioskd/journal/",
    "kioskd/ils/",
    "kioskd/sip2/",
    "kioskd/devices/",
)
LENDING, UPLOADS, MODES, SESSIONS = (
    f"tests/rules/test_{name}.py" for name in ("lending", "upload", "modes", "sessions")
)
NEVER = "tests/rules/test_never_given_up.py"
PAPER, TAKING_BACK, CARDS, ALWAYS = (
    f"tests/rules/test_{name}.py" for name in ("paper", "taking_back", "cards", "always")
)
BY_HAND = "tests/rules/test_by_hand.py"
STICKS, ELSEWHERE, DOWNTIME = (
    "tests/simulation/test_sticks.py",
    "tests/rules/test_from_elsewhere.py",
    "tests/rules/test_downtime.py",
)
RESCUED = "tests/moving/test_rescue.py"
VERDICTS = ("tests/rules/test_verdict.py", "tests/rules/test_deciding.py", "tests/rules/test_upload.py")
ON_DISK = ("tests/powercut/test_journal.py", "tests/journal")


@dataclass(frozen=True)
class Fault:
    """One wrong line. `means` says what would become of it at a library."""

    name: str
    file: str
    old: str
    new: str
    means: str
    tests: tuple[str, ...]
    seed: int = 1
    """The first life that is tried: which kind of day comes when hangs on it (`tests.simulation.plan.SURE`)."""


FAULTS: Final = (
    # Save before say.
    Fault(
        "say before save",
        RULES + "lending.py",
        '        LineResult.CHECKING,\n        turn.at.mono_s,\n        reason="check_digit"',
        "        LineResult.CHECKING if live else LineResult.RECORDED,\n        turn.at.mono_s,\n"
        '        reason="check_digit"',
        "the screen says *recorded* before the disk has it",
        (LENDING, ALWAYS),
    ),
    Fault(
        "show before save",
        RULES + "showing.py",
        "effects = [*saves, Show(view), *rest]",
        "effects = [Show(view), *rest, *saves]",
        "a View goes out before the save it may speak of",
        (LENDING, ALWAYS),
    ),
    Fault(
        "not saved, said all the same",
        RULES + "lending.py",
        "turn.set_session(lines=tuple(line for line in turn.session.lines if line is not gone))",
        "turn.set_line(gone.n, result=LineResult.RECORDED)",
        "a full disk, and the screen says *recorded*",
        (LENDING,),
    ),
    Fault(
        "sent though saved as recorded",
        RULES + "lending.py",
        "    if not saving.live or not serves_live(turn, line.item, renewal=line.renewal):",
        "    if not serves_live(turn, line.item, renewal=line.renewal):",
        "sent while the journal says that it was not: sent again after a power cut",
        (LENDING, ALWAYS),
    ),
    Fault(
        "a mark that failed is taken for one",
        RULES + "step.py",
        "            upload.mark_failed(turn)",
        "            upload.marked(turn, saving, Saved(event.token, (), turn.state.summary))",
        "a full disk, and loans are sent that the journal does not hold as sent",
        (NEVER,),
    ),
    # The upload.
    Fault(
        "follow what is not saved",
        RULES + "upload.py",
        "    if following is not None and following.step is Step.SEND:\n",
        "    if following is not None:\n",
        "the next loan is handed to the line before the disk has it as `sending`: a power cut sends it twice",
        ("tests/rules/test_following.py", UPLOADS),
    ),
    Fault(
        "follow a refusal",
        ILS + "conversation.py",
        "        if not (isinstance(word, Answered) and said_yes(word.answer)):\n",
        "        if not isinstance(word, Answered):\n",
        "the next loan goes out although a no to the one before it was not looked at",
        ("tests/ils/test_following.py", "tests/ils/test_promises.py"),
    ),
    Fault(
        "wrong order",
        RULES + "upload.py",
        "sorted(entries, key=lambda each: each.what.item in aside)",
        "sorted(entries, key=lambda each: -each.seq)",
        "the newest entry is sent first",
        (UPLOADS,),
    ),
    Fault(
        "another's loan is taken for the renewal",
        RULES + "verdict.py",
        "Step.LOOK_PATRON, Outcome.LATER_ACTIVITY, RENEWS, LOST, listed=UNLISTED",
        "Step.LOOK_PATRON, Outcome.LATER_ACTIVITY, RENEWS, LOST, listed=LISTED",
        "a renewal that was never made is settled, for somebody else has the item by then",
        ("tests/rules/test_verdict.py",),
        seed=936,
    ),
    Fault(
        "forget that it was sent",
        RULES + "passing.py",
        "        entry = changed(entry, state=EntryState.SENDING)",
        "        entry = changed(entry, state=entry.state)",
        "the line dies, and the loan is sent again on the next without a look",
        (UPLOADS,),
    ),
    Fault(
        "a due date never moves",
        RULES + "reading.py",
        "        return Due.MOVED",
        "        return Due.STILL",
        "a renewal whose answer was lost is sent twice",
        (UPLOADS,),
    ),
    Fault(
        "taken back and sent",
        RULES + "upload.py",
        "        queue=tuple(entry for entry in upload.queue if entry.seq not in seqs),\n        ahead",
        "        queue=upload.queue,\n        ahead",
        "staff take an entry back, and it is lent all the same",
        (TAKING_BACK, UPLOADS),
    ),
    # Taking back.
    Fault(
        "taken back though it may have been sent",
        RULES + "lending.py",
        '    state = EntryState.EXCEPTION if sent else EntryState.WITHDRAWN\n    outcome = "check_this_in" if sent',
        '    state = EntryState.WITHDRAWN\n    outcome = "check_this_in" if sent',
        "the loan stands on the account, and nobody checks it in",
        (TAKING_BACK,),
    ),
    # Modes.
    Fault(
        "check-in offline",
        RULES + "policy.py",
        "    ModeName.OFFLINE: {\n        Act.CHECKOUT: How.RECORD,\n"
        "        Act.RENEW: How.RECORD,\n        Act.CHECKIN: How.REFUSE,",
        "    ModeName.OFFLINE: {\n        Act.CHECKOUT: How.RECORD,\n"
        "        Act.RENEW: How.RECORD,\n        Act.CHECKIN: How.LIVE,",
        "a return is asked for while loans wait",
        (NEVER,),
    ),
    Fault(
        "payment online",
        RULES + "policy.py",
        "        Act.CHECKIN: How.LIVE,\n        Act.RFID: How.LIVE,\n        Act.PAYMENT: How.ELSEWHERE,",
        "        Act.CHECKIN: How.LIVE,\n        Act.RFID: How.LIVE,\n        Act.PAYMENT: How.LIVE,",
        "the refusal of a payment names no other place",
        (MODES, "tests/rules/test_staff.py"),
    ),
    Fault(
        "patrons wait on when it goes offline",
        RULES + "step.py",
        "    if turn.state.mode.name is not ModeName.OFFLINE:\n        return\n    asked",
        "    if turn.state.mode.name is not ModeName.RECOVERING:\n        return\n    asked",
        "an item stands *checking* until its time-out, on a line that is gone",
        (MODES, LENDING, ALWAYS),
    ),
    Fault(
        "live before the queue",
        RULES + "backlog.py",
        "            return trusted and patron not in known.numbers and item not in known.numbers",
        "            return trusted",
        "while it recovers, a second loan of an item overtakes the first",
        (MODES, ALWAYS),
    ),
    Fault(
        "forced offline is forgotten at a restart",
        JOURNAL + "reading.py",
        "WHERE kind = ? ORDER BY n DESC LIMIT 1",
        "WHERE kind = ? ORDER BY n LIMIT 1",
        "the first mode that staff ever chose holds, not the last",
        ("tests/journal",),
    ),
    # Whose it is, and who sees it.
    Fault(
        "an open visit never ends",
        RULES + "visiting.py",
        '        turn.log("info", "session_abandoned", items=len(session.lines))\n        cards.end(turn)',
        '        turn.log("info", "session_abandoned", items=len(session.lines))\n        scanning.touch(turn)',
        "who walks away leaves the card open for the next person",
        (SESSIONS,),
    ),
    Fault(
        "still your card? is not asked",
        RULES + "scanning.py",
        "quiet_s >= after_s > 0:",
        "quiet_s >= after_s > 1e9:",
        "the next person's item goes to the last person's card",
        (SESSIONS, LENDING, CARDS),
    ),
    Fault(
        "a second card adds to the first",
        RULES + "cards.py",
        "    questions.ask(turn, FinishFirst(card, how, unmatched))",
        "    questions.prompt(turn)",
        "the next person's card is not taken, and items go to the last one's",
        (CARDS, SESSIONS),
    ),
    Fault(
        "the receipt lists what was refused",
        RULES + "slips.py",
        "    items = [line.item for line in turn.session.lines if line.result in GOOD]",
        "    items = [line.item for line in turn.session.lines]",
        "a receipt for an item that stays here",
        (PAPER,),
    ),
    Fault(
        "the card on the receipt",
        RULES + "slips.py",
        "        *(SlipLine(item) for item in items),",
        '        SlipLine(str(turn.session.patron or "")),\n        *(SlipLine(item) for item in items),',
        "a card's number lies on the floor of the library",
        (PAPER,),
    ),
    Fault(
        "a slip outlives its visit",
        DEVICES + "spool.py",
        "            dropped = list(self._waiting)\n            self._waiting.clear()",
        "            dropped = list(self._waiting)",
        "a slip that waited for paper comes out for the next person",
        ("tests/devices",),
    ),
    Fault(
        "the printer is not emptied",
        DEVICES + "printer_life.py",
        "        self._owes_cancel = self._owes_recovery = True",
        "        self._owes_recovery = True",
        "half a slip comes out with the new roll, for somebody else",
        ("tests/devices/test_printer.py",),
    ),
    Fault(
        "the PIN in the log",
        RULES + "cards.py",
        "    turn.set_session(stage=Stage.LOOKUP, lookup=ask, pin=pin)",
        '    turn.log("info", "card_asked", pin=str.__str__(pin or ""))\n'
        "    turn.set_session(stage=Stage.LOOKUP, lookup=ask, pin=pin)",
        "PINs in the log of every station",
        (CARDS, "tests/rules"),
    ),
    # The journal.
    Fault(
        "flush seldom",
        JOURNAL + "sqlite.py",
        'SYNCHRONOUS: Final[str] = "FULL"',
        'SYNCHRONOUS: Final[str] = "NORMAL"',
        "a power cut takes what was promised in the last minutes",
        ON_DISK,
    ),
    Fault(
        "never flush",
        JOURNAL + "sqlite.py",
        'SYNCHRONOUS: Final[str] = "FULL"\n"""',
        'SYNCHRONOUS: Final[str] = "OFF"\n"""',
        "a power cut takes what it likes",
        ON_DISK,
    ),
    Fault(
        "commit nothing",
        JOURNAL + "transaction.py",
        '                self._connection.execute("COMMIT")',
        '                self._connection.execute("ROLLBACK")',
        "the journal says yes and keeps nothing",
        ("tests/journal/test_stories.py", "tests/journal"),
    ),
    Fault(
        "the log is not written again",
        JOURNAL + "journal.py",
        "        if self._log_pages:\n            self._make_sure()",
        "        if self._log_pages < 0:\n            self._make_sure()",
        "after a flush that failed, a power cut takes what was promised since",
        ("tests/journal/test_flush_that_failed.py",),
    ),
    Fault(
        "not written comes back",
        JOURNAL + "journal.py",
        "            if self._unpromised is not None:\n                self._take_back(pending)",
        "            if self._unpromised is not None and pending.next_seq < 0:\n"
        "                self._take_back(pending)",
        "a loan that was refused for want of a disk is sent all the same",
        ("tests/journal/test_disk.py",),
    ),
    Fault(
        "settled still stands",
        JOURNAL + "journal.py",
        "        elif was in WAITING and row.state not in WAITING:",
        "        elif was not in WAITING and row.state not in WAITING:",
        "settled entries are read as unsent again",
        ("tests/journal/test_stories.py", "tests/journal"),
    ),
    Fault(
        "an exception is uncounted",
        JOURNAL + "journal.py",
        "        pending.counts.move(was, row.state)",
        "        pending.counts.move(was, row.state if row.state is not EntryState.EXCEPTION else EntryState.SETTLED)",
        "nobody looks for what waits",
        ("tests/journal/test_stories.py", "tests/journal"),
    ),
    Fault(
        "exceptions hold up nobody",
        JOURNAL + "reading.py",
        "        behind = found[0][0]",
        "        behind = None",
        "after a restart a second loan of an item goes ahead of the undecided first",
        ("tests/journal/test_behind.py",),
    ),
    Fault(
        "the due date before is forgotten",
        JOURNAL + "reading.py",
        "            due_before=row.due_before if sends else entry.due_before,",
        "            due_before=None,",
        "a renewal whose answer was lost cannot be decided after a restart",
        ("tests/journal/test_stories.py", "tests/journal"),
    ),
    Fault(
        "a damaged row is read",
        JOURNAL + "columns.py",
        '        raise JournalDamaged("journal", f"{table.name}: row {cells[0]!r} is not as it was written")',
        "        return cells[:-1]",
        "a flipped bit is another book",
        ("tests/journal/test_salvage.py", "tests/journal"),
    ),
    # The line.
    Fault(
        "loans go again by themselves",
        ILS + "waiting.py",
        "and isinstance(self.ask.question, HARMLESS)",
        "and self.ask.question is not None",
        "a loan is sent twice when a line dies",
        ("tests/ils/test_drops.py", "tests/ils"),
    ),
    Fault(
        "silence counts as never sent",
        ILS + "talk.py",
        "self.end = End(trouble, NoAnswer.TIMED_OUT, detail + self._seen())",
        "self.end = End(trouble, NoAnswer.NO_LINE, detail + self._seen())",
        "a loan whose answer did not come is sent again without a look",
        ("tests/ils/test_faults.py", "tests/ils"),
    ),
    Fault(
        "a dead line counts as never sent",
        ILS + "talk.py",
        "            self._over(End(LineTrouble.LOST, NoAnswer.DROPPED, why + asked + self._seen()))",
        "            self._over(End(LineTrouble.LOST, NoAnswer.NO_LINE, why + asked + self._seen()))",
        "a loan is sent again without a look when a line dies",
        ("tests/ils/test_drops.py", "tests/ils"),
    ),
    Fault(
        "any answer will do",
        ILS + "wording.py",
        "            fits = _names(answer.item, asked.item, must=answer.ok) and _names(answer.patron, asked.patron)\n",
        "            fits = True\n",
        "another person's answer settles a loan",
        ("tests/ils/test_faults.py", "tests/ils"),
    ),
    Fault(
        "old answers are taken",
        SIP2 + "exchange.py",
        "and not echoed and not self._asked_again:",
        "and not echoed and self._asked_again < 0:",
        "the last question's answer is taken for this one's",
        ("tests/sip2/test_exchange.py", "tests/sip2", "tests/ils"),
    ),
    Fault(
        "checksums are not looked at",
        SIP2 + "exchange.py",
        "            frame = split(line, verify=self.dialect.verify_checksum)",
        "            frame = split(line, verify=False)",
        "a damaged answer is read as it came",
        ("tests/sip2/test_exchange.py", "tests/sip2"),
    ),
    # What an answer proves: the table of verdicts.
    Fault(
        "who has it now loses it",
        RULES + "verdict.py",
        'Row("lost_taken", Step.LOOK_ITEM, Outcome.ON_LOAN_TO_ANOTHER, LOAN, LOST, shelf=CHARGED)',
        'Row("lost_taken", Step.LOOK_ITEM, Step.SEND, LOAN, LOST, shelf=CHARGED)',
        "a loan whose answer was lost takes the thing from the person who has it by now",
        VERDICTS,
    ),
    Fault(
        "no-block takes from anybody",
        RULES + "verdict.py",
        'Row("forced_taken", Step.LOOK_PATRON, Outcome.ON_LOAN_TO_ANOTHER, LOAN, NEW, listed=UNLISTED)',
        'Row("forced_taken", Step.LOOK_PATRON, Step.MARK, LOAN, NEW, listed=UNLISTED)',
        "a flag meant for blocks ends another person's loan",
        VERDICTS,
    ),
    Fault(
        "a refusal is believed at once",
        RULES + "passing.py",
        "    if belief.is_refusal(what, current.facts):",
        "    if belief.is_refusal(what, current.facts) and not row.seq:",
        "a library system that refuses everything fills the worklist with what was never wrong",
        ("tests/rules/test_belief.py",),
    ),
    Fault(
        "uploads under the patrons' name",
        RULES + "lanes.py",
        "    first = PATRONS_LINE + 1 if own_identity(ils) else PATRONS_LINE",
        "    first = PATRONS_LINE",
        "the login for uploads is never used, and its port neither",
        ("tests/ils/test_lines.py", "tests/rules/test_deciding.py", "tests/rules/test_upload.py"),
    ),
    Fault(
        "loans before the cards that they are on",
        RULES + "ordering.py",
        "    return (*registrations, *placed)",
        "    return (*placed, *registrations)",
        "the loans of a card made today are refused, for nobody has said that there is one",
        ("tests/rules/test_ordering.py", UPLOADS, BY_HAND),
    ),
    # Typed afterwards.
    Fault(
        "a sheet's rows happen when they are typed",
        RULES + "by_hand.py",
        "        at_wall_s=at_s,",
        "        at_wall_s=turn.at.wall_s,",
        "what was lent on paper on Monday is lent on Tuesday, after its own return",
        (BY_HAND,),
    ),
    Fault(
        "what happened since is forgotten",
        RULES + "by_hand.py",
        "entry.what.clock is not ClockTrust.UNSURE and entry.what.at_wall_s > at_s",
        "entry.what.clock is not ClockTrust.UNSURE and entry.what.at_wall_s < 0",
        "a row typed late undoes a later loan of the thing",
        (BY_HAND,),
    ),
    Fault(
        "tried again without a look",
        RULES + "retrying.py",
        "    state = EntryState.SENDING if entry.sendings else EntryState.RECORDED",
        "    state = EntryState.RECORDED",
        "staff have it tried again, and what was done after all is done twice",
        ("tests/rules/test_belief.py", "tests/rules/test_deciding.py", BY_HAND),
    ),
    # Forgetting and handing over.
    Fault(
        "what waits is purged",
        JOURNAL + "purging.py",
        "    WHERE seq NOT IN (SELECT seq FROM standing)\n",
        "    WHERE seq > 0\n",
        "loans that were never sent are gone without a word",
        ("tests/journal/test_purge.py",),
    ),
    Fault(
        "freed pages keep what they held",
        JOURNAL + "sqlite.py",
        'connection.pragma("secure_delete", True)',
        'connection.pragma("secure_delete", "FAST")',
        "cards that were purged can be read from the file",
        ("tests/journal/test_purge.py",),
    ),
    Fault(
        "handed over without being marked",
        "kioskd/ctl/hand_over.py",
        'if document["seq"] in numbers]',
        "if document]",
        "an entry is in the file, and goes up by the line as well",
        ("tests/exports/test_hand_over.py",),
    ),
    # What a step leaves out.
    Fault(
        "messages are not looked for",
        RULES + "project.py",
        '        "instance",\n        "started_wall_s",',
        '        "message",\n        "instance",\n        "started_wall_s",',
        "what the screen should say is not drawn until something else changes",
        (ALWAYS, LENDING),
    ),
    # Rescue.
    Fault(
        "a rescued card bears no mark",
        "kioskd/moving/rescue_out.py",
        "        moved.put_mark(state_dir, Moved(cover.id, str(out), cover.at, cover.entries, rescued=True))\n",
        "",
        "the dead station is put back, and sends what another one sends",
        (RESCUED,),
        seed=9,
    ),
    Fault(
        "an archive has its name before its entries are marked",
        "kioskd/ctl/rescuing.py",
        "    try:\n        mark(client, HandOver(made.cover.to, tuple(entries)))",
        "    name(path)\n    write_part(path, rescue.pack(made, sealing.seal))\n"
        "    try:\n        mark(client, HandOver(made.cover.to, tuple(entries)))",
        "cut off in between, entries are on the stick and go up by themselves as well",
        (STICKS,),
        seed=9,
    ),
    Fault(
        "what was taken in is taken in again",
        RULES + "from_elsewhere.py",
        "    fresh = () if call.part in event.parts else tuple("
        "each for each in _once(call.entries) if each.id not in here)",
        "    fresh = tuple(_once(call.entries))",
        "who types the same command again has all loans of the stick twice",
        (ELSEWHERE,),
        seed=9,
    ),
    Fault(
        "a stick is anybody's",
        "kioskd/moving/moving_in.py",
        "        if _claimant(claimed) not in {(archive_id, machine), None}:",
        '        if _claimant(claimed) == ("", ""):',
        "two stations take the same stick in, and renew twice",
        ("tests/moving/test_moving.py",),
        seed=9,
    ),
    Fault(
        "the revived station has forgotten the rescue",
        "kioskd/moving/rescue_out.py",
        "        rows = [AddRow(seq, EntryState.HANDED_OVER, at_s, to) for seq in seqs]",
        "        rows = [AddRow(seq, EntryState.HANDED_OVER, at_s, to) for seq in seqs[:0]]",
        "its mark goes, and what another station has sent is sent from there too",
        (RESCUED,),
        seed=9,
    ),
    Fault(
        "taken back without a look",
        RULES + "from_elsewhere.py",
        "EntryState.SENDING if entry.sendings or entry.what.kind is Kind.CHECKOUT else",
        "EntryState.RECORDED if entry.sendings or entry.what.kind is Kind.CHECKOUT else",
        "a file that somebody had loaded all the same is lent a second time",
        (ELSEWHERE,),
        seed=5,
    ),
    Fault(
        "a hand-over is not written down before it is marked",
        "kioskd/ctl/hand_over.py",
        '    write_whole(part(path), content.encode("ascii"))',
        "    del content",
        "cut off after the mark, nobody knows which entries the file was to hold",
        ("tests/exports/test_hand_over.py",),
        seed=5,
    ),
    Fault(
        "what was handed over is forgotten",
        RULES + "calls.py",
        "    turn.save((*rows, note), Saving(SaveFor.HAND_OVER",
        "    turn.save(rows, Saving(SaveFor.HAND_OVER",
        "cut off, and the entries forgotten since: they are in no file, and go up by no line",
        (STICKS, ELSEWHERE),
        seed=449,
    ),
    Fault(
        "what is taken back counts as handed over",
        RULES + "from_elsewhere.py",
        "    turn.save((*rows, *notes), Saving(SaveFor.TAKE_IN",
        "    turn.save(rows, Saving(SaveFor.TAKE_IN",
        "an entry that goes up from here again is put into the file as well",
        (ELSEWHERE,),
        seed=5,
    ),
    Fault(
        "another station's archive is overwritten",
        "kioskd/moving/moving_out.py",
        "    if (whose := _station_of(beside)) not in (None, station):",
        "    if (whose := _station_of(beside)) is not None and not station:",
        "what that station has marked, and not named yet, stands nowhere any more",
        (STICKS,),
        seed=9,
    ),
    # Drills.
    Fault(
        "a drill takes what staff type",
        "kioskd/daemon/drill.py",
        "            case inputs.Asked() if drill is not None and type(what.call) in EXERCISED:",
        "            case inputs.Asked() if drill is not None:",
        "an archive that is taken in during a drill is gone with the drill",
        (STICKS,),
        seed=2,
    ),
    Fault(
        "a drill stays on the disk",
        "kioskd/daemon/drill.py",
        "        journal.stop()\n        self._clear()\n",
        "        journal.stop()\n",
        "loans of drills lie beside the real ones",
        (STICKS, "tests/station/test_drill.py"),
        seed=2,
    ),
    # Forms, crates and the board.
    Fault(
        "a draft in clear",
        "kioskd/daemon/drafts.py",
        "            sealed = vault.seal(effect.content)",
        '            sealed = "; ".join(str.__str__(each) for each in effect.content.values())',
        "a name and an address can be read from the disk",
        ("tests/daemon/test_drafts.py",),
        seed=3,
    ),
    Fault(
        "a draft outlives the lock",
        RULES + "staffing.py",
        "    if turn.state.drafts or drafting.keeping(turn.state):",
        "    if turn.state.drafts:",
        "what was typed of somebody lies there for whoever comes next",
        ("tests/rules/test_drafts_and_papers.py",),
        seed=3,
    ),
    Fault(
        "crates are ticked while loans wait",
        RULES + "downtime.py",
        "    elif call.step in WAITS_FOR_NOTHING and (",
        "    elif call.step is BoardStep.REPORT and (",
        "a return is checked in before its loan, and charges who brought it back",
        (DOWNTIME,),
        seed=4,
    ),
    Fault(
        "a second crate replaces the first",
        RULES + "outage.py",
        "crates=tuple(sorted((*others, crate), key=lambda each: each.number))",
        "crates=(*others[:0], crate)",
        "a crate that was counted and labelled is on no list",
        (DOWNTIME,),
        seed=4,
    ),
    Fault(
        "done already and tried again",
        RULES + "retrying.py",
        "    if call.action is ResolveAction.CORRECT_AND_RETRY and call.action not in actions_of",
        "    if call.action is ResolveAction.DROP and call.action not in actions_of",
        "a loan with another due date is made a second time after the return",
        ("tests/rules/test_belief.py",),
        seed=8,
    ),
)
