// The flow as a list: for keyboards, screen readers and small screens. Everything the board does can be done here.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { iconButton, redraw } from "@/prompt/fields.js";
import { board, removeFrom } from "@/canvas/board.js";
import { factsOf, nameOfWay } from "@/canvas/faces.js";
import { handlesOf, isNote, takesInput, typeOf } from "@/canvas/catalogue.js";
import { problemsOf } from "@/canvas/checklist.js";
import { chooseNext } from "@/canvas/connections.js";
import { edgesOf, insideOf, keyOf, nodeOf, nodesOf, titleOf } from "@/canvas/graph.js";
import { drawMark } from "@/canvas/list-marks.js";
import { noteText } from "@/canvas/note-text.js";
import { outline } from "@/canvas/outline.js";
import { walkByArrows } from "@/canvas/sheets.js";
import { marks, signals } from "@/canvas/signals.js";
import { draft } from "@/prompt/draft.js";

const STORED = "parley.canvas.view";
const host = document.getElementById("list");
const drawing = document.getElementById("board");
let unwatch = [];

export const views = { isList: false };

const isPhone = () => matchMedia("(max-width: 860px)").matches;

// Where the way leads to one node alone, a new one comes between; otherwise it is another one that follows.
function addAfter(node, way) {
  const [target] = way.targets;
  const request = way.targets.length === 1
    ? { between: { key: keyOf({ source: node.id, sourceHandle: way.handle.id, target }), source: node.id, handle: way.handle.id, target } }
    : { after: { id: node.id, handle: way.handle.id } };
  return (event) => signals.pick({ anchor: event.currentTarget, ...request });
}

function wayButtons(node, way, name) {
  const key = `${node.id} ${way.handle.id}`;
  const after = name ? t("Add a node after {name}: {way}", { name: titleOf(node), way: name }) : t("Add a node after {name}", { name: titleOf(node) });
  const choose = name ? t("Choose what follows {name}: {way}", { name: titleOf(node), way: name }) : t("Choose what follows {name}", { name: titleOf(node) });
  return [
    iconButton(after, "plus", addAfter(node, way), { "data-key": `add ${key}` }),
    iconButton(choose, "link", () => chooseNext(node, way.handle, name), { "data-key": `link ${key}` }),
  ];
}

function linkRow(id) {
  const go = () => host.querySelector(`.list-open[data-node="${CSS.escape(id)}"]`)?.focus();
  return h("li", { className: "list-link" }, h("button", { type: "button", className: "btn ghost", onclick: go }, icon("corner-down-left"), t("goes on at {name}", { name: titleOf(nodeOf(id)) })));
}

function wayRow(node, way) {
  const name = way.handle.isLost ? t("A way that is gone") : way.handle.label === null && !way.handle.isFailure ? t("Then") : nameOfWay(node, way.handle);
  const rows = [...way.sequences.map((one) => one.map(entryRow)), ...way.links.map(linkRow)].flat();
  return h("li", { className: "list-way" }, h("div", { className: "list-row way" }, h("span", { className: `way-label ${way.handle.isFailure ? "failing" : ""}` }, name), wayButtons(node, way, name)),
    rows.length ? h("ol", { "aria-label": name }, rows) : h("p", { className: "muted list-none" }, t("Nothing follows.")));
}

function problemSign(id) {
  const found = problemsOf(id);
  if (!found) return null;
  const { isBad, text } = found;
  return h("span", { className: `list-sign ${isBad ? "bad" : "warn"}`, title: text }, icon(isBad ? "circle-alert" : "triangle-alert"), h("span", { className: "sr-only" }, text));
}

function openButton(node) {
  const type = typeOf(node);
  const mark = h("span", { className: "list-mark" });
  drawMark(mark, marks.of(node.id));
  unwatch.push(marks.watch(node.id, () => drawMark(mark, marks.of(node.id))));
  return h("button", { type: "button", className: "list-open", "data-node": node.id, "data-key": `open ${node.id}`, "aria-current": signals.openId === node.id, onclick: () => signals.open(node.id) },
    h("span", { className: `node-sign ${type.family}` }, icon(isNote(node) ? "sticky-note" : type.icon)),
    h("span", { className: "list-name" }, h("strong", {}, titleOf(node)), h("small", {}, isNote(node) ? noteText(node.data.text).slice(0, 120) : [type.label, ...factsOf(node)].join(" · "))), mark, problemSign(node.id));
}

function removeNode(id) {
  const rows = [...host.querySelectorAll(".list-open")];
  const at = rows.findIndex((row) => row.dataset.node === id);
  const near = rows[at + 1]?.dataset.node ?? rows[at - 1]?.dataset.node;
  removeFrom([id]);
  requestAnimationFrame(() => (host.querySelector(`.list-open[data-node="${CSS.escape(near ?? "")}"]`) ?? host.querySelector(".list-open"))?.focus());
}

