// The models of the workspace to choose from, by provider, with what they can do.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { page } from "@/prompt/page.js";

const FEATURES = { vision: ["eye", t("sees pictures")], "tool-call": ["wrench", t("calls tools")], json: ["braces", t("writes JSON")] };

const size = (tokens) => (tokens >= 1_000_000 ? `${Math.round(tokens / 100_000) / 10}M` : `${Math.round(tokens / 1000)}K`);

function abilities(model) {
  const marks = model.features.filter((name) => FEATURES[name]).map((name) => {
    const [sign, text] = FEATURES[name];
    return h("span", { className: "ability", title: text }, icon(sign), h("span", { className: "sr-only" }, text));
  });
  return [...marks, h("span", { className: "muted", title: t("Window in tokens") }, size(model.context_tokens)), model.mode === "completion" ? h("span", { className: "chip" }, t("Completion")) : null];
}

function option(model, isChosen, label, extra, onchoose) {
  return h("button", { className: "model-option", type: "button", "aria-pressed": String(isChosen), "data-key": `model-${model?.provider ?? ""}/${model?.name ?? ""}`, onclick: () => onchoose(model) },
    h("span", { className: "grow clip" }, label), extra, isChosen ? icon("check") : null);
}

// Those that `words` fit; first the workspace's default, which is chosen as null.
export function modelRows({ chosen, isDefault, words, onchoose }) {
  const wanted = words.trim().toLowerCase();
  const fits = (one) => `${one.label} ${one.name} ${one.provider_label}`.toLowerCase().includes(wanted);
  const groups = grouped(page.models.filter(fits));
  const usual = page.models.find((one) => one.is_default);
  const rows = [...groups].map(([label, models]) => h("div", { role: "group", "aria-label": label }, h("p", { className: "over" }, label),
    models.map((one) => option(one, one === chosen, one.label, abilities(one), onchoose))));
  const first = wanted ? null : option(null, isDefault, t("The workspace's default"), usual ? h("span", { className: "muted clip" }, usual.label) : null, onchoose);
  return [first, ...(rows.length ? rows : [h("p", { className: "muted" }, t("No model is called so."))])];
}

function grouped(models) {
  const groups = new Map();
  for (const model of models) groups.set(model.provider_label, [...(groups.get(model.provider_label) ?? []), model]);
  return groups;
}
