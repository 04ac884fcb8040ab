// Elements as plain values, and one function that makes the document equal to them. Nodes that stay are kept, so that
// a tap which began before a new View ends on the same button, and focus and scrolling stay where they are.

const SVG = "http://www.w3.org/2000/svg";

/** An element as a value. `props`: attributes; `on…` are listeners; `key` names it among its siblings. */
export function h(tag, props, ...children) {
  const { key = null, ...rest } = props ?? {};
  return { tag, key, ns: null, props: rest, children: flat(children) };
}

/** An element of a drawing as a value. */
export function s(tag, props, ...children) {
  return { ...h(tag, props, ...children), ns: SVG };
}

/** Make `parent`'s children equal to `wanted`, elements as values or strings. */
export function patch(parent, wanted) {
  const keyed = new Map();
  const loose = [];
  for (const node of parent.childNodes) {
    const key = node.drawn?.key ?? null;
    if (key === null) loose.push(node);
    else keyed.set(key, node);
  }
  let place = parent.firstChild;
  for (const value of flat([wanted])) {
    const old = typeof value !== "string" && value.key !== null ? keyed.get(value.key) : loose.shift();
    const node = old && fits(old, value) ? old : create(value);
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
    dress(node, value);
    if (old && old !== node) {
      if (old === place) place = place.nextSibling;
      old.remove();
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function flat(children) {
  const drawn = children.flat(Infinity).filter((child) => ![null, undefined, false, ""].includes(child));
  return drawn.map((child) => (typeof child === "number" ? String(child) : child));
}

function fits(node, value) {
  if (typeof value === "string") return node.nodeType === Node.TEXT_NODE;
  return node.drawn !== undefined && node.drawn.tag === value.tag && node.drawn.key === value.key;
}

function create(value) {
  if (typeof value === "string") return document.createTextNode(value);
  const node = value.ns ? document.createElementNS(value.ns, value.tag) : document.createElement(value.tag);
  node.drawn = { tag: value.tag, key: value.key, props: {} };
  return node;
}

function dress(node, value) {
  if (typeof value === "string") {
    if (node.data !== value) node.data = value;
    return;
  }
  const before = node.drawn.props;
  for (const name of Object.keys(before)) if (!(name in value.props)) set(node, name, null);
  for (const [name, now] of Object.entries(value.props)) if (before[name] !== now) set(node, name, now);
  // What somebody types changes the node and not what was drawn last.
  if ("value" in value.props && node.value !== value.props.value) node.value = value.props.value;
  node.drawn.props = value.props;
  patch(node, value.children);
}

function set(node, name, value) {
  if (name === "value") return;
  if (name.startsWith("on")) node[name] = value;
  else if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : value);
}
