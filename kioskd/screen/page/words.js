// Words of the page's own, in the language of the View; a language that the page lacks gets English.

import { LABELS } from "./labels.js";

/** The texts of a language, as a function from key and values to words. */
export function words(language) {
  const table = LABELS[language] ?? LABELS.en;
  return (key, values = {}) => {
    let text = table[key];
    if (typeof text === "object") text = text[new Intl.PluralRules(language).select(values.n)] ?? text.other;
    return text.replaceAll(/\{(\w+)\}/g, (_, name) => values[name]);
  };
}

/** A due date in words: `YYYY-MM-DD` by the language's custom, anything else as the library system wrote it. */
export function date(language, text) {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!match) return text;
  const day = new Date(Date.UTC(+match[1], +match[2] - 1, +match[3]));
  if (Number.isNaN(day.getTime())) return text;
  const style = { weekday: "short", day: "numeric", month: "long", timeZone: "UTC" };
  return new Intl.DateTimeFormat(language, style).format(day);
}
