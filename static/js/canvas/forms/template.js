// A text with references, in one line or several.
import { t } from "@/core/words.js";
import { iconButton } from "@/prompt/fields.js";
import { EditorBox } from "@/canvas/forms/editor-box.js";
import { openVariables } from "@/canvas/forms/variable-picker.js";

// The box of a slot; `store(text)` where it is not the slot's own value.
export function templateBox(slot, { value = slot.value, isLine = !slot.property.is_long, label = slot.numbered, hint = "", store = (text) => slot.set(text, { isTyping: true }) } = {}) {
  const text = value == null ? "" : typeof value === "string" ? value : JSON.stringify(value);
  return slot.form.keep(`${slot.key}:template`, text, () => new EditorBox({
    value: text, label, isLine, hint: hint || (isLine ? "" : t("Write here. / or { puts in a variable.")), offer: { at: slot.form.id, blocks: slot.property.blocks ?? [] }, onchange: store,
  }));
}

export function template(slot) {
  const box = templateBox(slot, slot.isBare ? { hint: slot.label } : {});
  if (slot.isBare) return box.element;
  const put = iconButton(t("Put a variable into {name}", { name: slot.label }), "variable", ({ currentTarget }) => openVariables(currentTarget, { at: slot.form.id, onpick: (selector) => box.put(selector.join(".")) }), { className: "btn ghost icon-only small", "data-key": `${slot.key}-put` });
  return slot.group(box.element, { head: put });
}
