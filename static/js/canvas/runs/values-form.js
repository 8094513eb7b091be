// Values of variables, filled in by their types: texts as texts, numbers and switches as such, the rest as JSON.
import { h, icon } from "@/core/dom.js";
import { local } from "@/core/storage.js";
import { t } from "@/core/words.js";

let count = 0;
const isText = (type, value) => (value === undefined ? ["string", "secret", "text-input", "paragraph", "select", "any", undefined].includes(type) : typeof value === "string");
const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

// A value that is written as JSON; an empty box is no value.
export class JsonField {
  constructor({ name, label, required = false, id = `value-${++count}`, rows = 4 }) {
    Object.assign(this, { name, label });
    this.control = h("textarea", { className: "input mono", id, rows, required, spellcheck: false, oninput: () => this.#check() });
    const optional = required ? null : h("span", { className: "optional" }, ` (${t("optional")})`);
    this.element = h("div", { className: "field" }, h("label", { htmlFor: id }, label, " ", h("span", { className: "muted" }, "JSON"), optional), this.control);
  }

  #check() {
    this.control.setCustomValidity("");
    try {
      if (this.control.value.trim()) JSON.parse(this.control.value);
    } catch {
      this.control.setCustomValidity(t("This is no JSON."));
    }
  }

  get value() {
    try {
      return this.control.value.trim() ? JSON.parse(this.control.value) : undefined;
    } catch {
      return undefined;
    }
  }

  set value(value) {
    this.control.value = value === undefined ? "" : JSON.stringify(value, null, 2);
    this.#check();
  }

  get text() {
    return this.control.value;
  }
}

// One control for a value of a type; `value` as it is now, undefined where there is none.
export function controlFor(type, value, properties = {}) {
  if (type === "boolean" || typeof value === "boolean") {
    const box = h("input", { type: "checkbox", checked: value === true, ...properties });
    return { control: box, isCheck: true, read: () => box.checked };
  }
  if (type === "number" || typeof value === "number") {
    const box = h("input", { className: "input", type: "number", step: "any", value: value ?? "", ...properties });
    return { control: box, read: () => (box.value === "" ? undefined : Number(box.value)) };
  }
  if (isText(type, value)) {
    const box = h("textarea", { className: "input", rows: Math.min(8, 1 + Math.floor(String(value ?? "").length / 50)), value: value ?? "", ...properties });
    return { control: box, read: () => box.value };
  }
  const field = new JsonField({ name: "", label: "" });
  field.value = value ?? undefined;
  for (const [name, given] of Object.entries(properties)) name in field.control ? field.control[name] = given : field.control.setAttribute(name, given);
  return { control: field.control, isJson: true, read: () => field.value };
}

// A form of variables by node; it gives those that differ from what they were, by node and name.
export class ValuesForm {
  // `remember`: a key under which what was filled in is kept for the next time.
  constructor({ label, action, remember, onsubmit }) {
    Object.assign(this, { remember, onsubmit });
    this.set = h("div", { className: "run-fields" });
    this.button = h("button", { className: "btn" }, icon("play"), action);
    this.element = h("form", { className: "run-values-form", "aria-label": label, onsubmit: (event) => {
      event.preventDefault();
      this.#submit();
    } }, this.set, h("div", { className: "row tight" }, this.button));
    this.rows = [];
  }

  // `rows`: {id, name, label, type, value, isBig}.
  show(rows) {
    const kept = this.#kept();
    this.rows = rows.map((row) => {
      const value = kept[row.id]?.[row.name] ?? row.value;
      return { ...row, ...controlFor(row.type, value, { id: `value-${++count}` }) };
    });
    this.set.replaceChildren(...this.rows.map(({ label, control, isCheck, isJson, isBig }) => {
      const name = h("label", { htmlFor: control.id }, label, isJson ? h("span", { className: "muted" }, " JSON") : null);
      return h("div", { className: isCheck ? "field check" : "field" }, isCheck ? [control, name] : [name, control],
        isBig && h("p", { className: "help" }, t("Too long to be shown. Left empty, the last value is taken.")));
    }));
  }

  #kept() {
    try {
      return JSON.parse(local.get(this.remember)) ?? {};
    } catch {
      return {};
    }
  }

  #submit() {
    if (!this.element.reportValidity()) return;
    const values = {};
    for (const { id, name, value: before, read, isCheck } of this.rows) {
      const now = read();
      const isLeft = now === undefined || (now === "" && before === undefined) || isSame(now, before) || (isCheck && !now && before === undefined);
      if (!isLeft) (values[id] ??= {})[name] = now;
    }
    local.set(this.remember, JSON.stringify(values));
    this.onsubmit(values);
  }
}
