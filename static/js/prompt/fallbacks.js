// Which models are asked where a model does not answer: those of the workspace's list, or of a list of one's own.
import { h } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { field, iconButton, moveButtons, moved, redraw, select } from "@/prompt/fields.js";
import { page } from "@/prompt/page.js";

const shortName = (provider) => (provider ?? "").split("/").at(-1);
const known = ({ provider, name }) => page.models.find((one) => one.name === name && one.provider === shortName(provider));
const keyOf = ({ provider, name }) => `${shortName(provider)} ${name}`;

function row(entry, place, list, put) {
  const model = known(entry);
  const label = model?.label ?? entry.name ?? "";
  return h("li", { className: "row tight" },
    h("span", { className: "grow clip" }, label, " ", h("span", { className: "muted" }, model?.provider_label ?? shortName(entry.provider))),
    model ? null : h("span", { className: "chip bad" }, t("not set up")),
    moveButtons(label, place, list.length - 1, (from, to) => put(moved([...list], from, to)), `fallback-${keyOf(entry)}`),
    iconButton(t("Remove {name}", { name: label }), "x", () => put(list.filter((_, at) => at !== place))));
}

function adding(list, put) {
  const taken = new Set(list.map(keyOf));
  const left = page.models.filter((one) => !taken.has(keyOf(one)));
  if (!left.length || list.length >= page.limits.stand_ins) return null;
  const box = select([["", t("Add a model")], ...left.map((one) => [keyOf(one), `${one.label} · ${one.provider_label}`])], "", { "data-key": "add-fallback", "aria-label": t("Add a model") });
  box.addEventListener("change", () => {
    const { provider, name } = left.find((one) => keyOf(one) === box.value);
    put([...list, { provider, name }]);
  });
  return box;
}

// Where the list stands: `read()` gives the `model` map, `put(list)` stores its `fallbacks`, null for the workspace's.
export function showFallbacks(host, { read, put }) {
  const fallbacks = read()?.fallbacks;
  const list = Array.isArray(fallbacks) ? fallbacks : null;
  const whose = select([["workspace", t("The workspace's list")], ["own", t("A list of its own")]], list ? "own" : "workspace", {
    "data-key": "fallbacks-whose", onchange: () => put(whose.value === "own" ? page.stand_ins.filter(known) : null),
  });
  const names = page.stand_ins.map((entry) => known(entry)?.label ?? entry.name).join(", ");
  redraw(host,
    field(t("Models that stand in"), whose, list ? null : names || t("It is empty: a model that does not answer ends the run.")),
    list && (list.length ? h("ol", { className: "fallbacks" }, list.map((entry, place) => row(entry, place, list, put))) : h("p", { className: "muted" }, t("Nothing stands in."))),
    list && adding(list, put));
}

// A `model` map with another list.
export function withFallbacks(model, list) {
  const { fallbacks: _, ...rest } = model ?? {};
  return list ? { ...rest, fallbacks: list } : rest;
}
