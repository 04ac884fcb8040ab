// The screens of the patron's way, each a function of what draw.js hands round. A screen is a main part and a rail of
// buttons; where the View names no method, its button is not drawn.

import * as art from "./art.js";
import { sign } from "./art.js";
import { h } from "./dom.js";
import { alarming, button, due_band, headline, helpdesk, keypad, list, loan_line, may, offer, reach, taken } from "./parts.js";
import { LABELS } from "./labels.js";

const rail = (...buttons) => h("nav", { key: "rail", class: "rail" }, buttons);
const pair = (...buttons) => h("div", { class: "pair" }, buttons);

function help_button(page) {
  return offer(page, "session.show", { screen: "help" }, { name: "help", look: "quiet" });
}

function language_button(page) {
  const press = () => page.change({ panel: "languages" });
  return may(page, "session.language") && button(page, { name: "language", look: "quiet", press });
}

function staff_button(page) {
  if (page.view.staff.unlocked) return button(page, { name: "staff", look: "quiet", press: () => page.change({ panel: "staff" }) });
  const press = () => page.change({ panel: "staff_code", typed: "" });
  return may(page, "staff.unlock") && button(page, { name: "staff", look: "quiet", press });
}

function number_button(page) {
  const press = () => page.change({ panel: "number", typed: "" });
  return may(page, "session.input") && button(page, { name: "type_number", look: "quiet", press });
}

function cancel_button(page, look = "quiet") {
  return offer(page, "session.cancel", {}, { name: "cancel", look });
}

/** Back out of something that the page itself opened. */
function close_button(page, look = "plain") {
  return button(page, { name: "back", look, press: () => page.change({ panel: null, typed: "" }) });
}

function language_buttons(page) {
  return page.languages
    .filter((language) => language in LABELS)
    .map((language) =>
      button(page, {
        name: `language-${language}`,
        icon: null,
        words: LABELS[language].name,
        look: language === page.view.language ? "quiet chosen" : "quiet",
        lang: language,
        "aria-pressed": String(language === page.view.language),
        press: () => (page.ask("session.language", { language }), page.change({ panel: null })),
      }),
    );
}

export function languages(page) {
  return h(
    "main",
    { key: "languages", class: "choose" },
    h("h1", { key: "headline", class: "headline medium" }, page.say("language")),
    h("div", { class: "tiles languages" }, language_buttons(page), close_button(page)),
  );
}

export function idle(page) {
  const { say } = page;
  return h(
    "main",
    { key: "idle", class: "idle" },
    h("section", { class: "hero" }, !alarming(page) && art.card, headline(page, say("help_1"))),
    rail(
      offer(page, "session.start", { flow: "checkout" }, { name: "borrow", look: "primary", hint: say("borrow_hint") }),
      offer(page, "session.start", { flow: "renew" }, { name: "renew", look: "primary second", hint: say("renew_hint") }),
    ),
    h("div", { class: "foot" }, may(page, "session.language") && language_buttons(page), page.view.staff.unlocked ? staff_button(page) : help_button(page)),
  );
}

export function card(page) {
  const renewing = page.view.flow === "renew";
  return h(
    "main",
    { key: "card", class: "two" },
    h("section", { class: "hero" }, due_band(page) || (renewing ? art.book : art.card), headline(page, page.say("help_1"))),
    rail(
      may(page, "session.input") && button(page, { name: "type_number", look: "plain tall", press: () => page.change({ panel: "number", typed: "" }) }),
      cancel_button(page, "plain"),
      pair(language_button(page), help_button(page)),
    ),
  );
}

export function number(page) {
  return keypad(page, { title: h("h1", { class: "headline" }, page.say("type_title")), secret: false, back: close_button(page) });
}

const LONGEST_SECRET = 64;
const KEYED = { number: "type_title", pin: "pin_title", staff: "staff_code" };

/** Digits that come by command barcodes, one after the other. */
export function keyed(page) {
  const { what, count, text } = page.view.keyed;
  return h(
    "main",
    { key: "keyed", class: "end" },
    h(
      "section",
      { class: "hero" },
      h("h1", { key: "headline", class: "headline" }, page.say(KEYED[what] ?? "type_title")),
      alarming(page) && headline(page),
      h("output", { key: "field", class: "field", "aria-live": text === null ? "off" : "polite" }, text ?? "•".repeat(Math.min(count, LONGEST_SECRET)), h("i", { class: "caret" })),
    ),
  );
}