function entryRow({ id, isPlain, ways, inner }) {
  const node = nodeOf(id);
  const isStart = typeOf(node).family === "begin" && insideOf(node);
  const row = h("div", { className: "list-row" }, openButton(node), isPlain ? wayButtons(node, ways[0], "") : null,
    isStart ? null : iconButton(t("Remove {name}", { name: titleOf(node) }), "trash-2", () => removeNode(id), { "data-key": `remove ${id}` }));
  const parts = [row];
  if (inner) parts.push(innerRow(node, inner));
  if (!isPlain && ways.length) parts.push(h("ol", { className: "list-ways", "aria-label": t("Ways out of {name}", { name: titleOf(node) }) }, ways.map((way) => wayRow(node, way))));
  else if (ways[0]?.links.length) parts.push(h("ol", {}, ways[0].links.map(linkRow)));
  return h("li", { className: "list-entry" }, parts);
}

function innerRow(node, { sequence, unreached }) {
  return h("div", { className: "list-inner" }, h("p", { className: "over" }, t("Each round of {name}", { name: titleOf(node) })), h("ol", {}, sequence.map(entryRow)), unreachedRows(unreached));
}

const unreachedRows = (entries) => (entries.length ? [h("h2", { className: "list-head" }, t("Nothing leads to these yet")), h("ol", {}, entries.map(entryRow))] : []);

function draw() {
  for (const stop of unwatch) stop();
  unwatch = [];
  const notes = nodesOf().filter(isNote);
  const graph = { nodes: nodesOf().filter((node) => !isNote(node)), edges: edgesOf() };
  const { sequence, unreached } = outline(graph, { insideOf, handlesOf, isStart: (node) => !takesInput(node) });
  const add = h("button", { type: "button", className: "btn", "data-key": "add", onclick: (event) => signals.pick({ anchor: event.currentTarget }) }, icon("plus"), t("Add a node"));
  redraw(host,
    sequence.length ? h("ol", { "aria-label": t("The flow") }, sequence.map(entryRow)) : h("p", { className: "muted" }, t("The flow has no beginning yet. Add a node to begin with.")),
    ...unreachedRows(unreached),
    ...(notes.length ? [h("h2", { className: "list-head" }, t("Notes")), h("ol", {}, notes.map((note) => entryRow({ id: note.id, isPlain: false, ways: [], inner: null })))] : []),
    add);
}

let isDue = false;
function drawSoon() {
  if (!views.isList || isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    draw();
  });
}

// What is drawn unseen has no size: it is put in view once it has one.
let wasSeen = false;
function showFirst() {
  wasSeen = true;
  setTimeout(() => board.fitFirst(), 60);
}

export function switchView(name, { isChosen = true } = {}) {
  views.isList = name === "list";
  host.hidden = !views.isList;
  drawing.hidden = views.isList;
  drawing.parentElement.dataset.view = name;
  for (const button of document.querySelectorAll("#views [data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === name));
  if (isChosen) localStorage.setItem(STORED, name);
  if (views.isList) draw();
  else if (!wasSeen) showFirst();
}

export function mountListView() {
  const button = (view, label, iconName) => h("button", { type: "button", className: "btn ghost", "data-view": view, "aria-keyshortcuts": "L", onclick: () => switchView(view) }, icon(iconName), h("span", {}, label));
  document.getElementById("views").append(h("span", { className: "view-switch", role: "group", "aria-label": t("How the flow is shown") }, button("board", t("Board"), "workflow"), button("list", t("List"), "list-tree")));
  host.setAttribute("role", "region");
  host.setAttribute("aria-label", t("The flow as a list"));
  walkByArrows(host, ".list-open");
  host.addEventListener("keydown", (event) => {
    if (!["Delete", "Backspace"].includes(event.key) || !event.target.matches(".list-open")) return;
    event.preventDefault();
    const node = nodeOf(event.target.dataset.node);
    if (!(typeOf(node).family === "begin" && insideOf(node))) removeNode(node.id);
  });
  draft.addEventListener("change", drawSoon);
  draft.addEventListener("problems", drawSoon);
  signals.addEventListener("open", drawSoon);
  signals.addEventListener("goto", ({ detail }) => views.isList && requestAnimationFrame(() => host.querySelector(`.list-open[data-node="${CSS.escape(detail)}"]`)?.focus()));
  const first = localStorage.getItem(STORED) ?? (isPhone() ? "list" : "board");
  wasSeen = first === "board";
  switchView(first, { isChosen: false });
}
