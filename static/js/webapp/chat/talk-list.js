// The list of conversations in the sidebar.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { Conversations } from "@/webapp/chat/conversations.js";
import { ItemMenu } from "@/webapp/chat/item-menu.js";

const MAX_NAME = 255;

export const nameOf = (conversation) => (Conversations.isUnnamed(conversation) ? t("New conversation") : conversation.name);

export class TalkList {
  #renaming = null;

  // `onopen(id)`, `onrename(id, name)`, `onpin(id)`, `ondelete(id)`, `onmore()`.
  constructor(element, conversations, actions) {
    Object.assign(this, { element, conversations, actions, currentId: null });
    this.menu = new ItemMenu({
      onpin: actions.onpin,
      ondelete: actions.ondelete,
      onrename: (id) => this.#startRenaming(id),
      anchorOf: (id) => this.element.querySelector(`[data-id="${id}"] .talk-more`),
    });
    document.body.append(this.menu.element);
    conversations.addEventListener("change", () => this.show());
  }

  setCurrent(id) {
    this.currentId = id;
    this.show();
  }

  show() {
    const { pinned, recent, hasMore } = this.conversations;
    const focused = this.#focused();
    this.element.replaceChildren(
      ...this.#group(t("Pinned"), pinned),
      ...this.#group(pinned.length ? t("Recent") : t("Conversations"), recent),
      ...(hasMore ? [h("button", { className: "btn ghost wide", type: "button", onclick: () => this.actions.onmore() }, t("Show more"))] : []),
      ...(pinned.length + recent.length ? [] : [h("p", { className: "muted none" }, t("Your conversations will be listed here."))]),
    );
    if (this.#renaming) this.element.querySelector("input")?.focus();
    else if (focused) this.element.querySelector(focused)?.focus();
  }

  // Where the same control will be found after the list is drawn anew.
  #focused() {
    const control = document.activeElement;
    const id = this.element.contains(control) && control.closest("[data-id]")?.dataset.id;
    return id && `[data-id="${id}"] .${control.classList.contains("talk-more") ? "talk-more" : "talk-name"}`;
  }

  #group(title, conversations) {
    if (!conversations.length) return [];
    return [h("h2", {}, title), h("ul", { className: "talks" }, conversations.map((conversation) => this.#item(conversation)))];
  }

  #item(conversation) {
    const { id } = conversation;
    const item = h("li", { className: "talk" });
    item.dataset.id = id;
    item.append(...(this.#renaming === id ? [this.#nameField(conversation)] : this.#face(conversation)));
    return item;
  }

  #face(conversation) {
    const { id } = conversation;
    const name = nameOf(conversation);
    const open = h("button", { className: "talk-name clip", type: "button", title: name, onclick: () => this.actions.onopen(id) }, name);
    if (id === this.currentId) open.setAttribute("aria-current", "true");
    const isMenuOpen = this.menu.id === id && this.menu.element.matches(":popover-open");
    const more = h("button", { className: "btn ghost icon-only talk-more", type: "button", "aria-label": t("Actions for {name}", { name }), "aria-haspopup": "true", "aria-expanded": String(isMenuOpen), onclick: () => this.menu.open(id, { isPinned: this.conversations.isPinned(id) }) }, icon("ellipsis"));
    return [open, more];
  }

  // --- renaming in place ---

  #startRenaming(id) {
    this.#renaming = id;
    this.show();
    this.element.querySelector("input").select();
  }

  #nameField(conversation) {
    const field = h("input", { className: "input", type: "text", value: nameOf(conversation), maxLength: MAX_NAME, "aria-label": t("Name of the conversation"), onkeydown: (event) => {
      if (event.key === "Enter" && !event.isComposing) this.#stopRenaming(conversation, field.value.trim());
      else if (event.key === "Escape") this.#stopRenaming(conversation, "");
      else return;
      event.preventDefault();
    }, onblur: () => this.#stopRenaming(conversation, field.value.trim()) });
    return field;
  }

  #stopRenaming(conversation, name) {
    if (this.#renaming !== conversation.id) return;
    this.#renaming = null;
    if (name && name !== nameOf(conversation)) this.actions.onrename(conversation.id, name);
    this.show();
    this.element.querySelector(`[data-id="${conversation.id}"] .talk-name`)?.focus();
  }
}
