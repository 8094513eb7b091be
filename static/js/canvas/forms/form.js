// The form of a node's settings, drawn of their JSON schema.
import { h } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { redraw } from "@/prompt/fields.js";
import { page } from "@/prompt/page.js";
import { typeOf } from "@/canvas/catalogue.js";
import { nodeOf, setSettings } from "@/canvas/graph.js";
import { brought } from "@/canvas/variables.js";
import { put } from "@/canvas/forms/paths.js";
import { draw } from "@/canvas/forms/registry.js";
import { fieldsOf } from "@/canvas/forms/schema.js";
import { Slot } from "@/canvas/forms/slot.js";

export class Form {
  #kept = new Map(); // editors that outlive a drawing: key -> {element, take, refresh, destroy}
  #used = new Set();
  #isWritingHere = false;

  constructor(id) {
    this.id = id;
    this.mode = page.app.mode;
    this.host = h("div", { className: "node-form" });
    this.opened = new Set(); // of folded parts
    draft.addEventListener("change", this.#onChange);
    brought.addEventListener("change", this.#onNames);
    this.show();
  }

  get node() {
    return nodeOf(this.id);
  }

  get data() {
    return this.node?.data ?? {};
  }

  get schema() {
    return typeOf({ data: this.data }).schema;
  }

  #onChange = ({ detail }) => {
    if (!this.node || (detail.source === this && this.#isWritingHere)) return;
    if (detail.source === this.host) return;
    this.show();
  };

  #onNames = () => {
    for (const kept of this.#kept.values()) kept.refresh?.();
    if (!this.#isInEditor()) return this.show();
    this.host.addEventListener("focusout", () => queueMicrotask(() => this.node && this.host.isConnected && !this.#isInEditor() && this.show()), { once: true });
  };

  // Nothing is drawn anew under the hand of who writes there: what is offered to complete a word would go.
  #isInEditor() {
    return this.host.contains(document.activeElement?.closest?.(".cm-editor") ?? null);
  }

  // `key` for what is typed: the form stays as it is, and the steps are one.
  write(changes, key = null) {
    this.#isWritingHere = key !== null;
    setSettings(this.id, (data) => changes.reduce((next, [path, value]) => put(next, path, value), data), { key: key && `${this.id}.${key}`, source: key ? this : null });
    this.#isWritingHere = false;
  }

  // An element that is made once and keeps what it is, such as an editor with its caret.
  keep(key, value, make) {
    let kept = this.#kept.get(key);
    if (!kept) this.#kept.set(key, (kept = make()));
    else kept.take(value);
    this.#used.add(key);
    return kept;
  }

  // A folded part that stays open over drawings.
  fold(key, label, parts) {
    const fold = h("details", { className: "fold", open: this.opened.has(key), ontoggle: () => (fold.open ? this.opened.add(key) : this.opened.delete(key)) }, h("summary", { "data-key": `fold-${key}` }, label), h("div", { className: "fold-body" }, parts));
    return fold;
  }

  show() {
    if (this.#isInEditor()) return this.#showLater();
    this.#used.clear();
    const { common } = typeOf({ data: this.data });
    const fields = fieldsOf(this.schema, this.schema, { value: this.data, mode: this.mode, leftOut: common });
    const drawn = (list) => list.map(({ name, property }) => draw(new Slot(this, [name], property)));
    const [usual, rare] = [fields.filter(({ property }) => !property.is_advanced), fields.filter(({ property }) => property.is_advanced)];
    redraw(this.host, drawn(usual), rare.length ? this.fold("advanced", t("More settings"), drawn(rare)) : null, fields.length ? null : h("p", { className: "muted" }, t("There is nothing to set.")));
    for (const [key, kept] of this.#kept) {
      if (this.#used.has(key)) continue;
      kept.destroy?.();
      this.#kept.delete(key);
    }
  }

  // An editor that has the focus would lose it: its caret comes back when all is drawn.
  #showLater() {
    const editor = document.activeElement.closest(".cm-editor");
    document.activeElement.blur();
    this.show();
    if (editor.isConnected) editor.querySelector(".cm-content").focus({ preventScroll: true });
  }

  destroy() {
    draft.removeEventListener("change", this.#onChange);
    brought.removeEventListener("change", this.#onNames);
    for (const kept of this.#kept.values()) kept.destroy?.();
  }
}
