// One question and its answer as it grows.
import { h, icon } from "@/core/dom.js";
import { StreamingMarkdown } from "@/core/markdown.js";

function source(resource) {
  const score = typeof resource.score === "number" ? h("span", { className: "score", title: "Relevance" }, resource.score.toFixed(2)) : null;
  return h("details", {},
    h("summary", {}, h("span", { className: "n" }, `[${resource.position}]`), h("span", { className: "grow clip" }, resource.document_name), score, icon("chevron-down")),
    h("blockquote", { className: "passage", tabIndex: 0 }, resource.content));
}

function sources(resources) {
  const title = resources.length === 1 ? "1 source" : `${resources.length} sources`;
  return h("section", { className: "cites", "aria-label": "Sources" }, h("h3", {}, title), resources.map(source));
}

export class Turn {
  constructor(query) {
    this.query = query;
    this.startedAt = performance.now();
    this.body = h("div", { className: "md", "aria-busy": "true" });
    this.answer = h("article", { className: "msg", "aria-label": "Answer" }, this.body);
    this.elements = query ? [h("div", { className: "msg user" }, h("p", {}, query)), this.answer] : [this.answer];
    this.restart();
  }

  get text() {
    return this.body.innerText;
  }

  // The events will come again from the first one.
  restart() {
    this.markdown = new StreamingMarkdown(this.body);
  }

  write(delta) {
    this.markdown.push(delta);
  }

  complete(metadata) {
    this.#close();
    const resources = metadata.retriever_resources ?? [];
    if (resources.length) this.answer.append(sources(resources));
    this.#note(metadata.usage?.total_tokens);
  }

  fail(message) {
    this.#close();
    this.answer.append(h("p", { className: "notice bad" }, icon("circle-alert"), h("span", {}, message)));
  }

  #close() {
    this.markdown.finish();
    this.body.removeAttribute("aria-busy");
  }

  #note(tokens) {
    const seconds = ((performance.now() - this.startedAt) / 1000).toFixed(1);
    const copy = h("button", { className: "btn ghost icon-only", type: "button", "aria-label": "Copy answer", onclick: () => navigator.clipboard?.writeText(this.markdown.source) }, icon("copy"));
    this.answer.append(h("div", { className: "msg-meta" }, copy, tokens == null ? null : `${tokens} tokens · `, `${seconds} s`));
  }
}
