// Wires the page: messages in, the View drawn, presses and keys out. What is kept here is how the page is being used
// at this moment (an open keypad, half a number), never anything of the session.

import { patch } from "./dom.js";
import { announcements, draw, heard } from "./draw.js";
import { filling } from "./filling.js";
import { feed, NOTHING_TYPED, step } from "./keys.js";
import { link } from "./link.js";
import { taken } from "./parts.js";
import { sound } from "./sound.js";
import { load, ready } from "./words.js";

const TAP_GUARD_MS = 350;
const TOUCH_EXTENDS_EVERY_MS = 5000;
const NOTICE_MS = 8000;
const LEFT_ALONE_MS = 60000;
const TEXT_SIZES = 3;
const NOT_NOW = -32012;
const BRIDGE_DOWN = -32001;

const IN_USE = { panel: null, typed: "", notice: null, date: null, tab: "station", sheet: null, half: 0, shift: null, crate: null, seq: null, found: null };

// Lists that are fetched when their panel is opened, and by what.
const FETCHED = { worklist: "worklist.get", registrations: "registrations.list" };

const root = document.getElementById("screen");
const live = document.getElementById("live");

let view = null;
let languages = ["en"];
let connected = null;
let status = null;
let host = null;
let last_known = { station: "", helpdesk: "", recorded: 0 };
let size = 0;
let use = { ...IN_USE };
let keys = NOTHING_TYPED;
let ends_at_ms = null;
let ticking = null;
let changed_at_ms = -Infinity;
let extended_at_ms = -Infinity;
let notice_timer = null;
let alone_timer = null;
let unlocking = false;
let unlocked = false;

// Who waits for which answer; one that never comes is as good as a refusal that says nothing.
const awaited = new Map();

const line = link(hear);
const forms = filling({ call, panel: open, open: () => use.panel === "form", redraw, clock: () => view?.station.time ?? "" });

function hear(message) {
  if (message.bridge === "up") {
    connected = true;
    unlocked = false;
    view = null;
    last_known = { ...last_known, station: message.hello.station ?? "", recorded: 0 };
    languages = message.hello.languages ?? languages;
  } else if (message.bridge === "down") {
    if (connected === false) return;
    connected = false;
    for (const done of awaited.values()) done({});
    awaited.clear();
    last_known = { ...last_known, recorded: view?.session ? taken(view) : 0 };
    host = message.host ?? host;
    view = null;
    size = 0;
    status = null;
    use = { ...IN_USE };
    redraw();
  } else if (message.method === "view") {
    show(message.params);
  } else if (awaited.has(message.id)) {
    const done = awaited.get(message.id);
    awaited.delete(message.id);
    done(message);
  } else if (message.error) {
    refuse(message.error);
  } else if (message.result?.seq !== undefined) {
    show(message.result);
  }
}

function show(next) {
  if (view !== null && next.seq < view.seq) return;
  const before = view;
  view = next;
  last_known = { ...last_known, helpdesk: view.helpdesk ?? "" };
  // Who locks the station takes along what was typed; a daemon that restarts does not.
  if (unlocked && !view.staff.unlocked) forms.forget();
  unlocked = view.staff.unlocked;
  if (before?.session && before.session !== view.session) size = 0;
  if (before === null || before.screen !== view.screen || before.session !== view.session) {
    use = { ...IN_USE, typed: view.screen === before?.screen ? use.typed : "" };
    changed_at_ms = performance.now();
  }
  // The timer counts from when the View was sent; an answer with the same seq carries the same one, further on.
  ends_at_ms = view.timer ? performance.now() + view.timer.ends_in_s * 1000 : null;
  // Who unlocked the station from the help page has come for something else.
  if (unlocking && view.staff.unlocked && view.screen === "help" && view.choices.includes("session.show")) {
    ask("session.show", { screen: "items" });
  }
  unlocking = unlocking && !view.staff.unlocked;
  if (["staff", "out_of_service"].includes(view.screen) && before?.seq !== view.seq) ask_status();
  const spoken = announcements(before, view);
  if (spoken) live.textContent = spoken;
  const tone = heard(before, view);
  if (tone) sound(tone);
  redraw();
}

function refuse(error) {
  if (error.code === NOT_NOW || error.code === BRIDGE_DOWN) return;
  use = { ...use, notice: error };
  clearTimeout(notice_timer);
  notice_timer = setTimeout(() => change({ notice: null }), NOTICE_MS);
  redraw();
}

function ask(method, params = {}) {
  const session = method.startsWith("session.") && view?.session ? { session: view.session } : {};
  line.ask(method, { ...params, ...session });
}

/** Ask, and wait for {result} or {error}; what is refused is told, unless a form tells it at its field. */
function call(method, params) {
  const id = line.ask(method, params);
  if (id === null) return Promise.resolve({});
  return new Promise((done) => awaited.set(id, done)).then((answer) => {
    if (answer.error && !answer.error.data?.field) refuse(answer.error);
    if (answer.result?.seq !== undefined && answer.result.screen !== undefined) show(answer.result);
    return answer;
  });
}

/** The state of the devices stands in the Status alone; how to reach this machine, the bridge knows. */
async function ask_status() {
  const [told, where] = await Promise.all([call("status.get", {}), call("bridge.host", {})]);
  status = told.result ?? status;
  host = where.result ?? host;
  redraw();
}

