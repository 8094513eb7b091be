// Ctrl+K: goes anywhere by name. Arrow keys choose, Enter opens, Ctrl+Enter opens in a new tab.
import { openDialog } from "@/core/dialogs.js";
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";

const WAIT_MS = 120;

class CommandMenu {
  #timer;
  #asked = 0;

  constructor(address) {
    this.address = address;
    this.list = h("div", { id: "command-list", className: "command-list", role: "listbox", "aria-label": t("Results") });
    this.input = h("input", {
      className: "input", type: "search", role: "combobox", "aria-expanded": "true", "aria-controls": "command-list", "aria-autocomplete": "list",
      "aria-label": t("Find anything"), placeholder: t("Find apps, knowledge, pages …"), autocomplete: "off", maxLength: 100,
      oninput: () => this.#askSoon(), onkeydown: (event) => this.#onKey(event),
    });
    this.dialog = openDialog(h("div", { className: "command-menu" }, this.input, this.list), { label: t("Find anything") });
    this.#ask();
  }

  get #options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  #askSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), WAIT_MS);
  }

  async #ask() {
    const asked = ++this.#asked;
    const response = await fetch(`${this.address}?q=${encodeURIComponent(this.input.value)}`, { headers: { Accept: "application/json" } }).catch(() => null);
    if (asked !== this.#asked) return;
    if (!response?.ok) return this.list.replaceChildren(h("p", { className: "muted" }, t("Nothing could be looked up. Try again.")));
    const { groups } = await response.json();
    if (asked === this.#asked) this.#show(groups);
  }

  #show(groups) {
    let count = 0;
    const option = ({ label, url, icon: name, detail }) => h("a", { id: `command-${count++}`, role: "option", href: url, tabIndex: -1 }, icon(name), h("span", { className: "grow clip" }, label), h("span", { className: "muted" }, detail));
    const sections = groups.map(({ label, items }) => h("div", { role: "group", "aria-label": label }, h("p", { className: "over" }, label), items.map(option)));
    this.list.replaceChildren(...(sections.length ? sections : [h("p", { className: "muted" }, t("Nothing has this name."))]));
    this.#choose(0);
  }

  #choose(index) {
    const options = this.#options;
    options.forEach((option, number) => option.setAttribute("aria-selected", String(number === index)));
    this.chosen = index;
    if (options[index]) {
      this.input.setAttribute("aria-activedescendant", options[index].id);
      options[index].scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
  }

  #onKey(event) {
    const options = this.#options;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length) {
      event.preventDefault();
      this.#choose((this.chosen + step + options.length) % options.length);
    } else if (event.key === "Enter" && options[this.chosen] && !event.isComposing) {
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) window.open(options[this.chosen].href);
      else location.assign(options[this.chosen].href);
    }
  }
}

export function listen(button) {
  const open = () => document.querySelector(".command-menu") ?? new CommandMenu(button.dataset.find);
  button.addEventListener("click", open);
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open();
  });
}
