// What becomes of a form between being opened and being recorded. The daemon keeps it, sealed, as it is typed, so that neither an
// error nor a restart loses a word; the page itself keeps it in memory alone, and no longer than staff are at the station.

import { FORMS, field_at, fields_of, filled, opened, params, recorded, refused } from "./forms.js";

// So long after the last key; what goes on to another field, or leaves the page, is kept at once.
const KEEP_MS = 400;

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

  function keep() {
    clearTimeout(timer);
    if (form !== null) call("draft.keep", { form: form.name, fields: form.values });
  }

  /** Whether `fields` open the form that `values` belong to: another crate, another entry is another form. */
  function same(name, values, fields) {
    const { about } = FORMS[name];
    return about === undefined || values?.[about] === fields[about];
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
    call("draft.drop", { form: form.name });
    set(recorded(form, result.seq ?? null));
    if (FORMS[form.name].then) panel(FORMS[form.name].then);
  }

  return {
    get form() {
      return form;
    },
    keep,
    /** Nobody at the station may see it any more. */
    forget() {
      clearTimeout(timer);
      form = null;
    },
    acts: {
      async open_form(name, fields = {}) {
        if (form?.name !== name || !same(name, form.values, fields)) {
          const [draft, lists] = await Promise.all([call("draft.get", { form: name }), call("form.choices", {})]);
          const begun = same(name, draft.result?.fields, fields) ? draft.result?.fields : {};
          form = opened(name, { fields: { ...fields, ...begun }, choices: lists.result?.choices });
        } else form = { ...form, values: { ...fields, ...form.values } };
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
        set({ ...form, at: Math.min(Math.max(at, 0), fields_of(form).length) });
        listen();
      },
      save,
      close_form() {
        keep();
        panel(FORMS[form.name].then ?? "tasks");
      },
      drop_form() {
        clearTimeout(timer);
        call("draft.drop", { form: form.name });
        const { name } = form;
        form = null;
        panel(FORMS[name].then ?? "tasks");
      },
    },
  };
}
