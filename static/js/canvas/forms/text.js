// A text. The name of a variable is checked, and taken over where it is used.
import { h } from "@/core/dom.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { input } from "@/prompt/fields.js";
import { offerRename } from "@/canvas/reference-questions.js";

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]{0,29}$/;

export function text(slot) {
  if (slot.property.names_variable) return name(slot);
  const value = typeof slot.value === "string" ? slot.value : slot.value == null ? slot.usual ?? "" : JSON.stringify(slot.value);
  const oninput = ({ target }) => slot.set(target.value, { isTyping: true });
  const control = slot.property.is_long ? h("textarea", { className: "input", rows: 2, value, oninput }) : input({ value, oninput, spellcheck: false, placeholder: slot.isBare ? slot.label : "" });
  return slot.labelled(control);
}

// Letters that references cannot hold are not taken.
export const isName = (word) => NAME.test(word);

function name(slot) {
  const before = String(slot.value ?? "");
  const store = ({ target }) => {
    const after = target.value.trim();
    if (after === before) return;
    if (after && !isName(after)) toast(t("{name} cannot be referred to: a name has up to 30 letters, digits and _ and does not begin with a digit.", { name: after }), "warn");
    slot.set(after);
    offerRename([slot.form.id, before], after);
  };
  const control = input({ value: before, maxLength: 100, spellcheck: false, className: "input mono", placeholder: slot.isBare ? t("name") : "", "aria-invalid": before && !isName(before) ? "true" : null, onchange: store });
  return slot.labelled(control);
}
