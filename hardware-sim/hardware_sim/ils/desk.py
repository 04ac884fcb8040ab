"""The circulation desk over SIP2: what each message asks of the world, and what is answered.

An answer here is as this server means it; `disguise` decides how it is written.
"""

from collections.abc import Callable, Mapping
from typing import Final

from .faults import Faults
from .ledger import Origin
from .loans import Loan, Outcome, Reason
from .logins import Caller, Logins
from .personality import Personality
from .texts import WORDS, due_text, read_sip_date, sip_date
from .wire import REQUIRED, Answer, Request
from .world import World

# What each flag of BX stands for.
_BX: Final = ("23", "11", "09", "01", "99", "97", "93", "63", "35", "37", "17", "19", "25", "15", "29", "65")
# The positions of a patron's status that a reason sets: charge, renewal, recall and hold denied, and why.
_DENIED: Final[Mapping[Reason, str]] = {
    Reason.CARD_LOST: "YYYYY         ",
    Reason.OVERDUE: "YYYY  Y       ",
    Reason.FINES: "YYYY      Y   ",
}


def _yes(flag: bool) -> str:
    return "Y" if flag else "N"


class Desk:
    """Answers requests. `answer` returns None where this server closes the connection instead."""

    def __init__(
        self, world: World, personality: Personality, logins: Logins, *, institution: str, library: str
    ) -> None:
        self.world = world
        self.personality = personality
        self.institution = institution
        self.library = library
        self.faults = Faults()
        self.logins = logins

    @property
    def _now(self) -> str:
        return sip_date(self.world.clock())

    def knows(self, request: Request) -> bool:
        """Tell whether this server has an answer to that message number."""
        return request.code in _MESSAGES and request.code not in self.faults.unsupported

    def answer(self, request: Request, caller: Caller) -> Answer | None:
        """Do what the request asks and return the answer, or None: this server drops the line."""
        ways = self.personality
        if request.cut and ways.missing_field == "close":
            return None
        if request.cut in REQUIRED.get(request.code, ()) and ways.missing_field == "96":
            return Answer("96")
        if ways.blank_nb_due_date == "close" and not request.fixed.get("nb_due_date", "0").strip():
            return None
        return _MESSAGES[request.code](self, request, caller)

    def system_refusal(self, request: Request, caller: Caller) -> Answer:
        """Answer no to whatever was asked, because the system behind is not there."""
        unknown = self.faults.starting
        reason = Reason.PATRON_UNKNOWN if unknown else Reason.SYSTEM
        match request.code:
            case "11" | "29":
                outcome = self._refused(reason, request, caller)
                return self._loan_answer("12" if request.code == "11" else "30", request, outcome)
            case "09":
                reason = Reason.ITEM_UNKNOWN if unknown else Reason.SYSTEM
                return self._checkin_answer(request, self._refused(reason, request, caller))
            case "63" | "23" | "01" | "25":
                return self._nobody("64" if request.code == "63" else "24", request, reason)
            case "17":
                text = WORDS[Reason.ITEM_UNKNOWN if unknown else Reason.SYSTEM]
                return Answer("18", "010101" + self._now, (("AB", request.get("AB")), ("AJ", ""), ("AF", text)))
            case "65":
                return Answer("66", "000000000" + self._now, (("AO", self.institution), ("AF", WORDS[reason])))
            case _:
                answer = self.answer(request, caller)
                return answer if answer is not None else Answer("96")

    def _refused(self, reason: Reason, request: Request, caller: Caller) -> Outcome:
        return self.world.refuse(reason, request.get("AA"), request.get("AB"), self._origin(request, caller))

    def _origin(self, request: Request, caller: Caller) -> Origin:
        fixed = request.fixed
        return Origin(
            connection=caller.connection,
            message=request.code,
            login=caller.login,
            no_block=fixed.get("no_block", ""),
            transaction_date=fixed.get("date", ""),
            nb_due_date=fixed.get("nb_due_date", ""),
        )

    # 93, 99

    def login(self, request: Request, caller: Caller) -> Answer:
        """93 → 94."""
        good = self.logins.admit(caller, request.get("CN"), request.get("CO"))
        return Answer("94", str(int(good)))

    def status(self, _request: Request, _caller: Caller) -> Answer:
        """99 → 98."""
        ways = self.personality
        flags = ways.status_flags
        if self.faults.says_offline:
            flags = "N" + flags[1:]
        timeout = (self.faults.status_timeout or ways.timeout_and_retries[:3]) + ways.timeout_and_retries[3:]
        fields = (("AO", self.institution), ("AM", self.library), ("BX", self._supported))
        return Answer("98", f"{flags}{timeout}{self._now}2.00", fields)

    @property
    def _supported(self) -> str:
        """BX, with N for what a switch took away."""
        return "".join(
            "N" if code in self.faults.unsupported else flag
            for flag, code in zip(self.personality.supported, _BX, strict=True)
        )

    # 23, 63, 35, 01, 25, 37

    def patron_status(self, request: Request, _caller: Caller) -> Answer:
        """23 → 24; also what 01 and 25 are answered with (24, 26)."""
        code = "26" if request.code == "25" else "24"
        patron = request.get("AA")
        row = self.world.patrons.get(patron)
        if row is None:
            return self._nobody(code, request, Reason.PATRON_UNKNOWN)
        fields = [("AO", self.institution), ("AA", patron), ("AE", row.name), ("BL", "Y")]
        return Answer(code, self._standing_of(patron) + "001" + self._now, (*fields, *self._remarks(request)))

    def block(self, request: Request, caller: Caller) -> Answer:
        """01 → 24: the card is blocked from now on, with AL's words."""
        row = self.world.patrons.get(request.get("AA"))
        if row is not None:
            row.blocked = request.get("AL") or "Blocked"
        return self.patron_status(request, caller)

    def patron_information(self, request: Request, _caller: Caller) -> Answer:
        """63 → 64; the one Y of the summary selects which list comes with it."""
        patron = request.get("AA")
        row = self.world.patrons.get(patron)
        if row is None:
            return self._nobody("64", request, Reason.PATRON_UNKNOWN)
        loans = list(self.world.loans_of.get(patron, {}).values())
        charged = [loan.item for loan in loans for _ in range(self._times_listed(loan))]
        overdue = self.world.overdue(patron)
        held = [item.barcode for item in self.world.items.values() if item.held_for == patron]
        counts = (len(held), len(overdue), len(charged), int(bool(row.fines)), 0, 0)
        lists = {0: ("AS", held), 1: ("AT", overdue), 2: ("AU", charged)}
        name, wanted = lists.get(request.fixed["summary"].find("Y"), ("", []))
        fields = [("AO", self.institution), ("AA", patron), ("AE", row.name)]
        fields += [("BZ", "9999"), ("CA", "9999"), ("CB", "9999"), ("BL", "Y")]
        fixed = self._standing_of(patron) + "001" + self._now + "".join(f"{min(n, 9999):04d}" for n in counts)
        most = self.faults.list_at_most
        listed = [(name, item) for item in self._page(wanted, request)][: most if most >= 0 else None]
        return Answer("64", fixed, (*fields, *self._remarks(request), *listed))

    @staticmethod
    def _page(items: list[str], request: Request) -> list[str]:
        first, last = request.get("BP"), request.get("BQ")
        start = int(first) - 1 if first.isdigit() and int(first) else 0
        return items[start : int(last) if last.isdigit() else None]

    def _times_listed(self, loan: Loan) -> int:
        if self.faults.au_duplicates:
            return 3
        # The demonstration SIPServer appends to its list with each renewal by a second checkout.
        return 1 + loan.renewals * 2 if self.personality.charged_items_repeated else 1

    def _standing_of(self, patron: str) -> str:
        reason = self.world.why_not_patron(patron)
        return _DENIED.get(reason, "YYYY          ") if reason is not None else " " * 14

    def _remarks(self, request: Request) -> list[tuple[str, str]]:
        row = self.world.patrons[request.get("AA")]
        remarks = []
        if "AD" in request.fields and (request.get("AD") or row.pin):
            remarks.append(("CQ", _yes(request.get("AD") == row.pin)))
        if row.fines:
            remarks += [("BH", "USD"), ("BV", row.fines)]
        reason = self.world.why_not_patron(row.barcode)
        if reason is not None:
            remarks.append(("AF", row.blocked or WORDS[reason]))
        return remarks

    def _nobody(self, code: str, request: Request, reason: Reason) -> Answer:
        fixed = "YYYY" + " " * 10 + "001" + self._now + ("0000" * 6 if code == "64" else "")
        fields = (("AO", self.institution), ("AA", request.get("AA")), ("AE", ""), ("BL", "N"), ("AF", WORDS[reason]))
        return Answer(code, fixed, fields)

    def end_session(self, request: Request, _caller: Caller) -> Answer:
        """35 → 36."""
        return Answer("36", "Y" + self._now, (("AO", self.institution), ("AA", request.get("AA"))))

    def fee_paid(self, request: Request, _caller: Caller) -> Answer:
        """37 → 38; accepted, and forgotten."""
        known = request.get("AA") in self.world.patrons
        return Answer("38", _yes(known) + self._now, (("AO", self.institution), ("AA", request.get("AA"))))

    # 11, 29, 65, 09

    def checkout(self, request: Request, caller: Caller) -> Answer:
        """11 → 12."""
        ways, now = self.personality, self.world.clock()
        patron, item, origin = request.get("AA"), request.get("AB"), self._origin(request, caller)
        no_block = ways.no_block if request.fixed["no_block"] == "Y" else "ignored"
        due = read_sip_date(request.fixed["nb_due_date"], now) if no_block != "ignored" else None
        forced = no_block == "forced" and due is not None
        if self.faults.yes_without_deed:
            outcome = self._promised(request)
        elif item in self.faults.refuse_items:
            outcome = self._refused(Reason.NOT_FOR_LOAN, request, caller)
        elif forced or no_block == "obeyed":
            outcome = self.world.force(patron, item, due, origin, takes_away=not forced)
        else:
            renews = ways.second_checkout == "renews"
            renews = renews or (ways.second_checkout == "by_policy" and request.fixed["renewal_policy"] == "Y")
            honoured = ways.transaction_date == "honoured"
            as_of = read_sip_date(request.fixed["date"], now) if honoured else None
            outcome = self.world.lend(patron, item, origin, pin=request.get("AD"), renews=renews, as_of=as_of)
        answer = self._loan_answer("12", request, outcome)
        if forced and due is not None and outcome.reason is not None and self._knows_both(request):
            # Koha throws its offline routine's result away and says yes.
            fields = [pair for pair in answer.fields if pair[0] not in {"AH", "AF"}]
            return Answer("12", "1NUY" + self._now, (*fields, ("AH", due_text(due, ways.ah_format))))
        return answer

    def _knows_both(self, request: Request) -> bool:
        return request.get("AA") in self.world.patrons and request.get("AB") in self.world.items

    def _promised(self, request: Request) -> Outcome:
        """Return a loan that is not made, as a server answers whose queue to the real one is lost."""
        item, now = request.get("AB"), self.world.clock()
        loan = self.world.loans.get(item)
        patron = request.get("AA") or (loan.patron if loan else "")
        if patron not in self.world.patrons or item not in self.world.items:
            return Outcome(Reason.SYSTEM)
        due = self.world.policy.due(self.world.patrons[patron].profile, self.world.items[item].kind, now)
        return Outcome(None, Loan(patron, item, now, due), renewed=request.code == "29")

    def renew(self, request: Request, caller: Caller) -> Answer:
        """29 → 30; without AA whoever has the item."""
        if self.faults.yes_without_deed:
            outcome = self._promised(request)
        elif request.get("AB") in self.faults.refuse_items:
            outcome = self._refused(Reason.NO_MORE_RENEWALS, request, caller)
        else:
            outcome = self.world.renew(
                request.get("AB"), self._origin(request, caller), patron=request.get("AA"), pin=request.get("AD")
            )
        return self._loan_answer("30", request, outcome)

    def renew_all(self, request: Request, caller: Caller) -> Answer:
        """65 → 66."""
        patron, origin = request.get("AA"), self._origin(request, caller)
        reason = self.world.why_not_patron(patron)
        if reason is not None:
            return Answer("66", "000000000" + self._now, (("AO", self.institution), ("AF", WORDS[reason])))
        outcomes = {item: self.world.renew(item, origin) for item in list(self.world.loans_of.get(patron, ()))}
        done = [("BM", item) for item, outcome in outcomes.items() if outcome.reason is None]
        left = [("BN", item) for item, outcome in outcomes.items() if outcome.reason is not None]
        fields = (("AO", self.institution), *done, *left)
        return Answer("66", f"1{len(done):04d}{len(left):04d}{self._now}", fields)

    def _loan_answer(self, code: str, request: Request, outcome: Outcome) -> Answer:
        row = self.world.items.get(request.get("AB"))
        done = outcome.reason is None
        patron = request.get("AA") or (outcome.loan.patron if done and outcome.loan else "")
        fields = [("AO", self.institution), ("AA", patron), ("AB", request.get("AB")), ("AJ", row.title if row else "")]
        if done and not self.faults.error_after_deed:
            assert outcome.loan is not None
            fields += [("AH", due_text(outcome.loan.due, self.personality.ah_format)), ("CK", "001")]
            return Answer(code, f"1{_yes(outcome.renewed)}{'U' if code == '12' else 'N'}Y{self._now}", tuple(fields))
        words = "INTERNAL SERVER ERROR" if outcome.reason is None else WORDS[outcome.reason]
        if self.faults.af_names_borrower and outcome.reason is Reason.ON_LOAN_TO_OTHER and outcome.loan is not None:
            words += f" ({self.world.patrons[outcome.loan.patron].name}, {outcome.loan.patron})"
        # A failed 12 with renewal ok Y: this patron already has it.
        already = outcome.reason is Reason.ALREADY_ON_LOAN and self.personality.already_flag == "Y"
        return Answer(code, f"0{_yes(already)}UN{self._now}", (*fields, ("AH", ""), ("AF", words)))

    def checkin(self, request: Request, caller: Caller) -> Answer | None:
        """09 → 10."""
        if request.get("AB") not in self.world.items and self.personality.unknown_checkin == "close":
            self._refused(Reason.ITEM_UNKNOWN, request, caller)
            return None
        as_of = None
        if self.personality.return_date != "ignored":
            as_of = read_sip_date(request.fixed["return_date"], self.world.clock())
        if as_of is not None and self.personality.return_date == "day":
            as_of = as_of.replace(hour=0, minute=0, second=0)
        origin = self._origin(request, caller)
        return self._checkin_answer(request, self.world.take_back(request.get("AB"), origin, as_of=as_of))

    def _checkin_answer(self, request: Request, outcome: Outcome) -> Answer:
        row = self.world.items.get(request.get("AB"))
        good = outcome.reason is None
        good = good or (outcome.reason is Reason.NOT_ON_LOAN and self.personality.returned_when_not_on_loan)
        held = row.held_for if row and good else ""
        fields = [("AO", self.institution), ("AB", request.get("AB")), ("AQ", self.library if row else "")]
        fields.append(("AJ", row.title if row else ""))
        if good and outcome.loan is not None:
            fields.append(("AA", outcome.loan.patron))
        alert = "01" if held else self.faults.checkin_alert if good else ""
        if alert:
            fields += [("CV", alert), ("CY", held), ("CL", "HOLDS" if held else "DESK")]
        if outcome.reason is not None:
            fields.append(("AF", WORDS[outcome.reason]))
        return Answer("10", f"{int(good)}{_yes(good)}N{_yes(bool(alert))}{self._now}", tuple(fields))

    # 17, 15, 19

    def item_information(self, request: Request, _caller: Caller) -> Answer:
        """17 → 18."""
        item = request.get("AB")
        row = self.world.items.get(item)
        if row is None:
            return Answer("18", "010101" + self._now, (("AB", item), ("AJ", "")))
        loan = self.world.loans.get(item)
        shelf = "08" if row.held_for else self.faults.shelf_status or "03"
        circulation = self.faults.on_loan_status or "04" if loan else shelf
        fields = [("AB", item), ("AJ", row.title), ("CK", "001"), ("AQ", self.library)]
        if loan is not None and not self.faults.due_unknown:
            fields.append(("AH", due_text(loan.due, self.personality.ah_format)))
        return Answer("18", f"{circulation}0101{self._now}", (*fields, ("CF", str(int(bool(row.held_for))).zfill(4))))

    def hold(self, request: Request, _caller: Caller) -> Answer:
        """15 → 16: `+` puts the item aside for the patron, `-` ends that."""
        row = self.world.items.get(request.get("AB"))
        good = row is not None and request.get("AA") in self.world.patrons
        if row is not None and good:
            row.held_for = "" if request.fixed["mode"] == "-" else request.get("AA")
        fields = (("AO", self.institution), ("AA", request.get("AA")), ("AB", request.get("AB")))
        return Answer("16", f"{int(good)}{_yes(good)}{self._now}", fields)

    def item_update(self, request: Request, _caller: Caller) -> Answer:
        """19 → 20; nothing is changed."""
        known = request.get("AB") in self.world.items
        return Answer("20", f"{int(known)}{self._now}", (("AB", request.get("AB")),))


_MESSAGES: Final[Mapping[str, Callable[[Desk, Request, Caller], Answer | None]]] = {
    "01": Desk.block,
    "09": Desk.checkin,
    "11": Desk.checkout,
    "15": Desk.hold,
    "17": Desk.item_information,
    "19": Desk.item_update,
    "23": Desk.patron_status,
    "25": Desk.patron_status,
    "29": Desk.renew,
    "35": Desk.end_session,
    "37": Desk.fee_paid,
    "63": Desk.patron_information,
    "65": Desk.renew_all,
    "93": Desk.login,
    "99": Desk.status,
}
