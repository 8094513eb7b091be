// The dialog of one field of the form.
import { openDialog } from "@/core/dialogs.js";
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { field, iconButton, input, redraw, select, switchField } from "@/prompt/fields.js";
import { VARIABLE, addField, namesOf, renameIn } from "@/prompt/names.js";

export const KINDS = [
  ["text-input", t("Text"), "type"],
  ["paragraph", t("Paragraph"), "list"],
  ["select", t("Choice"), "list-checks"],
  ["number", t("Number"), "hash"],
  ["checkbox", t("Checkbox"), "circle-check"],
  ["file", t("File"), "file"],
  ["file-list", t("Several files"), "files"],
];
export const kindLabel = (kind) => KINDS.find(([key]) => key === kind)?.[1] ?? kind;
const FILE_TYPES = () => [["image", t("Pictures")], ["document", t("Documents")], ["audio", t("Audio")], ["video", t("Video")]];
const TEXTS = new Set(["text-input", "paragraph"]);
const LENGTHS = { "text-input": 256, paragraph: 4000 };
const FILES = new Set(["file", "file-list"]);

// Resolves to the name of a new field, or to null.
export const newVariable = (name = "", kind = "text-input") => edit({ kind, variable: name, label: "", required: true }, null);

export const editVariable = (given, place) => edit(given, place);

function edit(given, place) {
  const state = structuredClone(given);
  state.max_length ??= LENGTHS[state.kind];
  return new Promise((resolve) => {
    let saved = null;
    const form = h("form", { noValidate: true, onsubmit: (event) => {
      event.preventDefault();
      const problem = fault(state, given, place);
      if (problem) return show(problem);
      saved = state.variable;
      store(state, given, place);
      dialog.close();
    } });
    const show = (problem = null) => redraw(form, ...parts(state, show, problem, place));
    show();
    const dialog = openDialog(form, { label: place === null ? t("New variable") : t("Variable {name}", { name: given.variable }) });
    dialog.addEventListener("close", () => resolve(saved));
  });
}

function parts(state, show, problem, place) {
  const write = (key, read = ({ target }) => target.value) => (event) => { state[key] = read(event); };
  return [
    h("h2", {}, place === null ? t("New variable") : t("Variable")),
    field(t("Type"), select(KINDS, state.kind, { "data-key": "kind", onchange: ({ target }) => { changeKind(state, target.value); show(); } })),
    field(t("Name in the prompt"), input({ value: state.variable, maxLength: 100, required: true, spellcheck: false, "data-key": "variable", autofocus: true, "aria-invalid": problem?.field === "variable" ? "true" : null, oninput: write("variable") }), t("Letters, digits and _, not beginning with a digit.")),
    field(t("Label in the form"), input({ value: state.label ?? "", maxLength: 200, placeholder: state.variable, "data-key": "label", oninput: write("label") })),
    ...own(state, show, write),
    switchField(t("Must be filled in"), Boolean(state.required), (on) => { state.required = on; }, { "data-key": "required" }),
    problem && h("div", { className: "notice bad", role: "alert" }, icon("circle-alert"), h("span", {}, problem.text)),
    h("div", { className: "row end" },
      h("button", { className: "btn", type: "button", "data-close": "" }, t("Cancel")),
      h("button", { className: "btn primary" }, place === null ? t("Add variable") : t("Save"))),
  ];
}

// What only some kinds have.
function own(state, show, write) {
  const whole = ({ target }) => (target.value ? Math.max(1, Math.round(Number(target.value))) : null);
  const { kind } = state;
  if (TEXTS.has(kind)) {
    return [
      field(t("Longest text in characters"), input({ type: "number", min: 1, value: state.max_length ?? "", "data-key": "max_length", oninput: write("max_length", whole) }), t("Empty: no limit.")),
      field(t("Filled in beforehand"), kind === "paragraph" ? h("textarea", { className: "input", value: state.default ?? "", "data-key": "default", oninput: write("default") }) : input({ value: state.default ?? "", "data-key": "default", oninput: write("default") })),
    ];
  }
  if (kind === "number") return [field(t("Filled in beforehand"), input({ type: "number", step: "any", value: state.default ?? "", "data-key": "default", oninput: write("default") }))];
  if (kind === "checkbox") return [switchField(t("Ticked beforehand"), state.default === true, (on) => { state.default = on; })];
  if (kind === "select") return [options(state, show), field(t("Chosen beforehand"), select([["", t("None")], ...(state.options ?? []).filter(Boolean).map((one) => [one, one])], state.default ?? "", { "data-key": "default", onchange: write("default") }))];
  if (FILES.has(kind)) return [fileTypes(state), kind === "file-list" ? field(t("At most so many files"), input({ type: "number", min: 1, max: 10, value: state.max_length ?? 3, "data-key": "max_length", oninput: write("max_length", whole) })) : null];
  return [];
}

