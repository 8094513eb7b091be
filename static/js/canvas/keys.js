// The keys of the canvas, and the list of them.
import { openDialog } from "@/core/dialogs.js";
import { h } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { iconButton } from "@/prompt/fields.js";
import { board } from "@/canvas/board.js";
import { duplicate, mountClipboard } from "@/canvas/clipboard.js";
import { dock } from "@/canvas/dock.js";
import { isElsewhere } from "@/canvas/focus.js";
import { switchView, views } from "@/canvas/list-view.js";
import { signals } from "@/canvas/signals.js";
import { tidy } from "@/canvas/tidy.js";

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);
const focusedNode = () => document.activeElement?.closest?.(".react-flow__node")?.dataset.id;
const addNode = () => signals.pick({ anchor: document.getElementById("add-node") });

function escape() {
  if (dock.key) dock.close();
  else board.select([]);
}

function openFocused(event) {
  const id = focusedNode();
  if (!id) return false;
  event.preventDefault();
  signals.open(id);
  return true;
}

// `keys`: what is pressed, "mod" being Ctrl or Command; without `run` the browser or the board itself does it.
// `onBoard`: not while the list is shown. `always`: while typing, too.
const KEYS = [
  { group: t("Nodes"), keys: ["n"], label: t("Add a node"), run: addNode },
  { group: t("Nodes"), keys: ["enter"], label: t("Open the node that has the focus"), run: openFocused, onBoard: true },
  { group: t("Nodes"), keys: ["escape"], label: t("Close what is open, or select nothing"), run: escape },
  { group: t("Nodes"), keys: ["delete", "backspace"], label: t("Remove what is selected"), run: () => board.removeChosen(), onBoard: true },
  { group: t("Nodes"), keys: ["mod+c"], label: t("Copy") },
  { group: t("Nodes"), keys: ["mod+x"], label: t("Cut") },
  { group: t("Nodes"), keys: ["mod+v"], label: t("Paste, from other flows too") },
  { group: t("Nodes"), keys: ["mod+d"], label: t("Duplicate"), run: () => duplicate(), onBoard: true },
  { group: t("Nodes"), keys: ["mod+a"], label: t("Select everything"), run: () => board.selectAll(), onBoard: true },
  { group: t("Nodes"), keys: ["arrows"], label: t("Move what is selected") },
  { group: t("Nodes"), keys: ["shift+drag"], label: t("Select with a frame") },
  { group: t("Changes"), keys: ["mod+z"], label: t("Undo"), run: () => draft.undo() },
  { group: t("Changes"), keys: ["mod+y", "mod+shift+z"], label: t("Do it again"), run: () => draft.redo() },
  { group: t("Changes"), keys: ["mod+s"], label: t("Save now"), run: () => draft.save().catch(() => {}), always: true },
  { group: t("View"), keys: ["mod+1"], label: t("Show all"), run: () => board.fit(), onBoard: true },
  { group: t("View"), keys: ["mod+plus"], label: t("Zoom in"), run: () => board.zoomIn(), onBoard: true },
  { group: t("View"), keys: ["mod+minus"], label: t("Zoom out"), run: () => board.zoomOut(), onBoard: true },
  { group: t("View"), keys: ["mod+o"], label: t("Tidy up"), run: () => tidy() },
  { group: t("View"), keys: ["l"], label: t("Board or list"), run: () => switchView(views.isList ? "board" : "list") },
  { group: t("View"), keys: ["?"], label: t("All keys"), run: () => showKeys() },
];

const NAMES = { "+": "plus", "=": "plus", "-": "minus" };
const withoutShift = new Set(["?", "plus", "minus"]);

export function pressed({ key, code, ctrlKey, metaKey, shiftKey, altKey }) {
  const name = /^Digit1$/.test(code) && (ctrlKey || metaKey) ? "1" : NAMES[key] ?? key.toLowerCase();
  const shift = shiftKey && !withoutShift.has(name);
  return [(ctrlKey || metaKey) && "mod", altKey && "alt", shift && "shift", name].filter(Boolean).join("+");
}

const SHOWN = {
  mod: isMac ? "⌘" : t("Ctrl"), shift: t("Shift"), plus: "+", minus: "−", enter: t("Enter"), escape: t("Esc"), delete: t("Delete"), backspace: t("Backspace"),
  arrows: t("Arrow keys"), drag: t("drag"),
};

const caps = (keys) => keys.flatMap((one, place) => [
  ...(place ? [h("span", { className: "muted" }, t("or"))] : []),
  h("span", { className: "key-row" }, one.split("+").map((part) => h("kbd", {}, SHOWN[part] ?? part.toUpperCase()))),
]);

function showKeys() {
  const groups = [...new Set(KEYS.map(({ group }) => group))];
  openDialog(h("div", { className: "stack keys-dialog" }, h("h2", {}, t("Keys")), groups.map((group) => h("section", {}, h("h3", {}, group),
    h("dl", { className: "keys" }, KEYS.filter((one) => one.group === group).map(({ keys, label }) => h("div", {}, h("dt", {}, label), h("dd", {}, caps(keys)))))))), { label: t("Keys"), wide: true });
}

function onKey(event) {
  if (event.defaultPrevented || event.isComposing) return;
  const name = pressed(event);
  const found = KEYS.find((one) => one.run && one.keys.includes(name));
  if (!found || (found.onBoard && views.isList)) return;
  if (!found.always && isElsewhere(event.target)) return;
  if (found.run(event) === false) return;
  event.preventDefault();
}

export function mountKeys() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("keydown", ({ key, target }) => key.startsWith("Arrow") && target.matches?.(".react-flow__node") && board.selectFocused(), true);
  mountClipboard();
  document.getElementById("views").append(iconButton(t("Keys"), "keyboard", showKeys, { id: "keys" }));
}