export function pin(page) {
  return keypad(page, { title: headline(page, page.say("pin_title")), secret: true, back: cancel_button(page, "plain") });
}

export function confirm(page) {
  return h(
    "main",
    { key: "confirm", class: "ask" },
    due_band(page),
    headline(page, page.say("confirm_title")),
    h(
      "div",
      { class: "answers" },
      offer(page, "session.confirm", { yes: true }, { name: "yes", icon: "finish", look: "primary" }),
      offer(page, "session.confirm", { yes: false }, { name: "no", icon: "cancel" }),
      !may(page, "session.confirm") && cancel_button(page, "plain"),
    ),
  );
}

/** The kinds of paper that can be had now. */
function papers(view) {
  return ["out", "none"].includes(view.paper) ? [] : (view.offers ?? ["receipt", "bookmark"]);
}

// Who takes nothing home, or stands where nothing is ever printed, is not asked what to print.
function finish_button(page, look = "primary tall") {
  const { say, view } = page;
  const count = taken(view);
  const looks = { name: "finish", look, hint: count > 0 ? say("count", { n: count }) : null };
  const asked = count > 0 && (papers(view).length > 0 || view.paper === "out");
  if (asked && may(page, "session.show")) return offer(page, "session.show", { screen: "finish" }, looks);
  return offer(page, "session.finish", { paper: [] }, looks);
}

function loans_button(page) {
  return offer(page, "session.loans", {}, { name: "my_loans", look: "quiet" });
}

// Staff's hands are on four things: end the visit, the next one, a number, the due date; and the way to all else.
function items_rail(page, remove, count) {
  const { say, view } = page;
  const shelf = h("p", { key: "shelf", class: "tally" }, art.shelf(count), view.patron && h("span", null, view.patron.label));
  if (view.staff.unlocked) {
    return rail(
      shelf,
      pair(finish_button(page, "primary"), staff_next(page)),
      pair(number_button(page), remove || loans_button(page) || cancel_button(page)),
      pair(staff_due(page), staff_button(page)),
    );
  }
  return rail(
    shelf,
    finish_button(page),
    pair(remove || loans_button(page) || (count === 0 && cancel_button(page)), number_button(page)),
    pair(language_button(page), help_button(page)),
  );
}

export function items(page) {
  const { view, say, use, change } = page;
  const count = taken(view);
  const removing = use.panel === "remove";
  const remove =
    view.items.some((item) => item.result === "recorded") &&
    may(page, "session.withdraw") &&
    button(page, { name: "remove", look: "quiet", press: () => change({ panel: "remove" }) });
  return h(
    "main",
    { key: "items", class: "two" },
    h(
      "section",
      { class: view.items.length ? "sheet" : "hero" },
      view.items.length === 0 && art.book,
      removing ? h("h1", { key: "headline", class: "headline medium" }, say("remove_title")) : headline(page, view.items.length ? null : say("scan_first")),
      due_band(page),
      list(page),
    ),
    removing
      ? rail(close_button(page, "primary tall"))
      : items_rail(page, remove, count),
  );
}

function staff_next(page) {
  return offer(page, "session.next_patron", {}, { name: "next_patron", look: "quiet" });
}

function staff_due(page) {
  const offered = may(page, "session.due_date") && may(page, "session.show");
  return offered && offer(page, "session.show", { screen: "due_date" }, { name: "due_date", look: "quiet" });
}

export function finish(page) {
  const { say, view } = page;
  const offered = papers(view);
  const printable = offered.length > 0;
  const slip = (name, ...paper) =>
    paper.every((kind) => offered.includes(kind)) && offer(page, "session.finish", { paper }, { name, look: "plain tile" });
  return h(
    "main",
    { key: "finish", class: "choose" },
    due_band(page),
    printable ? headline(page, say("finish_title")) : h("h1", { key: "headline", class: "headline medium" }, say("paper_out")),
    printable && h("div", { class: "tiles slips" }, slip("receipt", "receipt"), slip("bookmark", "bookmark"), slip("both", "receipt", "bookmark")),
    h(
      "div",
      { class: "tiles last" },
      offer(page, "session.finish", { paper: [] }, printable ? { name: "no_paper", look: "primary tile" } : { name: "finish", look: "primary tile" }),
      offer(page, "session.show", { screen: "items" }, { name: "back", look: "quiet" }),
    ),
  );
}

