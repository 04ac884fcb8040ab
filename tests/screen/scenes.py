"""Every state of the front screen as Views: what is drawn, looked at and measured."""

from typing import Any

from kioskd.texts import say
from tests.screen.views import CHOICES, SCREENS, STAFF, account, downtime, line, loans, message, view


def scenes(language: str) -> dict[str, dict[str, Any]]:
    """Every screen once, online, and those that look different offline or with other things to say."""

    def of(screen: str, **changes: Any) -> dict[str, Any]:
        return view(screen, language=language, **changes)

    warned = [*CHOICES["items"], "session.more_time"]
    several = [line(n, language=language) for n in (1, 2, 3)]

    def saying(key: str, tone: str, **params: str) -> dict[str, Any]:
        return {"message": message(language, key, tone, **params)}

    found = {screen: of(screen) for screen in SCREENS}
    found |= {
        "idle-offline": of("idle", mode="offline"),
        "idle-recovering": of("idle", mode="recovering"),
        "idle-message": of("idle", **saying("storage", "stop")),
        "idle-interrupted": of("idle", mode="offline", **saying("session_interrupted", "warn", count="3")),
        "idle-blocked": of("idle", **saying("card_blocked", "stop")),
        "card-checking": of("card", **saying("card_checking", "ok")),
        "confirm-code": of("confirm", **saying("unmatched_card_sure", "ask", code="W-1234567890123")),
        "confirm-kind": of("confirm", mode="offline", **saying("card_or_item", "ask")),
        "card-renew": of("card", flow="renew", mode="offline", **saying("scan_card_or_item", "ask")),
        "items-none": of("items", items=[]),
        "items-offline": of("items", mode="offline"),
        "items-recorded": of(
            "items", mode="offline", items=several, **saying("recorded", "ok", item=several[-1]["item"])
        ),
        "items-titled": of("items", **saying("checked_out", "ok", item=line(6)["item"])),
        "items-refused": of(
            "items",
            mode="offline",
            items=[*several, line(4, "refused", language=language)],
            **saying("max_items", "stop", max="30"),
        ),
        "items-many": of("items", mode="offline", items=[line(n, language=language) for n in range(1, 25)]),
        "items-staff": of(
            "items",
            staff={"unlocked": True, "by": "MK"},
            due_date={"date": "2026-12-18", "scope": "next_item"},
            choices=[*CHOICES["items"], "session.due_date", "staff.lock"],
        ),
        "items-warned": of("items", mode="offline", choices=warned, timer={"ends_in_s": 18, "kind": "idle"}),
        "finish-no-paper": of("finish", paper="out", mode="offline"),
        "finish-offline": of("finish", mode="offline"),
        "done-offline": of("done", mode="offline", **saying("done_gate", "ok", count="3")),
        "done-no-paper": of("done", mode="offline", **saying("done_no_paper", "warn", count="12")),
        "due_date-offline": of("due_date", mode="offline"),
        "staff-offline": of("staff", mode="offline", paper="low", helpdesk="x85100"),
        "staff-recovering": of(
            "staff", mode="recovering", upload={"done": 8, "left": 12, "per_s": 2.5}, helpdesk="x85100"
        ),
        "staff-outage": of(
            "staff",
            mode="offline",
            helpdesk="x85100",
            choices=[*CHOICES["staff"], *STAFF],
            downtime=downtime(language),
            drafts=["register"],
        ),
        "staff-after": of(
            "staff",
            mode="recovering",
            helpdesk="x85100",
            choices=[*CHOICES["staff"], *STAFF],
            downtime=downtime(language, back=True, reviewed=True),
            alarm={
                "oldest": "2026-11-22T13:58:00-08:00",
                "text": say(language, "alarm_old", since="2026-11-22 13:58"),
            },
        ),
        "staff-station": of(
            "items",
            station={"id": "DESK-1", "kind": "staff", "time": "14:05"},
            staff={"unlocked": True, "by": "MK"},
            items=[],
            choices=[*CHOICES["items"], "session.loans", "session.due_date", "staff.lock"],
        ),
        "items-loans-offered": of(
            "items",
            items=[line(1, "checked_out", title="Momo", due="2026-12-14", language=language)],
            choices=[*CHOICES["items"], "session.loans"],
        ),
        "loans-asking": of("loans", account=account("asking"), choices=list(CHOICES["items"])),
        "loans-none": of("loans", account=account("ready"), choices=list(CHOICES["items"])),
        "loans-unknown": of("loans", account=account("unknown"), choices=list(CHOICES["items"])),
        "loans-renewed": of(
            "loans",
            account=account("ready", loans=loans(language, renewed=True), complete=False, holds_ready=1),
            **saying("renewed_some", "warn", count="3", left="1"),
        ),
        "keyed-number": of("card", keyed={"what": "number", "count": 5, "text": "21168"}),
        "keyed-staff": of("help", keyed={"what": "staff", "count": 4, "text": None}),
        "finish-gate": of("finish", mode="offline", **saying("choose_paper_gate", "warn")),
        "card-due-date": of(
            "card",
            staff={"unlocked": True, "by": "MK"},
            due_date={"date": "2026-12-18", "scope": "session"},
        ),
        "help-offline": of("help", mode="offline", helpdesk="x85100"),
        "out_of_service-helpdesk": of("out_of_service", mode="offline", helpdesk="x85100"),
    }
    return found


