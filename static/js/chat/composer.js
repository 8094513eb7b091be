// The box a question is written in, with what can be added to it.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";

export class Composer {
  #problemTimer;

  // `onsend(text)`, `onstop()`; `before` and `after` are buttons around the text, `above` what stands over it.
  constructor({ placeholder, onsend, onstop, before = [], after = [], above = [] }) {
    Object.assign(this, { onsend, onstop });
    this.isBusy = false;
    this.canSend = false;
    this.status = h("p", { className: "sr-only", role: "status" });
    this.notice = h("div", { className: "notice warn", role: "alert", hidden: true });
    this.problem = h("div", { className: "notice bad", role: "alert", hidden: true });
    this.input = h("textarea", { rows: 1, placeholder: placeholder || t("Write a message"), "aria-label": t("Message"), enterKeyHint: "send", onkeydown: (event) => this.#onKey(event) });
    this.action = h("button", { className: "btn primary icon-only", type: "submit" });
    this.box = h("div", { className: "composer-box" }, above,
      h("div", { className: "composer-row" }, before, this.input, after, this.action));
    this.element = h("form", { className: "composer", onsubmit: (event) => {
      event.preventDefault();
      this.#act();
    } }, this.notice, this.problem, this.box, this.status);
    this.show();
  }

  get text() {
    return this.input.value.trim();
  }

  set text(text) {
    this.input.value = text;
  }

  focus() {
    this.input.focus({ preventScroll: true });
  }

  // Adds words that came in another way, where the person goes on typing.
  insert(text) {
    this.input.value = this.input.value ? `${this.input.value.trimEnd()} ${text}` : text;
    this.focus();
  }

  show({ isBusy = this.isBusy, canSend = this.canSend } = {}) {
    Object.assign(this, { isBusy, canSend });
    this.action.replaceChildren(isBusy ? icon("square") : icon("send"));
    this.action.ariaLabel = this.action.title = isBusy ? t("Stop") : t("Send");
    this.action.disabled = !canSend;
  }

  // A problem with what was just done: it goes by itself. An empty text takes it away.
  complain(text) {
    clearTimeout(this.#problemTimer);
    this.problem.replaceChildren(icon("circle-alert"), h("span", {}, text));
    this.problem.hidden = !text;
    if (text) this.#problemTimer = setTimeout(() => { this.problem.hidden = true; }, 12_000);
  }

  // The state of the connection: it stays until it changes.
  tell(...content) {
    this.notice.replaceChildren(icon("wifi-off"), h("span", {}, content));
    this.notice.hidden = !content.length;
  }

  #onKey(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (!this.isBusy) this.#act();
  }

  #act() {
    if (this.isBusy) this.onstop();
    else this.onsend(this.text);
  }
}
