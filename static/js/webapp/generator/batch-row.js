// One row of a batch: its number and inputs, how it stands, and its text as soon as there is one.
import { h, icon } from "@/core/dom.js";
import { StreamingMarkdown } from "@/core/markdown.js";
import { t } from "@/core/words.js";
import { Actions } from "@/webapp/generator/actions.js";

const LOOKS = {
  waiting: () => [icon("clock"), t("Waiting"), ""],
  running: () => [icon("loader-circle"), t("Writing"), "busy"],
  done: () => [icon("check"), t("Done"), "ok"],
  failed: () => [icon("circle-alert"), t("Failed"), "bad"],
  stopped: () => [icon("square"), t("Stopped"), "warn"],
};

export class BatchRow {
  constructor(context, row) {
    Object.assign(this, { context, row });
    const summary = Object.values(row.inputs).map(String).join(" · ");
    this.chip = h("span", { className: "chip" });
    this.preview = h("span", { className: "gen-row-preview" });
    this.content = h("div", { className: "gen-row-content" });
    const head = h("summary", {},
      h("span", { className: "gen-row-number" }, h("span", { className: "sr-only" }, t("Row")), ` ${row.number}`),
      h("span", { className: "gen-row-inputs clip" }, summary),
      this.chip, icon("chevron-down"), this.preview);
    this.element = h("details", { className: "gen-row", ontoggle: () => this.#fill() }, head, this.content);
    this.show();
  }

  show() {
    const { status, text, error } = this.row;
    const [image, label, tone] = LOOKS[status]();
    this.chip.className = `chip ${tone}`;
    this.chip.replaceChildren(image, label);
    this.preview.textContent = error || text.slice(0, 300);
    this.preview.classList.toggle("is-bad", Boolean(error));
    this.#fill();
  }

  // Markdown is drawn for rows that are open only: a hundred texts at once would hold the page up.
  #fill() {
    if (!this.element.open) return;
    const { inputs, text, error, messageId } = this.row;
    const list = h("dl", { className: "gen-row-values" }, Object.entries(inputs).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, String(value)))));
    const body = h("div", { className: "md" });
    const markdown = new StreamingMarkdown(body);
    markdown.push(text);
    markdown.finish();
    const notice = h("div", { className: "notice bad", hidden: !error }, icon("circle-alert"), h("span", {}, error));
    const onProblem = (sentence) => {
      notice.hidden = false;
      notice.lastChild.textContent = sentence;
    };
    const { client, saved } = this.context;
    const actions = messageId && text && new Actions(client, { messageId, text: () => text, saved, onProblem }).element;
    this.content.replaceChildren(list, ...(text ? [body] : []), notice, ...(actions ? [actions] : []));
  }
}
