// A variable: a button that says which, and lets another one be chosen.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { iconButton } from "@/prompt/fields.js";
import { faultOf, itemOf, typeOfSelector, wordsOf } from "@/canvas/variables.js";
import { openVariables } from "@/canvas/forms/variable-picker.js";

const SETS = { type: (type) => type, is_list: (type) => type.startsWith("array"), list_type: (type) => `array[${type || "any"}]`, item_type: itemOf };

// The button of a selector where node `at` uses it.
export function chip(selector, at, { label, ...properties }) {
  if (!Array.isArray(selector) || selector.length < 2) return h("button", { className: "var-button empty", type: "button", "aria-label": `${label}: ${t("choose a variable")}`, ...properties }, icon("variable"), t("Choose a variable"));
  const { sign, family, source, name } = wordsOf(selector);
  const fault = faultOf(selector, at);
  const type = typeOfSelector(selector, at);
  return h("button", { className: fault ? "var-button gone" : "var-button", type: "button", title: fault || `${source} · ${name}${type ? ` (${type})` : ""}`, "aria-label": `${label}: ${source}, ${name}${fault ? `. ${fault}` : ""}`, ...properties },
    h("span", { className: `var-sign ${family}` }, icon(fault ? "triangle-alert" : sign)), h("span", { className: "var-source" }, source), h("span", { className: "var-name" }, name),
    fault ? h("span", { className: "var-type" }, t("is gone")) : type ? h("span", { className: "var-type" }, type) : null);
}

// `button`: a chip that opens the picker and hands on what was picked.
export function picking(slot, { value = slot.value, types = slot.property.types, scope = slot.property.scope, label = slot.numbered, onpick }) {
  return chip(value, slot.form.id, { label, "data-key": slot.key, onclick: ({ currentTarget }) => openVariables(currentTarget, { at: slot.form.id, types, scope, chosen: value, onpick }) });
}

export function variable(slot) {
  const sets = (type) => Object.fromEntries(Object.entries(slot.property.sets ?? {}).map(([name, what]) => [name, SETS[what](type)]));
  const isSet = Array.isArray(slot.value) && slot.value.length > 1;
  const button = picking(slot, { value: isSet ? slot.value : slot.value == null ? slot.usual : slot.value, onpick: (selector, type) => slot.setAll({ [slot.name]: selector, ...sets(type) }) });
  if (slot.isBare) return button;
  const clear = isSet ? iconButton(t("Choose none for {name}", { name: slot.label }), "x", () => slot.set([]), { "data-key": `${slot.key}-none`, className: "btn ghost icon-only small" }) : null;
  return slot.group(h("div", { className: "line" }, button, clear));
}
