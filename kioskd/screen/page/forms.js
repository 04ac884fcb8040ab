// Staff's forms, one field at a time with keys as large as the field allows, then all of it to be looked over and recorded.
// What is typed lies in `page.form` ({name, at, values, choices, wrong, sure, saved}) until it is recorded or thrown away,
// and the daemon keeps it sealed meanwhile. What a field may hold, the daemon decides; here stands how it is typed.

import { cut, kept, shown } from "./days.js";
import { h } from "./dom.js";
import { letters, stays } from "./keyboard.js";
import { button } from "./parts.js";

const words = (name, more = {}) => ({ name, keys: "letters", ...more });
const name_of = (name, more = {}) => words(name, { capitals: true, ...more });

// `method`: what it is recorded by. `about`: what it is opened for, and is another form for another one. `then`: where it leads when
// it is recorded or left. Of a field: `keys`: digits, letters, choice, ticks; `day`: a date; `mask`: what digits are cut by; `code`: a
// scanner may fill it; `each`: a field for each name of a configured list; `stays`: it stands for the next row as well.
export const FORMS = {
  register: {
    method: "patron.register",
    title: "forms_register",
    fields: [
      { name: "card", keys: "digits", must: true, code: true },
      name_of("first"),
      name_of("middle"),
      name_of("last", { must: true }),
      { name: "birth_date", keys: "digits", day: true, must: true },
      { name: "language", keys: "choice", must: true },
      { name: "library", keys: "choice" },
      { name: "profile", keys: "choice" },
      { name: "category", keys: "choice", each: "categories" },
      name_of("address", { lines: true }),
      { name: "phone", keys: "digits" },
      words("email"),
      name_of("alt_first"),
      name_of("alt_middle"),
      name_of("alt_last"),
      { name: "ticks", keys: "ticks" },
    ],
  },
  sheet: {
    method: "sheet.add",
    title: "forms_sheet",
    fields: [
      { name: "day", keys: "digits", day: true, must: true, stays: true },
      { name: "time", keys: "digits", mask: [2, 2], by: ":", must: true },
      { name: "kind", keys: "choice", of: ["checkout", "renewal"], must: true, stays: true },
      { name: "patron", keys: "digits", code: true },
      { name: "item", keys: "digits", must: true, code: true },
      { name: "due_date", keys: "digits", day: true },
      words("by", { stays: true }),
    ],
  },
  review: {
    method: "downtime.review",
    title: "review_clock_wrong",
    then: "review",
    fields: [
      { name: "day", keys: "digits", day: true, must: true },
      { name: "time", keys: "digits", mask: [2, 2], by: ":", must: true },
    ],
  },
  crate: {
    method: "crate.count",
    title: "task_crates",
    about: "crate",
    then: "crates",
    fields: [{ name: "items", keys: "digits", must: true }],
  },
  drop: {
    method: "exceptions.resolve",
    title: "action_drop",
    about: "seq",
    then: "worklist",
    fields: [words("reason", { must: true })],
  },
};

const TICKS = ["paper_form_kept", "id_seen", "guardian_signed"];

/** A form as it is opened: empty, or as the daemon kept it. */
export function opened(name, { fields = {}, choices = {} } = {}) {
  return { name, at: 0, values: { ...fields }, choices, wrong: null, sure: false, saved: null };
}

/** The form with a field's text. */
export function filled(form, name, text) {
  const wrong = form.wrong?.field === name ? null : form.wrong;
  return { ...form, values: { ...form.values, [name]: text }, wrong, sure: false, saved: null };
}

/** The fields of a form: those of its row, and one for each user category that the library configured. */
export function fields_of({ name, choices }) {
  return FORMS[name].fields.flatMap((field) => {
    if (!field.each) return [field];
    const names = new Set((choices[field.each] ?? []).map((pair) => pair.split("=", 1)[0]));
    return [...names].map((of) => ({ ...field, name: `${field.name} ${of}`, label: field.name, of_list: of }));
  });
}

export const field_at = (form) => fields_of(form)[form.at] ?? null;

// What is kept of what stands in a field, and the other way round.
const taken = (say, field, text) => (field.day ? kept(say("date_order"), text) : field.mask ? cut(text, field.mask, field.by) : text);
const given = (say, field, text) => (field.day ? shown(say("date_order"), text) : text);
const title_of = (say, field) => say(`field_${field.label ?? field.name}`, { name: field.of_list });