/** Open a panel; a list is fetched first, and kept as long as it is open. */
async function open(panel) {
  if (panel in FETCHED) {
    const { result } = await call(FETCHED[panel], {});
    if (result) change({ panel, found: result });
  } else change({ panel });
}

async function resolve(params) {
  await call("exceptions.resolve", params);
  open("worklist");
}

async function tick_registration(seq, item) {
  await call("registration.tick", { seq, item });
  open("registrations");
}

/** Without a session the daemon has no reason to tidy up: what somebody opened and left is closed here. */
function stay() {
  clearTimeout(alone_timer);
  alone_timer = setTimeout(() => {
    if (view === null || view.session !== null || view.screen === "staff" || use.panel === "form") return;
    keys = NOTHING_TYPED;
    size = 0;
    use = IN_USE;
    redraw();
  }, LEFT_ALONE_MS);
}

function larger() {
  size = (size + 1) % TEXT_SIZES;
  redraw();
}

function change(parts) {
  if (parts.panel === "staff") ask_status();
  // What was refused before is read once somebody goes on.
  const read = parts.panel === undefined ? {} : { notice: null };
  use = { ...use, ...read, ...parts };
  redraw();
}

/** Send what was typed to whom it is meant for. */
function submit(code) {
  keys = { ...keys, text: "" };
  const staff = use.panel === "staff_code";
  change({ typed: "", panel: staff || use.panel === "number" ? null : use.panel, notice: null });
  if (code === "") return;
  unlocking = staff;
  if (staff) ask("staff.unlock", { code });
  else ask("session.input", { code });
}

function type(text) {
  keys = { ...keys, text, at: performance.now() };
  change({ typed: text });
}

function redraw() {
  // The words of another language take a moment; until then what stands there stands.
  if (view !== null && !ready(view.language)) return load(view.language).then(redraw);
  const remaining_s = ends_at_ms === null ? null : Math.max(0, Math.ceil((ends_at_ms - performance.now()) / 1000));
  patch(root, draw({ view, languages, connected, status, host, last_known, size, use, form: forms.form, remaining_s }, { ask, open, resolve, tick_registration, change, submit, type, larger, ...forms.acts }));
  focus_field();
  document.documentElement.lang = view?.language ?? "en";
  document.documentElement.dataset.size = size;
  document.documentElement.classList.toggle("large", size > 0);
  document.body.dataset.screen = connected === false ? "down" : (view?.screen ?? "starting");
  document.body.dataset.seq = view?.seq ?? "";
  if ((remaining_s !== null && remaining_s > 0) !== (ticking !== null)) {
    clearInterval(ticking);
    ticking = ticking === null ? setInterval(redraw, 250) : null;
  }
}

/** A touch or a key shows that somebody is there. */
function extend() {
  stay();
  const now_ms = performance.now();
  if (!view?.timer || !view.choices.includes("session.more_time")) return;
  if (now_ms - extended_at_ms < TOUCH_EXTENDS_EVERY_MS) return;
  extended_at_ms = now_ms;
  ask("session.more_time");
}

let focused = null;
let next_step = null;

/** The field of a form has the focus when it comes; what is typed or scanned goes there. The next step of a board is seen. */
function focus_field() {
  const step = document.querySelector(".step.newest");
  if (step !== next_step) step?.scrollIntoView({ block: "nearest" });
  next_step = step;
  const field = document.getElementById("field");
  if (field !== focused) field?.focus();
  focused = field;
}

/** Keys in a form are the browser's own, but for Enter, which goes on, and Escape, which leaves it. */
function key_in_form(event) {
  const field = document.getElementById("field");
  if (event.key === "Escape") forms.acts.close_form();
  else if (field && event.key === "Enter" && event.target.tagName !== "TEXTAREA" && event.target.dataset.name === undefined) {
    event.preventDefault();
    forms.acts.go_to(forms.form.at + 1);
  } else if (field && [...event.key].length === 1 && event.target !== field && event.key !== " ") field.focus();
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || view === null) return;
  extend();
  if (use.panel === "form") return key_in_form(event);
  // In a list that is longer than its place the arrows scroll.
  const scrolls = event.code.startsWith("Arrow") && event.target.closest(".list, .devices, .rules") === event.target;
  const by = scrolls ? 0 : step(event.code, keys);
  if (by !== 0) {
    event.preventDefault();
    go(by);
    return;
  }
  const [state, action, code] = feed(keys, event.key, performance.now());
  keys = state;
  if (action === "pass") {
    if (event.key === "Escape") change({ panel: null, notice: null });
    return;
  }
  event.preventDefault();
  if (action === "submit") submit(code);
  else if (action === "typed") change({ typed: keys.text });
});

/** Move the focus through the buttons, round and round. */
function go(by) {
  const buttons = [...root.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  const next = at === -1 && by < 0 ? buttons.length - 1 : (at + by + buttons.length) % buttons.length;
  buttons[next]?.focus();
}

// A tap meant for the picture before must not press what has come to stand in its place.
addEventListener(
  "click",
  (event) => {
    if (event.detail > 0 && performance.now() - changed_at_ms < TAP_GUARD_MS) {
      event.stopPropagation();
      event.preventDefault();
    }
  },
  { capture: true },
);
addEventListener("pointerdown", extend);
addEventListener("pagehide", () => forms.keep());
addEventListener("contextmenu", (event) => event.preventDefault());

redraw();
