// What waits for a person: exceptions by class with what is known and what can be done, and registrations with what they still
// lack. Both are fetched (`use.found`) when they are opened and after each action, and forgotten when they are left.

import { h } from "./dom.js";
import { button, may } from "./parts.js";
import { spaced, time_of } from "./words.js";

const rail = (...buttons) => h("nav", { key: "rail", class: "rail" }, buttons);

function shown(page, name, title, lines, ...buttons) {
  return h(
    "main",
    { key: name, class: "two" },
    h(
      "section",
      { class: "sheet" },
      h("h1", { key: "headline", class: "headline medium" }, title),
      h("ul", { key: "list", class: "list", tabindex: "0", "aria-label": title }, lines),
    ),
    rail(buttons),
  );
}

const day_of = (page, moment) => `${page.date(moment.slice(0, 10))}, ${time_of(moment)}`;

function numbers(entry) {
  return [entry.item && spaced(entry.item), entry.patron].filter(Boolean).join(" · ");
}

/** Everything that waits, by class, the most pressing first. */
export function worklist(page) {
  const { say, use } = page;
  const classes = use.found?.classes ?? [];
  const line = (entry) =>
    h(
      "li",
      { key: `entry-${entry.seq}`, class: "line exception" },
      h("span", { class: "sign", "aria-hidden": "true" }, "!"),
      h("span", { class: "what" }, h("b", { class: "title" }, `${say(`entry_${entry.kind}`)} ${entry.seq}`), h("span", null, numbers(entry)), h("span", { class: "due" }, day_of(page, entry.at))),
      h("button", { type: "button", class: "button quiet", "data-name": `open-${entry.seq}`, "aria-label": `${say("entry_open")} ${entry.seq}`, onclick: () => page.change({ panel: "entry", seq: entry.seq }) }, "›"),
    );
  const lines = classes.flatMap(({ class: name, text, entries }) => [h("li", { key: `class-${name}`, class: "class" }, h("b", null, text)), ...entries.map(line)]);
  const none = h("li", { key: "none", class: "note" }, say("worklist_none"));
  return shown(page, "worklist", say("task_worklist"), lines.length ? lines : none, button(page, { name: "back", look: "plain tall", press: () => page.change({ panel: "tasks" }) }));
}

/** One exception: what the library system said, what the station knows, and what a person can do about it. */
export function entry(page) {
  const { say, use } = page;
  const group = (use.found?.classes ?? []).find(({ entries }) => entries.some(({ seq }) => seq === use.seq));
  if (!group) return worklist(page);
  const found = group.entries.find(({ seq }) => seq === use.seq);
  const fact = (name, value, wide = false) => value && h("div", { key: name, class: wide ? "fact wide" : "fact" }, h("dt", null, say(name)), h("dd", null, value));
  const act = (action) =>
    button(page, {
      name: `action_${action}`,
      icon: null,
      look: action === group.actions[0] ? "primary" : "plain",
      press: () => (action === "drop" ? page.open_form("drop", { seq: String(found.seq) }) : page.resolve({ seq: found.seq, action })),
    });
  return h(
    "main",
    { key: "entry", class: "two" },
    h(
      "section",
      { class: "sheet" },
      h("h1", { key: "headline", class: "headline medium" }, group.text),
      h(
        "dl",
        { key: "facts", class: "facts list", tabindex: "0", "aria-label": group.text },
        fact("entry_says", found.message, true),
        fact("entry_what", `${say(`entry_${found.kind}`)} ${found.seq}`),
        fact("entry_when", day_of(page, found.at)),
        fact("entry_how", say.known(`how_${found.how}`) ? say(`how_${found.how}`) : found.how),
        fact("field_item", found.item && spaced(found.item)),
        fact("field_patron", found.patron),
        fact("field_due_date", found.due_date && page.date(found.due_date)),
        fact("field_by", found.by),
        fact("tab_station", found.station),
      ),
    ),
    rail(may(page, "exceptions.resolve") && h("div", { key: "actions", class: "actions" }, group.actions.map(act)), button(page, { name: "back", look: "quiet", press: () => page.change({ panel: "worklist" }) })),
  );
}

const OPEN = new Set(["pin", "text_phone", "form_reviewed"]);

/** What each registration still lacks once it is in the library system, ticked off one by one. */
export function registrations(page) {
  const { say, use } = page;
  const entries = use.found?.registrations ?? [];
  const missing = (item) => say(OPEN.has(item) ? `open_${item}` : `field_${item}`);
  const lines = entries.map((each) =>
    h(
      "li",
      { key: `registration-${each.seq}`, class: `line registration${each.open.length ? "" : " is-done"}` },
      h("span", { class: "what" }, h("b", { class: "title" }, `${say("entry_registration")} ${each.seq}`), h("span", null, [each.patron, day_of(page, each.at)].filter(Boolean).join(" · "))),
      h(
        "span",
        { class: "open" },
        each.open.map((item) =>
          button(page, { name: `tick-${each.seq}-${item}`, icon: "unticked", words: missing(item), look: "quiet", disabled: !may(page, "registration.tick"), press: () => page.tick_registration(each.seq, item) }),
        ),
        each.open.length === 0 && h("b", null, say("step_done")),
      ),
    ),
  );
  const none = h("li", { key: "none", class: "note" }, say("registrations_none"));
  return shown(page, "registrations", say("task_registrations"), lines.length ? lines : none, button(page, { name: "back", look: "plain tall", press: () => page.change({ panel: "tasks" }) }));
}
