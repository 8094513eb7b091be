// The sheet in which a variable is chosen: all that a node may refer to, by the node that brings it.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { choicesAt, keysOf, suits } from "@/canvas/variables.js";

const sheets = new WeakMap(); // by where they stand: beside a modal dialog nothing else can be used

class Sheet {
  #request;
  #current = 0;

  constructor(around) {
    this.search = h("input", { className: "input", type: "search", maxLength: 60, placeholder: t("Search variables"), "aria-label": t("Search variables"), role: "combobox", "aria-expanded": "true", "aria-controls": "variable-list", autocomplete: "off", oninput: () => this.#show(), onkeydown: (event) => this.#onKey(event) });
    this.list = h("div", { id: "variable-list", className: "picker-list", role: "listbox", "aria-label": t("Variables") });
    this.foot = h("div", { className: "picker-foot" });
    this.element = h("div", { className: "picker var-picker", popover: "auto", role: "dialog", "aria-label": t("Choose a variable") }, this.search, this.list, this.foot);
    around.append(this.element);
    this.element.addEventListener("toggle", ({ newState }) => newState === "closed" && this.#giveBack());
  }

  open(anchor, request) {
    this.#request = { ...request, anchor, key: anchor.dataset.key, isAll: false };
    this.search.value = "";
    this.#show();
    this.element.showPopover();
    const { left, bottom, top } = anchor.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const below = bottom + 6 + height <= innerHeight ? bottom + 6 : Math.max(8, top - 6 - height);
    Object.assign(this.element.style, { left: `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`, top: `${below}px` });
    this.search.focus();
  }

  // Whoever asked may have been drawn anew meanwhile.
  #giveBack() {
    const { anchor, key } = this.#request;
    const place = anchor.isConnected ? anchor : key && document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (place && (document.activeElement === document.body || this.element.contains(document.activeElement))) place.focus({ preventScroll: true });
  }

  #options = () => [...this.list.querySelectorAll("[role=option]")];

  #mark(place) {
    const all = this.#options();
    this.#current = Math.max(0, Math.min(place, all.length - 1));
    all.forEach((option, index) => option.setAttribute("aria-selected", String(index === this.#current)));
    all[this.#current]?.scrollIntoView({ block: "nearest" });
    if (all[this.#current]) this.search.setAttribute("aria-activedescendant", all[this.#current].id);
    else this.search.removeAttribute("aria-activedescendant");
  }

  #onKey(event) {
    const steps = { ArrowDown: this.#current + 1, ArrowUp: this.#current - 1 };
    if (event.key in steps) {
      event.preventDefault();
      this.#mark(steps[event.key]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.#options()[this.#current]?.click();
    }
  }

  // Single keys of objects are offered when one looks for them, or where only they suit.
  #found() {
    const { at, scope, types, isAll, more = [] } = this.#request;
    const words = this.search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = isAll ? [] : types;
    return [...more, ...choicesAt(at, scope)].map((group) => ({ ...group, variables: group.variables.flatMap((one) => {
      const keys = Object.entries(keysOf(one.selector, one.type)).map(([key, type]) => ({ name: `${one.name}.${key}`, type, selector: [...one.selector, key], isKey: true }));
      const all = [...(suits(one.type, wanted) ? [one] : []), ...keys.filter(({ type }) => suits(type, wanted) && (words.length || !suits(one.type, wanted) || one.type === "object"))];
      return all.filter(({ name }) => words.every((word) => `${group.label} ${name}`.toLowerCase().includes(word)));
    }) })).filter(({ variables }) => variables.length);
  }

  #show() {
    const groups = this.#found();
    let count = 0;
    this.list.replaceChildren(...groups.map(({ label, sign, family, variables }) => h("div", { role: "group", "aria-label": label },
      h("p", { className: "over var-group", "aria-hidden": "true" }, h("span", { className: `var-sign ${family}` }, icon(sign)), label),
      variables.map((one) => h("div", { role: "option", id: `variable-option-${count++}`, className: one.isKey ? "var-option key" : "var-option", onclick: () => this.#pick(one) }, h("span", { className: "grow clip" }, one.name), h("span", { className: "var-type" }, one.type))))));
    if (!groups.length) this.list.append(h("p", { className: "muted none" }, this.search.value ? t("No variable is called so.") : t("Nothing that comes before this node brings a variable that suits. Connect it first.")));
    const isNarrow = this.#request.types?.length && !this.#request.isAll;
    this.foot.replaceChildren(...(isNarrow ? [h("button", { className: "btn ghost small", type: "button", onclick: () => { this.#request.isAll = true; this.#show(); this.search.focus(); } }, t("Show variables of all types"))] : []));
    const chosen = this.#request.chosen?.join(".");
    const all = groups.flatMap(({ variables }) => variables);
    this.#mark(Math.max(0, all.findIndex(({ selector }) => selector.join(".") === chosen)));
  }

  #pick({ selector, type }) {
    this.element.hidePopover();
    this.#request.onpick(selector, type);
    queueMicrotask(() => this.#giveBack());
  }
}

// Opens the sheet at a button. `at`: the node that refers; `types`: what suits; `onpick(selector, type)`.
export function openVariables(anchor, request) {
  const around = anchor.closest("dialog") ?? document.body;
  if (!sheets.has(around)) sheets.set(around, new Sheet(around));
  sheets.get(around).open(anchor, request);
}
