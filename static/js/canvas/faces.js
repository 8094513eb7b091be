// The lines below a node's title: what its settings say at a glance. They follow from the settings' schema.
import { typeOf } from "@/canvas/catalogue.js";
import { titleOf, nodeOf } from "@/canvas/graph.js";
import { t } from "@/core/words.js";

const MOST = 3;
const short = (text) => text.replace(/\{\{#([^#.]+)\.([^#]+)#\}\}/g, (_, id, name) => nameOf([id, name])).trim().slice(0, 120);
const WIDGETS = {
  model: (value) => value?.name,
  variable: (value) => (value?.length ? nameOf(value) : ""),
  template: (value) => short(String(value ?? "")),
  datasets: (value) => (value?.length ? t("{count} knowledge bases", { count: value.length }) : ""),
};

// "Title · variable" of a selector.
export function nameOf(selector) {
  const [id, ...rest] = selector;
  const node = nodeOf(id);
  return [node ? titleOf(node) : id, ...rest].join(" · ");
}

export function factsOf(node) {
  const { properties = {} } = typeOf(node).schema;
  return Object.entries(properties)
    .map(([name, property]) => WIDGETS[property.widget]?.(node.data[name]))
    .filter(Boolean).slice(0, MOST);
}

export const nameOfWay = (node, handle) => {
  if (handle.isFailure) return t("When it fails");
  if (handle.label) return handle.label;
  return handle.index === null ? t("Else") : t("Case {number}", { number: handle.index + 1 });
};
