// Conditions: variable, comparison, value. Of lists of files each file is looked at.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { iconButton, input, select } from "@/prompt/fields.js";
import { newId } from "@/canvas/graph.js";
import { itemOf, typeOfSelector } from "@/canvas/variables.js";
import { FILE_FACTS, OPERATOR_WORDS, needsValue, operatorsOf, operatorsOfFact, takesSeveral, usualOperator } from "@/canvas/forms/operators.js";
import { templateBox } from "@/canvas/forms/template.js";
import { picking } from "@/canvas/forms/variable.js";

const asOptions = (words) => words.map((word) => [word, OPERATOR_WORDS[word] ?? word]);
const word = (value, label, key, options, onchange) => select(options, value, { "aria-label": label, "data-key": key, onchange: ({ target }) => onchange(target.value) });

// "All" or "one of them": shown between conditions, of which there must be two.
export function joinedBy(slot, count) {
  if (count < 2) return null;
  const options = [["and", t("all of these hold")], ["or", t("one of these holds")]];
  return word(slot.value ?? "and", t("How conditions are joined"), slot.key, options, (next) => slot.set(next));
}

// The value of a condition: a switch, several words, or a text with references.
function valueOf(slot, type, operator, known) {
  if (!needsValue(operator)) return null;
  if (type === "boolean") return word(String(slot.value ?? "true").toLowerCase(), slot.numbered, slot.key, [["true", t("true")], ["false", t("false")]], (next) => slot.set(next));
  if (known && takesSeveral(operator)) return severalOf(slot, known);
  if (takesSeveral(operator)) return listOf(slot);
  return templateBox(slot, { isLine: true, hint: type === "number" ? t("A number, or / for a variable") : t("A text, or / for a variable"), value: Array.isArray(slot.value) ? slot.value.join(", ") : slot.value }).element;
}

function severalOf(slot, known) {
  const chosen = Array.isArray(slot.value) ? slot.value : slot.value ? [slot.value] : [];
  const change = (one) => ({ target }) => slot.set(target.checked ? [...chosen, one] : chosen.filter((other) => other !== one));
  return h("div", { className: "row tight", role: "group", "aria-label": slot.numbered }, known.map((one) => h("label", { className: "check row tight" }, h("input", { type: "checkbox", checked: chosen.includes(one), "data-key": `${slot.key}-${one}`, onchange: change(one) }), one)));
}

function listOf(slot) {
  const value = Array.isArray(slot.value) ? slot.value.join(", ") : slot.value ?? "";
  const store = ({ target }) => slot.set(target.value.split(",").map((part) => part.trim()).filter(Boolean));
  return input({ value, placeholder: t("Several, with commas between"), "aria-label": slot.numbered, "data-key": slot.key, onchange: store });
}

const part = (slot, name, label) => slot.child(name, { label });

function condition(slot, place, list) {
  const row = slot.child(place, {});
  const { variable_selector: selector, comparison_operator: operator } = list[place];
  const type = typeOfSelector(selector, slot.form.id) || list[place].varType || "";
  const name = t("condition {number}", { number: place + 1 });
  const choose = (next, found) => {
    const kept = operatorsOf(found).includes(operator) ? operator : usualOperator(found);
    row.set({ ...row.value, variable_selector: next, varType: found, comparison_operator: kept, ...(found === type ? {} : { value: "" }) });
  };
  const button = picking(part(row, "variable_selector", t("Variable of {name}", { name })), { scope: slot.property.scope, label: t("Variable of {name}", { name }), onpick: choose });
  const ofFiles = type === "array[file]" && !["empty", "not empty"].includes(operator);
  return h("div", { className: "condition-row", role: "group", "aria-label": name, "data-row": row.key },
    h("div", { className: "condition-head" }, button, iconButton(t("Remove {name}", { name }), "trash-2", () => slot.remove(place), { "data-key": `${row.key}-remove` })),
    h("div", { className: "condition-body" },
      word(operator ?? "", t("Comparison of {name}", { name }), `${row.key}.comparison_operator`, operator ? asOptions(operatorsOf(type)) : [["", t("Choose …")], ...asOptions(operatorsOf(type))], (next) => row.set({ ...row.value, comparison_operator: next, ...(takesSeveral(next) === takesSeveral(operator) ? {} : { value: "" }) })),
      ofFiles ? null : valueOf(part(row, "value", t("Value of {name}", { name })), type, operator)),
    ofFiles ? ofEachFile(row) : null);
}

