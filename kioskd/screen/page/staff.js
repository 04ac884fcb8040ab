// The screens for staff: how the station stands, what they can set, their code, and the alternative due date.

import { h } from "./dom.js";
import { alarming, button, headline, helpdesk, keypad, may, offer } from "./parts.js";
import { words } from "./words.js";

// The reason is kept in the journal, where technicians read it, and so in one language.
const REASONS = ["reason_down", "reason_slow", "reason_planned", "reason_drill"];
const USUAL_LOAN_DAYS = 21;

export function staff_code(page) {
  const back = button(page, { name: "back", press: () => page.change({ panel: null, typed: "" }) });
  return keypad(page, { title: h("h1", { class: "headline" }, page.say("staff_code")), secret: true, back });
}

/** Back to the staff's screen, whether the daemon shows it or the page. */
function to_staff(page) {
  page.change({ panel: page.view.screen === "staff" ? null : "staff" });
}

export function reasons(page) {
  const { say } = page;
  return h(
    "main",
    { key: "reasons", class: "choose" },
    h("h1", { class: "headline" }, say("reason_title")),
    h(
      "div",
      { class: "tiles" },
      REASONS.map((name) =>
        button(page, {
          name,
          icon: null,
          look: "plain tile",
          press: () => (page.ask("mode.set", { mode: "offline", reason: words("en")(name) }), to_staff(page)),
        }),
      ),
    ),
    button(page, { name: "back", look: "quiet wide", press: () => to_staff(page) }),
  );
}

export function staff(page) {
  const { view, say, status, change } = page;
  const fact = (name, value, state = "") => h("div", { class: `fact ${state}` }, h("dt", null, say(name)), h("dd", null, value));
  const worry = (bad) => (bad ? "worry" : "");
  return h(
    "main",
    { key: "staff", class: "two" },
    h(
      "section",
      { class: "sheet staff" },
      h("p", { class: "who" }, h("b", null, view.station.id), view.staff.by && ` · ${say("unlocked_by", { by: view.staff.by })}`),
      headline(page),
      h(
        "dl",
        { class: "facts" },
        fact("mode", view.mode.forced ? say("forced") : say(`mode_${view.mode.name}`), worry(view.mode.name !== "online")),
        fact("unsent", view.unsent.toString(), worry(view.unsent > 0)),
        fact("exceptions", view.exceptions.toString(), worry(view.exceptions > 0)),
        fact("paper", say(`paper_is_${view.paper}`), worry(["low", "out"].includes(view.paper))),
      ),
      h("p", { class: "who" }, helpdesk(page)),
      h("ul", { class: "devices" }, (status?.devices ?? []).map((device) => device_line(page, device))),
    ),
    h(
      "nav",
      { class: "rail" },
      view.mode.forced
        ? offer(page, "mode.set", { mode: "auto", reason: "" }, { name: "go_auto", icon: "online", look: "plain" })
        : may(page, "mode.set") && button(page, { name: "go_offline", icon: "offline", look: "plain", press: () => change({ panel: "reasons" }) }),
      offer(page, "session.next_patron", {}, { name: "next_patron", look: "primary" }),
      h(
        "div",
        { class: "pair" },
        offer(page, "staff.lock", {}, { name: "lock", look: "quiet" }),
        page.use.panel === "staff" && button(page, { name: "back", look: "quiet", press: () => change({ panel: null }) }),
      ),
    ),
  );
}

function device_line(page, device) {
  const told = [device.problem, device.advice].filter(Boolean).join(" ");
  return h(
    "li",
    { key: `device-${device.name}`, class: device.state === "ready" ? "" : "worry" },
    h("b", null, device.name),
    h("span", null, page.say(device.state)),
    told && h("small", null, told),
  );
}

function shifted(text, days) {
  const day = new Date(`${text}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() + days);
  return day.toISOString().slice(0, 10);
}

function today() {
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => part.toString().padStart(2, "0")).join("-");
}

export function due_date(page) {
  const { say, view, use, change } = page;
  const chosen = use.date ?? view.due_date?.date ?? shifted(today(), USUAL_LOAN_DAYS);
  const step = (name, mark, days) =>
    h("button", { type: "button", class: "button quiet step", "aria-label": say(name), onclick: () => change({ date: shifted(chosen, days) }) }, mark);
  return h(
    "main",
    { key: "due_date", class: "choose" },
    alarming(page) ? headline(page) : h("h1", { key: "headline", class: "headline medium" }, say("due_title")),
    h(
      "div",
      { class: "stepper" },
      step("week_less", "−7", -7),
      step("day_less", "−1", -1),
      h("output", { class: "day" }, page.date(chosen)),
      step("day_more", "+1", 1),
      step("week_more", "+7", 7),
    ),
    h(
      "div",
      { class: "tiles" },
      offer(page, "session.due_date", { date: chosen, scope: "next_item" }, { name: "due_next", icon: "finish", look: "primary tile" }),
      offer(page, "session.due_date", { date: chosen, scope: "session" }, { name: "due_session", icon: "due_date", look: "plain tile" }),
    ),
    h(
      "div",
      { class: "tiles" },
      offer(page, "session.due_date", { date: null, scope: "session" }, { name: "due_clear", icon: "cancel", look: "quiet" }),
      offer(page, "session.show", { screen: "items" }, { name: "back", look: "quiet" }),
    ),
  );
}
