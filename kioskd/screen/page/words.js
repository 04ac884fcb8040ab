// Words of the page's own, in the language of the View; a language that the page lacks gets English. The labels are made by
// the bridge of the texts' tables (kioskd/texts), which paper and daemon speak from as well, a module a language.

import { LABELS } from "./labels.js";

const AGAIN_MS = 300;

const rules = new Map();

/** A language that this page has words in; another tag may be none at all, and the browser would throw. */
const known = (language) => (language in LABELS ? language : "en");

const tables = new Map();

/** Whether the words of a language are here. */
export const ready = (language) => tables.has(known(language));

/** Fetch the words of a language, however often it takes. */
export async function load(language) {
  for (let attempt = 0; !ready(language); attempt += 1) {
    try {
      // A module that once failed would stay failed under its own name.
      const found = await import(`./labels-${known(language)}.js${attempt ? `?${attempt}` : ""}`);
      tables.set(known(language), { ...LABELS[known(language)], ...found.default });
    } catch {
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
}

/** How a language counts; made once, for each is dear to make. */
function plural(language) {
  if (!rules.has(language)) rules.set(language, new Intl.PluralRules(language));
  return rules.get(language);
}

/** The texts of a language, as a function from key and values to words; before it is loaded, those for when all is away. */
export function words(language) {
  const table = tables.get(known(language)) ?? LABELS[known(language)];
  const say = (key, values = {}) => {
    let text = table[key];
    if (typeof text === "object") text = text[plural(known(language)).select(values.n)] ?? text.other;
    return text.replaceAll(/\{(\w+)\}/g, (_, name) => values[name]);
  };
  say.known = (key) => key in table;
  return say;
}

const LIBRARY_NUMBER = /(?<!\d)(\d)(\d{4})(\d{5})(\d{4})(?!\d)/g;
const COUNT = /: (?=\d{1,3}(?!\d))/g;
const LONGEST_TITLE = 32;

/** A text with its 14-digit numbers in the groups that stand under the barcode, and no count alone on a line. */
export const spaced = (text) => text.replaceAll(COUNT, ":\u00a0").replaceAll(LIBRARY_NUMBER, "$1\u00a0$2\u00a0$3\u00a0$4");

/** The time of day in an RFC 3339 moment, as its own zone has it. */
export const time_of = (moment) => /T(\d{2}:\d{2})/.exec(moment)?.[1] ?? "";

/** What the station says, with an item's title, where it has one, in the place of its number. */
export function told(view) {
  const { message, items } = view;
  const number = message?.params?.item;
  const title = number && items.find((item) => item.item === number)?.title;
  if (!title) return message?.text ?? "";
  const short = title.length > LONGEST_TITLE ? `${title.slice(0, LONGEST_TITLE - 1).trimEnd()}…` : title;
  return message.text.replaceAll(number, () => short);
}

/** A due date in words: `YYYY-MM-DD` by the language's custom, anything else as the library system wrote it. */
export function date(language, text) {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!match) return text;
  const day = new Date(Date.UTC(+match[1], +match[2] - 1, +match[3]));
  if (Number.isNaN(day.getTime())) return text;
  const style = { weekday: "short", day: "numeric", month: "long", timeZone: "UTC" };
  return new Intl.DateTimeFormat(known(language), style).format(day);
}
