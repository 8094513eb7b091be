// What stands above the first turn: the app's welcome, its form, its opener and its opening questions.
import { VariablesForm } from "@/chat/variables-form.js";
import { h } from "@/core/dom.js";
import { StreamingMarkdown } from "@/core/markdown.js";
import { t } from "@/core/words.js";

function rendered(text) {
  const element = h("div", { className: "md" });
  const markdown = new StreamingMarkdown(element);
  markdown.push(text);
  markdown.finish();
  return element;
}

const filled = (text, values) => text.replace(/\{\{(\w+)\}\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

export class StartBlock {
  // `settings`: mode, form, opening_statement, suggested_questions, and `asksFirst` where the form is sent before the
  // first question, which locks it. `welcome()` gives elements for a conversation that has nothing to begin with.
  constructor(settings, { onstart, onask, upload, welcome }) {
    Object.assign(this, { settings, onask, welcome });
    this.isGenerator = settings.mode === "completion";
    const submitLabel = this.isGenerator ? t("Generate") : settings.asksFirst ? t("Start chat") : null;
    this.form = new VariablesForm(settings.form, { submitLabel, onsubmit: onstart, upload });
    this.isStarted = !settings.asksFirst || this.form.isEmpty;
    this.element = h("div", { className: "chat-start" });
    this.#show();
  }

  // From here on the form says what was given, the opener what it means.
  start(introduction) {
    this.isStarted = true;
    this.introduction = introduction;
    this.form.lock(true);
    this.#show();
  }

  // Once the first question is asked nothing here invites to it any more.
  settle() {
    this.element.querySelector(".suggest")?.remove();
    if (this.element.classList.contains("is-bare")) this.element.replaceChildren();
    this.element.classList.remove("is-bare");
  }

  #show() {
    const { asksFirst, isBeside } = this.settings;
    const opener = this.introduction ?? filled(this.settings.opening_statement, this.form.values());
    const questions = this.isStarted ? this.settings.suggested_questions : [];
    const hasNothing = !opener && !questions.length;
    const isBare = asksFirst ? !this.isStarted || hasNothing : Boolean(isBeside) && hasNothing && this.form.isEmpty && !this.isGenerator;
    this.element.classList.toggle("is-bare", isBare);
    const form = this.isGenerator || !this.form.isEmpty ? this.#formPart(asksFirst && this.isStarted) : null;
    const parts = [
      isBare ? this.welcome?.() : null,
      opener && this.isStarted && asksFirst ? [form, rendered(opener)] : [opener && this.isStarted ? rendered(opener) : null, form],
      questions.length ? h("div", { className: "suggest" }, questions.map((question) => h("button", { className: "btn", type: "button", onclick: () => this.onask(question) }, question))) : null,
    ];
    this.element.replaceChildren(...parts.flat(2).filter(Boolean));
  }

  #formPart(isLocked) {
    if (!isLocked) return this.form.element;
    const given = this.form.texts();
    if (!given.length) return null;
    return h("details", { className: "card given" }, h("summary", {}, t("What you told the app")),
      h("dl", {}, given.map(([label, text]) => h("div", {}, h("dt", {}, label), h("dd", {}, text)))));
  }
}
