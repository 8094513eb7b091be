// One field per parameter of a tool: a text with references, a variable, or a value that stays.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { field, input, select, switchField } from "@/prompt/fields.js";

const isMap = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const REFERENCE = /^\{\{#([\w.]+)#\}\}$/;
const isNumber = (type) => type === "number" || type === "integer";
const takesVariable = ({ type }) => type === "file" || type === "object" || String(type).startsWith("array");

const shown = (value) => (value == null ? "" : typeof value === "string" ? value : JSON.stringify(value));

// How texts and variables are filled in, unless the form has better ones: `template(text, write, properties)` and
// `variable(selector, write, properties)` give an element that can be labelled.
export const plainWidgets = {
  template: (text, write, properties) => h("textarea", { className: "input", rows: 2, value: text, ...properties, oninput: ({ target }) => write(target.value) }),
  variable: (selector, write, properties) => input({
    value: selector.length ? `{{#${selector.join(".")}#}}` : "", placeholder: "{{#node.variable#}}", spellcheck: false, ...properties,
    onchange: ({ target }) => write(REFERENCE.exec(target.value.trim())?.[1].split(".") ?? target.value.trim().split(".").filter(Boolean)),
  }),
};

const nameOf = ({ name, label }) => label || name.replaceAll("_", " ").replace(/^./u, (first) => first.toUpperCase());
const labelOf = (parameter) => (parameter.required ? t("{name} (needed)", { name: nameOf(parameter) }) : nameOf(parameter));

// What nobody filled in is not sent, so that the tool does as it would; only a text that is needed may be empty.
const emptyOf = ({ required, type }) => (required && !isNumber(type) ? "" : null);

// `given` is {type, value}, or a bare text or value as older files have it.
function read(given, parameter) {
  if (isMap(given) && "value" in given) return { type: given.type ?? "mixed", value: given.value };
  if (given == null) return { type: takesVariable(parameter) ? "variable" : "mixed", value: null };
  return { type: typeof given === "string" ? "mixed" : "constant", value: given };
}

export function parameterField(parameter, given, write, widgets) {
  const host = h("div", { className: "tool-parameter" });
  let { type, value } = read(given, parameter);
  const put = (nextType, next, options) => {
    [type, value] = [nextType, next];
    write({ ...(isMap(given) ? given : {}), type, value }, options);
  };
  const properties = { "data-key": `tool-${parameter.name}` };
  const typing = { key: `tool-${parameter.name}`, source: "node" };

  function control() {
    if (parameter.options.length) return select([["", t("None")], ...parameter.options.map((one) => [String(one), String(one)])], shown(value), { ...properties, onchange: ({ target }) => put("constant", target.value || null) });
    if (type === "variable") return widgets.variable(Array.isArray(value) ? value : [], (selector) => put("variable", selector), properties);
    return widgets.template(shown(value), (text) => put("mixed", text || emptyOf(parameter), typing), properties);
  }

  function change() {
    put(type === "variable" ? "mixed" : "variable", type === "variable" ? textOf(value) : selectorOf(value));
    draw();
    host.querySelector(".tool-way").focus();
  }

  function draw() {
    const box = field(labelOf(parameter), control(), parameter.description || null);
    const label = type === "variable" ? t("Write a text instead") : t("Choose a variable instead");
    const way = h("button", { className: "btn ghost icon-only tool-way", type: "button", "aria-label": `${nameOf(parameter)}: ${label}`, title: label, onclick: change }, icon(type === "variable" ? "type" : "variable"));
    host.replaceChildren(box, ...(parameter.options.length || parameter.type === "boolean" ? [] : [way]));
  }

  if (parameter.type === "boolean" && type !== "variable") return constantSwitch(parameter, value, (on) => put("constant", on));
  draw();
  return host;
}

const textOf = (selector) => (Array.isArray(selector) && selector.length ? `{{#${selector.join(".")}#}}` : "");
const selectorOf = (text) => REFERENCE.exec(shown(text).trim())?.[1].split(".") ?? [];

const isTrue = (value) => (typeof value === "string" ? ["true", "1", "yes"].includes(value.trim().toLowerCase()) : Boolean(value));

function constantSwitch(parameter, value, write) {
  return h("div", { className: "tool-parameter" }, h("div", { className: "field" }, switchField(nameOf(parameter), isTrue(value), write, { "data-key": `tool-${parameter.name}` }),
    parameter.description ? h("p", { className: "help" }, parameter.description) : null));
}

// A value that does not change from run to run; files hold it bare or as {type, value}, and so it stays.
export function settingField(parameter, given, write) {
  const isWrapped = isMap(given) && "value" in given;
  const value = (isWrapped ? given.value : given) ?? parameter.default;
  const put = (next, options) => write(isWrapped ? { ...given, value: next } : next, options);
  const properties = { "data-key": `tool-${parameter.name}` };
  const typing = { key: `tool-${parameter.name}`, source: "node" };
  if (parameter.type === "boolean") return constantSwitch(parameter, value, put);
  if (parameter.options.length) return field(labelOf(parameter), select(parameter.options.map((one) => [String(one), String(one)]), shown(value), { ...properties, onchange: ({ target }) => put(target.value) }), parameter.description || null);
  const bounds = isNumber(parameter.type) ? { type: "number", step: parameter.type === "integer" ? 1 : "any", min: parameter.minimum ?? "", max: parameter.maximum ?? "" } : {};
  const numberOr = (text) => (isNumber(parameter.type) ? (text === "" ? null : Number(text)) : text);
  return field(labelOf(parameter), input({ value: shown(value), ...bounds, ...properties, oninput: ({ target }) => put(numberOr(target.value), typing) }), parameter.description || null);
}
