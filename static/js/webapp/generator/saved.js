// Texts the visitor keeps: what other tabs add or take away, and the list with its pages.
import { h, icon } from "@/core/dom.js";
import { StreamingMarkdown } from "@/core/markdown.js";
import { t } from "@/core/words.js";
import { copyButton } from "@/webapp/generator/actions.js";
import { say } from "@/webapp/generator/say.js";

const PAGE = 20;

// The visitor's saved texts on the server.
export class Saved extends EventTarget {
  #client;

  constructor(client) {
    super();
    this.#client = client;
  }

  async add(messageId) {
    await this.#client.post("saved-messages", { message_id: messageId });
    this.dispatchEvent(new Event("change"));
  }

  async remove(messageId) {
    await this.#client.delete(`saved-messages/${messageId}`);
    this.dispatchEvent(new Event("change"));
  }

  page(lastId) {
    return this.#client.get("saved-messages", { limit: PAGE, last_id: lastId });
  }
}

function rendered(text) {
  const body = h("div", { className: "md" });
  const markdown = new StreamingMarkdown(body);
  markdown.push(text);
  markdown.finish();
  return body;
}

const day = (seconds) => new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" }).format(seconds * 1000);

export class SavedList {
  #isFresh = false;

  constructor({ saved, fields }, panel) {
    Object.assign(this, { saved, fields });
    this.list = h("div", { className: "gen-saved" });
    this.notice = h("div", { className: "notice bad", role: "alert", hidden: true });
    this.more = h("button", { className: "btn", type: "button", hidden: true, onclick: () => this.#load() }, t("Show more"));
    this.empty = panel.querySelector(".gen-empty");
    panel.append(this.notice, this.list, this.more);
    saved.addEventListener("change", () => { if (!this.isRemoving) this.#isFresh = false; });
  }

  // Reads the list anew if it may have changed.
  show() {
    if (this.#isFresh) return;
    this.#isFresh = true;
    this.list.replaceChildren();
    this.#load();
  }

  async #load() {
    this.more.disabled = true;
    try {
      const { data, has_more: hasMore } = await this.saved.page(this.list.lastElementChild?.dataset.id);
      this.list.append(...data.map((message) => this.#card(message)));
      this.more.hidden = !hasMore;
      this.notice.hidden = true;
    } catch (error) {
      this.#isFresh = false;
      this.#problem(error.message);
    }
    this.more.disabled = false;
    this.#showEmpty();
  }

  #card({ id, answer, inputs, created_at: createdAt }) {
    const card = h("article", { className: "card gen-text", "data-id": id, "aria-label": t("Saved text of {time}", { time: day(createdAt) }) });
    const given = this.fields.map(({ name }) => inputs[name]).filter((value) => value != null && value !== "" && typeof value !== "object").join(" · ");
    const remove = h("button", { className: "btn ghost", type: "button", onclick: () => this.#remove(id, card, remove) }, icon("trash-2"), t("Remove"));
    card.append(h("header", { className: "gen-text-head" }, h("h2", { className: "clip" }, given), h("span", { className: "muted" }, day(createdAt))),
      rendered(answer), h("div", { className: "gen-actions" }, copyButton(() => answer), remove));
    return card;
  }

  async #remove(id, card, button) {
    this.isRemoving = true; // the list itself shows this change
    button.disabled = true;
    try {
      await this.saved.remove(id);
    } catch (error) {
      button.disabled = false;
      this.#problem(error.message);
      return;
    } finally {
      this.isRemoving = false;
    }
    const next = card.nextElementSibling ?? card.previousElementSibling;
    card.remove();
    say(t("Removed."));
    this.#showEmpty();
    (next?.querySelector("button") ?? document.getElementById("tab-saved")).focus();
  }

  #problem(sentence) {
    this.notice.replaceChildren(icon("circle-alert"), h("span", {}, sentence));
    this.notice.hidden = false;
  }

  #showEmpty() {
    this.empty.hidden = this.list.childElementCount > 0 || !this.notice.hidden;
  }
}
