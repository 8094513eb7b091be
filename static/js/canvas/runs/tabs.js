// Tabs by the WAI-ARIA pattern: arrow keys move and choose. The event "choose" has the name as its detail.
import { h } from "@/core/dom.js";

export class Tabs extends EventTarget {
  // `items`: [name, label, element].
  constructor(label, items) {
    super();
    this.names = items.map(([name]) => name);
    this.tabs = items.map(([name, text]) => h("button", { className: "run-tab", type: "button", role: "tab", id: `run-tab-${name}`, "aria-controls": `run-panel-${name}`, onclick: () => this.choose(name) }, text));
    this.list = h("div", { className: "run-tabs", role: "tablist", "aria-label": label, onkeydown: (event) => this.#onKey(event) }, this.tabs);
    this.panels = items.map(([name, , element]) => h("div", { className: "run-tab-panel", role: "tabpanel", id: `run-panel-${name}`, "aria-labelledby": `run-tab-${name}` }, element));
    this.choose(this.names[0]);
  }

  choose(name) {
    this.chosen = name;
    this.names.forEach((each, place) => {
      this.tabs[place].setAttribute("aria-selected", String(each === name));
      this.tabs[place].tabIndex = each === name ? 0 : -1;
      this.panels[place].hidden = each !== name;
    });
    this.dispatchEvent(new CustomEvent("choose", { detail: name }));
  }

  #onKey(event) {
    const at = this.names.indexOf(this.chosen);
    const last = this.names.length - 1;
    const goals = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last };
    if (!(event.key in goals)) return;
    event.preventDefault();
    this.choose(this.names[goals[event.key]]);
    this.tabs[goals[event.key]].focus();
  }
}
