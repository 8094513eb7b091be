// What may be chosen in a form: texts that are written here, or a list that comes from a variable.
import { t } from "@/core/words.js";
import { select } from "@/prompt/fields.js";
import { texts } from "@/canvas/forms/texts.js";
import { picking } from "@/canvas/forms/variable.js";

export function choices(slot) {
  const now = () => (Array.isArray(slot.value) ? { type: "constant", value: slot.value } : slot.value ?? { type: "constant", value: [] });
  const source = now();
  const isVariable = source.type === "variable";
  const kind = select([["constant", t("As written here")], ["variable", t("From a variable")]], isVariable ? "variable" : "constant", { "aria-label": slot.label, "data-key": `${slot.key}.type`, onchange: ({ target }) => slot.set({ ...now(), type: target.value }) });
  if (isVariable) return slot.group([kind, picking(slot.child("selector", {}), { value: source.selector, types: ["array"], label: slot.label, onpick: (selector) => slot.set({ ...now(), selector }) })]);
  const list = Array.isArray(slot.value) ? slot : slot.child("value", { label: slot.label, row: t("option") });
  return slot.group([kind, texts(list)]);
}
