// What becomes of a form between being opened and being recorded. The daemon keeps it, sealed, as it is typed, so that neither an
// error nor a restart loses a word; the page itself keeps it in memory alone, and no longer than staff are at the station.

import { FORMS, field_at, filled, opened, params, recorded, refused } from "./forms.js";

const KEEP_MS = 1000;

/**
 * `call(method, params)`: a promise of {result} or {error}; `panel(name)` opens or closes a panel, `open()` tells whether the form
 * shows; `redraw()` draws; `clock()`: the time that the station shows.
 */
export function filling({ call, panel, open, redraw, clock }) {
  let form = null;
  let timer = null;
  let listening = false;

  function set(next) {
    form = next;
    redraw();
  }

  const kept = () => form !== null && FORMS[form.name].kept;

  function keep() {
    clearTimeout(timer);
    if (kept()) call("draft.keep", { form: form.name, fields: form.values });
  }

  // A scanner's code opens a visit, unless a form waits for it at a field that takes one.
  async function listen() {
    if (listening || !open() || !field_at(form)?.code) return;
    listening = true;
    const { result } = await call("form.scan", {});
    listening = false;
    const field = form && field_at(form);
    if (result?.code && open() && field?.code) {
      set({ ...filled(form, field.name, result.code), at: form.at + 1 });
      keep();
    }
    // Every other call ends the wait; another form that waits somewhere else keeps it.
    if (result && !result.other) listen();
  }

  async function save(sure) {
    const sent = form;
    clearTimeout(timer);
    const { result, error } = await call(FORMS[sent.name].method, params({ ...sent, sure }, clock()));
    if (form !== sent) return;
    if (error?.data?.field) set(refused(form, error));
    if (!result) return;
    if (kept()) call("draft.drop", { form: form.name });
    set(recorded(form, result.seq ?? null));
    if (FORMS[form.name].then) panel(FORMS[form.name].then);
  }

  return {
    get form() {
      return form;
    },
    /** Nobody at the station may see it any more. */
    forget() {
      clearTimeout(timer);
      form = null;
    },
    acts: {
      async open_form(name, fields = {}) {
        if (form?.name !== name || !FORMS[name].kept) {
          form = opened(name, { fields });
          if (FORMS[name].kept) {
            const [draft, lists] = await Promise.all([call("draft.get", { form: name }), call("form.choices", {})]);
            form = opened(name, { fields: { ...fields, ...draft.result?.fields }, choices: lists.result?.choices });
          }
        }
        panel("form");
        listen();
      },
      fill(field, text) {
        clearTimeout(timer);
        timer = setTimeout(keep, KEEP_MS);
        set(filled(form, field, text));
      },
      go_to(at) {
        keep();
        set({ ...form, at: Math.min(Math.max(at, 0), FORMS[form.name].fields.length) });
        listen();
      },
      save,
      close_form() {
        keep();
        panel(FORMS[form.name].then ?? "tasks");
      },
      drop_form() {
        clearTimeout(timer);
        if (kept()) call("draft.drop", { form: form.name });
        const { name } = form;
        form = null;
        panel(FORMS[name].then ?? "tasks");
      },
    },
  };
}
