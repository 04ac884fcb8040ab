// An outage as staff see it: what there is to do, the downtime board, the session review, crates, and the recovery board. All
// of it stands in the View; the words are the daemon's.

import { sign } from "./art.js";
import { today } from "./days.js";
import { h } from "./dom.js";
import { button, may, offer } from "./parts.js";
import { time_of } from "./words.js";

const rail = (...buttons) => h("nav", { key: "rail", class: "rail" }, buttons);
const back = (page, panel = "tasks", look = "plain") => button(page, { name: "back", look, press: () => page.change({ panel }) });
const list = (label, ...lines) => h("ul", { key: "list", class: "list notes", tabindex: "0", "aria-label": label }, lines);
const when = (moment) => moment && time_of(moment);

/** All that staff may have to do around an outage, each thing a tile. */
export function tasks(page) {
  const { view, say } = page;
  const { downtime } = view;
  const tile = (name, icon, shown, press, hint = null, look = "plain tile") => shown && button(page, { name, icon, look, hint, press });
  const panel = (name) => () => page.change({ panel: name });
  const left = downtime?.board.filter(({ done }) => !done).length;
  return h(
    "main",
    { key: "tasks", class: "choose close" },
    h("h1", { key: "headline", class: "unseen" }, say("tasks")),
    view.alarm && h("p", { key: "alarm", class: "told tone-warn" }, view.alarm.text),
    h(
      "div",
      { key: "tiles", class: "tiles tasks" },
      tile("task_board", "offline", downtime, panel("board"), downtime && say("since", { time: when(downtime.since) })),
      tile("task_review", "tab_station", downtime, panel("review"), downtime && (downtime.review.by ?? say("task_open"))),
      tile("forms_register", "staff", may(page, "patron.register"), () => page.open_form("register"), view.drafts?.includes("register") && say("form_begun")),
      tile("forms_sheet", "receipt", may(page, "sheet.add"), () => page.open_form("sheet", { day: today() }), view.drafts?.includes("sheet") && say("form_begun")),
      tile("task_crates", "crate", downtime, panel("crates"), downtime && `${downtime.crates.length}`),
      tile("task_worklist", "tab_rules", may(page, "worklist.get"), () => page.open("worklist"), `${view.exceptions}`),
      tile("task_registrations", "type_number", may(page, "registrations.list"), () => page.open("registrations")),
      tile("task_recovery", "online", downtime?.back && downtime.board.length > 0, panel("recovery"), `${left}`),
      tile("back", "back", true, panel(view.screen === "staff" ? null : "staff"), null, "quiet tile"),
    ),
  );
}

const STATES = { answers: "✓", silent: "✕", asking: "…", unprobed: "–" };

/** The downtime board: since when, what was seen, what to tell the helpdesk, what is up meanwhile and what is to be done. */
export function board(page) {
  const { view, say } = page;
  const { downtime } = view;
  if (!downtime) return tasks(page);
  const seen = downtime.seen.map(({ at, text }) => h("span", { class: "seen" }, `${when(at)} ${text}`));
  return h(
    "main",
    { key: "board", class: "two" },
    h(
      "section",
      { class: "sheet" },
      h("h1", { key: "headline", class: "headline medium" }, `${say("task_board")}, ${say("since", { time: when(downtime.since) })}`),
      list(
        say("task_board"),
        h("li", { key: "read", class: "note read" }, h("small", null, say("board_read")), h("p", null, downtime.read_out)),
        h("li", { key: "seen", class: "note" }, h("small", null, say("board_seen")), h("p", null, seen)),
        downtime.systems.map((system) =>
          h(
            "li",
            { key: `system-${system.name}`, class: `note system is-${system.state}` },
            h("span", { class: "sign", "aria-hidden": "true" }, STATES[system.state] ?? "–"),
            h("p", null, h("b", null, system.name), h("span", { class: "state" }, ` ${say(`system_${system.state}`)}`), system.text && h("span", { class: "do" }, system.text)),
          ),
        ),
        downtime.blocks?.old && h("li", { key: "blocks", class: "note" }, h("small", null, say("review_blocks")), h("p", null, blocks_words(page, downtime.blocks))),
        downtime.advice.map((text, n) => h("li", { key: `advice-${n}`, class: "note" }, h("p", null, text))),
      ),
    ),
    rail(
      downtime.helpdesk && h("p", { key: "phone", class: "phone" }, h("small", null, say("helpdesk_phone")), h("b", null, downtime.helpdesk)),
      button(page, { name: "task_review", icon: "tab_station", look: downtime.review.by ? "plain" : "primary", press: () => page.change({ panel: "review" }) }),
      back(page),
    ),
  );
}

const blocks_words = (page, { cards, days }) => page.say("blocks_age", { cards, n: days });

function blocks_fact(page, fact) {
  const { blocks } = page.view.downtime;
  return blocks && fact("review_blocks", blocks_words(page, blocks), `wide ${blocks.old ? "worry" : ""}`);
}

