// Short tones beside words, signs and colours, made here and loaded from nowhere. A browser that lets no page sound before
// somebody touched it stays silent until then; a kiosk's is told not to wait (docs/SCREEN.md).

// Pitch in Hz and start in seconds: good news rises, a caution repeats, a stop falls, a question is one high note.
const NOTES = {
  ok: [[659, 0], [880, 0.09]],
  warn: [[494, 0], [494, 0.17]],
  stop: [[330, 0], [220, 0.18]],
  ask: [[740, 0]],
};
const LONG_S = 0.14;
const LOUD = 0.16;

let context = null;

/** Sound a tone of the View: ok, warn, stop or ask. */
export function sound(tone) {
  if (!(tone in NOTES) || typeof AudioContext === "undefined") return;
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume();
  for (const [pitch_hz, after_s] of NOTES[tone]) note(pitch_hz, context.currentTime + after_s);
}

function note(pitch_hz, at_s) {
  const voice = new OscillatorNode(context, { type: "triangle", frequency: pitch_hz });
  const level = new GainNode(context, { gain: 0 });
  level.gain.setValueAtTime(0, at_s);
  level.gain.linearRampToValueAtTime(LOUD, at_s + 0.01);
  level.gain.exponentialRampToValueAtTime(0.001, at_s + LONG_S);
  voice.connect(level).connect(context.destination);
  voice.start(at_s);
  voice.stop(at_s + LONG_S);
}
