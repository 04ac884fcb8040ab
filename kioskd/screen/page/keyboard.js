// Letters by finger, for staff's forms: Latin letters, and marks that are set onto the letter before them, so that every
// name of a Latin script can be typed (é, ñ, ș, ệ). Who needs another script has a keyboard at the station.

import { sign } from "./art.js";
import { h } from "./dom.js";

// Of the marks: acute, grave, circumflex, diaeresis, tilde, breve, caron, cedilla, ring, ogonek; hook, horn, dot below, dot
// above, double acute; and letters that no mark makes.
const SHEETS = {
  letters: ["qwertyuiop", "asdfghjkl-", "zxcvbnm'."],
  signs: ["1234567890", "@_+&/#:;()", ",!?\"*=%$"],
  marks: ["\u0301\u0300\u0302\u0308\u0303\u0306\u030c\u0327\u030a\u0328", "\u0309\u031b\u0323\u0307\u030bđøłßæ", "ðþœıħ¿¡·"],
};
const COMBINING = /^\p{M}$/u;

/** A text with one more key: a mark joins the letter before it. */
export function typed(text, key) {
  return COMBINING.test(key) && text === "" ? text : (text + key).normalize("NFC");
}

/** A press on a key leaves the focus where the letters go. */
export const stays = (event) => event.preventDefault();

/** Whether the next letter of a name is a capital. */
export const at_beginning = (text) => /(^|[\s\-'.])$/.test(text);

/** Keys for one field: `text` as it stands; `page.put(text)` takes what comes of a press. */
export function letters(page, text, { capitals, lines }) {
  const { say, use, change, put } = page;
  const sheet = use.sheet ?? "letters";
  const upper = sheet !== "signs" && (use.shift ?? (capitals && at_beginning(text)));
  const press = (value) => () => (put(typed(text, value)), use.shift !== null && change({ shift: null }));
  const key = (value) => {
    const capital = value.toUpperCase();
    const letter = upper && capital.length === value.length ? capital : value;
    const shown = COMBINING.test(value) ? `◌${value}` : letter;
    return h("button", { key: `key-${value}`, type: "button", class: "button letter", "data-name": letter, onmousedown: stays, onclick: press(letter) }, shown);
  };
  const other = (name, shown, onclick, rest = {}) =>
    h("button", { key: `key-${name}`, type: "button", class: "button quiet letter other", "data-name": name, "aria-label": say(`key_${name}`), onmousedown: stays, onclick, ...rest }, shown);
  const turn = (name, shown) =>
    other(name, shown, () => change({ sheet: sheet === name ? "letters" : name }), { "aria-pressed": String(sheet === name) });
  const [first, second, third] = SHEETS[sheet].map((row) => [...row].map(key));
  const row = (...keys) => h("div", { class: "keyrow" }, keys);
  return h(
    "section",
    { key: "letters", class: "letters" },
    row(first),
    row(second),
    row(sheet !== "signs" && other("shift", "⇧", () => change({ shift: !upper }), { "aria-pressed": String(upper) }), third),
    row(
      turn("signs", "12#"),
      turn("marks", "◌\u0301"),
      key("@"),
      other("space", "␣", press(" "), { class: "button quiet letter other space" }),
      key(","),
      lines && other("line", "⏎", press("\n")),
      other("erase", sign("erase"), () => put([...text].slice(0, -1).join(""))),
    ),
  );
}
