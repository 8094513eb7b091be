// Chooses the kind of a new node: searched, explained, by keyboard or mouse; puts it where it was asked for.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { handlesOf, takesInput, types } from "@/canvas/catalogue.js";
import { add, freshNodes, insideOf, nodeOf, nodesOf } from "@/canvas/graph.js";
import { signals } from "@/canvas/signals.js";

const FAMILIES = {
  begin: t("Begins"), model: t("Models"), knowledge: t("Knowledge"), logic: t("Logic"), data: t("Data"), outside: t("Other services"), end: t("Ends"),
};
const STEP_X = 320;
const STEP_Y = 120;

const isThere = (key) => nodesOf().some((node) => node.data?.type === key);

// Kinds that may stand inside a node of the type `around`, "" for the flow itself; `isAfter`: something leads to them.
function offered(around, isAfter) {
  return types.filter((type) => type.is_offered && !type.key.endsWith("-start") && (!type.only_inside || type.only_inside === around)
    && (type.family !== "begin" || (!around && !isAfter && !isThere(type.key))));
}

// A place to the right of a node, below whatever stands there already.
export function placeAfter(node) {
  const wanted = { x: (node.position?.x ?? 0) + Math.max(STEP_X, (node.width ?? 0) + 80), y: node.position?.y ?? 0 };
  const siblings = nodesOf().filter((other) => insideOf(other) === insideOf(node) && other.position);
  const isTaken = () => siblings.some(({ position }) => Math.abs(position.x - wanted.x) < STEP_X - 60 && Math.abs(position.y - wanted.y) < STEP_Y - 20);
  while (isTaken()) wanted.y += STEP_Y;
  return wanted;
}

// Adds a node of a kind where a request (see `signals.pick`) wants it, and opens it. Returns its id.
export function put(type, { after, between, at, inside = "" }, center) {
  const before = nodeOf(after?.id ?? between?.source);
  const parent = before ? insideOf(before) : inside;
  const nodes = freshNodes(type, before ? placeAfter(before) : at ?? center(), parent);
  const [node] = nodes;
  const edges = [];
  if (before && takesInput(node)) edges.push([before.id, after?.handle ?? between.handle, node.id]);
  const [out] = handlesOf(node);
  if (between && out) edges.push([node.id, out.id, between.target]);
  add(nodes, { edges, without: between ? [between.key] : [] });
  signals.open(node.id);
  return node.id;
}

function matches(type, words) {
  const text = `${type.label} ${type.key} ${type.description}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

export function mountPicker(center) {
  const search = h("input", { className: "input", type: "search", maxLength: 60, placeholder: t("Search nodes"), "aria-label": t("Search nodes"), role: "combobox", "aria-expanded": "true", "aria-controls": "picker-list", autocomplete: "off" });
  const list = h("div", { id: "picker-list", role: "listbox", className: "picker-list", "aria-label": t("Kinds of nodes") });
  const sheet = h("div", { className: "picker", popover: "auto", role: "dialog", "aria-label": t("Add a node") }, search, list);
  let request = {};
  let current = 0;
  document.body.append(sheet);

  const options = () => [...list.querySelectorAll("[role=option]")];

  function mark(place) {
    const all = options();
    current = Math.max(0, Math.min(place, all.length - 1));
    all.forEach((option, index) => option.setAttribute("aria-selected", String(index === current)));
    all[current]?.scrollIntoView({ block: "nearest" });
    if (all[current]) search.setAttribute("aria-activedescendant", all[current].id);
    else search.removeAttribute("aria-activedescendant");
  }

  function choose(type) {
    sheet.hidePopover();
    put(type, request, center);
  }

  function show() {
    const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const before = nodeOf(request.after?.id ?? request.between?.source);
    const inside = before ? insideOf(before) : request.inside;
    const found = offered(inside ? nodeOf(inside)?.data.type : "", Boolean(before)).filter((type) => matches(type, words));
    const groups = Object.entries(FAMILIES).map(([family, label]) => [label, found.filter((type) => type.family === family)]).filter(([, group]) => group.length);
    list.replaceChildren(...groups.map(([label, group]) => h("div", { role: "group", "aria-label": label }, h("p", { className: "over", "aria-hidden": "true" }, label),
      group.map((type) => h("div", { role: "option", id: `kind-${type.key}`, className: "kind", "data-kind": type.key, onclick: () => choose(type) },
        h("span", { className: `node-sign ${type.family}` }, icon(type.icon)), h("span", { className: "kind-name" }, h("strong", {}, type.label), h("small", {}, type.description)))))),
    ...(found.length ? [] : [h("p", { className: "muted none" }, t("No kind of node has this name. Try another word."))]));
    mark(0);
  }

  search.addEventListener("input", show);
  search.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: current + 1, ArrowUp: current - 1, Home: 0, End: Infinity };
    if (event.key in steps && (event.key.startsWith("Arrow") || !search.value)) {
      event.preventDefault();
      mark(steps[event.key]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      options()[current]?.click();
    }
  });

  signals.addEventListener("pick", ({ detail }) => {
    request = detail;
    search.value = "";
    show();
    sheet.showPopover();
    const { left, bottom } = detail.anchor.getBoundingClientRect();
    sheet.style.left = `${Math.max(8, Math.min(left, innerWidth - sheet.offsetWidth - 8))}px`;
    sheet.style.top = `${Math.max(8, Math.min(bottom + 6, innerHeight - sheet.offsetHeight - 8))}px`;
    search.focus();
  });
}

