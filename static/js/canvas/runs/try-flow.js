// Tries a workflow out: the form it asks for, filled in as it was last, and the button that runs it.
import { VariablesForm } from "@/chat/variables-form.js";
import { h, icon } from "@/core/dom.js";
import { local } from "@/core/storage.js";
import { t } from "@/core/words.js";
import { page } from "@/prompt/page.js";
import { titleOf } from "@/canvas/graph.js";
import { formFields, formNode, triggerNodes } from "@/canvas/runs/begin.js";
import { current } from "@/canvas/runs/current.js";
import { nothingYet } from "@/canvas/runs/looks.js";
import { server } from "@/canvas/runs/server.js";
import { JsonField, ValuesForm } from "@/canvas/runs/values-form.js";
import { brought } from "@/canvas/variables.js";

const KEY = `run-inputs:${page.app.id}`;

function remembered() {
  try {
    return JSON.parse(local.get(KEY)) ?? {};
  } catch {
    return {};
  }
}

export class TryFlow {
  constructor() {
    this.element = h("div", { className: "run-try" });
    this.state = h("span", { className: "sr-only", role: "status" });
    current.addEventListener("change", () => this.#showButtons());
    current.addEventListener("update", () => this.#showButtons());
    brought.addEventListener("change", () => this.renew());
    this.renew();
  }

  // With the fields the draft has now; what was filled in is kept.
  renew() {
    const fields = formFields();
    const triggers = triggerNodes();
    const shape = JSON.stringify([fields, Boolean(formNode()), triggers.map((node) => [node.id, titleOf(node), brought.of(node.id)])]);
    if (shape === this.shape) return;
    this.shape = shape;
    const values = { ...remembered(), ...this.form?.values() };
    this.run = null;
    this.form = null;
    const parts = formNode() ? this.#formParts(fields, values) : [];
    this.element.replaceChildren(...parts, ...triggers.map((node) => this.#triggerPart(node)));
    if (!parts.length && !triggers.length) this.element.replaceChildren(nothingYet("house", t("Add a node that the flow begins with, then try it out here.")));
    this.#showButtons();
  }

  #formParts(fields, values) {
    this.form = new VariablesForm(fields, { onsubmit: () => this.#start(), upload: server.upload });
    for (const field of fields.filter(({ kind }) => kind === "json_object")) {
      const json = new JsonField({ ...field, id: `variable-${field.name}` });
      this.form.fields.push(json);
      this.form.set.insertBefore(json.element, this.form.set.children[fields.findIndex(({ name }) => name === field.name)] ?? null);
    }
    this.form.fill(values);
    this.run = h("button", { className: "btn primary run-start", autofocus: fields.length === 0 }, icon("play"), t("Run"));
    this.stop = h("button", { className: "btn", type: "button", hidden: true, onclick: () => current.stop() }, icon("circle-stop"), t("Stop"));
    this.form.element.classList.add("run-form");
    if (!fields.length) this.form.set.replaceWith(h("p", { className: "muted" }, t("The flow asks for nothing: it can be run as it is.")));
    this.form.element.append(h("div", { className: "row tight" }, this.run, this.stop, this.state));
    return [this.form.element];
  }

  // What would come with the trigger is written by hand.
  #triggerPart(node) {
    const form = new ValuesForm({
      label: t("Run as if “{name}” had started it", { name: titleOf(node) }), action: t("Run"), remember: `run-trigger:${page.app.id}:${node.id}`,
      onsubmit: (values) => current.start({ from_node_id: node.id, inputs: values[node.id] ?? {} }),
    });
    const named = Object.entries(brought.of(node.id)).filter(([name]) => !name.startsWith("_")); // the whole request is nothing to write by hand
    form.show(named.map(([name, type]) => ({ id: node.id, name, label: name, type })));
    return h("section", { className: "card run-form" }, h("h4", {}, t("Run as if “{name}” had started it", { name: titleOf(node) })), form.element);
  }

  #start() {
    if (current.isBusy || !this.form.isValid()) return;
    const inputs = this.form.values();
    local.set(KEY, JSON.stringify(inputs));
    current.start({ inputs });
  }

  #showButtons() {
    if (!this.run) return;
    const { isBusy } = current;
    const moves = isBusy && document.activeElement === this.run;
    const hadFocus = !isBusy && document.activeElement === this.stop;
    this.run.disabled = isBusy;
    this.stop.hidden = !isBusy;
    if (moves) this.stop.focus();
    if (hadFocus) this.run.focus();
    this.state.textContent = isBusy ? t("The flow is running.") : "";
  }
}