// What each file must be like.
function ofEachFile(row) {
  const inner = row.child("sub_variable_condition", {});
  const list = inner.value?.conditions ?? [];
  const rowsOfFiles = inner.child("conditions", {});
  const add = () => inner.set({ logical_operator: "and", ...inner.value, case_id: inner.value?.case_id ?? newId(), conditions: [...(inner.value?.conditions ?? []), { id: newId(), key: "type", comparison_operator: "in", value: [], varType: "string" }] });
  return h("div", { className: "sub-conditions" }, h("p", { className: "help" }, t("Of a file in the list:")), joinedBy(inner.child("logical_operator", {}), list.length),
    list.map((_, place) => fact(rowsOfFiles, place, list)), h("button", { className: "btn small", type: "button", "data-key": `${inner.key}-add`, onclick: add }, icon("plus"), t("Add what a file must be like")));
}

function fact(slot, place, list) {
  const row = slot.child(place, {});
  const { key = "", comparison_operator: operator = "" } = list[place];
  const known = FILE_FACTS[key];
  const name = t("fact {number}", { number: place + 1 });
  const change = (next) => row.set({ ...row.value, key: next, comparison_operator: operatorsOfFact(next)[0], value: FILE_FACTS[next]?.values ? [] : "", varType: FILE_FACTS[next]?.type ?? "string" });
  return h("div", { className: "condition-row", role: "group", "aria-label": name },
    h("div", { className: "condition-body" }, word(key, t("What {name} looks at", { name }), `${row.key}.key`, Object.keys(FILE_FACTS).map((one) => [one, one.replace("_", " ")]), change),
      word(operator, t("Comparison of {name}", { name }), `${row.key}.comparison_operator`, asOptions(operatorsOfFact(key)), (next) => row.set({ ...row.value, comparison_operator: next })),
      iconButton(t("Remove {name}", { name }), "x", () => slot.remove(place), { "data-key": `${row.key}-remove` })),
    valueOf(part(row, "value", t("Value of {name}", { name })), known?.type ?? "string", operator, known?.values));
}

// The conditions of a slot with the button that adds one.
export function conditionList(slot) {
  const list = Array.isArray(slot.value) ? slot.value : [];
  const add = () => {
    slot.add({ id: newId(), variable_selector: [], comparison_operator: "", value: "", varType: "" });
    slot.form.host.querySelector(`[data-row="${CSS.escape(`${slot.key}.${list.length}`)}"] button`)?.focus();
  };
  return [...list.map((_, place) => condition(slot, place, list)), h("div", {}, h("button", { className: "btn small", type: "button", "data-key": `${slot.key}-add`, onclick: add }, icon("plus"), t("Add condition")))];
}

export function conditions(slot) {
  const joined = joinedBy(slot.neighbour("logical_operator"), slot.value?.length ?? 0);
  return slot.group([joined, ...conditionList(slot)]);
}

// Conditions on the items of a list: of files by what is known of them, of others by their value.
export function itemConditions(slot) {
  const list = Array.isArray(slot.value) ? slot.value : [];
  const { variable: selector } = slot.form.data;
  const type = itemOf(typeOfSelector(selector, slot.form.id) || slot.form.data.var_type || "");
  const isFile = type === "file";
  const fresh = isFile ? { key: "type", comparison_operator: "in", value: [] } : { key: "", comparison_operator: usualOperator(type), value: "" };
  const plain = (_, place) => {
    const row = slot.child(place, {});
    const name = t("condition {number}", { number: place + 1 });
    const operator = row.value?.comparison_operator ?? "";
    return h("div", { className: "condition-row", role: "group", "aria-label": name }, h("div", { className: "condition-body" },
      word(operator, t("Comparison of {name}", { name }), `${row.key}.comparison_operator`, asOptions(operatorsOf(type)), (next) => row.set({ ...row.value, comparison_operator: next })),
      valueOf(part(row, "value", t("Value of {name}", { name })), type, operator),
      iconButton(t("Remove {name}", { name }), "x", () => slot.remove(place), { "data-key": `${row.key}-remove` })));
  };
  return slot.group([...list.map(isFile ? (_, place) => fact(slot, place, list) : plain), h("div", {}, h("button", { className: "btn small", type: "button", "data-key": `${slot.key}-add`, onclick: () => slot.add(fresh) }, icon("plus"), t("Add condition")))]);
}
