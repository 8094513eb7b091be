// Run once: the form beside the texts it has made, the newest on top.
import { VariablesForm } from "@/chat/variables-form.js";
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { generate } from "@/webapp/generator/generate.js";
import { TextCard } from "@/webapp/generator/text-card.js";

const NARROW = matchMedia("(max-width: 860px)");

export class RunOnce {
  #count = 0;

  constructor(context, panel) {
    this.context = context;
    this.results = panel.querySelector(".gen-results");
    this.empty = panel.querySelector(".gen-empty");
    this.form = new VariablesForm(context.fields, { submitLabel: t("Generate"), onsubmit: () => this.#onSubmit() });
    const clear = h("button", { className: "btn ghost", type: "button", onclick: () => this.form.element.reset() }, t("Clear"));
    this.form.button.after(clear);
    this.form.element.append(h("div", { className: "gen-buttons" }, this.form.button, this.form.isEmpty ? null : clear));
    panel.querySelector(".gen-form").append(this.form.element);
    this.#show();
  }

  #onSubmit() {
    if (this.card?.isRunning) this.card.stop();
    else this.#start();
  }

  #start() {
    const inputs = this.form.values();
    const begin = (hooks) => generate(this.context.client, { inputs }, hooks);
    this.#count += 1;
    this.empty.hidden = true;
    this.card = new TextCard(this.context, t("Text {number}", { number: this.#count }), begin, { onEnd: () => this.#show() });
    this.results.prepend(this.card.element);
    if (NARROW.matches) this.card.element.scrollIntoView({ block: "start" });
    this.#show();
  }

  #show() {
    const isRunning = Boolean(this.card?.isRunning);
    this.form.button.replaceChildren(isRunning ? icon("square") : icon("sparkles"), isRunning ? t("Stop") : t("Generate"));
  }
}
