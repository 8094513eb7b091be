// The form of an app's variables. The server checks again; here the browser's own validation speaks.
import { FileField } from "@/chat/file-field.js";
import { h } from "@/core/dom.js";
import { t } from "@/core/words.js";

const controls = {
  paragraph: () => h("textarea", { className: "input", rows: 3 }),
  select: (field) => h("select", { className: "input" }, h("option", { value: "" }, t("Choose")), field.options.map((option) => h("option", {}, option))),
  number: () => h("input", { className: "input", type: "number", step: "any" }),
  checkbox: () => h("input", { type: "checkbox" }),
  "text-input": () => h("input", { className: "input", type: "text" }),
};
const FILE_KINDS = new Set(["file", "file-list"]);
const YES = new Set(["true", "1", "yes", "on"]);

class Field {
  constructor(field) {
    Object.assign(this, { name: field.name, label: field.label, kind: field.kind });
    const control = this.control = controls[field.kind](field);
    const isCheckbox = field.kind === "checkbox";
    Object.assign(control, { id: `variable-${field.name}`, name: field.name, required: field.required && !isCheckbox });
    if (field.max_length && "maxLength" in control) control.maxLength = field.max_length;
    if (field.default != null) this.value = field.default;
    const optional = field.required || isCheckbox ? null : h("span", { className: "optional" }, ` (${t("optional")})`);
    const label = h("label", { htmlFor: control.id }, field.label, optional);
    this.element = h("div", { className: isCheckbox ? "field check" : "field" }, isCheckbox ? [control, label] : [label, control]);
  }

  get value() {
    const { control } = this;
    if (this.kind === "checkbox") return control.checked;
    if (control.value === "") return undefined;
    return this.kind === "number" ? Number(control.value) : control.value;
  }

  set value(value) {
    if (this.kind === "checkbox") this.control.checked = value === true || YES.has(String(value).toLowerCase());
    else this.control.value = String(value);
  }

  get text() {
    return this.kind === "checkbox" ? (this.value ? t("Yes") : t("No")) : String(this.value ?? "");
  }
}

export class VariablesForm {
  // `fields`: {kind, name, label, required, max_length, default, options}. Those of kinds that nobody can fill in here
  // are left to the API; files can be where `upload(file)` gives their id.
  constructor(fields, { submitLabel, onsubmit, upload }) {
    const shown = fields.filter((field) => field.kind in controls || (upload && FILE_KINDS.has(field.kind)));
    this.fields = shown.map((field) => (FILE_KINDS.has(field.kind) ? new FileField(field, upload) : new Field(field)));
    this.isEmpty = shown.length === 0;
    this.button = submitLabel && h("button", { className: "btn primary" }, submitLabel);
    this.set = h("fieldset", { className: "plain" }, this.fields.map((field) => field.element));
    this.element = h("form", { className: "card", "aria-label": t("Details the app asks for"), onsubmit: (event) => {
      event.preventDefault();
      onsubmit();
    } }, this.set, this.button);
  }

  isValid() {
    return this.element.reportValidity();
  }

  // Whether it could be sent as it is; says nothing to the person.
  get isComplete() {
    return this.fields.every((field) => field.control.checkValidity());
  }

  has(name) {
    return this.fields.some((field) => field.name === name);
  }

  lock(isLocked) {
    this.set.disabled = isLocked;
  }

  fill(values) {
    for (const field of this.fields) {
      if (values[field.name] != null && values[field.name] !== "") field.value = values[field.name];
    }
  }

  values() {
    const entries = this.fields.map((field) => [field.name, field.value]);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  }

  // Label and text of each field that has been filled in.
  texts() {
    return this.fields.map((field) => [field.label, field.text]).filter(([, text]) => text);
  }
}
