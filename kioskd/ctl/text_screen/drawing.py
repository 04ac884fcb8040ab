"""One function: View → what stands in the terminal. It knows no rule and no terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kioskd.ctl.text_screen import outage
from kioskd.texts import MODULES, label

SIGNS: Final[Mapping[str, str]] = {
    "checking": "…",
    "checked_out": "✓",
    "renewed": "↻",
    "recorded": "✓",
    "refused": "!",
    "withdrawn": "✕",
}
TITLES: Final[Mapping[str, str]] = {
    "idle": "help_1",
    "card": "help_1",
    "pin": "pin_title",
    "confirm": "confirm_title",
    "items": "scan_first",
    "due_date": "due_title",
    "finish": "finish_title",
    "printing": "printing_title",
    "done": "done_title",
    "loans": "my_loans",
    "help": "help_title",
    "staff": "staff",
    "out_of_service": "service_title",
}
"""What stands above where the View says nothing itself."""

LONGEST_SECRET: Final = 64
"""Dots that are drawn at most."""

HIDES_THE_LIST: Final = frozenset({"confirm", "pin", "loans"})


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done now: its words, and the call it makes."""

    words: str
    method: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drawn:
    """The View in lines. `tone`: of the headline; `secret`: what is typed is shown to nobody."""

    banner: str
    headline: str
    tone: str
    lines: Sequence[str]
    actions: Sequence[Action]
    secret: bool


def draw(view: Mapping[str, Any], languages: Sequence[str]) -> Drawn:
    """Draw a View of the socket; languages that this build lacks are written in English."""
    language = view["language"] if view["language"] in MODULES else "en"
    message = view["message"]
    title = label(language, TITLES.get(view["screen"], "service_title"))
    return Drawn(
        banner=_banner(language, view),
        headline=message["text"] if message else title,
        tone=message["tone"] if message else "ask",
        lines=tuple(_lines(language, view)),
        actions=tuple(_actions(language, view, languages)),
        secret=view["screen"] == "pin",
    )


def _banner(language: str, view: Mapping[str, Any]) -> str:
    mode = view["mode"]["name"]
    how = {"online": "online", "offline": "offline_works"}.get(mode, "recovering_works")
    if mode == "online" and view["mode"]["slow"]:
        how = "slow"
    told = [view["station"]["time"], view["station"]["id"], label(language, how)]
    if mode != "online" and view.get("helpdesk"):
        told.append(label(language, "helpdesk", phone=view["helpdesk"]))
    if view["unsent"]:
        told.append(label(language, "waiting", n=view["unsent"]))
    if view["staff"]["unlocked"]:
        told.append(label(language, "unlocked_by", by=view["staff"]["by"] or "?"))
    return "  ·  ".join(told)


def _lines(language: str, view: Mapping[str, Any]) -> Sequence[str]:
    found: list[str] = []
    if view["due_date"]:
        scope = "due_session" if view["due_date"]["scope"] == "session" else "due_next"
        found.append(f"⚑ {label(language, 'due', date=view['due_date']['date'])} ({label(language, scope)})")
    if view["timer"]:
        found.append(label(language, "time_text", n=view["timer"]["ends_in_s"]))
    keyed = view.get("keyed")
    if keyed:
        found.append(keyed["text"] if keyed["text"] is not None else "•" * min(keyed["count"], LONGEST_SECRET))
    if view["screen"] == "help":
        found += [f"{n}. {label(language, f'help_{n}')}" for n in (1, 2, 3)]
    if view["screen"] not in HIDES_THE_LIST:
        found += [_item(language, item) for item in reversed(view["items"])]
    found += _loans(language, view.get("account"))
    if view["screen"] == "staff":
        found.append(f"{label(language, 'exceptions')}: {view['exceptions']}")
        found.append(f"{label(language, 'paper')}: {label(language, 'paper_is_' + view['paper'])}")
    if view["staff"]["unlocked"]:
        found += outage.lines(language, view)
    return found


def _item(language: str, item: Mapping[str, Any]) -> str:
    due = f"  {label(language, 'due', date=item['due'])}" if item["due"] else ""
    return f"{SIGNS.get(item['result'], '•')} {item['title'] or item['item']}  {item['text']}{due}"


