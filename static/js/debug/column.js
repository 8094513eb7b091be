// One model of several that answer the same questions.
import { h, icon } from "@/core/dom.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { api, explain, newRuns } from "@/debug/app.js";
import { draft } from "@/prompt/draft.js";
import { chooseModel } from "@/prompt/model.js";
import { page } from "@/prompt/page.js";
import { clampTo } from "@/prompt/parameters.js";

const button = (label, picture, onclick) => h("button", { className: "btn ghost icon-only", type: "button", "aria-label": label, title: label, onclick }, icon(picture));

function options() {
  const groups = new Map();
  page.models.forEach((model, index) => {
    const option = h("option", { value: String(index) }, model.label);
    groups.set(model.provider_label, [...(groups.get(model.provider_label) ?? []), option]);
  });
  return [...groups].map(([label, found]) => h("optgroup", { label }, found));
}

export class Column {
  // `inputs()`: the form's values. `onended()`: a turn is over. `onremove()`: the person takes it away.
  constructor({ model, mode, inputs, onended, onremove }) {
    this.select = h("select", { className: "input", onchange: () => this.pane.begin() }, options());
    this.select.value = String(Math.max(0, page.models.indexOf(model)));
    this.removing = button(t("Remove this model"), "x", onremove);
    this.pane = document.createElement("chat-pane");
    this.element = h("section", { className: "column" },
      h("header", {}, this.select, button(t("Use this model"), "check", () => this.#use()), this.removing), this.pane);
    this.runs = newRuns(() => ({ model: this.#asked, inputs: inputs() }));
    this.runs.addEventListener("ended", onended);
    this.open = () => this.pane.open({
      settings: { mode, form: [], opening_statement: "", suggested_questions: [], isBeside: true, isAsked: true },
      runs: this.runs, api: { rate: api.rate, inspect: api.inspect }, explain,
    });
  }

  get model() {
    return page.models[Number(this.select.value)];
  }

  // The draft's parameters as far as this model takes them: what choosing it would run.
  get #asked() {
    const { provider, name } = this.model;
    return { provider, name, completion_params: clampTo(this.model, draft.config.model?.completion_params ?? {}) };
  }

  number(number, canRemove) {
    this.element.ariaLabel = this.select.ariaLabel = t("Model {number}", { number });
    this.removing.hidden = !canRemove;
  }

  #use() {
    chooseModel(this.model);
    toast(t("The app runs on {name} now.", { name: this.model.label }), "ok", { undo: () => draft.undo() });
  }
}
