// Chooses the kind of a new node: searched, explained, by keyboard or mouse; puts it where it was asked for.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { handlesOf, takesInput, types } from "@/canvas/catalogue.js";
import { add, freshNodes, insideOf, newId, nodeOf, nodesOf, roomFor } from "@/canvas/graph.js";
import { freshNote } from "@/canvas/note-text.js";
import { ranked } from "@/canvas/ranking.js";
import { showAt } from "@/canvas/sheets.js";
import { signals } from "@/canvas/signals.js";

const FAMILIES = {
  begin: t("Begins"), model: t("Models"), knowledge: t("Knowledge"), logic: t("Logic"), data: t("Data"), outside: t("Other services"), end: t("Ends"),
  board: t("On the board"),
};
const NOTE = { key: "note", label: t("Note"), description: t("A text on the board, for whoever reads the flow."), family: "board", icon: "sticky-note" };
const STEP_X = 320;
const STEP_Y = 120;

const isThere = (key) => nodesOf().some((node) => node.data?.type === key);

// Kinds that may stand inside a node of the type `around`, "" for the flow itself; `isAfter`: something leads to them.
function offered(around, isAfter) {
  const kinds = types.filter((type) => type.is_offered && !type.key.endsWith("-start") && (!type.only_inside || type.only_inside === around)
    && (type.family !== "begin" || (!around && !isAfter && !isThere(type.key))));
  return isAfter || around ? kinds : [...kinds, NOTE];
}

// A place to the right of a node, below whatever stands there already.
function placeAfter(node) {
  const wanted = { x: (node.position?.x ?? 0) + Math.max(STEP_X, (node.width ?? 0) + 80), y: node.position?.y ?? 0 };
  const siblings = nodesOf().filter((other) => insideOf(other) === insideOf(node) && other.position);
  const isTaken = () => siblings.some(({ position }) => Math.abs(position.x - wanted.x) < STEP_X - 60 && Math.abs(position.y - wanted.y) < STEP_Y - 20);
  while (isTaken()) wanted.y += STEP_Y;
  return wanted;
}

function putNote({ at }, center) {
  const note = freshNote(at ?? center(), newId());
  add([note], { label: t("Note added") });
  signals.open(note.id);
  return note.id;
}

// Adds a node of a kind where a request (see `signals.pick`) wants it, and opens it. Returns its id.
export function put(type, request, center) {
  if (type === NOTE) return putNote(request, center);
  const { after, between, at, inside = "" } = request;
  const before = nodeOf(after?.id ?? between?.source);
  const next = between && nodeOf(between.target);
  const parent = before ? insideOf(before) : inside;
  const room = before?.position && next?.position ? roomFor(before, next, type.has_rounds ? 420 : 232) : null;
  const nodes = freshNodes(type, room?.at ?? at ?? (before ? placeAfter(before) : center()), parent);
  const [node] = nodes;
  const edges = [];
  if (before && takesInput(node)) edges.push([before.id, after?.handle ?? between.handle, node.id]);
  const [out] = handlesOf(node);
  if (between && out) edges.push([node.id, out.id, between.target]);
  add(nodes, { edges, without: between ? [between.key] : [], positions: room?.positions });
  signals.open(node.id);
  return node.id;
}

export function mountPicker(center) {
  const search = h("input", { className: "input", type: "search", maxLength: 60, placeholder: t("Search nodes"), "aria-label": t("Search nodes"), role: "combobox", "aria-expanded": "true", "aria-controls": "picker-list", autocomplete: "off" });
  const list = h("div", { id: "picker-list", role: "listbox", className: "picker-list", "aria-label": t("Kinds of nodes") });
  const none = h("p", { className: "muted none", role: "status" });
  const sheet = h("div", { className: "picker", popover: "auto", role: "dialog", "aria-label": t("Add a node") }, search, list, none);
  let request = {};
  let current = 0;
  document.body.append(sheet);

  const options = () => [...list.querySelectorAll("[role=option]")];

  function mark(place) {
    const all = options();
    current = Math.max(0, Math.min(place, all.length - 1));
    all.forEach((option, index) => option.setAttribute("aria-selected", String(index === current)));
    if (current === 0) list.scrollTop = 0;
    else all[current]?.scrollIntoView({ block: "nearest" });
    if (all[current]) search.setAttribute("aria-activedescendant", all[current].id);
    else search.removeAttribute("aria-activedescendant");
  }

  function choose(type) {
    sheet.hidePopover();
    put(type, request, center);
  }

  const option = (type) => h("div", { role: "option", id: `kind-${type.key}`, className: "kind", "data-kind": type.key, onclick: () => choose(type) },
    h("span", { className: `node-sign ${type.family}` }, icon(type.icon)), h("span", { className: "kind-name" }, h("strong", {}, type.label), h("small", {}, type.description)));

  function grouped(found) {
    const groups = Object.entries(FAMILIES).map(([family, label]) => [label, found.filter((type) => type.family === family)]).filter(([, group]) => group.length);
    return groups.map(([label, group]) => h("div", { role: "group", "aria-label": label }, h("p", { className: "over", "aria-hidden": "true" }, label), group.map(option)));
  }

  // What is searched for stands in the order of how well it fits; without a search by family.
  function show() {
    const words = search.value.trim();
    const before = nodeOf(request.after?.id ?? request.between?.source);
    const inside = before ? insideOf(before) : request.inside;
    const kinds = offered(inside ? nodeOf(inside)?.data.type : "", Boolean(before));
    const found = words ? ranked(kinds, words) : kinds;
    list.replaceChildren(...(words ? found.map(option) : grouped(found)));
    none.textContent = found.length ? "" : t("No kind of node has this name. Try another word.");
    list.hidden = !found.length;
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
    showAt(sheet, detail.anchor);
    search.focus();
  });
}
