// Earlier runs of the app, whoever made them; one that is chosen is shown on the canvas as it went.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { current } from "@/canvas/runs/current.js";
import { figures, moment, nothingYet, stateOf, trouble } from "@/canvas/runs/looks.js";
import { server } from "@/canvas/runs/server.js";

export class History {
  #page = 0;

  // `onshow()`: a run was chosen and is shown.
  constructor(onshow) {
    this.onshow = onshow;
    this.list = h("ul", { className: "run-list", role: "list" });
    this.more = h("button", { className: "btn", type: "button", hidden: true, onclick: () => this.#load() }, t("Show earlier runs"));
    this.note = h("div", { role: "status" });
    this.element = h("div", { className: "run-history" }, this.note, this.list, this.more);
    current.addEventListener("change", () => this.#mark());
  }

  renew() {
    this.#page = 0;
    return this.#load();
  }

  async #load() {
    const number = this.#page + 1;
    try {
      const { data, has_more: hasMore, total } = await server.runs(number);
      this.#page = number;
      const last = this.list.lastElementChild;
      const lines = data.map((run) => this.#line(run));
      if (number === 1) this.list.replaceChildren(...lines);
      else this.list.append(...lines);
      if (document.activeElement === this.more) last?.nextElementSibling?.querySelector("button").focus();
      this.more.hidden = !hasMore;
      this.note.replaceChildren(...(total ? [] : [nothingYet("history", t("The app has not run yet."))]));
      this.#mark();
    } catch (error) {
      this.note.replaceChildren(trouble(error.message));
    }
  }

  #line(run) {
    const [image, label, tone] = stateOf(run.status);
    const facts = [run.who, run.version ? t("version {number}", { number: run.version }) : "", figures(run)].filter(Boolean).join(" · ");
    return h("li", {}, h("button", { className: "run-line", type: "button", "data-run": run.id, onclick: () => this.#choose(run.id) },
      h("span", { className: `trace-state ${tone}`, title: label }, icon(image), h("span", { className: "sr-only" }, label)),
      h("span", { className: "run-line-text" }, h("strong", {}, moment(run.created_at)), h("small", { className: "muted" }, facts))));
  }

  async #choose(id) {
    try {
      await current.replay(id);
      this.onshow();
    } catch (error) {
      this.note.replaceChildren(trouble(error.message));
    }
  }

  #mark() {
    for (const button of this.list.querySelectorAll("[data-run]")) button.setAttribute("aria-pressed", String(button.dataset.run === current.record?.id));
  }
}
