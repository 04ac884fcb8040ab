"use strict";
// Draws what the bench's stream of events says; every button is a row of the table of acts on the other side.

const at = (id) => document.getElementById(id);
const make = (tag, props = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
};
const show = (id, yes) => { at(id).hidden = !yes; };

const ODDITIES = [
  ["A book’s ISBN", "9780141439518"],
  ["Half a card", "2000000000"],
  ["A driver’s licence", "@ANSI 636000090002DL00410278ZV03190008DLDAQT64235789DCSSAMPLEDACMICHAEL"],
  ["A shop’s price tag", "036000291452"],
  ["An unknown book", "39999999999998"],
];
let names = {};
let titles = {};
let newestSlip = null;
let newestDeed = null;

async function act(name, value = "") {
  let status = 0;
  let answer = {};
  try {
    const reply = await fetch("/do", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ act: name, value }),
    });
    status = reply.status;
    answer = await reply.json();
  } catch { answer = { error: "the bench does not answer" }; }
  if (status !== 200) say(answer.error);
  else if (answer.heard === false) say("The scanner beeped, but nobody has its port open: the code is lost.");
  return status === 200;
}

let hush;
function say(text) {
  at("said").textContent = text;
  at("said").classList.add("shown");
  clearTimeout(hush);
  hush = setTimeout(() => at("said").classList.remove("shown"), 3500);
}

async function scan(code, button) {
  if (await act("scan", code) && button) {
    button.classList.remove("hit");
    void button.offsetWidth; // begins the animation again
    button.classList.add("hit");
  }
}

function lamp(id, tone, text) {
  at(id).classList.remove("good", "warn", "bad");
  at(id).classList.add(tone);
  at(`${id}-state`).textContent = text;
}

// Stripes that look like a bar code and are drawn from the number, so that no two look the same.
function bars(code) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "bars");
  svg.setAttribute("viewBox", "0 0 92 10");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  let x = 0;
  let path = "";
  for (const digit of code.slice(0, 14)) {
    const n = (digit.charCodeAt(0) * 7) % 10;
    for (const width of [1 + (n & 1), 1 + ((n >> 1) & 1)]) {
      path += `M${x} 0h${width}v10h-${width}z`;
      x += width + 1 + ((n >> 2) & 1);
    }
  }
  const shape = document.createElementNS(space, "path");
  shape.setAttribute("d", path);
  shape.setAttribute("fill", "currentColor");
  svg.setAttribute("viewBox", `0 0 ${x} 10`);
  svg.append(shape);
  return svg;
}

function thing(kind, code, name, note, out) {
  const button = make("button", { className: `code ${kind}${out ? " out" : ""}`, title: `Scan ${code}` },
    make("b", { textContent: name }), make("small", { textContent: note }), bars(code),
    make("span", { className: "number", textContent: code }));
  button.dataset.code = code;
  button.addEventListener("click", () => scan(code, button));
  return button;
}

// Rows that have not changed keep their node, so that focus and scrolling stay where they are.
function fill(shelf, rows) {
  const old = new Map([...shelf.children].map((node) => [node.dataset.key, node]));
  let before = null;
  for (const [key, build] of rows) {
    const node = old.get(key) ?? build();
    node.dataset.key = key;
    old.delete(key);
    const place = before ? before.nextSibling : shelf.firstChild;
    if (place !== node) shelf.insertBefore(node, place);
    before = node;
  }
  for (const node of old.values()) node.remove();
}

