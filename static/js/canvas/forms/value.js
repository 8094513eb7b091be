// A value of a type that is chosen beside it: written here, or taken from a variable.
import { h } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { input, select } from "@/prompt/fields.js";
import { jsonBox } from "@/canvas/forms/json.js";
import { picking } from "@/canvas/forms/variable.js";

// The control for a constant. Lists and objects are kept as text with `asText`, as loops have them.
export function constant(slot, type, { asText = false } = {}) {
  if (type === "number") return slot.labelled(input({ type: "number", step: "any", value: slot.value ?? "", onchange: ({ target }) => slot.set(target.value === "" ? "" : Number(target.value)) }));
  if (type === "boolean") return slot.labelled(select([["true", t("true")], ["false", t("false")]], String(slot.value ?? false).toLowerCase(), { onchange: ({ target }) => slot.set(target.value === "true") }));
  if (type === "object" || type.startsWith("array")) {
    const text = typeof slot.value === "string" ? slot.value : slot.value == null ? "" : JSON.stringify(slot.value, null, 2);
    const shape = type === "object" ? "object" : "array";
    const kept = slot.form.keep(`${slot.key}:${shape}`, text, () => jsonBox({ text, label: slot.numbered, shape, store: (value, written) => slot.set(asText ? written : value, { isTyping: true }) }));
    return slot.group(kept.element);
  }
  const value = slot.value == null ? "" : typeof slot.value === "string" ? slot.value : JSON.stringify(slot.value);
  return slot.labelled(h("textarea", { className: "input", rows: 2, value, oninput: ({ target }) => slot.set(target.value, { isTyping: true }) }));
}

export function value(slot) {
  const type = slot.parent[slot.property.type_from] ?? "string";
  const isVariable = slot.parent[slot.property.source_from] === "variable";
  if (isVariable) return slot.group(picking(slot, { types: [type], value: Array.isArray(slot.value) ? slot.value : [], onpick: (selector) => slot.set(selector) }));
  return constant(slot, type, { asText: true });
}