# What the page itself puts over a screen: the scene, and where to tap, one after the other.
TASKS = '[data-name="tasks"]'
REGISTER = ("staff-outage", TASKS, '[data-name="forms_register"]')
SHEET = ("staff-outage", TASKS, '[data-name="forms_sheet"]')
NEXT = '[data-name="next"]'
SAVE = '[data-name="save"]'
PANELS = {
    "panel-number": ("card", '[data-name="type_number"]'),
    "panel-languages": ("items", '[data-name="language"]'),
    "panel-remove": ("items-recorded", '[data-name="remove"]'),
    "panel-staff-code": ("help", '[data-name="staff"]'),
    "panel-reasons": ("staff", '[data-name="go_offline"]'),
    "panel-devices": ("staff-offline", '[data-name="tab_devices"]'),
    "panel-rules": ("staff-offline", '[data-name="tab_rules"]'),
    "panel-tasks": ("staff-outage", TASKS),
    "panel-tasks-after": ("staff-after", TASKS),
    "panel-board": ("staff-outage", TASKS, '[data-name="task_board"]'),
    "panel-review": ("staff-outage", TASKS, '[data-name="task_review"]'),
    "panel-crates": ("staff-outage", TASKS, '[data-name="task_crates"]'),
    "panel-mail": ("staff-outage", TASKS, '[data-name="task_crates"]', '[data-name="mail-1"]'),
    "panel-recovery": ("staff-after", TASKS, '[data-name="task_recovery"]'),
    "panel-worklist": ("staff-after", TASKS, '[data-name="task_worklist"]'),
    "panel-entry": ("staff-after", TASKS, '[data-name="task_worklist"]', '[data-name="open-7"]'),
    "panel-entry-later": ("staff-after", TASKS, '[data-name="task_worklist"]', '[data-name="open-12"]'),
    "panel-registrations": ("staff-after", TASKS, '[data-name="task_registrations"]'),
    "form-card": REGISTER,
    "form-first": (*REGISTER, NEXT),
    "form-second": (*REGISTER, NEXT, '[data-name="half"]'),
    "form-signs": (*REGISTER, NEXT, '[data-name="signs"]'),
    "form-marks": (*REGISTER, NEXT, '[data-name="marks"]'),
    "form-birth-date": (*REGISTER, *[NEXT] * 4),
    "form-language": (*REGISTER, *[NEXT] * 5),
    "form-category": (*REGISTER, *[NEXT] * 8),
    "form-address": (*REGISTER, *[NEXT] * 10),
    "form-alt-last": (*REGISTER, *[NEXT] * 15),
    "form-ticks": (*REGISTER, *[NEXT] * 16),
    "form-all": (*REGISTER, *[NEXT] * 17),
    "form-wrong": (*REGISTER, *[NEXT] * 17, SAVE),
    "form-doubted": (*SHEET, *[NEXT] * 7, SAVE),
    "sheet-kind": (*SHEET, *[NEXT] * 2),
    "sheet-all": (*SHEET, *[NEXT] * 7),
}

FETCHES = {
    f'[data-name="{name}"]' for name in ("forms_register", "forms_sheet", "task_worklist", "task_registrations", "save")
}
"""These ask the daemon first: they are gone once it answered."""