const FAULTS = {
  down: ["bad", "down: every connection is refused"],
  hang: ["bad", "hanging: it takes calls and never answers"],
  half_up: ["bad", "half alive: it greets, and hangs on every loan"],
};
function drawIls(it) {
  if (it.gone) { lamp("ils", "bad", "no simulator there"); return; }
  const { state, catalog } = it;
  names = Object.fromEntries(catalog.patrons.map((p) => [p.barcode, p.name]));
  titles = Object.fromEntries(catalog.items.map((i) => [i.barcode, i.title]));
  const fault = Object.keys(FAULTS).find((name) => state.faults[name]);
  const [tone, text] = fault ? FAULTS[fault]
    : state.faults.slow_ms ? ["warn", `slow: answers after ${state.faults.slow_ms / 1000} s`] : ["good", "up and well"];
  lamp("ils", tone, text);
  const callers = state.connections.length;
  at("ils-more").textContent = `${callers === 1 ? "1 station" : `${callers} stations`} connected · ${state.loans} on loan · SIP2 at ${state.sip2}`;
  show("ils-down", !state.faults.down);
  show("ils-up", Boolean(fault) || Boolean(state.faults.slow_ms));

  fill(at("cards"), catalog.patrons.slice(0, 10).map((p) =>
    [`${p.barcode} ${p.name} ${p.blocked} ${p.note}`, () => thing("card", p.barcode, p.name, p.blocked || p.note || "")]));
  fill(at("books"), catalog.items.slice(0, 24).map((i) => {
    const note = i.on_loan_to ? `on loan to ${names[i.on_loan_to] ?? i.on_loan_to}`
      : i.held_for ? `waits for ${names[i.held_for] ?? i.held_for}` : i.note || i.kind;
    return [`${i.barcode} ${note}`, () => thing("book", i.barcode, i.title, note, Boolean(i.on_loan_to))];
  }));

  const rows = [...it.ledger].reverse();
  const known = newestDeed;
  newestDeed = rows.length ? rows[0].seq : 0;
  const out = new Map(catalog.items.map((i) => [i.barcode, i.on_loan_to]));
  fill(at("ledger"), rows.map((e) => {
    const newest = rows.find((other) => other.item === e.item && other.kind !== "refused") === e;
    const away = newest && out.get(e.item) === e.patron;
    return [`${e.seq} ${e.wall} ${away}`, () => deed(e, known !== null && e.seq > known, away)];
  }));
  show("ledger-empty", rows.length === 0);
  const wire = at("spoken");
  if (at("wire").open) drawWire(it.spoken);
  wire.lines = it.spoken;
}

const DEEDS = { loan: "lent", renewal: "renewed", return: "came back", refused: "refused", forgotten: "forgotten" };
function deed(e, fresh, away) {
  const due = make("td", { className: "due", textContent: e.due.slice(0, 10) });
  if (away) {
    const button = make("button", { textContent: "bring it back", title: "Return it at another desk" });
    button.addEventListener("click", () => act("bring_back", e.item));
    due.append(make("br"), button);
  }
  const reason = e.reason ? e.reason.replaceAll("_", " ") : e.connection ? "" : "at another desk";
  return make("tr", { className: fresh ? "fresh" : "" },
    make("td", { textContent: e.seq }),
    make("td", {}, make("time", { textContent: e.wall.slice(11, 19) })),
    make("td", {}, make("span", { className: `deed ${e.kind}`, textContent: DEEDS[e.kind] }), make("small", { textContent: reason })),
    make("td", {}, titles[e.item] ?? "", make("small", { textContent: e.item })),
    make("td", {}, names[e.patron] ?? "", make("small", { textContent: e.patron })),
    due);
}

function drawWire(lines) {
  const list = at("spoken");
  fill(list, lines.map((l) => [String(l.n), () => make("li", { className: l.direction === ">" ? "in" : "",
    textContent: `${l.direction === ">" ? "station →" : "library →"} ${l.line}` })]));
  list.scrollTop = list.scrollHeight;
}

function drawScanner(it) {
  const gone = it.gone;
  const { plugged = false, heard = false } = it.state ?? {};
  lamp("scanner", gone || !plugged ? "bad" : heard ? "good" : "warn",
    gone ? "no simulator there" : !plugged ? "unplugged" : heard ? "plugged in" : "plugged in, nobody listens");
  show("unplug", plugged);
  show("plug", !gone && !plugged);
  document.body.classList.toggle("unplugged", !plugged);
}

