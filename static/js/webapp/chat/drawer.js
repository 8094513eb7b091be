// The sidebar where there is no room for it beside the chat: it slides in, takes the focus and gives it back.
export class Drawer {
  #narrow = matchMedia("(max-width: 860px)");
  #opener = null;

  constructor({ site, panel, scrim, openers, closers, isAlways }) {
    Object.assign(this, { site, panel, isAlways });
    for (const opener of openers) opener.addEventListener("click", () => this.open(opener));
    for (const closer of [...closers, scrim]) closer.addEventListener("click", () => this.close());
    panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.isOpen && !event.defaultPrevented) this.close();
    });
    this.#narrow.addEventListener("change", () => this.#show(false));
    this.#show(false);
  }

  get isDrawer() {
    return this.isAlways || this.#narrow.matches;
  }

  get isOpen() {
    return this.site.classList.contains("is-open");
  }

  open(opener) {
    this.#opener = opener;
    this.#show(true);
    this.panel.querySelector("button")?.focus();
  }

  close() {
    if (!this.isOpen) return;
    this.#show(false);
    this.#opener?.focus();
  }

  #show(isOpen) {
    this.site.classList.toggle("is-open", isOpen);
    this.panel.inert = this.isDrawer && !isOpen;
    this.site.querySelector("main").inert = this.isDrawer && isOpen;
    this.#opener?.setAttribute("aria-expanded", String(isOpen));
  }
}
