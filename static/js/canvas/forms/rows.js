// A list of maps: added, removed, put in another order.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { iconButton, moveButtons } from "@/prompt/fields.js";
import { newId } from "@/canvas/graph.js";
import { rowsOf } from "@/canvas/forms/paths.js";
import { draw } from "@/canvas/forms/registry.js";
import { fieldsOf, freshRow, resolve } from "@/canvas/forms/schema.js";

export function rows(slot) {
  const { property, form } = slot;
  const list = rowsOf(slot.value);
  const isOne = list.length > 0 && !Array.isArray(slot.value); // as older files have it: it stays one map
  const item = resolve(property.items, form.schema);
  const word = property.row ?? t("row");
  const add = () => {
    slot.add(freshOf(slot, item, list));
    focusRow(form.host, slot, list.length);
  };
  const buttons = h("button", { className: "btn small", type: "button", "data-key": `${slot.key}-add`, onclick: add }, icon("plus"), t("Add {name}", { name: word }));
  const parts = isOne ? [card(slot, item, list, 0, { isOne })] : list.map((_, place) => card(slot, item, list, place, {}));
  return slot.group([parts.length ? h("div", { className: item.line ? "lines" : "row-cards" }, parts) : null, isOne ? null : h("div", {}, buttons)]);
}

function freshOf(slot, item, list) {
  const row = freshRow(item, slot.form.schema);
  const { id, prefix = "" } = slot.property.handles ?? {};
  return id ? { ...row, [id]: idOf(list, id, prefix) } : row;
}

function idOf(list, id, prefix) {
  if (!prefix) return newId();
  const taken = new Set(list.map((row) => row[id]));
  let number = list.length + 1;
  while (taken.has(`${prefix}${number}`)) number += 1;
  return `${prefix}${number}`;
}

function focusRow(host, slot, place) {
  const row = host.querySelector(`[data-row="${CSS.escape(`${slot.key}.${place}`)}"]`);
  row?.querySelector("input, select, textarea, .cm-content, button")?.focus();
}

function card(slot, item, list, place, { isOne }) {
  const own = isOne ? slot : slot.child(place, item);
  const name = t("{name} {number}", { name: slot.property.row ?? t("row"), number: place + 1 });
  const fields = fieldsOf(item, slot.form.schema, { value: list[place], mode: slot.form.mode });
  const remove = iconButton(t("Remove {name}", { name }), "trash-2", () => slot.remove(place), { "data-key": `${own.key}-remove` });
  if (item.line) {
    return h("div", { className: "line", role: "group", "aria-label": name, "data-row": own.key },
      h("div", { className: "line-fields" }, fields.map(({ name: key, property }) => draw(own.child(key, property, { isBare: true })))), remove);
  }
  const buttons = isOne ? [] : [...(list.length > 1 ? moveButtons(name, place, list.length - 1, (from, to) => slot.move(from, to), own.key) : []), remove];
  const drawn = (some, options) => some.map(({ name: key, property }) => draw(own.child(key, property, options)));
  const [inHead, below] = [fields.filter(({ property }) => property.in_head), fields.filter(({ property }) => !property.in_head)];
  return h("div", { className: "row-card", role: "group", "aria-label": name, "data-row": own.key },
    h("div", { className: "row-head" }, inHead.length ? null : h("span", { className: "over" }, name.charAt(0).toUpperCase() + name.slice(1)), drawn(inHead, { isBare: true }), h("span", { className: "row-buttons" }, buttons)),
    drawn(below));
}