def _loans(language: str, account: Mapping[str, Any] | None) -> Sequence[str]:
    if account is None:
        return ()
    none = {"asking": "loans_asking", "ready": "loans_none"}.get(account["state"], "loans_unknown")
    loans = account["loans"]
    found = [label(language, "loans_title", n=len(loans)) if loans else label(language, none)]
    if account["holds_ready"]:
        found.append(" · ".join([label(language, "holds_ready", n=account["holds_ready"]), *account["holds"]]))
    found += [_item(language, {**loan, "result": loan["result"] or "", "text": loan["text"] or ""}) for loan in loans]
    if not account["complete"]:
        found.append(label(language, "loans_incomplete"))
    return found


def _actions(language: str, view: Mapping[str, Any], languages: Sequence[str]) -> Sequence[Action]:
    offers = view.get("offers") or ()
    receipt = ({"paper": ["receipt"]},) if "receipt" in offers else ()
    papers = [label(language, "receipt")] if receipt else []
    forced = view["mode"]["forced"]
    wanted: list[tuple[str, str, Mapping[str, Any]]] = [
        (label(language, "yes"), "session.confirm", {"yes": True}),
        (label(language, "no"), "session.confirm", {"yes": False}),
        (label(language, "more_time"), "session.more_time", {}),
        (label(language, "finish"), "session.finish", {"paper": []}),
        *(
            (f"{label(language, 'finish')}: {word}", "session.finish", paper)
            for word, paper in zip(papers, receipt, strict=True)
        ),
        (label(language, "borrow"), "session.start", {"flow": "checkout"}),
        (label(language, "renew"), "session.start", {"flow": "renew"}),
        (label(language, "renew_all"), "session.renew_all", {}),
        (label(language, "my_loans"), "session.loans", {}),
        (label(language, "back"), "session.show", {"screen": "items"}),
        (label(language, "help"), "session.show", {"screen": "help"}),
        (label(language, "cancel"), "session.cancel", {}),
        (label(language, "next_patron"), "session.next_patron", {}),
        (label(language, "due_clear"), "session.due_date", {"date": None, "scope": "session"}),
        (label(language, "go_auto"), "mode.set", {"mode": "auto", "reason": ""}),
        (label(language, "go_offline"), "mode.set", {"mode": "offline", "reason": label("en", "reason_down")}),
        *(outage.actions(language, view) if view["staff"]["unlocked"] else ()),
        (label(language, "lock"), "staff.lock", {}),
        (label(language, "staff_code"), "staff.unlock", {}),
    ]
    last = next((item for item in reversed(view["items"]) if item["result"] == "recorded"), None)
    if last is not None:
        words = label(language, "remove_one", item=last["title"] or last["item"])
        wanted.insert(5, (words, "session.withdraw", {"n": last["n"], "reason": "patron"}))
    found = [
        Action(words, method, params)
        for words, method, params in wanted
        if method in view["choices"] and _fits(view, method, params, forced=forced)
    ]
    if "session.language" in view["choices"]:
        others = [name for name in languages if name in MODULES and name != language]
        found += [Action(label(name, "name"), "session.language", {"language": name}) for name in others]
    return found


def _fits(view: Mapping[str, Any], method: str, params: Mapping[str, Any], *, forced: bool) -> bool:
    """Tell whether a call that makes sense says something new here."""
    screen = view["screen"]
    match method:
        case "session.confirm":
            return bool(screen == "confirm")
        case "session.show":
            over = screen in {"help", "loans", "finish", "due_date"}
            return over if params["screen"] == "items" else screen != "help"
        case "session.start":
            return screen in {"idle", "done", "staff"} or view["flow"] not in (None, params["flow"])
        case "session.loans":
            return bool(screen != "loans")
        case "session.due_date":
            return view["due_date"] is not None
        case "session.next_patron":
            return bool(view["staff"]["unlocked"])
        case "mode.set":
            return bool(forced == (params["mode"] == "auto"))
        case _:
            return True
