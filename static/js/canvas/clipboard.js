// Copies nodes to the system's clipboard and takes them from there: by the events of copying, which need no permission.
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { board } from "@/canvas/board.js";
import { typeOf, types, isNote } from "@/canvas/catalogue.js";
import { copyOf, pasted, readCopy } from "@/canvas/copies.js";
import { CARD, addAll, freeTitleAmong, insideOf, newId, nodeOf, nodesOf, titleOf, withInner } from "@/canvas/graph.js";
import { isElsewhere } from "@/canvas/focus.js";
import { draft } from "@/prompt/draft.js";

const STEP_PX = 40;
let held = ""; // what was copied last on this page, where the clipboard cannot be read
let isRefused = false; // the clipboard was not written: what is in it is older
let times = 0; // how often it was put in: each stands a step further

const offered = new Set(types.filter((type) => type.is_offered).map(({ key }) => key));

function isWelcome(node, around) {
  if (isNote(node)) return true;
  const type = typeOf(node);
  if (type.only_inside && nodeOf(around)?.data.type !== type.only_inside) return false;
  if (type.family === "begin") return !around && offered.has(type.key) && !nodesOf().some((one) => one.data?.type === type.key);
  return !type.key || offered.has(type.key);
}

function copiedNodes(ids) {
  const all = withInner(ids);
  // The start of a container's rounds belongs to the container.
  const isAlone = (node) => typeOf(node).family === "begin" && insideOf(node) && !all.has(insideOf(node));
  return new Set(nodesOf().filter((node) => all.has(node.id) && !isAlone(node)).map(({ id }) => id));
}

// The text of what is selected; "" where nothing is.
export function copied(ids = board.chosen()) {
  const all = copiedNodes(ids);
  return all.size ? copyOf(draft.config.graph, all) : "";
}

function remember(text, count, isCut = false) {
  held = text;
  isRefused = false;
  times = 0;
  if (isCut) return; // what was removed is said already
  toast(count === 1 ? t("The node was copied.") : t("{count} nodes were copied.", { count }));
}

// Puts nodes in, selects them and says what stayed away.
function putIn(text, by, label, isQuiet = false) {
  const found = readCopy(text);
  if (!found) return false;
  const title = freeTitleAmong();
  const { nodes, edges, left } = pasted(found, { isThere: (id) => Boolean(id && nodeOf(id)), isWelcome, newId, title, by });
  if (left.length && !isQuiet) toast(t("Left out, for they cannot stand here or are there already: {names}.", { names: left.map(titleOf).join(", ") }), "warn");
  if (!nodes.length) return true;
  const ids = new Set(nodes.map(({ id }) => id));
  addAll(nodes, edges, label(nodes.length));
  const outer = nodes.filter((node) => !ids.has(insideOf(node))).map(({ id }) => id);
  board.select(outer);
  board.focus(outer[0]);
  return true;
}

// What of a copy stands on the board itself, not inside something that was copied too.
function outerOf(text) {
  const nodes = readCopy(text)?.nodes ?? [];
  const ids = new Set(nodes.map(({ id }) => id));
  return nodes.filter((node) => node.position && !ids.has(insideOf(node)));
}

// A step to the side; what holds others goes below, for one upon the other cannot be told apart.
function stepOf(text) {
  const outer = outerOf(text);
  if (!outer.some((node) => typeOf(node).has_rounds)) return { x: STEP_PX, y: STEP_PX };
  const bottom = Math.max(...outer.map((node) => node.position.y + (node.height ?? CARD.height)));
  return { x: 0, y: Math.ceil((bottom - Math.min(...outer.map((node) => node.position.y)) + STEP_PX) / 10) * 10 };
}

// What comes from elsewhere goes to the middle of what is seen.
function farFrom(text) {
  const outer = outerOf(text);
  if (!outer.length) return { x: 0, y: 0 };
  const center = board.center();
  return { x: center.x - Math.min(...outer.map((node) => node.position.x)), y: center.y - Math.min(...outer.map((node) => node.position.y)) };
}

export function paste(text = held) {
  times += 1;
  const { x, y } = text === held ? stepOf(text) : farFrom(text);
  const by = text === held ? { x: x * times, y: y * times } : { x, y };
  return putIn(text, by, (count) => (count === 1 ? t("Pasted") : t("{count} nodes pasted", { count })));
}

export function duplicate(ids = board.chosen()) {
  const text = copied(ids);
  if (text) putIn(text, stepOf(text), (count) => (count === 1 ? t("Duplicated") : t("{count} nodes duplicated", { count })), true);
}

// For buttons: the clipboard is written where the browser lets a page do so.
export function copy(ids = board.chosen()) {
  const text = copied(ids);
  if (!text) return;
  remember(text, ids.length);
  const refuse = () => { isRefused = true; };
  if (navigator.clipboard) navigator.clipboard.writeText(text).catch(refuse);
  else refuse();
}

// Text of the page that somebody has marked is what is meant, unless it is the board's.
function isTextSelected() {
  const selection = getSelection();
  return Boolean(String(selection).trim()) && !document.getElementById("board").contains(selection.anchorNode);
}

function onCopy(event, isCut) {
  const ids = board.chosen();
  if (isElsewhere(event.target) || isTextSelected()) return;
  const text = copied(ids);
  if (!text) return;
  event.preventDefault();
  event.clipboardData.setData("text/plain", text);
  remember(text, ids.length, isCut);
  if (isCut) board.removeChosen();
}

export function mountClipboard() {
  document.addEventListener("copy", (event) => onCopy(event, false));
  document.addEventListener("cut", (event) => onCopy(event, true));
  document.addEventListener("paste", (event) => {
    if (isElsewhere(event.target)) return;
    const text = event.clipboardData.getData("text/plain");
    if (paste(isRefused ? held : text)) event.preventDefault();
  });
}
