// Changes of variables of the conversation, or of a loop.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { field, iconButton, moveButtons, select } from "@/prompt/fields.js";
import { itemOf, typeOfSelector } from "@/canvas/variables.js";
import { movedTo } from "@/canvas/forms/paths.js";
import { constant } from "@/canvas/forms/value.js";
import { picking } from "@/canvas/forms/variable.js";

const WORDS = {
  "over-write": t("becomes that of a variable"), set: t("becomes"), clear: t("is emptied"), append: t("gets one more"), extend: t("gets all of a list"),
  "remove-first": t("loses the first"), "remove-last": t("loses the last"), "+=": t("plus"), "-=": t("minus"), "*=": t("times"), "/=": t("divided by"),
};
const ALONE = new Set(["clear", "remove-first", "remove-last"]);
const LITERAL = new Set(["set", "+=", "-=", "*=", "/="]);

function operationsOf(type) {
  if (type.startsWith("array")) return ["over-write", "clear", "append", "extend", "remove-first", "remove-last"];
  if (type === "number") return ["over-write", "set", "clear", "+=", "-=", "*=", "/="];
  return ["over-write", "set", "clear"];
}

// The first version of the node was one change; it is written as the second once it is touched.
function listOf(slot) {
  if (Array.isArray(slot.value)) return slot.value;
  const { assigned_variable_selector: target, write_mode: operation, input_variable_selector: source } = slot.form.data;
  return target ? [{ variable_selector: target, operation: operation ?? "over-write", input_type: "variable", value: source }] : [];
}

export function assignments(slot) {
  const list = listOf(slot);
  const write = (next, options) => slot.setAll({ [slot.name]: next, version: "2" }, options);
  const change = (place, changes, options) => write(listOf(slot).map((row, at) => (at === place ? { ...row, ...changes } : row)), options);
  const add = () => write([...listOf(slot), { variable_selector: [], operation: "over-write", input_type: "variable", value: [] }]);
  return slot.group([h("div", { className: "row-cards" }, list.map((row, place) => card(slot, row, place, list, { write, change }))),
    h("div", {}, h("button", { className: "btn small", type: "button", "data-key": `${slot.key}-add`, onclick: add }, icon("plus"), t("Add a change")))]);
}

function card(slot, row, place, list, { write, change }) {
  const own = slot.child(place, {});
  const name = t("change {number}", { number: place + 1 });
  const type = typeOfSelector(row.variable_selector, slot.form.id) || "string";
  const operation = row.operation ?? "over-write";
  const target = picking(own.child("variable_selector", {}), { value: row.variable_selector, scope: "writable", label: t("Variable of {name}", { name }), onpick: (selector) => change(place, { variable_selector: selector }) });
  const choose = ({ target: { value } }) => change(place, { operation: value, input_type: LITERAL.has(value) ? "constant" : "variable", value: LITERAL.has(value) ? "" : [] });
  const remove = iconButton(t("Remove {name}", { name }), "trash-2", () => write(listOf(slot).filter((_, at) => at !== place)), { "data-key": `${own.key}-remove` });
  return h("div", { className: "row-card", role: "group", "aria-label": name },
    h("div", { className: "row-head" }, h("span", { className: "over" }, t("Change {number}", { number: place + 1 })), h("span", { className: "row-buttons" }, list.length > 1 ? moveButtons(name, place, list.length - 1, (from, to) => write(movedTo(listOf(slot), from, to)), own.key) : null, remove)),
    target, select(operationsOf(type).map((word) => [word, WORDS[word]]), operation, { "aria-label": t("What {name} does", { name }), "data-key": `${own.key}.operation`, onchange: choose }),
    ALONE.has(operation) ? null : source(slot, own, row, place, type, change));
}

function source(slot, own, row, place, type, change) {
  const { operation = "over-write" } = row;
  const wanted = operation === "append" ? itemOf(type) : type;
  const isVariable = !LITERAL.has(operation) && (row.input_type ?? "variable") === "variable";
  const value = Object.create(own.child("value", { label: t("Value") }));
  value.set = (next, options) => change(place, { value: next }, options);
  const number = { name: t("change {number}", { number: place + 1 }) };
  const kind = LITERAL.has(operation) || operation === "over-write" ? null : field(t("Value from"), select([["variable", t("A variable")], ["constant", t("As written here")]], isVariable ? "variable" : "constant", { "data-key": `${own.key}.input_type`, onchange: ({ target }) => change(place, { input_type: target.value, value: target.value === "variable" ? [] : "" }) }));
  if (isVariable) return [kind, picking(value, { value: Array.isArray(row.value) ? row.value : [], types: wanted === "any" ? [] : [wanted], label: t("Value of {name}", number), onpick: (selector) => change(place, { value: selector }) })].filter(Boolean);
  return [kind, constant(value, wanted === "any" ? "string" : wanted)].filter(Boolean);
}
