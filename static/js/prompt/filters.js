// Which documents of the knowledge are looked at, by their metadata.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { field, iconButton, input, select } from "@/prompt/fields.js";

const BUILT_IN = ["document_name", "uploader", "upload_date", "last_update_date", "source"];
const WITHOUT_VALUE = new Set(["empty", "not empty"]);
const OPERATORS = () => [
  ["is", t("is")], ["is not", t("is not")], ["contains", t("contains")], ["not contains", t("does not contain")], ["start with", t("begins with")], ["end with", t("ends with")],
  ["=", "="], ["≠", "≠"], [">", ">"], ["<", "<"], ["≥", "≥"], ["≤", "≤"], ["before", t("before")], ["after", t("after")], ["empty", t("is empty")], ["not empty", t("is not empty")],
];

const listOf = (settings) => settings.metadata_filtering_conditions?.conditions ?? [];

export function filters(settings, bases, write) {
  const mode = settings.metadata_filtering_mode ?? "disabled";
  const modes = [["disabled", t("All documents")], ["automatic", t("Those that fit the question: the model decides")], ["manual", t("Those that meet conditions")]];
  const choose = field(t("Documents that are looked at"), select(modes, mode, { "data-key": "filtering", onchange: ({ target }) => write((next) => { next.metadata_filtering_mode = target.value; }) }), t("By the metadata of the documents."));
  return mode === "manual" ? [choose, conditions(settings, bases, write)] : [choose];
}

function conditions(settings, bases, write) {
  const change = (recipe, key) => write((next) => recipe(((next.metadata_filtering_conditions ??= { logical_operator: "and" }).conditions ??= [])), key);
  const names = [...new Set([...bases.flatMap(({ fields = [] }) => fields), ...BUILT_IN])];
  const rows = listOf(settings);
  const joined = rows.length > 1 ? field(t("A document is looked at when"), select([["and", t("all conditions hold")], ["or", t("one condition holds")]], settings.metadata_filtering_conditions.logical_operator ?? "and", { "data-key": "joined", onchange: ({ target }) => write((next) => { next.metadata_filtering_conditions.logical_operator = target.value; }) })) : null;
  const add = h("button", { className: "btn", type: "button", "data-key": "add-condition", onclick: () => change((list) => list.push({ name: names[0], comparison_operator: "is", value: "" })) }, icon("plus"), t("Add condition"));
  return h("div", { className: "stack" }, joined, rows.map((one, place) => row(one, place, names, change)), h("div", {}, add));
}

function row({ name, comparison_operator: operator, value }, place, names, change) {
  const number = { number: place + 1 };
  const set = (key, step = null) => ({ target }) => change((list) => { list[place][key] = target.value; }, step);
  return h("div", { className: "condition" },
    select(names.map((one) => [one, one]), name, { "aria-label": t("Field of condition {number}", number), "data-key": `condition-name-${place}`, onchange: set("name") }),
    select(OPERATORS(), operator, { "aria-label": t("Comparison of condition {number}", number), "data-key": `condition-operator-${place}`, onchange: set("comparison_operator") }),
    WITHOUT_VALUE.has(operator) ? h("span") : input({ value: value ?? "", "aria-label": t("Value of condition {number}", number), placeholder: "{{name}}", "data-key": `condition-value-${place}`, oninput: set("value", `condition-${place}`) }),
    iconButton(t("Remove condition {number}", number), "x", () => change((list) => list.splice(place, 1))));
}
