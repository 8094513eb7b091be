// What a field of a form holds before anybody has written in it; as its type has it.
import { h } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { input, select } from "@/prompt/fields.js";

export function formDefault(slot) {
  const { type = "text-input", options } = slot.parent;
  const store = ({ target }) => slot.set(target.value, { isTyping: true });
  if (type === "checkbox") return slot.labelled(select([["", t("(none)")], ["true", t("Ticked")], ["false", t("Not ticked")]], slot.value == null || slot.value === "" ? "" : String(slot.value), { onchange: ({ target }) => slot.set(target.value === "" ? null : target.value === "true") }));
  if (type === "select") return slot.labelled(select([["", t("(none)")], ...(options ?? []).filter(Boolean).map((one) => [one, one])], slot.value ?? "", { onchange: ({ target }) => slot.set(target.value) }));
  if (type === "number") return slot.labelled(input({ type: "number", step: "any", value: slot.value ?? "", onchange: ({ target }) => slot.set(target.value === "" ? null : Number(target.value)) }));
  if (type === "paragraph") return slot.labelled(h("textarea", { className: "input", rows: 2, value: slot.value ?? "", oninput: store }));
  return slot.labelled(input({ value: slot.value ?? "", oninput: store }));
}
