// The dialog of one variable of the environment or the conversation.
import { openDialog } from "@/core/dialogs.js";
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { field, input, redraw, select } from "@/prompt/fields.js";
import { setPart, newId } from "@/canvas/graph.js";
import { offerRename } from "@/canvas/references.js";

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]{0,29}$/;
const TYPES = {
  env: ["string", "number", "secret"],
  conversation: ["string", "number", "boolean", "object", "array[string]", "array[number]", "array[boolean]", "array[object]"],
};
const EMPTY = { string: "", secret: "", number: 0, boolean: false, object: {} };
const emptyOf = (type) => structuredClone(EMPTY[type] ?? []);
const isSealed = (value) => value !== null && typeof value === "object" && "sealed" in value;

export function editFlowVariable(space, key, place) {
  const list = draft.config[key] ?? [];
  const given = place === null ? { name: "", value_type: "string", value: "", description: "" } : list[place];
  const state = { name: given.name, value_type: given.value_type, description: given.description ?? "", text: textOf(given) };
  const form = h("form", { className: "stack", noValidate: true, onsubmit: (event) => {
    event.preventDefault();
    const { problem, value } = read(state, given, list, place);
    if (problem) return show(problem);
    dialog.close();
    store(space, key, place, { ...given, name: state.name, value_type: state.value_type, value, description: state.description.trim() });
  } });
  const show = (problem = null) => redraw(form, ...parts(space, state, given, place, show, problem));
  show();
  const dialog = openDialog(form, { label: place === null ? t("New variable") : t("Variable {name}", { name: given.name }) });
}

function textOf({ value_type: type, value }) {
  if (type === "secret" || value == null) return "";
  return typeof value === "string" ? value : JSON.stringify(value, null, typeof value === "object" ? 2 : 0);
}

function parts(space, state, given, place, show, problem) {
  const types = TYPES[space].includes(state.value_type) ? TYPES[space] : [...TYPES[space], state.value_type];
  const change = ({ target }) => {
    Object.assign(state, { value_type: target.value, text: target.value === given.value_type ? textOf(given) : "" });
    show();
  };
  return [
    h("h2", {}, place === null ? t("New variable") : t("Variable")),
    field(t("Name"), input({ value: state.name, maxLength: 30, spellcheck: false, className: "input mono", autofocus: true, "data-key": "name", "aria-invalid": problem?.at === "name" ? "true" : null, oninput: ({ target }) => { state.name = target.value.trim(); } }), t("Letters, digits and _, not beginning with a digit.")),
    field(t("Type"), select(types.map((type) => [type, type]), state.value_type, { "data-key": "type", onchange: change })),
    field(space === "env" ? t("Value") : t("First value"), control(state, given, problem), helpOf(state, given)),
    field(t("Description"), input({ value: state.description, maxLength: 500, "data-key": "description", oninput: ({ target }) => { state.description = target.value; } })),
    problem && h("div", { className: "notice bad", role: "alert" }, icon("circle-alert"), h("span", {}, problem.text)),
    h("div", { className: "row end" }, h("button", { className: "btn", type: "button", "data-close": "" }, t("Cancel")), h("button", { className: "btn primary" }, place === null ? t("Add variable") : t("Save"))),
  ];
}

const keepsSecret = (state, given) => state.value_type === "secret" && given.value_type === "secret" && Boolean(given.value);

function helpOf(state, given) {
  if (keepsSecret(state, given)) return t("Left empty, the stored value stays.");
  return /^(object|array)/.test(state.value_type) ? t("As JSON.") : null;
}

function control(state, given, problem) {
  const invalid = problem?.at === "value" ? "true" : null;
  const oninput = ({ target }) => { state.text = target.value; };
  const common = { value: state.text, "data-key": "value", "aria-invalid": invalid, oninput };
  if (state.value_type === "secret") return input({ ...common, type: "password", autocomplete: "new-password", placeholder: keepsSecret(state, given) ? "••••••••" : "" });
  if (["number", "integer", "float"].includes(state.value_type)) return input({ ...common, type: "number", step: "any" });
  if (state.value_type === "boolean") return select([["false", t("false")], ["true", t("true")]], state.text || "false", { "data-key": "value", onchange: oninput });
  return h("textarea", { ...common, className: state.value_type === "string" ? "input" : "input mono", rows: 3, spellcheck: state.value_type === "string" });
}

// The value as it is kept, or what is wrong with it.
function read(state, given, list, place) {
  const { name, value_type: type, text } = state;
  if (!NAME.test(name)) return { problem: { at: "name", text: t("The name takes up to 30 letters, digits and _ and does not begin with a digit.") } };
  if (list.some((row, at) => at !== place && row.name === name)) return { problem: { at: "name", text: t("There is a variable of this name already.") } };
  if (type === "secret") return { value: text || (keepsSecret(state, given) ? given.value : "") };
  if (type === "string") return { value: text };
  if (!text.trim()) return { value: emptyOf(type) };
  try {
    const value = JSON.parse(text);
    if (fits(value, type)) return { value };
  } catch {
    // told below
  }
  return { problem: { at: "value", text: t("The value does not fit the type {type}.", { type }) } };
}

function fits(value, type) {
  const item = type.match(/^array\[(.+)\]$/)?.[1];
  if (item) return Array.isArray(value) && value.every((one) => item === "any" || fits(one, item));
  if (type === "object") return value !== null && typeof value === "object" && !Array.isArray(value) && !isSealed(value);
  return typeof value === (["integer", "float"].includes(type) ? "number" : type);
}

async function store(space, key, place, row) {
  const list = draft.config[key] ?? [];
  const before = list[place]?.name;
  const made = { ...row, id: row.id ?? newUuid(), selector: [space, row.name] };
  const next = place === null ? [...list, made] : list.map((one, at) => (at === place ? made : one));
  setPart({ [key]: next }, { label: place === null ? t("{name} added", { name: row.name }) : t("{name} changed", { name: row.name }) });
  if (before && before !== row.name) await offerRename([space, before], row.name);
}

// Pages without TLS have no UUIDs.
const newUuid = () => globalThis.crypto?.randomUUID?.() ?? newId();
