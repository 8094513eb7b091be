// The model an app runs on: a button that says which, and a sheet to choose it and set its parameters.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { redraw } from "@/prompt/fields.js";
import { modelOf, page } from "@/prompt/page.js";
import { clampTo, parameters } from "@/prompt/parameters.js";

const button = document.getElementById("model-button");
const sheet = document.getElementById("model-sheet");
const host = sheet.querySelector("[data-parameters]");
const box = sheet.querySelector("input[type=search]");
const list = sheet.querySelector("[data-models]");
const FEATURES = { vision: ["eye", t("sees pictures")], "tool-call": ["wrench", t("calls tools")], json: ["braces", t("writes JSON")] };

const size = (tokens) => (tokens >= 1_000_000 ? `${Math.round(tokens / 100_000) / 10}M` : `${Math.round(tokens / 1000)}K`);

export function chooseModel(model) {
  draft.change((config) => {
    const params = config.model?.completion_params ?? {};
    const runs = model ?? page.models.find((one) => one.is_default);
    config.model = { ...config.model, provider: model?.provider ?? "", name: model?.name ?? "", mode: runs?.mode ?? "chat", completion_params: runs ? clampTo(runs, params) : params };
  });
}

function abilities(model) {
  const marks = model.features.filter((name) => FEATURES[name]).map((name) => {
    const [sign, text] = FEATURES[name];
    return h("span", { className: "ability", title: text }, icon(sign), h("span", { className: "sr-only" }, text));
  });
  return [...marks, h("span", { className: "muted", title: t("Window in tokens") }, size(model.context_tokens)), model.mode === "completion" ? h("span", { className: "chip" }, t("Completion")) : null];
}

function option(model, isChosen, label, extra) {
  return h("button", { className: "model-option", type: "button", "aria-pressed": String(isChosen), "data-key": `model-${model?.provider ?? ""}/${model?.name ?? ""}`, onclick: () => chooseModel(model) },
    h("span", { className: "grow clip" }, label), extra, isChosen ? icon("check") : null);
}

function showList() {
  const { model, isDefault } = modelOf(draft.config);
  const words = box.value.trim().toLowerCase();
  const fits = (one) => `${one.label} ${one.name} ${one.provider_label}`.toLowerCase().includes(words);
  const groups = Map.groupBy ? Map.groupBy(page.models.filter(fits), (one) => one.provider_label) : grouped(page.models.filter(fits));
  const usual = page.models.find((one) => one.is_default);
  const rows = [...groups].map(([label, models]) => h("div", { role: "group", "aria-label": label }, h("p", { className: "over" }, label),
    models.map((one) => option(one, !isDefault && one === model, one.label, abilities(one)))));
  const first = words ? null : option(null, isDefault, t("The workspace's default"), usual ? h("span", { className: "muted clip" }, usual.label) : null);
  redraw(list, first, rows.length ? rows : h("p", { className: "muted" }, t("No model is called so.")));
}

function grouped(models) {
  const groups = new Map();
  for (const model of models) groups.set(model.provider_label, [...(groups.get(model.provider_label) ?? []), model]);
  return groups;
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
    showParameters();
    box.focus();
    list.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: "nearest" });
  });
  addEventListener("resize", () => sheet.matches(":popover-open") && place());
  draft.addEventListener("change", ({ detail }) => {
    showButton();
    if (!sheet.matches(":popover-open")) return;
    showList();
    if (detail.source !== host) showParameters();
  });
  draft.addEventListener("problems", () => sheet.matches(":popover-open") && showParameters());
  showButton();
}
