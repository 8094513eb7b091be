// How a node ran last: what went in, what it did, what it brought; run alone, or with all that follows.
import { h, icon } from "@/core/dom.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { page } from "@/prompt/page.js";
import { select } from "@/prompt/fields.js";
import { typeOf } from "@/canvas/catalogue.js";
import { insideOf, nodeOf, titleOf } from "@/canvas/graph.js";
import { openRun } from "@/canvas/run-panel.js";
import { marks } from "@/canvas/signals.js";
import { current } from "@/canvas/runs/current.js";
import { lastValues } from "@/canvas/runs/last-values.js";
import { detailBlocks, figures, moment, nothingYet, statusChip, trouble } from "@/canvas/runs/looks.js";
import { needsValues, rowsFor } from "@/canvas/runs/referred.js";
import { server } from "@/canvas/runs/server.js";
import { ValuesForm } from "@/canvas/runs/values-form.js";

const SOURCES = { step: t("Ran alone"), edited: t("Written by you"), run: "" };
const ENDED_WELL = new Set(["succeeded", "exception"]);

// Runs what follows a node, and the node itself; what is before counts as it was last.
export function runFrom(id) {
  if (current.isBusy) return toast(t("The flow is running. Wait for its end, or stop it."), "warn");
  current.start({ from_node_id: id });
  return openRun("trace");
}

class LastRun extends HTMLElement {
  #show = () => this.#showLast();

  connectedCallback() {
    if (!this.result) this.#build();
    lastValues.addEventListener("change", this.#show);
    current.addEventListener("change", this.#show);
    current.addEventListener("update", this.#show);
    lastValues.ensure();
    this.#showLast();
  }

  disconnectedCallback() {
    lastValues.removeEventListener("change", this.#show);
    current.removeEventListener("change", this.#show);
    current.removeEventListener("update", this.#show);
  }

  #build() {
    const node = nodeOf(this.nodeId);
    const isInner = Boolean(insideOf(node));
    this.className = "last-run";
    this.form = new ValuesForm({ label: t("Values for this step"), action: t("Run"), remember: `run-step:${page.app.id}:${this.nodeId}`, onsubmit: (values) => this.#step(values) });
    this.form.element.hidden = true;
    this.opener = h("button", { className: "btn", type: "button", onclick: () => this.#onStep() }, icon("play"), t("Run this step"));
    const from = !isInner && h("button", { className: "btn", type: "button", onclick: () => runFrom(this.nodeId) }, icon("step-forward"), t("Run from here"));
    this.state = h("p", { className: "muted", role: "status", hidden: true });
    this.result = h("div", { className: "run-parts" });
    this.append(h("div", { className: "row tight" }, typeOf(node).family !== "begin" && this.opener, from), this.form.element, this.state, this.result);
  }

  // A step that refers to nothing runs at once; others ask first.
  async #onStep() {
    if (!needsValues(this.nodeId)) return this.#step({});
    const isOpen = !this.form.element.hidden;
    this.form.element.hidden = isOpen;
    this.opener.setAttribute("aria-expanded", String(!isOpen));
    if (isOpen) return undefined;
    try {
      this.form.show(await rowsFor(this.nodeId));
      this.form.element.querySelector("textarea, input, button")?.focus();
    } catch (error) {
      toast(error.message, "bad");
    }
    return undefined;
  }

  async #step(values) {
    this.#busy(true);
    marks.set(this.nodeId, { status: "running", error: "" });
    try {
      await draft.save();
      const told = await server.step(this.nodeId, values);
      this.alone = told;
      marks.set(this.nodeId, { status: told.status, elapsed_time: told.elapsed_time, tokens: told.execution_metadata?.total_tokens, error: told.error });
      await lastValues.load();
      if (!told.is_kept && told.status === "succeeded" && !insideOf(nodeOf(this.nodeId))) toast(t("The node is pinned: it still brings what it is pinned to."), "warn");
    } catch (error) {
      this.alone = { status: "failed", error: error.message };
      marks.set(this.nodeId, { status: "failed", error: error.message });
    }
    this.#busy(false);
    this.#showLast();
  }

  #busy(isBusy) {
    this.opener.disabled = this.form.button.disabled = isBusy;
    this.state.hidden = !isBusy;
    this.state.textContent = isBusy ? t("The step is running.") : "";
  }

  // The run that is shown counts where it says more than what is kept: of rounds, and of what failed.
  #showLast() {
    const rows = current.record?.byNode.get(this.nodeId) ?? [];
    const row = rows[this.chosen] ?? rows.at(-1);
    const value = lastValues.of(this.nodeId);
    const isRow = row && (current.isReplay || row.parent || !value || !ENDED_WELL.has(row.status));
    if (current.record !== this.seen) this.alone = null;
    this.seen = current.record;
    const parts = this.alone ? this.#told(this.alone, t("Ran alone")) : isRow ? this.#ofRun(row, rows) : value ? this.#kept(value) : [this.#nothing()];
    this.result.replaceChildren(...parts);
  }

  #nothing() {
    if (lastValues.error) return trouble(lastValues.error);
    return nothingYet("clock", t("{name} has not run yet.", { name: titleOf(nodeOf(this.nodeId)) }));
  }

  #ofRun(row, rows) {
    const rounds = rows.map((one, place) => [String(place), t("Round {number}", { number: (one.round ?? place) + 1 })]);
    const choice = rows.length > 1 && select(rounds, String(rows.indexOf(row)), { "aria-label": t("Round"), onchange: ({ target }) => {
      this.chosen = Number(target.value);
      this.#showLast();
      this.result.querySelector("select").focus();
    } });
    return [choice, ...this.#told(row, "")].filter(Boolean);
  }

  #kept(value) {
    const words = [SOURCES[value.source], value.is_pinned && t("Pinned")].filter(Boolean).join(" · ");
    return this.#told(value, words);
  }

  #told(told, words) {
    const when = told.updated_at && moment(told.updated_at);
    const tokens = told.tokens ?? told.execution_metadata?.total_tokens;
    return [
      h("div", { className: "run-head" }, statusChip(told.status || "succeeded"), h("span", { className: "muted" }, [words, figures({ ...told, tokens }), when].filter(Boolean).join(" · "))),
      told.error ? trouble(told.error) : null, ...detailBlocks(told),
    ].filter(Boolean);
  }
}

customElements.define("last-run", LastRun);

// For the settings of a node: how it ran last.
export function lastRun(id) {
  const element = document.createElement("last-run");
  element.nodeId = id;
  return element;
}