function drawPrinter(it) {
  if (it.gone) { lamp("printer", "bad", "no simulator there"); return; }
  const s = it.state;
  const waits = s.waiting_bytes ? `, ${s.waiting_bytes} bytes wait in it` : "";
  if (!s.power) lamp("printer", "bad", "switched off");
  else if (s.cover_open) lamp("printer", "bad", `cover open${waits}`);
  else if (s.paper === "out") lamp("printer", "bad", `no paper${waits}`);
  else if (s.cutter_error) lamp("printer", "bad", `cutter jammed${waits}`);
  else if (s.paper === "low") lamp("printer", "warn", "ready, paper near its end");
  else lamp("printer", "good", "ready");
  show("cover-open", !s.cover_open); show("cover-close", s.cover_open);
  show("paper-out", s.paper !== "out"); show("paper-new", s.paper !== "ok");
  show("jam", !s.faults.cutter_jam); show("unjam", Boolean(s.faults.cutter_jam));
  show("printer-off", s.power); show("printer-on", !s.power);
  at("machine").classList.toggle("open", s.cover_open);

  const slips = [...it.slips].reverse();
  const known = newestSlip;
  newestSlip = slips.length ? slips[0].n : 0;
  const rows = slips.map((slip) => [`${slip.n} ${slip.printed_at}`, () => paper(slip, known !== null && slip.n > known)]);
  if (it.open.lines.length) rows.unshift([`open ${it.open.n} ${it.open.lines.length}`, () => paper(it.open, false)]);
  if (!rows.length) rows.push(["none", () => make("p", { className: "empty", textContent: "No slip yet. Ask the station for a receipt." })]);
  fill(at("slips"), rows);
}

const ENDED = { cut: "cut off", torn: "torn off", power: "the power failed here" };
function paper(slip, fresh) {
  const sheet = make("article", { className: `slip${fresh ? " fresh" : ""}` });
  // The number of lines is in the address: the hanging slip grows.
  sheet.append(make("img", { src: `/slips/${slip.n}.png?lines=${slip.lines.length}`, alt: slip.text || "a slip" }));
  const foot = make("footer", { textContent: slip.ended ? `${ENDED[slip.ended]}, ${slip.printed_at.slice(11, 19)}` : "still in the printer " });
  if (!slip.ended) {
    const button = make("button", { textContent: "Tear it off" });
    button.addEventListener("click", () => act("tear"));
    foot.append(button);
  }
  sheet.append(foot);
  return sheet;
}

for (const button of document.querySelectorAll("[data-act]")) {
  button.addEventListener("click", () => act(button.dataset.act));
}
for (const [name, code] of ODDITIES) {
  const button = make("button", { textContent: name, title: code });
  button.addEventListener("click", () => scan(code, button));
  at("oddities").append(button);
}
at("typed").addEventListener("submit", (event) => {
  event.preventDefault();
  const code = at("code").value.trim();
  if (code) scan(code);
  at("code").select();
});
at("wire").addEventListener("toggle", () => { if (at("wire").open) drawWire(at("spoken").lines ?? []); });

const stream = new EventSource("/events");
const on = (name, draw) => stream.addEventListener(name, (event) => draw(JSON.parse(event.data)));
stream.onopen = () => show("offline", false);
stream.onerror = () => show("offline", true);
on("bench", (it) => {
  if (it.screen) { at("screen").href = it.screen; show("screen", true); }
  show("hands", it.simulators.includes("ils") || it.simulators.includes("scanner"));
  show("paper", it.simulators.includes("printer"));
  show("library", it.simulators.includes("ils"));
});
on("ils", drawIls);
on("scanner", drawScanner);
on("printer", drawPrinter);
