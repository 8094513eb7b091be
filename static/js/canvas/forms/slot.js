// One place of a node's settings, as the part of the form that writes it sees it.
import { t } from "@/core/words.js";
import { h } from "@/core/dom.js";
import { field } from "@/prompt/fields.js";
import { helpText } from "@/canvas/forms/help.js";
import { at, movedTo, rowsOf } from "@/canvas/forms/paths.js";
import { labelOf } from "@/canvas/forms/schema.js";

export class Slot {
  // `isBare`: in a line of several, where there is no room for a label beside it.
  constructor(form, path, property, { isBare = false } = {}) {
    Object.assign(this, { form, path, property, isBare });
  }

  get name() {
    return this.path.at(-1);
  }

  get key() {
    return this.path.join(".");
  }

  get label() {
    return labelOf(String(this.name), this.property);
  }

  get value() {
    return at(this.form.data, this.path);
  }

  // What it has where nothing is set.
  get usual() {
    return this.property.default;
  }

  get parent() {
    return at(this.form.data, this.path.slice(0, -1)) ?? {};
  }

  // With `isTyping` the form is not drawn anew, and what is typed on is one step of undo.
  set(value, { isTyping = false } = {}) {
    this.form.write([[this.path, value]], isTyping ? this.key : null);
  }

  // Changes of a list: of what it holds now, for what is typed does not draw the form anew.
  add(row) {
    this.set([...rowsOf(this.value), row]);
  }

  remove(place) {
    this.set(rowsOf(this.value).filter((_, at) => at !== place));
  }

  move(from, to) {
    this.set(movedTo(rowsOf(this.value), from, to));
  }

  // Other values beside it in the same step: {name: value}.
  setAll(values, { isTyping = false } = {}) {
    const around = this.path.slice(0, -1);
    this.form.write(Object.entries(values).map(([name, value]) => [[...around, name], value]), isTyping ? this.key : null);
  }

  child(name, property, options) {
    return new Slot(this.form, [...this.path, name], property, options);
  }

  neighbour(name, property = {}, options) {
    return new Slot(this.form, [...this.path.slice(0, -1), name], property, options);
  }

  // A control with label and help; nested ones keep the help for who asks.
  labelled(control, { help = this.property.description } = {}) {
    control.dataset.key ??= this.key;
    if (this.isBare) {
      control.setAttribute("aria-label", this.label);
      return control;
    }
    const isTop = this.path.length === 1;
    const made = field(this.label, control, isTop ? helpText(help) : null);
    if (!isTop && help) made.title = help;
    return made;
  }

  // The same for what is no single control.
  group(parts, { help = this.property.description, head = [], label = this.label } = {}) {
    const title = h("span", { className: "field-label" }, label);
    const isTop = this.path.length === 1;
    return h("div", { className: "field group", role: "group", "aria-label": label, title: isTop ? "" : help ?? "" },
      this.isBare ? null : h("div", { className: "field-head" }, title, head), isTop && helpText(help) ? h("p", { className: "help" }, helpText(help)) : null, parts);
  }

  get numbered() {
    const place = this.path.findLast((part) => typeof part === "number");
    return place === undefined ? this.label : t("{name} {number}", { name: this.label, number: place + 1 });
  }
}