function options(state, show) {
  const list = (state.options ??= []);
  const rows = list.map((value, place) => h("div", { className: "row tight" },
    input({ className: "input grow", value, maxLength: 200, "aria-label": t("Option {number}", { number: place + 1 }), "data-key": `option-${place}`, oninput: ({ target }) => { list[place] = target.value; } }),
    iconButton(t("Remove option {number}", { number: place + 1 }), "x", () => { list.splice(place, 1); show(); })));
  const add = h("button", { className: "btn", type: "button", "data-key": "add-option", onclick: ({ target }) => {
    list.push("");
    const form = target.closest("form");
    show();
    form.querySelector(`[data-key="option-${list.length - 1}"]`).focus();
  } }, icon("plus"), t("Add option"));
  return h("fieldset", { className: "plain" }, h("legend", { className: "legend" }, t("Options")), rows, h("div", {}, add));
}

function fileTypes(state) {
  const types = (state.allowed_file_types ??= ["image"]);
  const change = (key) => ({ target }) => { state.allowed_file_types = target.checked ? [...new Set([...state.allowed_file_types, key])] : state.allowed_file_types.filter((one) => one !== key); };
  return h("fieldset", { className: "plain" }, h("legend", { className: "legend" }, t("Kinds of files")),
    h("div", { className: "row" }, FILE_TYPES().map(([key, label]) => h("label", { className: "check row tight" }, h("input", { type: "checkbox", checked: types.includes(key), onchange: change(key) }), label))));
}

function changeKind(state, kind) {
  Object.assign(state, { kind, max_length: LENGTHS[kind] ?? (kind === "file-list" ? 3 : null), default: kind === "checkbox" ? false : "" });
}

function fault(state, given, place) {
  const others = namesOf(draft.config).filter((name) => place === null || name !== given.variable);
  state.variable = state.variable.trim();
  if (!VARIABLE.test(state.variable)) return { field: "variable", text: t("The name takes letters, digits and _ and does not begin with a digit.") };
  if (others.includes(state.variable)) return { field: "variable", text: t("The form has a field of this name already.") };
  if (state.kind === "select" && !(state.options ?? []).some((one) => one.trim())) return { field: "options", text: t("Give at least one option.") };
  if (FILES.has(state.kind) && !state.allowed_file_types.length) return { field: "files", text: t("Choose at least one kind of files.") };
  return null;
}

// The field as it is kept, without what its kind does not have.
function cleaned({ kind, ...given }) {
  const kept = { ...given, label: given.label?.trim() || given.variable };
  if (kind !== "select") delete kept.options;
  else kept.options = [...new Set(kept.options.map((one) => one.trim()).filter(Boolean))];
  if (kind === "select" && !kept.options.includes(kept.default)) kept.default = "";
  if (!TEXTS.has(kind) && kind !== "file-list") delete kept.max_length;
  if (!FILES.has(kind)) delete kept.allowed_file_types;
  else kept.allowed_file_upload_methods ??= ["local_file", "remote_url"];
  if (FILES.has(kind)) delete kept.default;
  return kept;
}

function store(state, given, place) {
  const { kind } = state;
  draft.change((config) => {
    if (place === null) return addField(config, { kind, ...cleaned(state) });
    config.user_input_form[place] = { [kind]: cleaned(state) };
    if (state.variable !== given.variable) renameIn(config, given.variable, state.variable);
  });
}
