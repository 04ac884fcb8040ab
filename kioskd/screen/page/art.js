// Drawings: signs in strokes on a grid of 24, and the large pictures. Colours come from the style sheet.

import { h, s } from "./dom.js";

const SIGNS = {
  borrow: "M5 4h9a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3zM5 17a3 3 0 0 1 3-3h9M10 8h4",
  renew: "M4 12a8 8 0 0 1 14-5.300L20 9M20 4v5h-5M20 12a8 8 0 0 1-14 5.300L4 15M4 20v-5h5",
  finish: "M4 12.500l5.5 5.500L20 6.5",
  receipt: "M6 3h12v18l-2-1.5-2 1.5-2-1.5-2 1.5-2-1.500L6 21zM9 8h6M9 12h6",
  bookmark: "M7 3h10v18l-5-4-5 4z",
  both: "M4 3h9v17l-2.25-1.500L8.5 20l-2.25-1.500L4 20zM7 8h3M7 12h3M16 7h5v14l-2.5-2.500L16 21z",
  no_paper: "M6 6v15l2-1.5 2 1.5 2-1.5 2 1.5 2-1.5 2 1.500v-3M9 3h9v11M3 3l18 18",
  cancel: "M6 6l12 12M18 6L6 18",
  back: "M20 12H5M11 6l-6 6 6 6",
  forward: "M4 12h15M13 6l6 6-6 6",
  unticked: "M5 5h14v14H5z",
  crate: "M3 8h18v12H3zM3 14h18M6 8V5h12v3",
  mail: "M3 6h18v13H3zM3 6l9 8 9-8",
  help: "M9 9a3 3 0 1 1 4.5 2.600c-1 .6-1.5 1.2-1.5 2.400M12 17.500v.5M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18",
  language: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18M3 12h18M12 3c5 5.5 5 12.5 0 18M12 3c-5 5.5-5 12.5 0 18",
  type_number: "M6 5h2v2H6zM11 5h2v2h-2zM16 5h2v2h-2zM6 11h2v2H6zM11 11h2v2h-2zM16 11h2v2h-2zM11 17h2v2h-2z",
  erase: "M9 5h12v14H9l-6-7zM12 9l6 6M18 9l-6 6",
  remove: "M4 7h16M9 7V4h6v3M6 7l1 14h10l1-14M10 11v6M14 11v6",
  more_time: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18M12 7v5l3.5 2",
  staff: "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8M4 21c0-4.5 3.5-7 8-7s8 2.5 8 7",
  lock: "M6 11h12v10H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  offline: "M12 20v.5M8.5 16a5 5 0 0 1 7 0M5 12.500a10 10 0 0 1 5-2.700M14 9.800a10 10 0 0 1 5 2.700M3 3l18 18",
  online: "M12 20v.5M8.5 16a5 5 0 0 1 7 0M5 12.500a10 10 0 0 1 14 0M2 9a14 14 0 0 1 20 0",
  next_patron: "M9 5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7M2 20c0-4 3-6 7-6 2 0 3.7.5 5 1.500M15 19h7M19 16l3 3-3 3",
  my_loans: "M5 4h4v16H5zM9 4h4v16H9zM14 5l3.5-1 4 15-3.5 1z",
  larger: "M3 19L9 5l6 14M5.5 14h7M17 8v8M13.5 12H20.5",
  tab_station: "M4 5h16v11H4zM9 20h6M12 16v4",
  tab_devices: "M7 3h10v6H7zM5 9h14v8H5zM8 17v4h8v-4",
  tab_rules: "M6 3h12v18H6zM9 8h6M9 12h6M9 16h4",
  due_date: "M4 6h16v15H4zM4 10h16M8 3v4M16 3v4M9 15h6",
};

/** A sign of `name`, hidden from screen readers: words stand beside it. */
export function sign(name) {
  return s("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, s("path", { d: SIGNS[name] }));
}

function picture(name, ...parts) {
  return s("svg", { class: `picture ${name}`, viewBox: "26 6 188 152", "aria-hidden": "true" }, parts);
}

const BARS = [0, 7, 12, 22, 27, 36, 43, 48, 57, 66, 71, 78];

function barcode(x, y, height) {
  return s(
    "g",
    { class: "bars" },
    BARS.map((at, i) => s("rect", { x: x + at, y, width: i % 3 === 0 ? 4.5 : 2.5, height })),
  );
}

const shadow = s("ellipse", { class: "shadow", cx: 120, cy: 150, rx: 84, ry: 6 });
const beam = s("g", { class: "beam" }, s("rect", { x: 34, y: 0, width: 172, height: 3, rx: 1.5 }));

/** A library card under the scanner's beam. */
export const card = picture(
  "card",
  shadow,
  s("rect", { class: "body", x: 44, y: 26, width: 152, height: 100, rx: 12 }),
  s("path", { class: "band", d: "M44 52V38a12 12 0 0 1 12-12h128a12 12 0 0 1 12 12v14z" }),
  s("path", { class: "mark", d: "M58 33h5v13h-5zM65 35h4v11h-4zM71 36l4-1 3 10-4 1z" }),
  barcode(80, 72, 32),
  beam,
);

/** A book under the scanner's beam. */
export const book = picture(
  "book",
  shadow,
  s("path", { class: "pages", d: "M70 24h104v112H70z" }),
  s("path", { class: "body", d: "M58 18h104a6 6 0 0 1 6 6v112a6 6 0 0 1-6 6H58z" }),
  s("path", { class: "band", d: "M58 18h14v124H58z" }),
  s("rect", { class: "label", x: 78, y: 80, width: 84, height: 46, rx: 4 }),
  barcode(80, 88, 30),
  beam,
);

/** A slip that comes out. */
export const printer = picture(
  "printer",
  shadow,
  s("g", { class: "slip" }, s("path", { class: "label", d: "M86 66h68v78l-8-5-9 5-9-5-8 5-9-5-8 5-9-5-8 5-8-5z" }), s("path", { class: "rule", d: "M98 88h44M98 102h44M98 116h28" })),
  s("path", { class: "body", d: "M58 28h124a10 10 0 0 1 10 10v34H48V38a10 10 0 0 1 10-10z" }),
  s("path", { class: "slot", d: "M74 62h92" }),
);

/** All is well. */
export const done = picture(
  "done",
  shadow,
  s("circle", { class: "body", cx: 120, cy: 76, r: 60 }),
  s("path", { class: "tick", d: "M92 78l20 20 38-42" }),
);

/** Not now. */
export const closed = picture(
  "closed",
  shadow,
  s("path", { class: "string", d: "M120 14L64 54h112z" }),
  s("rect", { class: "body", x: 40, y: 54, width: 160, height: 74, rx: 12 }),
  s("path", { class: "tick", d: "M92 91h56" }),
);

/** As many books on a shelf as are on the list, up to what the shelf holds. */
export function shelf(count) {
  const shown = Math.min(count, 12);
  const spines = Array.from({ length: shown }, (_, i) => h("i", { class: `spine s${(i * 5) % 7}` }));
  return h("span", { class: "shelf", "aria-hidden": "true" }, spines);
}
