// The menu of a conversation in the list: one for all of them, opened beside the one it is for.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";

const GAP_PX = 4;

export class ItemMenu {
  // `onpin(id)`, `onrename(id)`, `ondelete(id)`; `anchorOf(id)`: its button, which may be another one by the time the
  // menu closes.
  constructor(actions) {
    this.anchorOf = actions.anchorOf;
    this.pinButton = h("button", { type: "button", onclick: () => this.#choose(actions.onpin) });
    this.element = h("div", { className: "sheet item-menu", popover: "auto" },
      this.pinButton,
      h("button", { type: "button", onclick: () => this.#choose(actions.onrename) }, icon("pencil"), t("Rename")),
      h("button", { className: "danger", type: "button", onclick: () => this.#choose(actions.ondelete) }, icon("trash-2"), t("Delete")));
    this.element.addEventListener("toggle", ({ newState }) => this.#onToggle(newState === "open"));
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
  }

  open(id, { isPinned }) {
    this.id = id;
    this.pinButton.replaceChildren(isPinned ? icon("pin-off") : icon("pin"), isPinned ? t("Unpin") : t("Pin"));
    this.element.showPopover();
    this.#place();
    this.pinButton.focus();
  }

  #choose(action) {
    this.element.hidePopover();
    action(this.id);
  }

  #onToggle(isOpen) {
    const anchor = this.anchorOf(this.id);
    anchor?.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen && (this.element.contains(document.activeElement) || document.activeElement === document.body)) anchor?.focus();
  }

  #onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = [...this.element.children];
    const next = buttons.indexOf(document.activeElement) + step;
    buttons.at(next % buttons.length).focus();
  }

  #place() {
    const { element } = this;
    const anchor = this.anchorOf(this.id).getBoundingClientRect();
    const fitsBelow = anchor.bottom + GAP_PX + element.offsetHeight <= innerHeight;
    element.style.top = `${fitsBelow ? anchor.bottom + GAP_PX : anchor.top - GAP_PX - element.offsetHeight}px`;
    element.style.left = `${Math.max(GAP_PX, Math.min(anchor.right, innerWidth - GAP_PX) - element.offsetWidth)}px`;
  }
}
