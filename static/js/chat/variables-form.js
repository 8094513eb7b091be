// The form of an app's variables. The server checks again; here the browser's own validation speaks.
import { h } from "@/core/dom.js";

const controls = {
  paragraph: (field) => h("textarea", { className: "input", rows: 3 }),
  select: (field) => h("select", { className: "input" }, h("option", { value: "" }, "Choose"), field.options.map((option) => h("option", {}, option))),
  number: (field) => h("input", { className: "input", type: "number", step: "any" }),
  "text-input": (field) => h("input", { className: "input", type: "text" }),
};

function labelled(field) {
  const control = controls[field.kind](field);
  Object.assign(control, { id: `variable-${field.name}`, name: field.name, required: field.required });
  if (field.max_length && "maxLength" in control) control.maxLength = field.max_length;
  if (field.default != null) control.value = field.default;
  const optional = field.required ? null : h("span", { className: "optional" }, " (optional)");
  return h("div", { className: "field" }, h("label", { htmlFor: control.id }, field.label, optional), control);
}

export class VariablesForm {
  #numbers;

  // Fields of kinds that cannot be typed (files) are left to the API.
  constructor(fields, { submitLabel, onsubmit }) {
    const shown = fields.filter((field) => field.kind in controls);
    this.#numbers = new Set(shown.filter((field) => field.kind === "number").map((field) => field.name));
    this.isEmpty = shown.length === 0;
    this.button = submitLabel && h("button", { className: "btn primary" }, submitLabel);
    this.fields = h("fieldset", { className: "plain" }, shown.map(labelled));
    this.element = h("form", { className: "card", "aria-label": "Details the app asks for", onsubmit: (event) => {
      event.preventDefault();
      onsubmit();
    } }, this.fields, this.button);
  }

  isValid() {
    return this.element.reportValidity();
  }

  lock(isLocked) {
    this.fields.disabled = isLocked;
  }

  values() {
    const entries = [...this.fields.elements].filter((control) => control.value !== "");
    return Object.fromEntries(entries.map(({ name, value }) => [name, this.#numbers.has(name) ? Number(value) : value]));
  }
}
