// Run once: the form beside the texts it has made, the newest on top.
import { Attachments } from "@/chat/attachments.js";
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
    this.problem = h("div", { className: "notice bad", role: "alert", hidden: true });
    this.side = panel.querySelector(".gen-form");
    this.#build();
  }

  #build() {
    const { fields, images, upload, values } = this.context;
    this.form?.element.remove();
    this.pictures?.clear();
    this.form = new VariablesForm(fields, { submitLabel: this.context.submitLabel, onsubmit: () => this.#onSubmit(), upload });
    this.form.fill(values);
    this.pictures = images && new Attachments({ ...images, upload, onproblem: (sentence) => this.#complain(sentence) });
    const clear = h("button", { className: "btn ghost", type: "button", onclick: () => this.#clear() }, t("Clear"));
    this.form.set.after(...[this.#pictureField(), this.problem].filter(Boolean));
    this.form.element.append(h("div", { className: "gen-buttons" }, this.form.button, this.form.isEmpty && !images ? null : clear));
    this.side.append(this.form.element);
    this.#show();
  }

  #pictureField() {
    const { pictures } = this;
    if (!pictures) return null;
    pictures.watch(this.form.element);
    pictures.button.className = "btn";
    pictures.button.append(t("Add pictures"));
    const label = h("span", { className: "gen-label" }, t("Pictures"), h("span", { className: "optional" }, ` (${t("optional")})`));
    return h("div", { className: "field" }, label, h("div", { className: "row tight" }, pictures.button, pictures.picker, pictures.list));
  }

  // A form of its own each time: a browser's reset knows neither uploads nor what the address filled in.
  #clear() {
    this.context = { ...this.context, values: {} };
    this.#build();
    this.form.element.querySelector("input, select, textarea")?.focus();
  }

  #onSubmit() {
    if (this.card?.isRunning) this.card.stop();
    else if (this.pictures?.isUploading) this.#complain(t("The pictures are still being uploaded."));
    else this.#start();
  }

  #start() {
    const request = { inputs: this.form.values(), files: this.pictures?.files };
    this.#count += 1;
    this.empty.hidden = true;
    this.#complain("");
    const title = this.context.titleOf(this.#count);
    this.card = new TextCard(this.context, title, (hooks) => generate(this.context.client, request, hooks), { onEnd: () => this.#show() });
    this.results.prepend(this.card.element);
    if (NARROW.matches) this.card.element.scrollIntoView({ block: "start" });
    this.#show();
  }

  #complain(sentence) {
    this.problem.replaceChildren(icon("circle-alert"), h("span", {}, sentence));
    this.problem.hidden = !sentence;
  }

  #show() {
    const isRunning = Boolean(this.card?.isRunning);
    this.form.button.replaceChildren(isRunning ? icon("square") : icon("sparkles"), isRunning ? t("Stop") : this.context.submitLabel);
  }
}
