// A day as somebody types it: shown in the order of the language (`d/m/y`, `y-m-d`), and kept as YYYY-MM-DD as soon as it is
// whole, so that a form that is opened again in another language still means the same day.

const LENGTHS = { d: 2, m: 2, y: 4 };
const WHOLE = /^(?<y>\d{4})-(?<m>\d{2})-(?<d>\d{2})$/;

const between = (order) => order.replaceAll(/[dmy]/g, "")[0];

/** Digits cut to `lengths`, with `by` between them; a text with other signs stays as it was typed. */
export function cut(text, lengths, by) {
  if ([...text].some((sign) => sign !== by && !/\d/.test(sign))) return text;
  const digits = text.replaceAll(/\D/g, "").slice(0, lengths.reduce((a, b) => a + b));
  let at = 0;
  const parts = lengths.map((length) => digits.slice(at, (at += length)));
  return parts.filter(Boolean).join(by);
}

/** What is kept of a day, as it stands in its field. */
export function kept(order, text) {
  const parts = order.split(between(order));
  const found = cut(text, parts.map((part) => LENGTHS[part]), between(order));
  const typed = found.split(between(order));
  const whole = parts.every((part, at) => new RegExp(`^\\d{${LENGTHS[part]}}$`).test(typed[at]));
  if (!whole) return found;
  const { y, m, d } = Object.fromEntries(parts.map((part, at) => [part, typed[at]]));
  return `${y}-${m}-${d}`;
}

/** The same as it is shown. */
export function shown(order, text) {
  const { groups } = WHOLE.exec(text) ?? {};
  return groups ? order.split(between(order)).map((part) => groups[part]).join(between(order)) : text;
}

/** Today by this machine, as a day is kept. */
export function today() {
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => part.toString().padStart(2, "0")).join("-");
}
