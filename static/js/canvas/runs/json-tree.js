// JSON as a tree. A branch is built when it is opened, and a long one in parts.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";

const AT_ONCE = 100;
const LONGEST = 300; // characters of a text; all of it stands in the value as text
const kindOf = (value) => (value === null ? "null" : typeof value);

function leaf(value) {
  const text = JSON.stringify(value) ?? "null";
  return h("span", { className: `json-${kindOf(value)}` }, text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text);
}

const isBranch = (value) => value !== null && typeof value === "object";
const sizeOf = (value, entries) => (Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`);

// A button that opens the branch below it.
function branch(name, value) {
  const entries = Object.entries(value);
  const items = h("ul", { className: "json-items", role: "list", hidden: true });
  const size = h("span", { className: "json-size" }, sizeOf(value, entries));
  const button = h("button", { className: "json-fold", type: "button", "aria-expanded": "false", onclick: () => {
    const isOpen = items.hidden;
    button.setAttribute("aria-expanded", String(isOpen));
    items.hidden = !isOpen;
    if (isOpen && !items.childElementCount) fill(items, entries);
  } }, icon("chevron-right"), h("span", { className: "json-name" }, name), size);
  return [button, items];
}

function line([name, value]) {
  if (isBranch(value) && Object.keys(value).length) return h("li", {}, branch(name, value));
  return h("li", { className: "json-leaf" }, h("span", { className: "json-name" }, name), leaf(value));
}

function fill(items, entries, from = 0) {
  const upTo = Math.min(entries.length, from + AT_ONCE);
  items.append(...entries.slice(from, upTo).map(line));
  if (upTo === entries.length) return;
  const row = h("li", {}, h("button", { className: "btn ghost", type: "button", onclick: () => {
    row.remove();
    fill(items, entries, upTo);
    items.children[upTo].querySelector("button")?.focus();
  } }, t("Show {count} more", { count: Math.min(AT_ONCE, entries.length - upTo) })));
  items.append(row);
}

// `label`: of what it is.
export function jsonTree(label, value) {
  const items = h("ul", { className: "json-items", role: "list", "aria-label": label });
  fill(items, Object.entries(value));
  return h("div", { className: "json-tree" }, items);
}

export const canBeTree = (value) => isBranch(value) && Object.keys(value).length > 0;
