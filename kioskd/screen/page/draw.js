// One function: View → what stands on the screen. It knows no rule, and draws every View that the contract allows.

import * as art from "./art.js";
import { h } from "./dom.js";
import * as downtime from "./downtime.js";
import { form } from "./forms.js";
import { LABELS } from "./labels.js";
import { banner, notice, reach, time_sheet, typing } from "./parts.js";
import * as patron from "./patron.js";
import * as staff from "./staff.js";
import { date, told, words } from "./words.js";
import * as worklist from "./worklist.js";

const SCREENS = {
  idle: patron.idle,
  card: patron.card,
  pin: patron.pin,
  confirm: patron.confirm,
  items: patron.items,
  due_date: staff.due_date,
  finish: patron.finish,
  printing: patron.printing,
  done: patron.done,
  loans: patron.loans,
  help: patron.help,
  staff: staff.staff,
  out_of_service: patron.out_of_service,
};

// What the page itself may hold over a screen while somebody types or chooses.
const PANELS = {
  number: patron.number,
  languages: patron.languages,
  staff_code: staff.staff_code,
  staff: staff.staff,
  reasons: staff.reasons,
};

// What staff may open besides, as long as they are at the station.
const FOR_STAFF = {
  form: (page) => (page.form ? form(page) : downtime.tasks(page)),
  tasks: downtime.tasks,
  board: downtime.board,
  review: downtime.review,
  crates: downtime.crates,
  mail: downtime.mail,
  recovery: downtime.recovery,
  worklist: worklist.worklist,
  entry: worklist.entry,
  registrations: worklist.registrations,
};

const KEYPADS = [patron.pin, patron.number, staff.staff_code];
const GOOD = ["checked_out", "renewed", "recorded", "withdrawn"];

/**
 * Draw `state` ({view, languages, connected, status, host, last_known, size, use, remaining_s}); presses go to `act`
 * ({ask, change, submit, type, larger}).
 */
export function draw(state, act) {
  const { view, use } = state;
  if (view === null) return away(state);
  const page = { ...state, ...act, say: words(view.language), date: (text) => date(view.language, text) };
  const panel = PANELS[use.panel] ?? (view.staff.unlocked && FOR_STAFF[use.panel]);
  const screen = view.keyed ? patron.keyed : panel || (SCREENS[view.screen] ?? patron.out_of_service);
  return h(
    "div",
    { key: "frame", class: `frame on-${view.screen} mode-${view.mode.name}` },
    !KEYPADS.includes(screen) && !(screen === FOR_STAFF.form && page.form) && banner(page),
    screen(page),
    typing(page),
    time_sheet(page) || countdown(page),
    notice(page),
  );
}

/** What a screen reader says of the step from one View to the next: the message, and each result that is new. */
export function announcements(before, after) {
  if (before !== null && before.session === after.session && after.screen === "confirm") return after.message?.text ?? "";
  const known = new Map((before?.items ?? []).map((item) => [item.n, item.result]));
  const fresh = after.items.filter((item) => item.result !== "checking" && known.get(item.n) !== item.result);
  const spoken = fresh.map((item) => `${item.title ?? ""} ${item.text}`.trim());
  const message = told(after);
  if (message && (after.message.text !== before?.message?.text || after.screen !== before?.screen)) spoken.push(message);
  return spoken.join(". ");
}

/** The tone that goes with the step from one View to the next, or null. */
export function heard(before, after) {
  if (before === null) return null;
  const known = before.session === after.session ? new Map(before.items.map((item) => [item.n, item.result])) : new Map();
  const fresh = after.items.filter((item) => item.result !== "checking" && known.get(item.n) !== item.result);
  if (fresh.some((item) => item.result === "refused")) return "stop";
  if (after.screen !== "done" && fresh.some((item) => GOOD.includes(item.result))) return "ok";
  if (after.timer && !before.timer) return "warn";
  const { message } = after;
  const is_new = message && (message.text !== before.message?.text || after.screen !== before.screen);
  if (after.screen === "confirm" && before.screen !== "confirm") return "ask";
  return is_new && ["warn", "stop"].includes(message.tone) ? message.tone : null;
}

function countdown(page) {
  const { view, remaining_s } = page;
  const short = remaining_s !== null && ["done", "confirm", "finish", "printing"].includes(view.screen);
  return short && h("p", { key: "seconds", class: "seconds", "aria-hidden": "true" }, page.say("seconds", { n: remaining_s }));
}

// Nobody's language is known while the daemon is away, so it is said in all of them.
function away({ connected, host, last_known }) {
  const down = connected === false;
  const [[, first], ...others] = Object.keys(LABELS).map((language) => [language, words(language)]);
  const text = ([language, say]) => h("p", { lang: language }, h("b", null, say("down_title")), " ", say("down_text"));
  return h(
    "div",
    { key: "away", class: down ? "frame away" : "frame starting" },
    h(
      "main",
      { class: "end" },
      h(
        "section",
        { class: "hero" },
        down && art.closed,
        h("h1", { class: "headline" }, first(down ? "down_title" : "starting")),
        down && h("p", { class: "hint" }, first("down_text")),
        down && last_known.recorded > 0 && h("p", { class: "hint recorded" }, first("down_recorded", { n: last_known.recorded })),
      ),
    ),
    down &&
      h(
        "footer",
        { class: "away-foot" },
        h("div", { class: "others" }, others.map(text)),
        reach(first, { station: last_known.station || host?.name, address: host?.address, helpdesk: last_known.helpdesk }),
      ),
  );
}
