// The screens for staff: how the station stands, what they can set, their code, and the alternative due date.

import { today } from "./days.js";
import { h } from "./dom.js";
import { alarming, button, headline, keypad, may, offer } from "./parts.js";
import { time_of, words } from "./words.js";

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

const RULES = ["report", "lend", "checkin", "not", "due", "next", "after"];

const TABS = { station: station_tab, devices: devices_tab, rules: rules_tab };

export function staff(page) {
  const { view, say, use, change } = page;
  const tab = use.tab in TABS ? use.tab : "station";
  const others = Object.keys(TABS).filter((name) => name !== tab);
  const held = use.panel === "staff";
  return h(
    "main",
    { key: "staff", class: "two" },
    h(
      "section",
      { key: `tab-${tab}`, class: "sheet staff" },
      h("h1", { key: "who", class: "who" }, h("b", null, view.station.id), view.staff.by && ` · ${say("unlocked_by", { by: view.staff.by })}`),
      view.alarm && h("p", { key: "alarm", class: "told tone-warn" }, view.alarm.text),
      view.message && h("p", { key: "told", class: `told tone-${view.message.tone}` }, view.message.text),
      TABS[tab](page),
    ),
    h(
      "nav",
      { class: "rail" },
      h(
        "div",
        { key: "first", class: "pair" },
        held
          ? button(page, { name: "back", look: "primary", press: () => change({ panel: null }) })
          : offer(page, "session.next_patron", {}, { name: "next_patron", look: "primary" }),
        button(page, { name: "tasks", icon: "crate", look: "second", press: () => change({ panel: "tasks" }) }),
      ),
      h(
        "div",
        { key: "second", class: "pair" },
        view.mode.forced
          ? offer(page, "mode.set", { mode: "auto", reason: "" }, { name: "go_auto", icon: "online", look: "quiet" })
          : may(page, "mode.set") && button(page, { name: "go_offline", icon: "offline", look: "quiet", press: () => change({ panel: "reasons" }) }),
        offer(page, "staff.lock", {}, { name: "lock", look: "quiet" }),
      ),
      h("div", { class: "pair" }, others.map((name) => button(page, { name: `tab_${name}`, look: "quiet", press: () => change({ tab: name }) }))),
    ),
  );
}

const worry = (bad) => (bad ? "worry" : "");

function mode_words(page) {
  const { view, say } = page;
  const { mode } = view;
  if (mode.name === "online") return say("mode_online");
  const name = mode.forced ? say("forced") : say(`mode_${mode.name}`);
  const why = mode.forced ? mode.reason : say.known(`why_${mode.reason}`) && say(`why_${mode.reason}`);
  return [name, say("since", { time: time_of(mode.since) }), why].filter(Boolean).join(", ");
}

function station_tab(page) {
  const { view, say, host } = page;
  const fact = (name, value, state = "") => h("div", { class: `fact ${state}` }, h("dt", null, say(name)), h("dd", null, value));
  const sent = view.upload ? ` · ${say("uploading", { done: view.upload.done, left: view.upload.left })}` : "";
  return [
    h(
      "dl",
      { key: "facts", class: "facts" },
      fact("mode", mode_words(page), `wide ${worry(view.mode.name !== "online")}`),
      fact("unsent", `${view.unsent}${sent}`, worry(view.unsent > 0)),
      fact("exceptions", view.exceptions.toString(), worry(view.exceptions > 0)),
      fact("paper", say(`paper_is_${view.paper}`), worry(["low", "out"].includes(view.paper))),
      fact("address", host?.address || say("address_none"), worry(host !== null && !host.address)),
      view.helpdesk && fact("helpdesk_phone", view.helpdesk),
    ),
  ];
}

function devices_tab(page) {
  const { say, status } = page;
  return h(
    "ul",
    { key: "devices", class: "devices", tabindex: "0", "aria-label": say("tab_devices") },
    status !== null && !status.clock?.trusted && h("li", { key: "clock", class: "worry" }, h("b", null, say("clock_unsure"))),
    (status?.devices ?? []).map((device) => device_line(page, device)),
  );
}

function rules_tab(page) {
  const { say, view } = page;
  return h(
    "ol",
    { key: "rules", class: "rules", tabindex: "0", "aria-label": say("tab_rules") },
    RULES.map((name) => h("li", { key: name }, say(`rule_${name}`), name === "report" && view.helpdesk && h("b", null, ` ${view.helpdesk}`))),
  );
}

function device_line(page, device) {
  // By its cause in the language of the page; the exact line for a technician is in `kioskctl devices`.
  const cause = `cause_${device.cause}`;
  const told = page.say.known(cause) ? page.say(cause) : [device.problem, device.advice].filter(Boolean).join(" ");
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
