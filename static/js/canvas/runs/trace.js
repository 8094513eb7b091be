// The steps of a run in their order: each opens to what went in and came out, iterations and loops to their rounds.
// What is closed is not built, and what is long is built in parts: a run may have thousands of steps.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { typeOf } from "@/canvas/catalogue.js";
import { current } from "@/canvas/runs/current.js";
import { fold } from "@/canvas/runs/fold.js";
import { goTo } from "@/canvas/runs/go.js";
import { detailBlocks, figures, nothingYet, stateOf, trouble } from "@/canvas/runs/looks.js";

const AT_ONCE = 100; // steps or rounds; the rest on demand

// Where rounds begin is no step of theirs.
const isStep = ({ type, parent }) => !parent || typeOf({ data: { type } }).family !== "begin";

// A list that shows its first hundred, and more when asked for; `sync` takes what has come since, what has gone
// elsewhere, and what belongs in between.
class LongList {
  #most = AT_ONCE;
  #elements = new Map();

  constructor(make, className) {
    this.make = make;
    this.list = h("ol", { className, role: "list" });
    this.more = h("button", { className: "btn ghost", type: "button", hidden: true, onclick: () => this.#onMore() });
    this.element = h("div", { className: "trace-part" }, this.list, this.more);
  }

  sync(items) {
    this.items = items;
    const wanted = items.slice(0, this.#most).map((item) => this.#elementOf(item));
    const kept = new Set(wanted);
    for (const element of [...this.list.children]) if (!kept.has(element)) element.remove();
    wanted.forEach((element, place) => {
      const there = this.list.children[place] ?? null;
      if (there !== element) this.list.insertBefore(element, there);
    });
    const left = items.length - wanted.length;
    this.more.hidden = left === 0;
    this.more.textContent = t("Show {count} more", { count: Math.min(AT_ONCE, left) });
  }

  #elementOf(item) {
    if (!this.#elements.has(item)) this.#elements.set(item, this.make(item));
    return this.#elements.get(item);
  }

  #onMore() {
    const last = this.list.lastElementChild;
    this.#most += AT_ONCE;
    this.sync(this.items);
    last?.nextElementSibling?.querySelector("button")?.focus();
  }
}

export class Trace {
  #lines = new Map(); // row -> what stands of it in the page

  constructor() {
    this.element = h("div", { className: "trace" });
    current.addEventListener("change", () => this.#begin());
    current.addEventListener("update", ({ detail }) => this.#update(detail));
    this.#begin();
  }

  #begin() {
    const { record } = current;
    this.#lines.clear();
    this.top = new LongList((row) => this.#line(row), "trace-list");
    this.more = h("p", { className: "help", hidden: !record?.hasMore }, t("The run has more steps than are shown here."));
    if (!record) return this.element.replaceChildren(nothingYet("list-tree", t("Run the flow, and its steps stand here, one after the other.")));
    this.element.replaceChildren(this.top.element, this.more);
    return this.top.sync(record.top);
  }

  #update(rows) {
    const { record } = current;
    this.top.sync(record.top);
    for (const row of rows) this.#lines.get(row)?.update();
  }

  // A row that turns out to belong to another round goes there as it is, opened or not.
  #line(row) {
    const known = this.#lines.get(row);
    if (known) return known.element;
    const type = typeOf({ data: { type: row.type } });
    const name = row.title || type.label;
    const state = h("span", { className: "trace-state" });
    const facts = h("span", { className: "trace-facts" });
    const retries = h("span", { className: "trace-facts" });
    const title = h("button", { className: "trace-title", type: "button", title: t("Show it on the board"), onclick: () => goTo(row.nodeId) }, name);
    const head = h("div", { className: "trace-head" }, h("span", { className: `node-sign ${type.family}` }, icon(type.icon)), title, retries, facts, state);
    const folded = fold(t("Details of {name}", { name }), head, (host) => this.#fill(row, host));
    const update = () => {
      const [image, label, tone] = stateOf(row.status);
      state.className = `trace-state ${tone}`;
      state.replaceChildren(icon(image), h("span", { className: "sr-only" }, label));
      state.title = label;
      facts.textContent = row.status === "running" && row.now !== null ? t("Round {number}", { number: row.now + 1 }) : figures(row);
      retries.textContent = row.retries.length ? t("{count} retries", { count: row.retries.length }) : "";
      if (folded.isOpen) this.#fill(row, folded.host);
    };
    const element = h("li", { className: "trace-line" }, head, folded.host);
    this.#lines.set(row, { element, update });
    update();
    return element;
  }

  // Rounds stay as they are opened; what is known of the node itself is written anew.
  #fill(row, host) {
    const facts = [
      row.error && trouble(row.error),
      ...row.retries.map(({ number, error }) => h("p", { className: "help" }, t("Try {number} failed: {error}", { number, error }))),
      ...detailBlocks(row), !row.inner.size && row.status === "running" && h("p", { className: "muted" }, t("It is running.")),
    ].filter(Boolean);
    if (!facts.length && !row.inner.size) facts.push(h("p", { className: "muted" }, t("It has taken and brought nothing.")));
    host.facts ??= host.appendChild(h("div", { className: "trace-facts-list" }));
    if (row.status !== "running" || !host.facts.childElementCount || !row.inner.size) host.facts.replaceChildren(...facts);
    if (!row.inner.size) return;
    if (!host.rounds) {
      host.rounds = new LongList((round) => this.#round(row, round), "trace-rounds");
      host.groups = new Map();
      row.groups = host.groups;
      host.append(host.rounds.element);
    }
    host.rounds.sync([...row.inner.keys()].sort((one, other) => one - other)); // side by side they begin in any order
    for (const group of host.groups.values()) group();
  }

  #round(row, round) {
    const list = new LongList((inner) => this.#line(inner), "trace-list");
    const label = t("Round {number}", { number: round + 1 });
    const count = h("span", { className: "trace-facts" });
    const state = h("span", { className: "trace-state" });
    const head = h("div", { className: "trace-head" }, h("span", { className: "trace-round" }, label), count, state);
    const rows = () => (row.inner.get(round) ?? []).filter(isStep);
    const folded = fold(t("Steps of round {number}", { number: round + 1 }), head, (host) => {
      if (!host.childElementCount) host.append(list.element);
      list.sync(rows());
    });
    const update = () => {
      const status = rows().some((one) => one.status === "failed") ? "failed" : rows().some((one) => one.status === "running") ? "running" : "succeeded";
      const [image, word, tone] = stateOf(status);
      state.className = `trace-state ${tone}`;
      state.replaceChildren(icon(image), h("span", { className: "sr-only" }, word));
      count.textContent = t("{count} steps", { count: rows().length });
      if (folded.isOpen) list.sync(rows());
    };
    row.groups.set(round, update);
    update();
    return h("li", { className: "trace-line" }, head, folded.host);
  }
}
