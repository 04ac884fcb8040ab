// Letters by finger, for staff's forms: Latin letters, and marks that are set onto the letter before them, so that every
// name of a Latin script can be typed (é, ñ, ș, ệ). Who needs another script has a keyboard at the station.

import { sign } from "./art.js";
import { h } from "./dom.js";

// Seven keys of a finger's size fit across a 7-inch panel, and three rows of them under a field; so each sheet has two halves, in the
// order of the alphabet, that whoever knows no keyboard finds a letter as well. With each half, what leads to it. Of the marks: acute,
// grave, circumflex, diaeresis, tilde, breve, caron, cedilla, ring, ogonek, hook, horn, dot below, double acute; dot above, and letters
// that no mark makes.
const SHEETS = {
  letters: [["abcdefghijklm-", "a–m"], ["nopqrstuvwxyz'", "n–z"]],
  signs: [["1234567890.,@/'", "123"], ["-_+&#:;()!?\"*=%", "#+="]],
  marks: [["\u0301\u0300\u0302\u0308\u0303\u0306\u030c\u0327\u030a\u0328\u0309\u031b\u0323\u030b", "◌\u0301"], ["\u0307đøłßæðþœıħ¿¡·", "đøß"]],
};
const UPPER_ROWS = 13;
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
  const half = use.half ?? 0;
  const upper = sheet !== "signs" && (use.shift ?? (capitals && at_beginning(text)));
  const press = (value) => () => (put(typed(text, value)), use.shift !== null && change({ shift: null }));
  const key = (value) => {
    const capital = value.toUpperCase();
    const letter = upper && capital.length === value.length ? capital : value;
    const shown = COMBINING.test(value) ? `◌${value}` : letter;
    return h("button", { key: `key-${value}`, type: "button", class: "button letter", "data-name": letter, onmousedown: stays, onclick: press(letter) }, shown);
  };
  const quiet = (name, shown, spoken, onclick, rest = {}) =>
    h("button", { key: `key-${name}`, type: "button", class: "button quiet letter other", "data-name": name, "aria-label": spoken, onmousedown: stays, onclick, ...rest }, shown);
  const other = (name, shown, onclick, rest) => quiet(name, shown, say(`key_${name}`), onclick, rest);
  const turn = (name, shown) =>
    other(name, shown, () => change({ sheet: sheet === name ? "letters" : name, half: 0 }), { "aria-pressed": String(sheet === name) });
  const keys = [...SHEETS[sheet][half][0]].map(key);
  return h(
    "section",
    { key: "letters", class: "letters" },
    keys.slice(0, UPPER_ROWS),
    other("erase", sign("erase"), () => put([...text].slice(0, -1).join(""))),
    sheet !== "signs" && other("shift", "⇧", () => change({ shift: !upper }), { "aria-pressed": String(upper) }),
    quiet("half", SHEETS[sheet][1 - half][1], null, () => change({ half: 1 - half })),
    turn("signs", "12#"),
    turn("marks", "◌\u0301"),
    keys.slice(UPPER_ROWS),
    lines && other("line", "⏎", press("\n")),
    other("space", "␣", press(" "), { class: `button quiet letter other${lines ? "" : " space"}` }),
  );
}
