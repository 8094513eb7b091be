// The dialog in which knowledge bases are chosen.
import { openDialog } from "@/core/dialogs.js";
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { ask } from "@/prompt/server.js";

const WAIT_MS = 200;

// Resolves to {ids, bases} or to null where nothing was decided.
export function chooseBases(url, chosenIds) {
  return new Promise((resolve) => {
    const picker = new Picker(url, chosenIds);
    const dialog = openDialog(picker.content, { label: t("Knowledge bases") });
    picker.onadd = () => {
      resolve({ ids: [...picker.chosen], bases: [...picker.seen.values()] });
      dialog.close();
    };
    dialog.addEventListener("close", () => resolve(null));
    picker.search();
  });
}

class Picker {
  #page = 1;
  #turn = 0;
  #timer;

  constructor(url, chosenIds) {
    this.url = url;
    this.chosen = new Set(chosenIds);
    this.seen = new Map();
    this.onadd = () => {};
    this.box = h("input", { className: "input", type: "search", autofocus: true, placeholder: t("Search knowledge"), "aria-label": t("Search knowledge"), maxLength: 200, oninput: () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.search(), WAIT_MS);
    } });
    this.list = h("ul", { className: "base-choices" });
    this.status = h("p", { className: "muted", role: "status" });
    this.more = h("button", { className: "btn", type: "button", hidden: true, onclick: () => this.load() }, t("Show more"));
    this.content = h("form", { onsubmit: (event) => { event.preventDefault(); this.onadd(); } },
      h("h2", {}, t("Knowledge bases")), this.box, this.list, this.status, this.more,
      h("div", { className: "row end" }, h("button", { className: "btn", type: "button", "data-close": "" }, t("Cancel")), h("button", { className: "btn primary" }, t("Use these"))));
  }

  search() {
    this.#page = 1;
    return this.load();
  }

  async load() {
    const turn = ++this.#turn;
    this.status.textContent = t("Loading …");
    try {
      const { items, has_more } = await ask(`${this.url}?${new URLSearchParams({ q: this.box.value, page: this.#page })}`);
      if (turn === this.#turn) this.#show(items, has_more);
    } catch (error) {
      if (turn === this.#turn) this.status.textContent = error.message;
    }
  }

  #show(items, hasMore) {
    if (this.#page === 1) this.list.replaceChildren();
    this.#page += 1;
    for (const item of items) this.seen.set(item.id, item);
    this.list.append(...items.map((item) => this.#row(item)));
    this.more.hidden = !hasMore;
    this.status.textContent = this.list.children.length ? "" : this.box.value ? t("No knowledge base is called so.") : t("There is no knowledge base yet. Make one under Knowledge.");
  }

  #row({ id, name, description, documents }) {
    const change = ({ target }) => (target.checked ? this.chosen.add(id) : this.chosen.delete(id));
    return h("li", {}, h("label", { className: "choice-card" }, h("input", { type: "checkbox", checked: this.chosen.has(id), onchange: change }),
      h("span", { className: "row tight" }, icon("library"), h("strong", { className: "grow clip" }, name), h("span", { className: "muted" }, t("{count} documents", { count: documents }))),
      description ? h("p", { className: "clip" }, description) : null));
  }
}
