// The log: an entry of the list opens in a drawer; J and K lead to the next one and the one before.
import { loadDialog } from "@/core/dialogs.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import "@/logs/markdown-text.js";

const isTyping = (target) => target.closest("input:not([type=radio]), textarea, select, [contenteditable]");
const isPlain = (event) => !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.button);

class Drawer {
  constructor(dialog) {
    this.dialog = dialog;
    dialog.classList.add("drawer");
    dialog.addEventListener("click", (event) => this.#onClick(event));
    dialog.addEventListener("close", () => this.#link?.focus());
    this.#arrive();
  }

  // The line of the list behind it; none where the entry stands on another page of the list.
  get #link() {
    const link = document.querySelector(`[data-entry="${this.id}"]`);
    if (link) this.lastLink = link;
    return link ?? this.lastLink;
  }

  #arrive() {
    const entry = this.dialog.querySelector(".entry");
    this.id = entry.dataset.id;
    this.dialog.setAttribute("aria-label", entry.querySelector("h2").textContent);
    this.dialog.scrollTop = 0;
    entry.querySelector("h2").focus();
    for (const row of document.querySelectorAll(".log-list tr[aria-current]")) row.removeAttribute("aria-current");
    this.#link?.closest("tr").setAttribute("aria-current", "true");
  }

  async #onClick(event) {
    const step = event.target.closest("a[data-step]");
    if (!step || !isPlain(event)) return;
    event.preventDefault();
    await window.htmx.ajax("GET", step.href, { target: this.dialog.querySelector(".entry"), swap: "outerHTML" });
    this.#arrive();
  }
}

async function open(link) {
  try {
    new Drawer(await loadDialog(link.href, { wide: true, opener: link }));
  } catch (error) {
    toast(error.message ?? t("This could not be loaded. Try again."), "bad");
  }
}

function step(key) {
  const entry = document.querySelector("dialog[open] .entry") ?? document.querySelector(".entry");
  if (entry) return entry.querySelector(`[data-step="${key}"]`)?.click();
  const links = [...document.querySelectorAll("[data-entry]")];
  const at = links.indexOf(document.activeElement);
  links[Math.min(Math.max(at + (key === "j" ? 1 : -1), 0), links.length - 1)]?.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-entry]");
  if (!link || !isPlain(event)) return;
  event.preventDefault();
  open(link);
});
document.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  if ((key !== "j" && key !== "k") || !isPlain(event) || isTyping(event.target)) return;
  event.preventDefault();
  step(key);
});
// The export is about what the filters let through.
document.addEventListener("htmx:pushedIntoHistory", () => {
  const link = document.getElementById("export");
  if (link) link.href = link.pathname + location.search;
});
