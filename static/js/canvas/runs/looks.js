// How runs, their states and their values look.
import { copyText } from "@/core/clipboard.js";
import { h, icon } from "@/core/dom.js";
import { local } from "@/core/storage.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { iconButton } from "@/prompt/fields.js";
import { canBeTree, jsonTree } from "@/canvas/runs/json-tree.js";

const TREE_KEY = "run-values-as-tree"; // how somebody likes to read values
const prefersTree = () => local.get(TREE_KEY) === "1";
const SHOWN_CHARACTERS = 20_000;
const STATES = {
  running: ["loader-circle", t("Running"), "busy"],
  succeeded: ["circle-check", t("Succeeded"), "ok"],
  "partial-succeeded": ["triangle-alert", t("Succeeded in part"), "warn"],
  failed: ["circle-alert", t("Failed"), "bad"],
  exception: ["triangle-alert", t("Failed, and went on"), "warn"],
  stopped: ["circle-stop", t("Stopped"), "warn"],
  paused: ["circle-pause", t("Waits for a person"), "warn"],
};
export const stateOf = (status) => STATES[status] ?? ["circle-dot", String(status ?? ""), ""];

export function statusChip(status) {
  const [image, label, tone] = stateOf(status);
  return h("span", { className: `chip run-state ${tone}` }, icon(image), label);
}

export const duration = (seconds) => (seconds < 1 ? `${Math.round(seconds * 1000)} ms` : seconds < 100 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds / 60)} min`);
export const moment = (seconds) => new Date(seconds * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });

// "1.2 s · 40 tokens · 0.002 USD", as far as it is known.
export function figures({ elapsed_time: elapsed, tokens, total_tokens: all, total_steps: steps, prices = [] }) {
  const count = tokens || all;
  const costs = prices.map(([currency, price]) => `${price.toLocaleString([], { maximumSignificantDigits: 4 })} ${currency}`);
  return [elapsed != null && duration(elapsed), count && t("{count} tokens", { count }), ...costs, steps && t("{count} steps", { count: steps })].filter(Boolean).join(" · ");
}

export const asText = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

export const copyButton = (text, label = t("Copy")) => iconButton(label, "copy", async () => {
  if (await copyText(text())) toast(t("Copied"));
  else toast(t("The browser does not allow copying here."), "warn");
});

export const isNothing = (value) => value == null || (typeof value === "object" && !Object.keys(value).length);

// A long text shows its start until all of it is asked for.
function textOf(label, text) {
  const box = h("pre", { tabIndex: 0, "aria-label": label }, text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)} …` : text);
  if (text.length <= SHOWN_CHARACTERS) return [box];
  const more = h("button", { className: "btn ghost", type: "button", onclick: () => {
    box.textContent = text;
    more.remove();
    box.focus({ preventScroll: true });
  } }, t("Show all {count} characters", { count: text.length.toLocaleString() }));
  return [box, more];
}

function block(label, value, address) {
  const isTree = canBeTree(value);
  const body = h("div", { className: "run-value-body" });
  const show = () => body.replaceChildren(...(isTree && prefersTree() ? [jsonTree(label, value)] : textOf(label, asText(value))));
  const toggle = isTree && iconButton(t("{name} as a tree", { name: label }), "list-tree", () => {
    local.set(TREE_KEY, prefersTree() ? "" : "1");
    toggle.setAttribute("aria-pressed", String(prefersTree()));
    show();
  }, { "aria-pressed": String(prefersTree()) });
  show();
  return h("div", { className: "run-value" },
    h("div", { className: "run-value-head" }, h("strong", {}, label), h("span", { className: "grow" }),
      address && h("a", { className: "btn ghost", href: address, target: "_blank", rel: "noopener" }, icon("external-link"), t("Show all of it")),
      toggle, copyButton(() => asText(value), t("Copy {name}", { name: label }))),
    body);
}

// One value, or nothing where there is none; `address`: of all of it, where it is too big.
export const valueBlock = (label, value, address) => (isNothing(value) && !address ? null : block(label, value ?? "", address));

// Outputs by name where they are few and texts, which is how people read them; else as one map.
export function outputBlocks(outputs, address) {
  const named = outputs && typeof outputs === "object" && !Array.isArray(outputs) ? Object.entries(outputs) : [];
  if (!address && named.length && named.length <= 6 && named.some(([, value]) => typeof value === "string")) return named.map(([name, value]) => block(name, value ?? "null"));
  return [valueBlock(t("Outputs"), outputs, address)].filter(Boolean);
}

// What went into a node, what it brought, what it did.
export const detailBlocks = ({ inputs, process_data: data, outputs, whole = {} }) => [
  valueBlock(t("Inputs"), inputs, whole.inputs), valueBlock(t("Outputs"), outputs, whole.outputs), valueBlock(t("What it did"), data, whole.process_data),
].filter(Boolean);

export const trouble = (sentence, ...more) => h("div", { className: "notice bad", role: "alert" }, icon("circle-alert"), h("span", { className: "grow" }, sentence), more);

export const nothingYet = (image, sentence, ...more) => h("div", { className: "run-none muted" }, icon(image), h("p", {}, sentence), more);
