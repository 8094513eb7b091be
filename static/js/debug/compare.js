// The same questions to several models, side by side.
import { Composer } from "@/chat/composer.js";
import { VariablesForm } from "@/chat/variables-form.js";
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { api, settings } from "@/debug/app.js";
import { Column } from "@/debug/column.js";
import { draft } from "@/prompt/draft.js";
import { modelOf, page } from "@/prompt/page.js";

const MOST = 4;
const FEWEST = 2;

export class Compare {
  #onChange = () => this.#renewForm();

  constructor() {
    this.columns = [];
    this.isGenerator = page.app.mode === "completion";
    this.list = h("div", { className: "columns" });
    this.adding = h("button", { className: "btn", type: "button", onclick: () => this.#add() }, icon("plus"), t("Add a model"));
    const restart = h("button", { className: "btn", type: "button", onclick: () => this.#restart() }, icon("rotate-ccw"), t("Start again"));
    this.composer = new Composer({ placeholder: t("Ask all of them"), onsend: (text) => this.#ask(text), onstop: () => this.#stop() });
    this.composer.box.hidden = this.isGenerator;
    this.formPlace = h("div", { className: "compare-form" });
    this.element = h("div", { className: "debug-compare" },
      h("div", { className: "row tight" }, this.adding, restart), this.formPlace, this.list, this.composer.element);
    this.#renewForm();
    document.addEventListener("draft-changed", this.#onChange);
  }

  // Once it stands in the page.
  open() {
    const now = modelOf(draft.config).model;
    const others = page.models.filter((model) => model !== now);
    this.#add(now ?? others[0]);
    this.#add(others.find((model) => model !== others[0] || now) ?? now);
    this.composer.focus();
  }

  close() {
    document.removeEventListener("draft-changed", this.#onChange);
    this.element.remove();
  }

  get #isBusy() {
    return this.columns.some(({ pane }) => pane.isBusy);
  }

  #add(model = this.#another()) {
    const column = new Column({
      model, mode: page.app.mode, inputs: () => this.form.values(),
      onended: () => this.#show(), onremove: () => this.#remove(column),
    });
    this.columns.push(column);
    this.list.append(column.element);
    column.open();
    this.#show();
  }

  #another() {
    const taken = this.columns.map(({ model }) => model);
    return page.models.find((model) => !taken.includes(model)) ?? page.models[0];
  }

  #remove(column) {
    this.columns = this.columns.filter((one) => one !== column);
    column.element.remove();
    this.#show();
    this.adding.focus();
  }

  // Its fields as the draft has them now, with what was filled in.
  #renewForm() {
    const { form: fields } = settings();
    const shape = JSON.stringify(fields);
    if (shape === this.shape) return;
    const values = this.form?.values() ?? {};
    this.shape = shape;
    this.form = new VariablesForm(fields, { submitLabel: this.isGenerator ? t("Generate") : null, onsubmit: () => this.#ask(""), upload: api.upload });
    this.form.fill(values);
    this.formPlace.replaceChildren(...(this.isGenerator || !this.form.isEmpty ? [this.form.element] : []));
  }

  #ask(text) {
    if (this.#isBusy) return this.#stop();
    if ((!text && !this.isGenerator) || !this.form.isValid()) return undefined;
    this.composer.text = "";
    for (const { pane } of this.columns) pane.ask(text);
    return this.#show();
  }

  #stop() {
    for (const { pane } of this.columns) pane.stop();
  }

  #restart() {
    for (const { pane } of this.columns) pane.begin();
    this.#show();
    this.composer.focus();
  }

  #show() {
    const isBusy = this.#isBusy;
    this.columns.forEach((column, index) => column.number(index + 1, this.columns.length > FEWEST));
    this.adding.disabled = this.columns.length >= MOST;
    this.adding.title = this.adding.disabled ? t("Four models are the most.") : "";
    this.composer.show({ isBusy, canSend: true });
    if (this.form.button) this.form.button.textContent = isBusy ? t("Stop") : t("Generate");
  }
}
