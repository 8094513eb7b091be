// One generated text as a card: growing, stopped, failed or done, with the texts that were made like it below.
import { citations } from "@/chat/citations.js";
import { h, icon } from "@/core/dom.js";
import { StreamingMarkdown } from "@/core/markdown.js";
import { Steps } from "@/core/steps.js";
import { t } from "@/core/words.js";
import { Actions, copyButton } from "@/webapp/generator/actions.js";
import { generateLike } from "@/webapp/generator/generate.js";
import { say } from "@/webapp/generator/say.js";

const seconds = (since) => ((performance.now() - since) / 1000).toFixed(1);

export class TextCard {
  #isStopWanted = false;
  #startedAt = performance.now();
  #written = 0;

  // `context` is { client, saved, canLike }; `title` names the card; `begin(hooks)` starts its text and gives { stop() }.
  constructor(context, title, begin, { onEnd } = {}) {
    Object.assign(this, { context, title, onEnd, text: "" });
    this.body = h("div", { className: "md", "aria-busy": "true" });
    this.markdown = new StreamingMarkdown(this.body);
    this.stopButton = h("button", { className: "btn", type: "button", onclick: () => this.stop() }, icon("square"), t("Stop"));
    this.foot = h("div", { className: "gen-foot-row" }, h("span", { className: "muted grow" }, t("Writing…")), this.stopButton);
    this.note = h("span", { className: "muted" });
    this.steps = context.showsSteps ? new Steps() : null;
    this.element = h("article", { className: "card gen-text", "aria-label": title }, h("header", { className: "gen-text-head" }, h("h2", {}, title), this.note), this.steps?.element, this.body, this.foot);
    say(t("The text is being written."));
    this.run = begin({
      onWrite: (text) => this.#write(text),
      onStep: (event) => this.steps?.receive(event),
      onRestart: () => this.steps?.restart(),
      onEnd: (end) => this.#end(end),
      onFail: (sentence) => this.#fail(sentence),
    });
  }

  get isRunning() {
    return this.body.ariaBusy === "true";
  }

  stop() {
    this.#isStopWanted = true;
    this.stopButton.disabled = true;
    this.run.stop();
  }

  #write(text) {
    if (!text.startsWith(this.text)) {
      this.markdown = new StreamingMarkdown(this.body);
      this.#written = 0;
    }
    this.markdown.push(text.slice(this.#written));
    this.#written = text.length;
    this.text = text;
  }

  #end({ messageId, sources }) {
    this.#close();
    const time = t("{seconds} s", { seconds: seconds(this.#startedAt) });
    this.note.textContent = this.#isStopWanted ? `${t("Stopped")} · ${time}` : time;
    const actions = messageId ? this.#actions(messageId) : h("div", { className: "gen-actions" }, copyButton(() => this.text));
    if (sources.length) this.foot.before(citations(sources));
    this.foot.replaceWith(actions);
    this.foot = actions;
    say(this.#isStopWanted ? t("The text was stopped.") : t("The text is ready: {text}", { text: this.body.innerText }));
    this.onEnd?.();
  }

  #actions(messageId) {
    return new Actions(this.context.client, {
      messageId,
      text: () => this.text,
      saved: this.context.saved,
      onLike: this.context.canLike ? () => this.#like(messageId) : null,
      onProblem: (sentence) => this.#problem(sentence),
    }).element;
  }

  #fail(sentence) {
    this.#close();
    this.body.hidden = !this.text;
    this.foot.replaceChildren();
    this.#problem(sentence);
    this.onEnd?.();
  }

  #close() {
    this.markdown.finish();
    this.body.removeAttribute("aria-busy");
  }

  #problem(sentence) {
    this.notice ??= h("div", { className: "notice bad", role: "alert" });
    this.notice.replaceChildren(icon("circle-alert"), h("span", {}, sentence));
    if (!this.notice.isConnected) this.foot.before(this.notice);
  }

  #like(messageId) {
    const title = t("Like “{title}”", { title: this.title });
    const card = new TextCard(this.context, title, (hooks) => generateLike(this.context.client, messageId, hooks));
    this.more ??= h("div", { className: "gen-more" });
    if (!this.more.isConnected) this.element.append(this.more);
    this.more.append(card.element);
    card.element.scrollIntoView({ block: "nearest" });
  }
}
