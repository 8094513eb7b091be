// The orchestrate page: its left half, which writes the app.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { mountDesign } from "@/prompt/design.js";
import { draft } from "@/prompt/draft.js";
import { mountFeatures } from "@/prompt/features.js";
import { mountKnowledge } from "@/prompt/knowledge.js";
import { mountModel } from "@/prompt/model.js";
import { mountProblems } from "@/prompt/problems.js";
import { mountPrompt } from "@/prompt/prompt-section.js";
import { mountVariables } from "@/prompt/variables.js";

const state = document.getElementById("save-state");
const undo = document.getElementById("undo");
const redo = document.getElementById("redo");

const again = (text) => h("button", { className: "btn ghost", type: "button", onclick: () => draft.save().catch(() => {}) }, text);
const STATES = {
  saved: () => [icon("circle-check"), t("Saved")],
  unsaved: () => [icon("circle-dot"), t("Not saved yet")],
  saving: () => [icon("circle-dot"), t("Saving …")],
  failed: () => [icon("triangle-alert"), h("span", {}, draft.error), again(t("Save again"))],
  conflict: () => [icon("triangle-alert"), h("span", {}, t("Changed elsewhere")), again(t("Decide"))],
};

function showState() {
  state.dataset.state = draft.state;
  state.replaceChildren(...STATES[draft.state]());
}

function showSteps() {
  undo.disabled = !draft.canUndo;
  redo.disabled = !draft.canRedo;
}

// Ctrl+S stores at once. Undo of the whole page is for whatever is not a text box, which has its own.
function onKey(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  const key = event.key.toLowerCase();
  if (key === "s") {
    event.preventDefault();
    draft.save().catch(() => {});
  } else if ((key === "z" || key === "y") && !event.target.closest("input, textarea, select, [contenteditable=true]")) {
    event.preventDefault();
    if (key === "y" || event.shiftKey) draft.redo();
    else draft.undo();
  }
}

// On a phone one half at a time is seen.
function mountHalves() {
  const page = document.querySelector(".orchestrate");
  for (const button of document.querySelectorAll("[data-half]")) {
    button.addEventListener("click", () => {
      page.dataset.shown = button.dataset.half;
      for (const other of document.querySelectorAll("[data-half]")) other.setAttribute("aria-pressed", String(other === button));
    });
  }
}

undo.addEventListener("click", () => draft.undo());
redo.addEventListener("click", () => draft.redo());
document.addEventListener("keydown", onKey);
draft.addEventListener("state", showState);
draft.addEventListener("change", showSteps);

mountHalves();
mountPrompt();
mountVariables();
mountKnowledge();
mountFeatures();
mountModel();
mountDesign();
mountProblems();
showState();
showSteps();
document.querySelector(".orchestrate").dataset.ready = "";
