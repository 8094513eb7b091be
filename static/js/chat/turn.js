// One question and its answer, as it grows or as it was kept.
import { answerBar } from "@/chat/answer-bar.js";
import { citations } from "@/chat/citations.js";
import { h, icon } from "@/core/dom.js";
import { StreamingMarkdown } from "@/core/markdown.js";
import { Steps } from "@/core/steps.js";
import { t } from "@/core/words.js";

function question(query, images) {
  const pictures = images.map((source) => h("img", { src: source, alt: t("Picture you sent"), loading: "lazy" }));
  return h("div", { className: "msg user" },
    pictures.length ? h("div", { className: "msg-images" }, pictures) : null, query ? h("p", {}, query) : null);
}

function usageNote(metadata, startedAt) {
  const tokens = metadata.usage?.total_tokens;
  if (tokens == null) return null;
  return `${t("{count} tokens", { count: tokens })} · ${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}

export class Turn {
  // `images`: their addresses. `actions(turn)`: what its answer bar offers once the answer is there.
  constructor(query, { images = [], files = [], actions = () => ({}) } = {}) {
    Object.assign(this, { query, images, files, actions });
    this.startedAt = performance.now();
    this.messageId = null;
    this.isStopWanted = this.isFailed = false;
    this.body = h("div", { className: "md", "aria-busy": "true" });
    this.steps = new Steps();
    this.answer = h("article", { className: "msg answer", "aria-label": t("Answer") }, this.steps.element, this.body);
    this.elements = query || images.length ? [question(query, images), this.answer] : [this.answer];
    this.restart();
  }

  // A message of GET /messages.
  static kept(message, actions) {
    const turn = new Turn(message.query, { ...Turn.filesOf(message), actions });
    turn.messageId = message.id;
    turn.write(message.answer);
    if (message.status === "error") turn.fail(message.error || t("This answer could not be completed."));
    else turn.complete({ retriever_resources: message.retriever_resources }, message.feedback?.rating ?? null);
    return turn;
  }

  // What was sent with a question: to show it, and to send it again.
  static filesOf({ message_files: kept = [] }) {
    const mine = kept.filter((file) => file.belongs_to !== "assistant");
    return {
      images: mine.filter((file) => file.type === "image" && file.url).map((file) => file.url),
      files: mine.filter((file) => file.upload_file_id)
        .map((file) => ({ type: file.type, transfer_method: "local_file", upload_file_id: file.upload_file_id })),
    };
  }

  get text() {
    return this.body.innerText;
  }

  // The events will come again from the first one.
  restart() {
    this.markdown = new StreamingMarkdown(this.body);
    this.steps.restart();
  }

  write(delta) {
    this.markdown.push(delta);
  }

  complete(metadata, rating = null) {
    this.#close();
    const resources = metadata.retriever_resources ?? [];
    if (resources.length) this.answer.append(citations(resources));
    if (!this.markdown.source) this.answer.append(h("p", { className: "muted" }, t("No answer was written.")));
    this.#showBar(rating, usageNote(metadata, this.startedAt));
  }

  fail(message) {
    this.isFailed = true;
    this.#close();
    this.answer.append(h("p", { className: "notice bad" }, icon("circle-alert"), h("span", {}, message)));
    const { regenerate, inspect } = this.actions(this);
    if (regenerate || inspect) this.answer.append(answerBar({ actions: { regenerate, inspect } }));
  }

  #showBar(rating, note) {
    this.answer.append(answerBar({ text: this.markdown.source, rating, note, actions: this.actions(this) }));
  }

  #close() {
    this.markdown.finish();
    this.body.removeAttribute("aria-busy");
  }
}
