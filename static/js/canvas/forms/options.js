// One of several words.
import { t } from "@/core/words.js";
import { select } from "@/prompt/fields.js";
import { OPERATOR_WORDS } from "@/canvas/forms/operators.js";

export function choicesOf({ options, enum: words, option_labels: labels = {} }) {
  return (options ?? words).map((word) => [word, labels[word] ?? OPERATOR_WORDS[word] ?? plain(word)]);
}

const TYPES = /^(string|number|boolean|object|file|secret|any)$/; // are called as files call them
const plain = (word) => (word === "" ? t("(none)") : TYPES.test(word) ? word : /^[a-z][a-z_-]*$/.test(word) ? word.charAt(0).toUpperCase() + word.slice(1).replace(/[_-]/g, " ") : word);

export function options(slot) {
  const value = String(slot.value ?? slot.usual ?? "");
  const known = choicesOf(slot.property);
  const all = value === "" && !known.some(([word]) => word === "") ? [["", t("Choose …")], ...known] : known;
  return slot.labelled(select(all, value, { onchange: ({ target }) => slot.set(target.value) }));
}
