// The pieces that screens are made of. `page` is what draw.js hands round: {view, use, status, remaining_s, languages,
// say, ask, change, submit, type}.

import { sign } from "./art.js";
import { h } from "./dom.js";
import { date, spaced, told } from "./words.js";

/** Whether the View lists a method among those that make sense now. */
export const may = (page, method) => page.view.choices.includes(method);

/** A button: a sign, its words, perhaps a second line. `look`: primary, quiet, plain. */
export function button(page, { name, icon = name, words = page.say(name), hint = null, look = "plain", press, ...rest }) {
  return h(
    "button",
    { key: name, type: "button", class: `button ${look}`, "data-name": name, onclick: press, ...rest },
    icon && sign(icon),
    h("span", { class: "words" }, words, hint && h("small", null, hint)),
  );
}

/** A button for a method, drawn only if the View offers that method. */
export function offer(page, method, params, looks) {
  return may(page, method) && button(page, { ...looks, press: () => page.ask(method, params) });
}

/** Whether the station warns, which needs the room of pictures and titles. */
export const alarming = (page) => ["warn", "stop"].includes(page.view.message?.tone);

const TONES = { ask: "", ok: "✓", warn: "!", stop: "✕" };

/** What the station says now, large; the page's own `fallback` where the View says nothing. */
export function headline(page, fallback = null, signed = true) {
  const { message } = page.view;
  const tone = message?.tone ?? "ask";
  const text = spaced(told(page.view) || fallback || "");
  if (!text) return null;
  // What is said of one item leaves the room to the list, which says it as well.
  const size = text.length > 90 ? " long" : text.length > 44 || message?.params?.item ? " medium" : "";
  return h(
    "h1",
    { key: "headline", class: `headline tone-${tone}${size}` },
    signed && TONES[tone] && h("span", { class: "sign", "aria-hidden": "true" }, TONES[tone]),
    h("span", null, text),
  );
}

// Where somebody decides what to do, all of it is said; further on, what still works.
const COMPLETE = new Set(["idle", "card", "help", "out_of_service"]);

/** How the station stands, in a strip on top: calm when all is well, plain words about what works when it is not. */
export function banner(page) {
  const { view, say } = page;
  const { mode, station, unsent } = view;
  const corner = h(
    "span",
    { class: "corner" },
    unsent > 0 && h("span", { class: "unsent" }, say("waiting", { n: unsent })),
    h("span", { class: "clock" }, station.time),
  );
  // Out of service nothing works, however the library system stands.
  if (view.screen === "out_of_service") return h("header", { key: "banner", class: "banner" }, h("span", { class: "state" }), corner);
  if (mode.name === "online") {
    return h(
      "header",
      { key: "banner", class: mode.slow ? "banner slow" : "banner" },
      h("span", { class: "dot", "aria-hidden": "true" }),
      h("span", { class: "state" }, mode.slow ? say("slow") : say("online")),
      corner,
    );
  }
  const offline = mode.name === "offline";
  return h(
    "header",
    { key: "banner", class: `banner ${mode.name}` },
    h("span", { class: "flag", "aria-hidden": "true" }, offline ? "!" : "↻"),
    h(
      "span",
      { class: "state" },
      h("b", null, say(offline ? "offline_works" : "recovering_works")),
      COMPLETE.has(view.screen) && h("span", { class: "not" }, say(offline ? "offline_title" : "recovering_title"), " ", say("offline_not")),
    ),
    corner,
  );
}

/** What a technician on the telephone asks first: which station, how to reach it, whom it reports to. */
export function reach(say, { station, address, helpdesk }) {
  return h(
    "p",
    { key: "reach", class: "reach" },
    station && h("b", null, station),
    h("span", null, say("address"), ": ", h("b", null, address || say("address_none"))),
    helpdesk && h("span", null, say("helpdesk_phone"), ": ", h("b", null, helpdesk)),
  );
}

/** The alternative due date that holds now, large, so that nobody forgets it for the next patron. */
export function due_band(page) {
  const { due_date } = page.view;
  if (!due_date) return null;
  const scope = page.say(due_date.scope === "session" ? "due_session" : "due_next");
  return h(
    "p",
    { key: "due-band", class: "due-band" },
    sign("due_date"),
    h("b", null, page.date(due_date.date)),
    h("span", null, scope),
  );
}

/** Whom to call while the library system is down. */
export function helpdesk(page) {
  const phone = page.view.mode.name === "online" ? null : page.view.helpdesk;
  return phone && h("b", { class: "helpdesk" }, page.say("helpdesk", { phone }));
}

const RESULTS = { checking: "…", checked_out: "✓", renewed: "↻", recorded: "✓", refused: "!", withdrawn: "✕" };

