// The dialog of one environment or conversation variable.
import { confirm, openDialog } from "@/core/dialogs.js";
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { field, input, redraw, select, switchField } from "@/prompt/fields.js";
import { renamed, usersOfVariable } from "@/canvas/references.js";
import { EXAMPLES, emptyOf, faultOfName, isEmpty, isJson, isNumber, newUuid, rowsOf, typeLabel, valueOf, valueText, withRows } from "@/canvas/variable-rows.js";

const SECRET = "secret";

export const newVariable = (kind) => edit(kind, null);
export const editVariable = (kind, row) => edit(kind, row);

// `text` is what stands in the field of the value, null while nobody has typed there: then the value stays as it is.
function stateOf(kind, row) {
  if (row) return { name: row.name, type: row.value_type, description: row.description ?? "", value: row.value, text: null };
  return { name: "", type: kind.types[0], description: "", value: emptyOf(kind.types[0]), text: null };
}

function edit(kind, row) {
  const state = stateOf(kind, row);
  const show = (problem = null) => redraw(form, parts(kind, row, state, show, problem));
  const form = h("form", { noValidate: true, className: "stack variable-form", autocomplete: "off", onsubmit: async (event) => {
    event.preventDefault();
    const problem = await store(kind, row, state);
    if (problem) show(problem);
    else if (problem === null) dialog.close();
    form.querySelector("[aria-invalid=true]")?.focus();
  } });
  show();
  const opener = document.activeElement?.dataset.key;
  const dialog = openDialog(form, { label: row ? t("Variable {name}", { name: row.name }) : t("New variable") });
  // The drawer was drawn anew meanwhile: the focus goes to what stands in the place of the button it came from.
  dialog.addEventListener("close", () => opener && document.querySelector(`#dock [data-key="${CSS.escape(opener)}"]`)?.focus());
}

function parts(kind, row, state, show, problem) {
  const types = kind.types.map((type) => [type, typeLabel(type)]);
  const isWrong = (name) => (problem?.field === name ? "true" : null);
  return [
    h("h2", {}, row ? t("Variable") : t("New variable")),
    field(t("Name"), input({ value: state.name, maxLength: 30, required: true, spellcheck: false, autofocus: true, "data-key": "name", "aria-invalid": isWrong("name"), oninput: ({ target }) => { state.name = target.value; } }), t("Letters, digits and _, not beginning with a digit.")),
    field(t("Type"), select(types, state.type, { "data-key": "type", onchange: ({ target }) => { changeType(state, target.value); show(); } })),
    valueField(kind, state, isWrong("value")),
    field(t("Description"), h("textarea", { className: "input", rows: 2, maxLength: 500, value: state.description, "data-key": "description", oninput: ({ target }) => { state.description = target.value; } }), t("For whoever works on this app after you.")),
    problem && h("div", { className: "notice bad", role: "alert" }, icon("circle-alert"), h("span", {}, problem.text)),
    h("div", { className: "row end" }, h("button", { className: "btn", type: "button", "data-close": "" }, t("Cancel")), h("button", { className: "btn primary" }, row ? t("Save") : t("Add variable"))),
  ];
}

// A secret is never shown, not even as a text: another type begins with nothing.
function changeType(state, type) {
  const text = state.type === SECRET ? "" : state.text ?? valueText(state);
  Object.assign(state, { type, text: isJson(type) || type === "boolean" ? "" : text, value: emptyOf(type) });
}

function valueField({ namespace }, state, isWrong) {
  const { type } = state;
  const label = namespace === "env" ? t("Value") : t("Value at the beginning");
  const more = { "data-key": "value", "aria-invalid": isWrong, spellcheck: false, oninput: ({ target }) => { state.text = target.value; } };
  if (type === "boolean") return switchField(label, state.value === true, (on) => Object.assign(state, { value: on, text: null }), { "data-key": "value" });
  if (type === SECRET) {
    const isKept = !isEmpty(state.value);
    return field(label, input({ type: "password", autocomplete: "new-password", value: state.text ?? "", placeholder: isKept ? "••••••••" : "", ...more }), isKept ? t("A value is stored. Type another one to replace it.") : t("Stored encrypted; nobody can read it here afterwards."));
  }
  const text = state.text ?? valueText(state, 2);
  if (isNumber(type)) return field(label, input({ value: text, inputMode: "decimal", ...more }));
  const area = h("textarea", { className: isJson(type) ? "input code" : "input", rows: isJson(type) ? 5 : 3, value: text, ...more });
  return field(label, area, isJson(type) ? t("As JSON, such as {example}", { example: EXAMPLES[type] ?? "[]" }) : null);
}

// Null when all is stored, undefined when it was thought better of, or what is wrong.
async function store(kind, row, state) {
  const name = state.name.trim();
  const others = rowsOf(draft.config, kind).filter((one) => one !== row).map((one) => one.name);
  const fault = faultOfName(name, others);
  if (fault) return { field: "name", text: fault };
  let value;
  try {
    value = valueToKeep(state);
  } catch (error) {
    return { field: "value", text: error.message };
  }
  const next = { ...(row ?? { id: newUuid() }), name, value_type: state.type, value, description: state.description.trim(), selector: [kind.namespace, name] };
  return put(kind, row, next);
}

// Of a secret an empty field means: as before.
function valueToKeep({ type, text, value }) {
  if (text === null || (type === SECRET && text === "")) return value ?? emptyOf(type);
  return valueOf(text, type);
}

async function put(kind, row, next) {
  let { config } = draft;
  if (row && row.name !== next.name) {
    const users = usersOfVariable(config, [kind.namespace, row.name]);
    const question = t("{name} is used by {users}. It will be called {next} there, too.", { name: row.name, users: users.join(", "), next: next.name });
    if (users.length && !(await confirm(question, { action: t("Rename everywhere") }))) return undefined;
    config = renamed(config, [kind.namespace, row.name], next.name);
  }
  const rows = rowsOf(config, kind);
  const all = row ? rows.map((one) => (one === row ? next : one)) : [...rows, next];
  draft.put(withRows(config, kind, all), { label: row ? t("{name} changed", { name: next.name }) : t("{name} added", { name: next.name }) });
  return null;
}
