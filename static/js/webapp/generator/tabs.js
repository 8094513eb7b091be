// Tabs by the WAI-ARIA pattern: arrow keys move and choose. The address remembers the chosen one as its fragment.
export class Tabs extends EventTarget {
  constructor(list) {
    super();
    this.tabs = [...list.querySelectorAll('[role="tab"]')];
    list.addEventListener("click", (event) => {
      const tab = event.target.closest('[role="tab"]');
      if (tab) this.choose(tab);
    });
    list.addEventListener("keydown", (event) => this.#onKey(event));
    window.addEventListener("hashchange", () => this.#fromAddress());
    this.#fromAddress();
  }

  choose(tab, { isTold = true } = {}) {
    for (const each of this.tabs) {
      const isChosen = each === tab;
      each.ariaSelected = String(isChosen);
      each.tabIndex = isChosen ? 0 : -1;
      document.getElementById(each.getAttribute("aria-controls")).hidden = !isChosen;
    }
    if (isTold) history.replaceState(null, "", `#${tab.dataset.name}`);
    this.dispatchEvent(new CustomEvent("choose", { detail: tab.dataset.name }));
  }

  #fromAddress() {
    const tab = this.tabs.find(({ dataset }) => `#${dataset.name}` === location.hash);
    if (tab) this.choose(tab, { isTold: false });
  }

  #onKey(event) {
    const at = this.tabs.indexOf(document.activeElement);
    const last = this.tabs.length - 1;
    const goals = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last };
    const tab = this.tabs[goals[event.key]];
    if (!tab) return;
    event.preventDefault();
    this.choose(tab);
    tab.focus();
  }
}
