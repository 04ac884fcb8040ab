// What becomes of a form between being opened and being recorded. The daemon keeps it, sealed, as it is typed, so that neither an
// error nor a restart loses a word; the page itself keeps it in memory alone, and no longer than staff are at the station.

import { FORMS, field_at, filled, opened, params, recorded, refused } from "./forms.js";

const KEEP_MS = 1000;

/** `call(method, params)`: a promise of {result} or {error}; `panel(name)` opens or closes; `redraw()` draws; `clock()`: the station's time. */
export function filling({ call, panel, redraw, clock }) {
  let form = null;
  let timer = null;

  function set(next) {
    form = next;
    redraw();
  }

  const kept = () => form !== null && FORMS[form.name].kept;

  function keep() {
    clearTimeout(timer);
    if (kept()) call("draft.keep", { form: form.name, fields: form.values });
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
            const { result } = await call("draft.get", { form: name });
            form = opened(name, { fields: { ...fields, ...result?.fields }, choices: result?.choices });
          }
        }
        panel("form");
      },
      fill(field, text) {
        clearTimeout(timer);
        timer = setTimeout(keep, KEEP_MS);
        set(filled(form, field, text));
      },
      go_to(at) {
        keep();
        set({ ...form, at: Math.min(Math.max(at, 0), FORMS[form.name].fields.length) });
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
      /** A code that a scanner read while the form was open: it belongs to the field that takes one. */
      scanned(code) {
        const field = field_at(form);
        if (!field?.code) return;
        set(filled(form, field.name, code));
        this.go_to(form.at + 1);
      },
    },
  };
}