# What stands outside the screen or does not fit into its own box; lists may scroll.
CLIPPED = """[...document.querySelectorAll("#screen *")].filter((e) => {
  const box = e.getBoundingClientRect();
  if (!box.width || e.closest(".list, .devices, .rules, .headline, .unseen, svg")) return false;
  const outside = box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < -1 || box.top < -1;
  const wide = e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 2;
  const high = e.tagName === "MAIN" && e.scrollHeight > e.clientHeight + 4;
  return outside || wide || high;
}).map((e) => `${e.tagName}.${e.className} ${e.textContent.slice(0, 40)}`)"""

# Every text where its letters really are: within the screen, the boxes it lies in and the place that scrolls it, and on
# no other text. A long title ends in an ellipsis on purpose; a question and a refusal lie over the page.
TEXTS = """(() => {
  const over = ".time, .notice, .typing, .seconds";
  const found = [];
  const walk = document.createTreeWalker(document.querySelector("#screen"), NodeFilter.SHOW_TEXT);
  for (let text = walk.nextNode(); text; text = walk.nextNode()) {
    const e = text.parentElement;
    if (!text.data.trim() || e.closest("svg, .unseen") || !e.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const around = [];
    for (let at = e; at && at.id !== "screen"; at = at.parentElement) {
      const style = getComputedStyle(at);
      const box = at.getBoundingClientRect();
      const rolls = ["auto", "scroll"].includes(style.overflowY);
      const scrolls = rolls && at.scrollHeight > at.clientHeight + 1;
      const drawn = style.borderTopStyle !== "none" || style.overflowX !== "visible" || at.tagName === "MAIN";
      if ((scrolls || drawn) && style.display !== "inline") around.push({ at, box, scrolls });
    }
    const title = e.closest(".title")?.getBoundingClientRect();
    for (const letters of range.getClientRects()) {
      const r = { left: letters.left, right: letters.right, top: letters.top, bottom: letters.bottom };
      // Behind an ellipsis nothing is painted, wherever the letters would stand.
      if (title) [r.right, r.bottom] = [Math.min(r.right, title.right), Math.min(r.bottom, title.bottom)];
      if (r.right - r.left < 1 || r.bottom - r.top < letters.height / 2) continue;
      const scroller = around.findIndex(({ scrolls }) => scrolls);
      if (scroller >= 0) {
        const { box } = around[scroller];
        if (r.top < box.top || r.bottom > box.bottom) continue;
      }
      found.push({ e, r, words: text.data.trim().slice(0, 40), around });
    }
  }
  const faults = [];
  for (const { e, r, words, around } of found) {
    const off = r.left < -1 || r.right > innerWidth + 1 || r.top < -1 || r.bottom > innerHeight + 1;
    if (off) faults.push(`off the screen: ${words}`);
    for (const { at, box } of around) {
      if (e.closest(".title")?.contains(at)) continue;
      const sideways = r.left < box.left - 1 || r.right > box.right + 1;
      const upright = r.top < box.top - 3 || r.bottom > box.bottom + 3;
      if ((sideways && !e.closest(".title")) || upright) faults.push(`out of ${at.tagName}.${at.className}: ${words}`);
    }
  }
  const flat = found.filter(({ e }) => !e.closest(over));
  flat.forEach((a, i) => flat.slice(i + 1).forEach((b) => {
    const wide = Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left);
    const high = Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top);
    if (a.e !== b.e && wide > 2 && high > Math.min(a.r.bottom - a.r.top, b.r.bottom - b.r.top) * 0.3) {
      faults.push(`${a.words} on ${b.words}`);
    }
  }));
  return [...new Set(faults)];
})()"""

FINGER_PX = 105
"""20 mm on a 7-inch panel of 800×480: its diagonal has 933 px on 177.8 mm."""

# Buttons that a finger may miss.
SMALL = f"""[...document.querySelectorAll("button")].filter((button) => {{
  const box = button.getBoundingClientRect();
  return Math.min(box.width, box.height) < {FINGER_PX} - 0.5;
}}).map((button) => `small: ${{button.dataset.name ?? button.className}}`)"""

# Two buttons on the same spot: one of them is pressed by mistake. A question may lie over the page.
OVERLAPPING = """(() => {
  const boxes = [...document.querySelectorAll("button")].filter((b) => !b.closest(".time, .notice, .list"))
    .map((b) => [b.dataset.name, b.getBoundingClientRect()]);
  return boxes.flatMap(([name, a], i) => boxes.slice(i + 1)
    .filter(([, b]) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom + 2 && b.top < a.bottom + 2)
    .map(([other]) => `button ${name} on ${other}`));
})()"""