/** The session settings that are looked over at each outage; the due date stays as it is and is not offered. */
export function review(page) {
  const { view, say } = page;
  if (!view.downtime) return tasks(page);
  const { review: found } = view.downtime;
  const fact = (name, value, state = "") => h("div", { key: name, class: `fact ${state}` }, h("dt", null, say(name)), h("dd", null, value));
  return h(
    "main",
    { key: "review", class: "two" },
    h(
      "section",
      { class: "sheet staff" },
      h("h1", { key: "headline", class: "headline medium" }, say("review_title")),
      h(
        "dl",
        { key: "facts", class: "facts" },
        fact("tab_station", found.station),
        fact("review_library", found.library || "–"),
        fact("review_date", page.date(found.date)),
        fact("review_time", view.station.time),
        fact("review_clock", say.known(`clock_${found.clock}`) ? say(`clock_${found.clock}`) : found.clock, `wide ${found.clock === "none" ? "worry" : ""}`),
        blocks_fact(page, fact),
        found.by && fact("review_done", [found.by, when(found.at)].filter(Boolean).join(", "), "wide"),
      ),
      h("p", { key: "due", class: "hint small" }, say("review_due")),
    ),
    rail(
      offer(page, "downtime.review", {}, { name: "review_right", icon: "finish", look: "primary tall" }),
      may(page, "downtime.review") && button(page, { name: "review_clock_wrong", icon: "more_time", look: "plain", press: () => page.open_form("review", { day: today() }) }),
      back(page, "tasks", "quiet"),
    ),
  );
}

/** Crates of returned items: counted, labelled, mailed about; nothing is checked in. */
export function crates(page) {
  const { view, say } = page;
  if (!view.downtime) return tasks(page);
  const line = ({ crate, items, on, mail }) =>
    h(
      "li",
      { key: `crate-${crate}`, class: "line crate" },
      h("span", { class: "what" }, h("b", { class: "title" }, say("crate_title", { n: crate })), h("span", null, `${say("count", { n: items })}, ${page.date(on)}`)),
      small(page, `recount-${crate}`, "type_number", say("crate_recount"), () => page.open_form("crate", { crate: String(crate), items: String(items) })),
      may(page, "slip.print") && small(page, `label-${crate}`, "receipt", say("crate_label"), () => page.ask("slip.print", { what: "crate", n: crate })),
      mail && small(page, `mail-${crate}`, "mail", say("crate_mail"), () => page.change({ panel: "mail", crate })),
    );
  return h(
    "main",
    { key: "crates", class: "two" },
    h(
      "section",
      { class: "sheet" },
      h("h1", { key: "headline", class: "headline medium" }, say("task_crates")),
      h("p", { key: "not", class: "told tone-stop" }, say("crate_not")),
      h("ul", { key: "list", class: "list", tabindex: "0", "aria-label": say("task_crates") }, view.downtime.crates.map(line)),
    ),
    rail(
      may(page, "crate.count") && button(page, { name: "crate_new", icon: "crate", look: "primary tall", press: () => page.open_form("crate", { crate: "0" }) }),
      back(page),
    ),
  );
}

const small = (page, name, icon, words, press) =>
  h("button", { key: name, type: "button", class: "button quiet", "data-name": name, "aria-label": words, onclick: press }, sign(icon), h("small", { "aria-hidden": "true" }, words));

/** The mail about a crate, to be read off; its QR code comes out of the printer. */
export function mail(page) {
  const { view, say, use } = page;
  const found = view.downtime?.crates.find(({ crate }) => crate === use.crate)?.mail;
  if (!found) return crates(page);
  return h(
    "main",
    { key: "mail", class: "two" },
    h(
      "section",
      { class: "sheet" },
      h("h1", { key: "headline", class: "headline medium" }, say("crate_mail")),
      list(
        say("crate_mail"),
        h("li", { key: "to", class: "note" }, h("small", null, say("mail_to")), h("p", null, found.to.join(", "))),
        h("li", { key: "subject", class: "note" }, h("small", null, say("mail_subject")), h("p", null, found.subject)),
        h("li", { key: "body", class: "note read" }, h("p", { class: "lines" }, found.body)),
      ),
    ),
    rail(offer(page, "slip.print", { what: "mail", n: use.crate }, { name: "mail_code", icon: "receipt", look: "primary tall" }), back(page, "crates")),
  );
}

/** The recovery board, ticked in order. */
export function recovery(page) {
  const { view, say } = page;
  if (!view.downtime?.board.length) return tasks(page);
  const step = ({ step: name, text, done, next, by, at }, n) =>
    h(
      "li",
      { key: `step-${name}`, class: `line step${done ? " is-done" : ""}${next ? " newest" : ""}` },
      h("span", { class: "sign", "aria-hidden": "true" }, done ? "✓" : n + 1),
      h("span", { class: "what" }, h("b", { class: "words" }, text), done && h("span", null, [by, when(at)].filter(Boolean).join(", "))),
      next && may(page, "downtime.tick") && small(page, `tick-${name}`, "finish", say("step_done"), () => page.ask("downtime.tick", { step: name })),
      done && may(page, "downtime.tick") && small(page, `untick-${name}`, "cancel", say("step_undone"), () => page.ask("downtime.tick", { step: name, done: false })),
    );
  return h(
    "main",
    { key: "recovery", class: "two" },
    h(
      "section",
      { class: "sheet" },
      h("h1", { key: "headline", class: "headline medium" }, say("task_recovery")),
      h("ol", { key: "list", class: "list steps-left", tabindex: "0", "aria-label": say("task_recovery") }, view.downtime.board.map(step)),
    ),
    rail(offer(page, "slip.print", { what: "settlement" }, { name: "settlement", icon: "receipt", look: "primary tall" }), back(page)),
  );
}