export function printing(page) {
  return h(
    "main",
    { key: "printing", class: "end" },
    h("section", { class: "hero" }, art.printer, headline(page, page.say("printing_title"), false)),
  );
}

export function done(page) {
  return h(
    "main",
    { key: "done", class: page.view.items.length ? "end listed" : "end" },
    h("section", { class: "hero" }, art.done, headline(page, page.say("done_title"), alarming(page))),
    h(
      "section",
      { class: "sheet" },
      list(page),
      offer(page, "session.cancel", {}, { name: "enter", icon: "finish", look: "primary" }),
    ),
  );
}

/** What the patron has at home and on the shelf; drawn while the View tells it, kept by nobody. */
export function loans(page) {
  const { say, view } = page;
  const account = view.account ?? { state: "asking", loans: [], holds: [], holds_ready: 0, complete: true };
  const empty = { asking: "loans_asking", unknown: "loans_unknown", ready: "loans_none" };
  const none = account.loans.length === 0;
  const title = none ? say(empty[account.state] ?? "loans_asking") : say("loans_title", { n: account.loans.length });
  const told = view.message && view.message.key.startsWith("renewed") ? headline(page) : null;
  return h(
    "main",
    { key: "loans", class: "two" },
    h(
      "section",
      { class: none && !account.holds_ready ? "hero" : "sheet" },
      none && !account.holds_ready && art.book,
      told || h("h1", { key: "headline", class: "headline medium" }, title),
      account.holds_ready > 0 &&
        h("p", { key: "holds", class: "holds" }, sign("bookmark"), h("b", null, say("holds_ready", { n: account.holds_ready })), h("span", null, account.holds.join(" · "))),
      !none && h("ol", { key: "list", class: "list", tabindex: "0", "aria-label": title }, account.loans.map((loan, n) => loan_line(page, loan, n))),
      !account.complete && h("p", { class: "hint small" }, say("loans_incomplete")),
    ),
    rail(
      offer(page, "session.renew_all", {}, { name: "renew_all", icon: "renew", look: "primary tall" }),
      offer(page, "session.show", { screen: "items" }, { name: "back", look: "plain tall" }),
      pair(language_button(page), help_button(page)),
    ),
  );
}

export function help(page) {
  const { say } = page;
  return h(
    "main",
    { key: "help", class: "two" },
    h(
      "section",
      { class: "help" },
      h("h1", { class: "headline" }, say("help_title")),
      h("ol", { class: "steps" }, [1, 2, 3].map((n) => h("li", null, h("b", null, n.toString()), h("span", null, say(`help_${n}`))))),
      h("p", { class: "hint" }, say("help_staff"), helpdesk(page)),
    ),
    rail(
      may(page, "session.show")
        ? offer(page, "session.show", { screen: "items" }, { name: "back", look: "primary tall" })
        : offer(page, "session.cancel", {}, { name: "back", look: "primary tall" }),
      pair(language_button(page), button(page, { name: "larger", words: say(page.size === 2 ? "smaller" : "larger"), look: "quiet", press: page.larger })),
      staff_button(page),
    ),
  );
}

export function out_of_service(page) {
  const { say, view } = page;
  return h(
    "main",
    { key: "closed", class: "end" },
    h("section", { class: "hero" }, art.closed, headline(page, say("service_title")), !view.message && h("p", { class: "hint" }, say("service_text"))),
    h(
      "div",
      { class: "foot-note" },
      reach(say, { station: view.station.id, address: page.host?.address, helpdesk: view.helpdesk }),
      h("img", { class: "code", src: "doctor.svg", alt: say("doctor_code"), onerror: (event) => (event.target.hidden = true) }),
      staff_button(page),
    ),
  );
}
