// Any number of several words.
import { h } from "@/core/dom.js";
import { choicesOf } from "@/canvas/forms/options.js";

export function several(slot) {
  const chosen = Array.isArray(slot.value) ? slot.value : [];
  const change = (word) => ({ target }) => slot.set(target.checked ? [...chosen, word] : chosen.filter((one) => one !== word));
  return slot.group(h("div", { className: "row" }, choicesOf(slot.property).map(([word, label]) => h("label", { className: "check row tight" },
    h("input", { type: "checkbox", checked: chosen.includes(word), "data-key": `${slot.key}-${word}`, onchange: change(word) }), label))));
}