// A time on paper has no zone: it is the station's, whose clock is shown in the View.
function moment(on, time, clock) {
  const at = new Date(`${on}T${time}`);
  const shown = /^(\d\d):(\d\d)$/.exec(clock);
  const now = new Date();
  const apart = shown ? (+shown[1] - now.getHours()) * 60 + (+shown[2] - now.getMinutes()) : 0;
  const east = (Number.isNaN(at.getTime()) ? 0 : -at.getTimezoneOffset()) + Math.round((((apart + 2160) % 1440) - 720) / 15) * 15;
  const two = (n) => Math.floor(n).toString().padStart(2, "0");
  return `${on ?? ""}T${time ?? ""}:00${east < 0 ? "-" : "+"}${two(Math.abs(east) / 60)}:${two(Math.abs(east) % 60)}`;
}

// What each form's method is asked with; `texts` are the fields that hold something.
const ASKED = {
  register({ ticks = "", ...texts }) {
    const named = Object.entries(texts).filter(([name]) => name.startsWith("category "));
    const categories = named.map(([name, value]) => `${name.slice("category ".length)}=${value}`);
    const others = Object.fromEntries(Object.entries(texts).filter(([name]) => !name.startsWith("category ")));
    const more = categories.length ? { categories } : {};
    return { card: "", last: "", birth_date: "", language: "", ...others, ...more, ticks: ticks.split(" ").filter(Boolean) };
  },
  sheet({ day: on, time, due_date, ...texts }, clock) {
    return { kind: "", item: "", ...texts, at: moment(on, time, clock), ...(due_date ? { due_date } : {}) };
  },
  review: ({ day: on, time }, clock) => ({ time: moment(on, time, clock) }),
  crate: ({ items, crate }) => ({ items: Number(items), crate: Number(crate) }),
  drop: ({ seq, reason = "" }) => ({ seq: Number(seq), action: "drop", reason }),
};

/** What the form's method is asked with; `clock`: the station's time, as it shows it. */
export function params(form, clock) {
  const texts = Object.fromEntries(Object.entries(form.values).filter(([, text]) => text !== ""));
  return { ...ASKED[form.name](texts, clock), ...(form.sure ? { sure: true } : {}) };
}

/** The form after its recording: the next row of a sheet, or an empty form. */
export function recorded(form, seq) {
  const fields = fields_of(form);
  const same = fields.filter(({ stays }) => stays).map(({ name }) => [name, form.values[name] ?? ""]);
  const at = same.length ? fields.findIndex(({ stays }) => !stays) : 0;
  return { ...opened(form.name, { fields: Object.fromEntries(same), choices: form.choices }), at, saved: seq };
}

/** The form after a refusal: at the field that is wrong, with what is expected there. */
export function refused(form, error) {
  const { field = null, sure = false, text = null } = error.data ?? {};
  const fields = fields_of(form);
  const of = { at: form.values.time ? "day" : "time", categories: fields.find(({ each }) => each)?.name }[field] ?? field;
  const at = fields.findIndex(({ name }) => name === of);
  return { ...form, wrong: { field: of, text, sure }, at: at === -1 || sure ? fields.length : at };
}

/** One field, or after the last one all of them. */
export function form(page) {
  const field = field_at(page.form);
  return field === null ? overview(page) : one(page, field);
}

function one(page, field) {
  const { form: { values, at, name, wrong }, say } = page;
  const text = given(say, field, values[field.name] ?? "");
  const bad = wrong?.field === field.name;
  const kind = field.keys === "choice" && choices_of(page, field).length === 0 ? "letters" : field.keys;
  const put = (typed) => page.fill(field.name, taken(say, field, typed));
  const hint = say.known(`hint_${field.name}`) ? say(`hint_${field.name}`) : say(field.must ? "field_must" : "field_may");
  const shown = { id: "field", class: "field", name: "field", value: text, autocomplete: "off", spellcheck: "false", "aria-labelledby": "field-name", "aria-describedby": "field-hint", "aria-invalid": bad && "true", oninput: (event) => put(event.target.value) };
  const typed = field.lines ? h("textarea", { ...shown, key: `field-${field.name}`, rows: "3" }) : h("input", { ...shown, key: `field-${field.name}`, type: "text", inputmode: "none" });
  return h(
    "main",
    { key: `form-${kind}`, class: `form by-${kind}` },
    h("h1", { key: "headline", class: "unseen" }, say(FORMS[name].title)),
    h(
      "header",
      { key: "head", class: "form-head" },
      button(page, { name: "back", look: "quiet", press: () => (at === 0 ? page.close_form() : page.go_to(at - 1)) }),
      h(
        "label",
        { key: "label", for: "field", class: bad ? "worry" : "" },
        h("b", { id: "field-name" }, title_of(say, field)),
        h("small", { id: "field-hint" }, bad ? `${say("field_wrong")} ${wrong.text ?? hint}` : hint),
        ["digits", "letters"].includes(kind) && typed,
      ),
      h("span", { class: "progress", "aria-hidden": "true" }, `${at + 1}/${fields_of(page.form).length}`),
      button(page, { name: "next", icon: "forward", look: "primary", press: () => page.go_to(at + 1) }),
    ),
    KEYS[kind]({ ...page, put, field }, text),
  );
}

