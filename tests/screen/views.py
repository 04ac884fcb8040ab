"""Views as the contract describes them, one or more for each screen, in the daemon's own words."""

from typing import Any

from kioskd.model.downtime import BoardStep
from kioskd.rules.board import ADVICE
from kioskd.rules.worklist import classes
from kioskd.texts import label, say

SCREENS = (
    "idle",
    "card",
    "pin",
    "confirm",
    "items",
    "due_date",
    "finish",
    "printing",
    "done",
    "loans",
    "help",
    "staff",
    "out_of_service",
)
LANGUAGES = ("en", "es", "vi", "ru", "zh-Hans")

_ALWAYS = ("session.next_patron", "session.language", "session.show")
_OPEN = ("session.input", "session.cancel", *_ALWAYS)

CHOICES: dict[str, tuple[str, ...]] = {
    "idle": ("session.start", "session.input", *_ALWAYS, "staff.unlock"),
    "card": (*_OPEN, "staff.unlock"),
    "pin": (*_OPEN, "staff.unlock"),
    "confirm": ("session.confirm", "session.cancel", *_ALWAYS),
    "items": (*_OPEN, "session.finish", "session.start", "session.withdraw"),
    "due_date": (*_OPEN, "session.finish", "session.due_date", "staff.lock"),
    "finish": (*_OPEN, "session.finish", "session.withdraw"),
    "printing": ("session.language",),
    "done": ("session.start", "session.input", "session.cancel", *_ALWAYS),
    "loans": (*_OPEN, "session.finish", "session.loans", "session.renew_all"),
    "help": ("session.start", "session.input", "session.cancel", *_ALWAYS, "staff.unlock"),
    "staff": ("session.start", "session.input", *_ALWAYS, "staff.lock", "mode.set"),
    "out_of_service": ("session.language", "staff.unlock"),
}

MESSAGES: dict[str, tuple[str, str, dict[str, str]]] = {
    "card": ("scan_card", "ask", {}),
    "pin": ("enter_pin", "ask", {}),
    "confirm": ("finish_first", "ask", {"card": "4567", "other": "8901"}),
    "items": ("scan_items", "ask", {}),
    "finish": ("choose_paper", "ask", {}),
    "printing": ("printing", "ok", {}),
    "done": ("done_recorded", "ok", {"count": "3"}),
    "out_of_service": ("storage", "stop", {}),
}
"""What the daemon says on a screen: key, tone, parameters."""


def message(language: str, key: str, tone: str, **params: str) -> dict[str, Any]:
    """Something that the daemon says, in its own words."""
    return {"key": key, "params": params, "text": say(language, key, **params), "tone": tone}


def line(
    n: int, result: str = "recorded", *, title: str | None = None, due: str | None = None, language: str = "en"
) -> dict[str, Any]:
    return {
        "n": n,
        "item": f"3{n:04}900123456",
        "result": result,
        "reason": "ils_refused" if result == "refused" else None,
        "text": say(language, f"line_{'ils_refused' if result == 'refused' else result}"),
        "title": title,
        "due": due,
    }


def lines(language: str, *, offline: bool) -> list[dict[str, Any]]:
    """A handful of items: offline by number alone, online with titles and every kind of answer."""
    if offline:
        return [line(n, language=language) for n in (1, 2, 3)]
    return [
        line(1, "checked_out", title="The Left Hand of Darkness", due="2026-12-14", language=language),
        line(2, "refused", title="Atlas der abgelegenen Inseln", language=language),
        line(3, "renewed", title="红楼梦", due="2026-12-07", language=language),
        line(4, "withdrawn", title="Война и мир. Том первый", language=language),
        line(5, "checking", language=language),
        line(
            6,
            "checked_out",
            title="Cien años de soledad: edición conmemorativa",
            due="12/20/2026 23:59",
            language=language,
        ),
    ]


def loans(language: str, *, renewed: bool = False) -> list[dict[str, Any]]:
    """What somebody has at home, one of it without a title."""
    titles = ("Momo", "The Left Hand of Darkness", None, "Cien años de soledad: edición conmemorativa")
    results = ("renewed", "renewed", "recorded", "refused") if renewed else (None,) * 4
    keys = {"refused": "line_renewal_refused", "recorded": "line_renewal_recorded", "renewed": "line_renewed"}
    return [
        {
            "item": f"3{n:04}900123456",
            "title": title,
            "due": f"2026-12-{10 + n}",
            "result": result,
            "text": say(language, keys[result]) if result else None,
        }
        for n, (title, result) in enumerate(zip(titles, results, strict=True), 1)
    ]


def account(state: str, **changes: Any) -> dict[str, Any]:
    """The View's account: nothing on loan, unless told."""
    return {"state": state, "loans": [], "complete": True, "holds_ready": 0, "holds": []} | changes


STAFF = (
    "patron.register",
    "sheet.add",
    "downtime.review",
    "downtime.tick",
    "crate.count",
    "worklist.get",
    "registrations.list",
    "registration.tick",
    "exceptions.resolve",
    "slip.print",
)
"""What staff may do while nobody is served."""


