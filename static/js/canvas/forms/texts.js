// A list of short texts.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { iconButton, input } from "@/prompt/fields.js";

export function texts(slot) {
  const list = Array.isArray(slot.value) ? slot.value : [];
  const word = slot.property.row ?? t("text");
  const row = (value, place) => h("div", { className: "line" },
    input({ className: "input grow", value: String(value ?? ""), maxLength: 200, "aria-label": t("{name} {number}", { name: word, number: place + 1 }), "data-key": `${slot.key}.${place}`, oninput: ({ target }) => slot.child(place, {}).set(target.value, { isTyping: true }) }),
    iconButton(t("Remove {name}", { name: `${word} ${place + 1}` }), "x", () => slot.remove(place), { "data-key": `${slot.key}.${place}-remove` }));
  const add = () => {
    slot.add("");
    slot.form.host.querySelector(`[data-key="${CSS.escape(`${slot.key}.${list.length}`)}"]`)?.focus();
  };
  return slot.group([h("div", { className: "lines" }, list.map(row)), h("div", {}, h("button", { className: "btn small", type: "button", "data-key": `${slot.key}-add`, onclick: add }, icon("plus"), t("Add {name}", { name: word })))]);
}