const KEYS = { digits, letters: by_letters, choice, ticks };

/** What a field may be chosen from: the form's own words, or the library's lists. */
function choices_of({ form, say }, field) {
  if (field.of) return field.of.map((value) => [value, say(`choice_${value}`)]);
  if (field.keys === "ticks") return (form.choices.ticks ?? TICKS).map((value) => [value, say(`tick_${value}`)]);
  const offered = form.choices[field.each ?? field.name] ?? [];
  const values = field.each ? offered.filter((pair) => pair.startsWith(`${field.of_list}=`)).map((pair) => pair.slice(field.of_list.length + 1)) : offered;
  return values.map((value) => [value, value]);
}

function by_letters(page, text) {
  return letters(page, text, { capitals: page.field.capitals ?? false, lines: page.field.lines ?? false });
}

function digits(page, text) {
  const { put, say } = page;
  const key = (digit) => h("button", { key: digit, type: "button", class: "button key", "data-name": digit, onmousedown: stays, onclick: () => put(text + digit) }, digit);
  return h(
    "section",
    { key: "digits", class: "digits" },
    [..."1234567890"].map(key),
    h("button", { key: "erase", type: "button", class: "button quiet key", "data-name": "erase", onmousedown: stays, "aria-label": say("erase"), onclick: () => put([...text].slice(0, -1).join("")) }, "⌫"),
    h("button", { key: "clear", type: "button", class: "button quiet key", "data-name": "clear", onmousedown: stays, "aria-label": say("field_clear"), onclick: () => put("") }, "✕"),
  );
}

function choice(page, text) {
  const tiles = choices_of(page, page.field).map(([value, shown]) => {
    const press = () => (page.put(value), page.go_to(page.form.at + 1));
    return button(page, { name: `choice-${value}`, icon: null, words: shown, look: value === text ? "plain chosen" : "plain", "aria-pressed": String(value === text), press });
  });
  const clear = text !== "" && !page.field.must && button(page, { name: "clear", icon: "cancel", words: page.say("field_clear"), look: "quiet", press: () => page.put("") });
  return h("section", { key: "choice", class: "tiles choices" }, tiles, clear);
}

function ticks(page, text) {
  const ticked = text.split(" ").filter(Boolean);
  const tiles = choices_of(page, page.field).map(([value, shown]) => {
    const on = ticked.includes(value);
    const press = () => page.put((on ? ticked.filter((each) => each !== value) : [...ticked, value]).join(" "));
    return button(page, { name: `tick-${value}`, icon: on ? "finish" : "unticked", words: shown, look: on ? "plain chosen" : "plain", "aria-pressed": String(on), press });
  });
  return h("section", { key: "ticks", class: "tiles choices" }, tiles);
}

function overview(page) {
  const { form: { name, values, wrong, saved }, say } = page;
  const { title } = FORMS[name];
  const row = (field, n) => {
    const text = given(say, field, values[field.name] ?? "");
    const missing = field.must && text === "";
    const words = choices_of(page, field).filter(([value]) => text.split(" ").includes(value) || value === text).map(([, shown]) => shown);
    return h(
      "button",
      { key: field.name, type: "button", class: `fact entry${missing || wrong?.field === field.name ? " worry" : ""}`, "data-name": `edit-${field.name}`, onclick: () => page.go_to(n) },
      h("small", null, title_of(say, field)),
      h("b", null, words.join(", ") || text || (missing ? say("field_missing") : "–")),
    );
  };
  const again = wrong?.sure ?? false;
  const wrong_words = () => (again ? (wrong.text ?? say("form_again")) : wrong.text ? `${say("field_wrong")} ${wrong.text}` : say("form_wrong"));
  return h(
    "main",
    { key: "overview", class: "two" },
    h(
      "section",
      { class: "sheet" },
      h("h1", { key: "headline", class: "headline medium" }, say(title)),
      saved !== null && h("p", { key: "saved", class: "told tone-ok" }, say("form_saved", { n: saved })),
      wrong && h("p", { key: "wrong", class: "told tone-warn", role: "alert" }, wrong_words()),
      h("div", { key: "entries", class: "entries list", tabindex: "0", "aria-label": say(title) }, fields_of(page.form).map(row)),
    ),
    h(
      "nav",
      { class: "rail" },
      button(page, { name: again ? "save_sure" : "save", icon: "finish", look: "primary tall", press: () => page.save(again) }),
      button(page, { name: "back", look: "plain", press: () => page.close_form() }),
      button(page, { name: "throw_away", icon: "remove", look: "quiet", press: page.drop_form }),
    ),
  );
}
