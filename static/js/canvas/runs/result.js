// What a run has come to: its state, what it brought, what went wrong, and what it waits for.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { nodeOf, titleOf } from "@/canvas/graph.js";
import { current } from "@/canvas/runs/current.js";
import { goTo } from "@/canvas/runs/go.js";
import { figures, isNothing, moment, nothingYet, outputBlocks, statusChip, trouble, valueBlock } from "@/canvas/runs/looks.js";
import { addressOf } from "@/canvas/runs/server.js";

function goToButton(id) {
  const node = nodeOf(id);
  return node && h("button", { className: "btn", type: "button", onclick: () => goTo(id) }, icon("target"), t("Go to {name}", { name: titleOf(node) }));
}

const waiting = ({ node_title: title, form_token: token }) => h("div", { className: "notice warn" }, icon("circle-pause"),
  h("span", { className: "grow" }, t("“{name}” waits for a person.", { name: title })),
  h("a", { className: "btn", href: `/form/${token}`, target: "_blank", rel: "noopener" }, icon("external-link"), t("Open the form")));

const waitingSomewhere = (record) => h("div", { className: "notice warn" }, icon("circle-pause"), h("span", { className: "grow" }, t("The run waits for a person.")),
  record.id && h("a", { className: "btn", href: addressOf.run(record.id) }, icon("external-link"), t("Open the run")));

function problem(record) {
  if (!record.error) return null;
  return trouble(record.error, goToButton(record.lacks ?? record.failed[0]?.nodeId));
}

function outcome(record) {
  if (!isNothing(record.outputs) || record.whole.outputs) return outputBlocks(record.outputs, record.whole.outputs);
  if (record.text) return [valueBlock(t("Answer"), record.text)];
  return record.isOver && !record.error ? [h("p", { className: "muted" }, t("The run has brought nothing."))] : [];
}

export class Result {
  constructor() {
    this.head = h("div", { className: "run-head", role: "status" });
    this.body = h("div", { className: "run-parts" });
    this.element = h("div", { className: "run-result" }, this.head, this.body);
    current.addEventListener("change", () => this.#show());
    current.addEventListener("update", () => this.#show());
    this.#show();
  }

  #show() {
    const { record } = current;
    if (!record) {
      this.head.replaceChildren();
      this.body.replaceChildren(nothingYet("play", t("Nothing has run yet. Try the flow out, and what it brings stands here.")));
      return;
    }
    const when = record.isReplay && record.created_at ? [record.who, moment(record.created_at)].filter(Boolean).join(" · ") : "";
    this.#head(record, when);
    if (record.status === "running" && !record.isStored) this.#stream(record);
    else this.#whole(record);
  }

  // The words of a state are said once, not with each piece of text.
  #head(record, when) {
    const shown = JSON.stringify([record.status, figures(record), when]);
    if (shown === this.shown) return;
    this.shown = shown;
    this.head.replaceChildren(...[statusChip(record.status), h("span", { className: "muted" }, figures(record)), when && h("span", { className: "muted" }, when)].filter(Boolean));
  }

  #stream(record) {
    if (!this.stream?.isConnected || this.of !== record) {
      this.of = record;
      this.stream = h("pre", { className: "run-stream", hidden: true });
      this.body.replaceChildren(this.stream);
      this.length = 0;
    }
    if (record.text.length < this.length) {
      this.stream.textContent = "";
      this.length = 0;
    }
    this.stream.append(record.text.slice(this.length));
    this.length = record.text.length;
    this.stream.hidden = !this.length;
  }

  #whole(record) {
    const parts = [
      problem(record), ...record.forms.map(waiting), record.status === "paused" && !record.forms.length && waitingSomewhere(record), ...outcome(record),
      record.isStored && valueBlock(t("What went in"), record.inputs, record.whole.inputs),
      record.id && record.isOver && h("a", { className: "run-link", href: addressOf.run(record.id) }, t("Open it in the logs")),
    ];
    this.body.replaceChildren(...parts.filter(Boolean));
  }
}
