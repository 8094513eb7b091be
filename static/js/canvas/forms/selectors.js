// A list of variables, of which the first that exists counts.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { iconButton, moveButtons } from "@/prompt/fields.js";
import { openVariables } from "@/canvas/forms/variable-picker.js";
import { chip } from "@/canvas/forms/variable.js";

export function selectors(slot) {
  const list = Array.isArray(slot.value) ? slot.value : [];
  const move = (from, to) => slot.move(from, to);
  const type = slot.parent[slot.property.type_from];
  const pick = (then) => ({ currentTarget }) => openVariables(currentTarget, { at: slot.form.id, types: type ? [type] : [], onpick: then });
  const take = (selector, found) => {
    const isFirst = !list.length && found && slot.property.type_from;
    slot.setAll({ [slot.name]: [...list, selector], ...(isFirst ? { [slot.property.type_from]: found } : {}) });
    slot.form.host.querySelector(`[data-key="${CSS.escape(`${slot.key}-add`)}"]`)?.focus();
  };
  const row = (selector, place) => {
    const name = t("variable {number}", { number: place + 1 });
    return h("div", { className: "line" }, chip(selector, slot.form.id, { label: name, "data-key": `${slot.key}.${place}`, onclick: pick((next) => slot.child(place, {}).set(next)) }),
      list.length > 1 ? moveButtons(name, place, list.length - 1, move, `${slot.key}.${place}`) : null,
      iconButton(t("Remove {name}", { name }), "x", () => slot.remove(place), { "data-key": `${slot.key}.${place}-remove` }));
  };
  return slot.group([h("div", { className: "lines" }, list.map(row)), h("div", {}, h("button", { className: "btn small", type: "button", "data-key": `${slot.key}-add`, onclick: pick(take) }, icon("plus"), t("Add variable")))]);
}