def downtime(language: str = "en", *, back: bool = False, reviewed: bool = False) -> dict[str, Any]:
    """The View's downtime, with a row of every kind; what a library words itself is in the tables' words here."""

    def of(key: str, **params: str) -> str:
        return say(language, key, **params)

    systems = (
        ("Symphony Web", "http", "answers", of("advice_lend")),
        ("AMH", "tcp", "silent", of("advice_checkin")),
        ("IMMS", "tcp", "asking", ""),
        ("My MCL", "none", "unprobed", of("advice_register")),
    )
    crate = {"crate": "1", "library": "CENTRAL"}
    mail = {
        "to": ["sortcenter-leads@library.example"],
        "subject": of("mail_subject", **crate),
        "body": of("mail_body", **crate, station="CENTRAL-3", to="Sort Center", items="25", date="2026-11-23"),
        "mailto": "mailto:sortcenter-leads@library.example?subject=Crate%201",
    }
    seen = [("13:58", "no_answer"), ("14:03", "no_line")]
    return {
        "since": "2026-11-23T13:58:00-08:00",
        "back": "2026-11-23T16:20:00-08:00" if back else None,
        "over": None,
        "seen": [
            {"at": f"2026-11-23T{time}:00-08:00", "reason": reason, "text": label(language, f"why_{reason}")}
            for time, reason in seen
        ],
        "helpdesk": "x85100",
        "read_out": of(
            "read_out",
            library="CENTRAL",
            station="CENTRAL-3",
            time="2026-11-23 13:58",
            seen=", ".join(label(language, f"why_{reason}") for _, reason in seen),
        ),
        "advice": [of(key) for key in ADVICE] + [of("contact_us", contact="503-555-0100")],
        "systems": [
            {"name": name, "probe": probe, "state": state, "since": None, "text": text}
            for name, probe, state, text in systems
        ],
        "review": {
            "station": "CENTRAL-3",
            "library": "CENTRAL",
            "date": "2026-11-23",
            "clock": "none",
            "offset_s": None,
            "by": "MK" if reviewed else None,
            "at": "2026-11-23T14:01:00-08:00" if reviewed else None,
        },
        "blocks": {"cards": 1234, "days": 9, "old": True},
        "crates": [
            {"crate": 1, "items": 25, "on": "2026-11-23", "mail": mail},
            {"crate": 2, "items": 1, "on": "2026-11-23", "mail": None},
        ],
        "board": [
            {
                "step": step.value,
                "text": of(f"board_{step.value}"),
                "done": n < 2,
                "next": n == 2,
                "by": "MK" if n < 2 else None,
                "at": "2026-11-23T16:30:00-08:00" if n < 2 else None,
            }
            for n, step in enumerate(BoardStep)
        ]
        if back
        else [],
    }


def exception(seq: int, **changes: Any) -> dict[str, Any]:
    """An entry that waits for a person, as `worklist.get` tells it."""
    return {
        "seq": seq,
        "kind": "checkout",
        "how": "scanned",
        "patron": "…4567",
        "item": f"3{seq:04}900123456",
        "at": "2026-11-23T14:20:00-08:00",
        "by": "MK",
        "station": "CENTRAL-3",
        "due_date": "2026-12-18",
        "message": "",
    } | changes


def lists(language: str) -> dict[str, dict[str, Any]]:
    """What staff's lists hold, by the method that fetches them."""
    held = {"class": "on_hold", "message": label(language, "holds_ready", n=1)}
    later = {"class": "on_loan_to_another", "kind": "renewal", "patron": None, "due_date": None, "by": None}
    return {
        "worklist.get": {
            "classes": classes(language, [exception(7, **held), exception(8, **held), exception(12, **later)])
        },
        "registrations.list": {
            "registrations": [
                {
                    "seq": 3,
                    "patron": "…0001",
                    "at": "2026-11-23T14:20:00-08:00",
                    "open": ["pin", "text_phone", "form_reviewed", "email"],
                },
                {"seq": 9, "patron": "…0002", "at": "2026-11-23T15:20:00-08:00", "open": []},
            ]
        },
    }


LISTS = lists("en")


def view(screen: str, *, language: str = "en", mode: str = "online", seq: int = 1, **changes: Any) -> dict[str, Any]:
    """A View of `screen` that a daemon could send; `changes` replace fields."""
    offline = mode != "online"
    at_desk = screen in {"idle", "help", "staff", "out_of_service"}
    key, tone, params = MESSAGES.get(screen, ("", "", {}))
    found: dict[str, Any] = {
        "seq": seq,
        "session": None if at_desk else "7c1b",
        "station": {"id": "CENTRAL-3", "kind": "self", "time": "14:05"},
        "screen": screen,
        "flow": None if at_desk else "checkout",
        "language": language,
        "mode": {
            "name": mode,
            "since": "2026-11-23T13:58:00-08:00",
            "reason": "no_answer" if offline else "",
            "forced": False,
            "slow": False,
        },
        "patron": {"label": "••••4567"}
        if screen in {"confirm", "items", "due_date", "finish", "printing", "loans"}
        else None,
        "items": lines(language, offline=offline)
        if screen in {"confirm", "items", "finish", "printing", "done"}
        else [],
        "message": message(language, key, tone, **params) if key else None,
        "timer": None,
        "choices": list(CHOICES[screen]),
        "due_date": {"date": "2026-12-18", "scope": "next_item"} if screen == "due_date" else None,
        "staff": {"unlocked": screen in {"staff", "due_date"}, "by": "MK" if screen in {"staff", "due_date"} else None},
        "unsent": 12 if offline else 0,
        "exceptions": 1 if offline else 0,
        "paper": "ok",
        "upload": None,
        "keyed": None,
        "helpdesk": "",
        "account": account("ready", loans=loans(language), holds_ready=2, holds=["Krabat", "Emil und die Detektive"])
        if screen == "loans"
        else None,
        "contact": "",
        "downtime": None,
        "alarm": None,
        "drafts": [],
    }
    return found | changes
