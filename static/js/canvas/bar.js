// The tools above the board, and how the draft stands.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { iconButton } from "@/prompt/fields.js";
import { signals } from "@/canvas/signals.js";

const again = (text) => h("button", { className: "btn ghost", type: "button", onclick: () => draft.save().catch(() => {}) }, text);
const STATES = {
  saved: () => [icon("circle-check"), t("Saved {time}", { time: new Date().toLocaleTimeString() })],
  unsaved: () => [icon("circle-dot"), t("Not saved yet")],
  saving: () => [icon("circle-dot"), t("Saving …")],
  failed: () => [icon("triangle-alert"), h("span", {}, draft.error), again(t("Save again"))],
  conflict: () => [icon("triangle-alert"), h("span", {}, t("Changed elsewhere")), again(t("Decide"))],
};

export function mountBar() {
  const bar = document.getElementById("canvas-bar");
  const addButton = h("button", { className: "btn primary", type: "button", id: "add-node", "aria-keyshortcuts": "N", onclick: () => signals.pick({ anchor: addButton }) }, icon("plus"), t("Add"));
  const undo = iconButton(t("Undo"), "undo-2", () => draft.undo(), { id: "undo" });
  const redo = iconButton(t("Redo"), "undo-2", () => draft.redo(), { id: "redo" });
  const state = h("span", { className: "save-state", id: "save-state", role: "status" });
  const showState = () => {
    state.dataset.state = draft.state;
    state.replaceChildren(...STATES[draft.state]());
  };
  const showSteps = () => {
    undo.disabled = !draft.canUndo;
    redo.disabled = !draft.canRedo;
  };
  draft.addEventListener("state", showState);
  draft.addEventListener("change", showSteps);
  bar.append(addButton, undo, redo, h("span", { className: "tools", id: "tools" }), state, h("span", { className: "grow" }), h("span", { className: "tools", id: "views" }));
  showState();
  showSteps();
}
