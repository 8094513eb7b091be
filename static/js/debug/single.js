// One conversation with the draft.
import "@/chat/chat-pane.js";
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { api, explain, newRuns, settings, welcome } from "@/debug/app.js";

const PAUSE_MS = 300; // while somebody types, the form is not built anew with each letter
const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

export class Single {
  #timer;
  #onChange = () => {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#takeOver(), PAUSE_MS);
  };

  constructor() {
    const again = h("button", { className: "btn", type: "button", onclick: () => this.#renew() }, icon("rotate-ccw"), t("Start again"));
    this.note = h("div", { className: "notice warn debug-note", role: "status", hidden: true }, icon("info"), h("span", { className: "grow" }, t("The app's form or features have changed since.")), again);
    this.element = h("div", { className: "debug-single" }, this.note);
    this.#renew();
    document.addEventListener("draft-changed", this.#onChange);
  }

  close() {
    clearTimeout(this.#timer);
    document.removeEventListener("draft-changed", this.#onChange);
    this.element.remove();
  }

  // A pane with all that the draft has now.
  #renew() {
    const values = this.pane?.start.form.values() ?? {};
    this.pane?.remove();
    this.pane = document.createElement("chat-pane");
    this.element.append(this.pane);
    this.shown = settings();
    this.pane.open({ settings: this.shown, runs: newRuns(), api, explain, welcome });
    this.pane.begin(values);
    this.pane.addEventListener("begin", () => {
      if (!this.note.hidden) this.#renew();
    });
    this.note.hidden = true;
  }

  #takeOver() {
    const now = settings();
    if (isSame(now, this.shown)) this.note.hidden = true;
    else if (this.pane.querySelector(".answer")) this.note.hidden = false;
    else if (!isSame(now.features, this.shown.features)) this.#renew();
    else this.pane.change(this.shown = now);
  }
}
