// Keys typed anywhere on the page become codes. A scanner that types as a keyboard is faster than any hand: gaps
// between its keys are under 20 ms, a person's over 30 ms; its suffix is Enter or Tab.

const SCANNER_GAP_MS = 60;
const ECHO_MS = 120;
const STALE_MS = 20000;
const LONGEST = 512;

export const NOTHING_TYPED = { text: "", at: -Infinity, submitted_at: -Infinity };

/**
 * What a key does: `[state, action, code]` with action `submit` (with the code), `typed`, `swallow` (the second half
 * of a scanner's suffix: it must not press a button) or `pass` (the browser's own meaning).
 */
export function feed(state, key, now_ms) {
  const gap_ms = now_ms - state.at;
  const text = gap_ms > STALE_MS ? "" : state.text;
  if ([...key].length === 1 && !(key === " " && text === "")) {
    return [{ ...state, text: (text + key).slice(0, LONGEST), at: now_ms }, "typed"];
  }
  if (key === "Enter" || key === "Tab") {
    if (text !== "" && (key === "Enter" || gap_ms < SCANNER_GAP_MS)) {
      return [{ text: "", at: now_ms, submitted_at: now_ms }, "submit", text];
    }
    return [{ ...state, text }, now_ms - state.submitted_at < ECHO_MS ? "swallow" : "pass"];
  }
  if (key === "Backspace" && text !== "") return [{ ...state, text: text.slice(0, -1), at: now_ms }, "typed"];
  if (key === "Escape" && text !== "") return [{ ...state, text: "", at: now_ms }, "typed"];
  return [{ ...state, text }, "pass"];
}

const STEPS = { ArrowDown: 1, ArrowRight: 1, NumpadAdd: 1, ArrowUp: -1, ArrowLeft: -1, NumpadSubtract: -1 };

/** How far a key goes through the buttons: arrows, or + and − of a keypad that has no Tab. No barcode begins so. */
export const step = (code, state) => (state.text === "" ? (STEPS[code] ?? 0) : 0);
