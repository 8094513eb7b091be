// The model an app runs on: a button that says which, and a sheet to choose it and set its parameters.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { showFallbacks, withFallbacks } from "@/prompt/fallbacks.js";
import { redraw } from "@/prompt/fields.js";
import { modelRows } from "@/prompt/model-list.js";
import { modelOf, page } from "@/prompt/page.js";
import { clampTo, parameters } from "@/prompt/parameters.js";

const button = document.getElementById("model-button");
const sheet = document.getElementById("model-sheet");
const host = sheet.querySelector("[data-parameters]");
const fallbackHost = sheet.querySelector("[data-fallbacks]");
const box = sheet.querySelector("input[type=search]");
const list = sheet.querySelector("[data-models]");

export function chooseModel(model) {
  draft.change((config) => {
    const params = config.model?.completion_params ?? {};
    const runs = model ?? page.models.find((one) => one.is_default);
    config.model = { ...config.model, provider: model?.provider ?? "", name: model?.name ?? "", mode: runs?.mode ?? "chat", completion_params: runs ? clampTo(runs, params) : params };
  });
}

function showList() {
  const { model, isDefault } = modelOf(draft.config);
  redraw(list, modelRows({ chosen: isDefault ? null : model, isDefault, words: box.value, onchoose: chooseModel }));
}

function showButton() {
  const { model, isDefault } = modelOf(draft.config);
  const name = model?.label ?? draft.config.model?.name ?? t("No model");
  const note = !model ? h("span", { className: "chip bad" }, t("not set up")) : isDefault ? h("span", { className: "chip" }, t("default")) : model.mode === "completion" ? h("span", { className: "chip" }, t("Completion")) : null;
  button.replaceChildren(icon("cpu"), h("span", { className: "sr-only" }, t("Model:")), h("span", { className: "clip" }, name), note, icon("chevron-down"));
}

function showParameters() {
  redraw(host, parameters());
}

const FALLBACKS = {
  read: () => draft.config.model,
  put: (list) => draft.change((config) => { config.model = withFallbacks(config.model, list); }),
};

function place() {
  const from = button.getBoundingClientRect();
  const width = Math.min(420, innerWidth - 24);
  const left = Math.max(12, Math.min(from.right - width, innerWidth - width - 12));
  const top = Math.min(from.bottom + 6, innerHeight - 240);
  Object.assign(sheet.style, { width: `${width}px`, left: `${left}px`, top: `${top}px`, maxHeight: `${innerHeight - top - 12}px` });
}

export function mountModel() {
  box.addEventListener("input", showList);
  sheet.addEventListener("toggle", ({ newState }) => {
    button.setAttribute("aria-expanded", String(newState === "open"));
    if (newState !== "open") return;
    place();
    showList();
    showFallbacks(fallbackHost, FALLBACKS);
    showParameters();
    box.focus();
    list.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: "nearest" });
  });
  addEventListener("resize", () => sheet.matches(":popover-open") && place());
  draft.addEventListener("change", ({ detail }) => {
    showButton();
    if (!sheet.matches(":popover-open")) return;
    showList();
    showFallbacks(fallbackHost, FALLBACKS);
    if (detail.source !== host) showParameters();
  });
  draft.addEventListener("problems", () => sheet.matches(":popover-open") && showParameters());
  showButton();
}
