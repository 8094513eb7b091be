// The scrolled column of a conversation: follows what is written for as long as its reader stands at the end.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";

const NEAR_END_PX = 80;

export class LogView {
  #isAtEnd = true;

  constructor() {
    this.log = h("div", { className: "chat-log", role: "log", "aria-live": "off", "aria-label": t("Conversation"), tabIndex: 0, onscroll: () => this.#onScroll() });
    this.toEnd = h("button", { className: "btn icon-only to-end", type: "button", "aria-label": t("Go to the end"), title: t("Go to the end"), hidden: true, onclick: () => this.follow(true) }, icon("arrow-down"));
    this.element = h("div", { className: "chat-view" }, this.log, this.toEnd);
    // The room changes as the box below grows, or a phone's keyboard comes up.
    new ResizeObserver(() => { if (this.#isAtEnd) this.follow(true); }).observe(this.log);
  }

  clear() {
    this.log.replaceChildren();
    this.toEnd.hidden = true;
  }

  add(...elements) {
    this.log.append(...elements);
  }

  // `load()` shows the turns before the first one and answers whether there are more.
  offerEarlier(load) {
    if (!load) return;
    const button = h("button", { className: "btn ghost earlier", type: "button", onclick: async () => {
      button.disabled = true;
      try {
        if (!(await load())) button.remove();
      } finally {
        button.disabled = false;
      }
    } }, t("Show earlier messages"));
    this.log.querySelector(".chat-start").after(button);
  }

  // The reader's place stays where it is.
  addEarlier(elements) {
    const { log } = this;
    const fromEnd = log.scrollHeight - log.scrollTop;
    log.querySelector(".earlier").after(...elements);
    log.scrollTop = log.scrollHeight - fromEnd;
  }

  suggest(questions, onask) {
    this.dropSuggestions();
    if (!questions.length) return;
    this.add(h("div", { className: "suggest follow-up", role: "group", "aria-label": t("You could ask next") },
      questions.map((question) => h("button", { className: "btn", type: "button", onclick: () => onask(question) }, question))));
    this.follow();
  }

  dropSuggestions() {
    this.log.querySelector(".follow-up")?.remove();
  }

  follow(isForced = false) {
    if (!isForced && !this.#isNearEnd()) return;
    requestAnimationFrame(() => { this.log.scrollTop = this.log.scrollHeight; });
  }

  #isNearEnd() {
    const { log } = this;
    return log.scrollHeight - log.scrollTop - log.clientHeight <= NEAR_END_PX;
  }

  #onScroll() {
    this.#isAtEnd = this.#isNearEnd();
    this.toEnd.hidden = this.#isAtEnd;
  }
}
