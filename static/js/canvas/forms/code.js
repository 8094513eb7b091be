// Code in the node's language, and texts in Jinja2.
import { t } from "@/core/words.js";
import { EditorBox } from "@/canvas/forms/editor-box.js";

function box(slot, language) {
  const value = String(slot.value ?? "");
  const kept = slot.form.keep(`${slot.key}:${language}`, value, () => new EditorBox({ value, label: `${slot.numbered}. ${t("Escape, then Tab leaves the box.")}`, language, onchange: (text) => slot.set(text, { isTyping: true }) }));
  return slot.group(kept.element);
}

export const code = (slot) => box(slot, slot.parent.code_language ?? "python3");
export const jinja2 = (slot) => box(slot, "jinja2");