function line(page, item, newest) {
  const { say, view } = page;
  const removable = page.use.panel === "remove" && item.result === "recorded";
  return h(
    "li",
    { key: `line-${item.n}`, class: `line is-${item.result}${newest ? " newest" : ""}`, "data-n": item.n },
    h("span", { class: "sign", "aria-hidden": "true" }, RESULTS[item.result] ?? "•"),
    h(
      "span",
      { class: "what" },
      h("b", { class: "title" }, item.title || spaced(item.item)),
      h("span", { class: "result" }, item.text || (item.result in RESULTS ? say(item.result) : "")),
      item.due && h("span", { class: "due" }, say("due", { date: date(view.language, item.due) })),
    ),
    removable &&
      h(
        "button",
        {
          type: "button",
          class: "button stop",
          "aria-label": say("remove_one", { item: item.title ?? item.item }),
          onclick: () => page.ask("session.withdraw", { n: item.n, reason: "patron" }),
        },
        sign("remove"),
      ),
  );
}

/** The items of the session, the newest first and larger. */
export function list(page) {
  const { items } = page.view;
  if (items.length === 0) return null;
  const removing = page.use.panel === "remove" ? " removing" : "";
  return h(
    "ol",
    { key: "list", class: `list${removing}`, reversed: true, tabindex: "0", "aria-label": page.say("count", { n: taken(page.view) }) },
    items.toReversed().map((item, i) => line(page, item, i === 0)),
  );
}

/** One thing that the patron has at home. */
export function loan_line(page, loan, n) {
  const { say, view } = page;
  const result = loan.result ?? "at_home";
  return h(
    "li",
    { key: `loan-${n}`, class: `line loan is-${result}` },
    h("span", { class: "sign", "aria-hidden": "true" }, RESULTS[result] ?? "•"),
    h(
      "span",
      { class: "what" },
      h("b", { class: "title" }, loan.title || spaced(loan.item)),
      loan.text && h("span", { class: "result" }, loan.text),
      loan.due && h("span", { class: "due" }, say("due", { date: date(view.language, loan.due) })),
    ),
  );
}

/** How many items count: not the refused, not the withdrawn. */
export const taken = (view) => view.items.filter((item) => !["refused", "withdrawn"].includes(item.result)).length;

/** Digits in finger size, and where they go. */
export function keypad(page, { title, secret, back }) {
  const { say, use, type } = page;
  const key = (digit) =>
    h("button", { type: "button", class: "button key", "data-name": digit, onclick: () => type(use.typed + digit) }, digit);
  const shown = secret ? "•".repeat(use.typed.length) : use.typed;
  return h(
    "main",
    { key: "keypad", class: "keypad" },
    h(
      "section",
      { class: "prompt" },
      title,
      h("output", { class: shown.length > 10 ? "field small" : "field", "aria-live": secret ? "off" : "polite" }, shown, h("i", { class: "caret" })),
      back,
    ),
    h(
      "section",
      { class: "keys" },
      [..."123456789"].map(key),
      button(page, { name: "erase", words: "", look: "quiet key", "aria-label": say("erase"), press: () => type(use.typed.slice(0, -1)) }),
      key("0"),
      button(page, { name: "enter", icon: "finish", words: "", look: "primary key", "aria-label": say("enter"), press: () => page.submit(use.typed) }),
    ),
  );
}

/** What a keyboard has typed so far, where no keypad shows it. */
export function typing(page) {
  const { typed, panel } = page.use;
  if (!typed || panel || page.view.screen === "pin") return null;
  return h("div", { key: "typing", class: "typing" }, h("output", null, typed), h("kbd", null, "⏎"));
}

/** Why a press was refused, until it is read. */
export function notice(page) {
  const error = page.use.notice;
  if (!error) return null;
  const advice = [error.data?.reason, error.data?.instead, error.data?.advice].filter((text) => typeof text === "string");
  const text = advice.join(" ") || (error.data?.kind && error.message) || page.say("error");
  return h(
    "div",
    { key: "notice", class: "notice", role: "alert" },
    h("span", null, text),
    button(page, { name: "enter", icon: "finish", look: "plain", press: () => page.change({ notice: null }) }),
  );
}

/** The question whether somebody is still there, over the foot of the page. */
export function time_sheet(page) {
  const { remaining_s, say } = page;
  if (remaining_s === null || !may(page, "session.more_time")) return null;
  return h(
    "div",
    { key: "time", class: "time", role: "alertdialog", "aria-label": say("time_title") },
    h("b", { class: "count" }, remaining_s),
    h("span", null, h("b", null, say("time_title")), " ", say("time_text", { n: remaining_s })),
    offer(page, "session.more_time", {}, { name: "more_time", look: "primary" }),
  );
}
