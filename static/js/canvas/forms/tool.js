// Which tool is used, and what it is given: texts with references, variables, settings.
import { openDialog } from "@/core/dialogs.js";
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { input, select } from "@/prompt/fields.js";
import { page } from "@/prompt/page.js";
import { typeOf } from "@/canvas/catalogue.js";
import { nodesOf } from "@/canvas/graph.js";
import { templateBox } from "@/canvas/forms/template.js";

const shortName = (provider) => String(provider ?? "").split("/").at(-1);

function toolOf({ provider_type: type = "builtin", provider_id: provider, provider_name: other, tool_name: name }) {
  if (type === "workflow") return page.tools.find((one) => one.provider_type === type && [provider, other].includes(one.provider_id));
  return page.tools.find((one) => one.provider_type === "builtin" && one.name === name && [shortName(provider), shortName(other)].includes(one.provider_id));
}

export function tool(slot) {
  const found = toolOf(slot.parent);
  const open = ({ currentTarget }) => choose(slot, currentTarget);
  const name = found?.label ?? slot.parent.tool_label ?? slot.value;
  const button = h("button", { className: "btn model-choice", type: "button", "aria-haspopup": "dialog", "data-key": slot.key, onclick: open }, icon(found?.provider_type === "workflow" ? "workflow" : "wrench"),
    h("span", { className: "grow clip" }, name || t("Choose a tool")), !found && slot.value ? h("span", { className: "chip bad" }, t("not installed")) : null, icon("chevron-down"));
  return h("div", { className: "plain-group" }, slot.group(button, { help: found?.description ?? null }), found ? found.fields.map((field) => parameter(slot, field)) : leftOver(slot));
}

// What a tool that is not here was given stays in the file.
function leftOver(slot) {
  const count = Object.keys(slot.parent.tool_parameters ?? {}).length;
  return slot.value ? h("p", { className: "help" }, t("This tool is not installed here. What it is given ({count} parameters) stays in the file.", { count })) : null;
}

function parameter(slot, field) {
  const place = field.is_setting || (slot.parent.tool_configurations ?? {})[field.name] !== undefined ? "tool_configurations" : "tool_parameters";
  const own = slot.neighbour(place).child(field.name, { label: field.is_required ? `${field.label} *` : field.label, description: field.description });
  const given = own.value !== null && typeof own.value === "object" && "value" in own.value ? own.value : { type: field.is_setting ? "constant" : "mixed", value: own.value };
  const asText = given.type === "variable" && Array.isArray(given.value) ? `{{#${given.value.join(".")}#}}` : given.value;
  const store = (value, options) => own.set(field.is_setting && typeof own.value !== "object" ? value : { ...given, type: typeof value === "string" ? textType(value) : "constant", value: asKept(value) }, options);
  if (field.options.length) return own.labelled(select([["", t("(none)")], ...field.options.map((one) => [String(one), String(one)])], String(asText ?? field.default ?? ""), { onchange: ({ target }) => store(target.value) }));
  if (field.type === "boolean") return own.labelled(select([["", t("(none)")], ["true", t("true")], ["false", t("false")]], String(asText ?? field.default ?? ""), { onchange: ({ target }) => store(target.value === "" ? null : target.value === "true") }));
  if (field.is_setting && field.type === "number") return own.labelled(input({ type: "number", step: "any", value: asText ?? field.default ?? "", onchange: ({ target }) => store(target.value === "" ? null : Number(target.value)) }));
  const box = templateBox(own, { value: asText ?? "", label: field.label, isLine: field.name !== "code", hint: field.default == null ? "" : String(field.default), store: (text) => store(text, { isTyping: true }) });
  return own.group([box.element, field.description ? h("p", { className: "help" }, field.description) : null], { help: null });
}

// A text that is one reference and nothing else hands the value on as it is.
const ALONE = /^\s*\{\{#([^#{}\s]+)#\}\}\s*$/;
const textType = (text) => (ALONE.test(text) ? "variable" : "mixed");
const asKept = (value) => (typeof value === "string" && ALONE.test(value) ? value.match(ALONE)[1].split(".") : value);

function choose(slot) {
  const search = input({ type: "search", placeholder: t("Search tools"), "aria-label": t("Search tools"), autofocus: true, maxLength: 60, oninput: () => show() });
  const list = h("div", { className: "choice-list" });
  const take = (one) => () => {
    const isLabel = !slot.parent.title || slot.parent.title === slot.parent.tool_label || isUsual(slot);
    slot.setAll({
      provider_type: one.provider_type, provider_id: one.provider_id, provider_name: one.provider_type === "workflow" ? one.name : one.provider_id, tool_name: one.name, tool_label: one.label,
      tool_configurations: {}, tool_parameters: {}, ...(isLabel && !nodesOf().some(({ data }) => data.title === one.label) ? { title: one.label } : {}),
    });
    dialog.close();
  };
  const show = () => {
    const words = search.value.trim().toLowerCase();
    const fits = page.tools.filter((one) => `${one.label} ${one.description} ${one.provider_label}`.toLowerCase().includes(words));
    const groups = Object.entries(Object.groupBy(fits, (one) => (one.provider_type === "workflow" ? t("Workflows of this workspace") : one.provider_label)));
    list.replaceChildren(...groups.map(([label, some]) => h("div", { role: "group", "aria-label": label }, h("p", { className: "over" }, label),
      some.map((one) => h("button", { className: "kind", type: "button", onclick: take(one) }, h("span", { className: "node-sign outside" }, icon(one.provider_type === "workflow" ? "workflow" : "wrench")), h("span", { className: "kind-name" }, h("strong", {}, one.label), h("small", {}, one.description)))))),
    ...(fits.length ? [] : [h("p", { className: "muted" }, t("No tool is called so."))]));
  };
  show();
  const dialog = openDialog(h("div", { className: "stack" }, h("h2", {}, t("Choose a tool")), search, list), { label: t("Choose a tool") });
}

const isUsual = (slot) => slot.parent.title.startsWith(typeOf({ data: slot.form.data }).label);
