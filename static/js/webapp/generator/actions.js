// What can be done with a text that is there: copy, keep, rate, ask for another one like it.
import { copyText } from "@/core/clipboard.js";
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { say } from "@/webapp/generator/say.js";

const DONE_MS = 1600;

function button(label, image, onclick, properties = {}) {
  return h("button", { className: "btn ghost icon-only", type: "button", "aria-label": label, title: label, onclick, ...properties }, image);
}

export function copyButton(text) {
  const element = button(t("Copy"), icon("copy"), async () => {
    if (!(await copyText(text()))) {
      say(t("The browser does not allow copying here."));
      return;
    }
    element.replaceChildren(icon("check"));
    say(t("Copied"));
    setTimeout(() => element.replaceChildren(icon("copy")), DONE_MS);
  });
  return element;
}

// A button that is on or off: `change(isOn)` asks the server, and the button follows what it says.
function toggle(label, image, isOn, change) {
  const element = button(label, image, async () => {
    const wanted = element.ariaPressed !== "true";
    element.disabled = true;
    try {
      if (await change(wanted) !== false) element.ariaPressed = String(wanted);
    } finally {
      element.disabled = false;
      element.focus();
    }
  }, { "aria-pressed": String(isOn) });
  return element;
}

// Buttons for a message. `text()` gives its markdown; `onProblem(sentence)` shows what went wrong.
export class Actions {
  constructor(client, { messageId, text, saved, onLike, onProblem }) {
    Object.assign(this, { client, messageId, onProblem });
    this.saved = saved;
    this.like = this.#rating("like", t("Good text"), icon("thumbs-up"));
    this.dislike = this.#rating("dislike", t("Bad text"), icon("thumbs-down"));
    const keep = toggle(t("Save"), icon("bookmark"), false, (isOn) => this.#try(() => (isOn ? saved.add(messageId) : saved.remove(messageId)), isOn ? t("Saved.") : t("Not saved any more.")));
    const more = onLike && h("button", { className: "btn ghost", type: "button", onclick: onLike }, icon("sparkles"), t("More like this"));
    this.element = h("div", { className: "gen-actions", role: "group", "aria-label": t("What to do with the text") }, copyButton(text), keep, this.like, this.dislike, h("span", { className: "grow" }), more);
  }

  #rating(rating, label, image) {
    return toggle(label, image, false, async (isOn) => {
      const body = { rating: isOn ? rating : null };
      const isDone = await this.#try(() => this.client.post(`messages/${this.messageId}/feedbacks`, body), isOn ? t("Thank you for the feedback.") : t("The feedback is taken back."));
      if (isDone && isOn) (rating === "like" ? this.dislike : this.like).ariaPressed = "false";
      return isDone;
    });
  }

  async #try(work, sentence) {
    try {
      await work();
      say(sentence);
      return true;
    } catch (error) {
      this.onProblem(error.message);
      return false;
    }
  }
}
