// Tries a chatflow out: one conversation with the draft.
import "@/chat/chat-pane.js";
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { api, explain, welcome } from "@/debug/app.js";
import { chatSettings } from "@/canvas/runs/begin.js";
import { WatchedRuns } from "@/canvas/runs/current.js";

const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const { inspect: _, ...own } = api; // what each model was told stands in the steps

export class TryChat {
  constructor() {
    const again = h("button", { className: "btn", type: "button", onclick: () => this.#renew() }, icon("rotate-ccw"), t("Start again"));
    this.note = h("div", { className: "notice warn run-note", role: "status", hidden: true }, icon("info"), h("span", { className: "grow" }, t("The app's form or features have changed since.")), again);
    this.element = h("div", { className: "run-chat" }, this.note);
    this.#renew();
  }

  #renew() {
    const values = this.pane?.start.form.values() ?? {};
    this.runs?.end();
    this.pane?.remove();
    this.runs = new WatchedRuns();
    this.pane = document.createElement("chat-pane");
    this.element.append(this.pane);
    this.shown = chatSettings();
    this.pane.open({ settings: this.shown, runs: this.runs, api: own, explain, welcome });
    this.pane.begin(values);
    this.pane.addEventListener("begin", () => {
      if (!this.note.hidden) this.#renew();
    });
    this.note.hidden = true;
  }

  // With the form and the features the draft has now.
  renew() {
    const now = chatSettings();
    if (isSame(now, this.shown)) this.note.hidden = true;
    else if (this.pane.querySelector(".answer")) this.note.hidden = false;
    else if (!isSame(now.features, this.shown.features)) this.#renew();
    else this.pane.change(this.shown = now);
  }
}
