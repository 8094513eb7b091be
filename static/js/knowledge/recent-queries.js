// The questions this browser has tested on a base lately; a click asks again.
import { h, icon } from "@/core/dom.js";
import { local } from "@/core/storage.js";
import { t } from "@/core/words.js";

const KEPT = 8;

class RecentQueries extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.box = this.form.elements.query;
    this.form.addEventListener("submit", () => this.keep(this.box.value.trim()));
    this.box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.form.requestSubmit();
    });
    this.draw();
  }

  get key() {
    return `hit-testing.${this.getAttribute("base")}`;
  }

  get queries() {
    try {
      const kept = JSON.parse(local.get(this.key) ?? "[]");
      return Array.isArray(kept) ? kept.filter((query) => typeof query === "string") : [];
    } catch {
      return [];
    }
  }

  keep(query) {
    if (!query) return;
    local.set(this.key, JSON.stringify([query, ...this.queries.filter((kept) => kept !== query)].slice(0, KEPT)));
    this.draw();
  }

  ask(query) {
    this.box.value = query;
    this.form.requestSubmit();
  }

  draw() {
    const queries = this.queries;
    this.replaceChildren(...(queries.length ? [
      h("h3", {}, t("Recent questions")),
      h("ul", { className: "recent" }, queries.map((query) => h("li", {}, h("button", { className: "btn ghost", type: "button", onclick: () => this.ask(query) }, icon("history"), h("span", { className: "clip" }, query))))),
    ] : []));
  }
}

customElements.define("recent-queries", RecentQueries);
