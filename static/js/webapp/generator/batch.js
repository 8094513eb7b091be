// Run batch: a file of rows, their way through the app, and the file of results.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { BatchFile, download } from "@/webapp/generator/batch-file.js";
import { BatchRow } from "@/webapp/generator/batch-row.js";
import { write } from "@/webapp/generator/csv.js";
import { generateWhole } from "@/webapp/generator/generate.js";
import { Batch } from "@/webapp/generator/queue.js";
import { columnsOf, needsFiles } from "@/webapp/generator/rows.js";
import { say } from "@/webapp/generator/say.js";

const TOLD_EVERY = 10; // rows; each would drown a screen reader

export class RunBatch {
  constructor(context, panel) {
    this.context = context;
    this.side = panel.querySelector(".gen-form");
    this.results = panel.querySelector(".gen-results");
    this.empty = panel.querySelector(".gen-empty");
    if (needsFiles(context.fields)) {
      this.side.append(h("div", { className: "card gen-batch-side" }, h("p", {}, t("This app asks for a file, which cannot stand in a table. Run it once at a time."))));
      return;
    }
    this.#build();
    window.addEventListener("beforeunload", (event) => {
      if (this.batch?.isRunning || this.isUnread) event.preventDefault();
    });
  }

  #build() {
    const button = (label, image, onclick, kind = "") => h("button", { className: `btn ${kind}`, type: "button", hidden: true, onclick }, image, label);
    this.file = new BatchFile(this.context.fields, (runs) => this.#prepare(runs));
    this.startButton = button("", null, () => this.#start(), "primary wide");
    this.stopButton = button(t("Stop all"), icon("square"), () => this.batch.stop());
    this.retryButton = button("", null, () => this.#start());
    this.saveButton = button(t("Download the results"), icon("download"), () => this.#save(), "primary");
    this.bar = h("progress", { className: "gen-bar", "aria-label": t("Progress"), hidden: true });
    this.note = h("p", { className: "muted" });
    this.list = h("div", { className: "gen-rows" });
    this.side.append(h("div", { className: "card gen-batch-side" }, this.file.element, this.startButton));
    this.head = h("div", { className: "gen-batch-head", hidden: true }, h("div", { className: "grow" }, this.note, this.bar), this.stopButton, this.retryButton, this.saveButton);
    this.results.append(this.head, this.list);
  }

  #prepare(runs) {
    this.batch = null;
    this.isUnread = false;
    this.list.replaceChildren();
    this.startButton.hidden = !runs;
    this.head.hidden = true;
    this.empty.hidden = Boolean(runs);
    if (!runs) return;
    this.batch = new Batch(runs, (inputs, options) => generateWhole(this.context.client, inputs, options));
    this.rows = new Map(this.batch.rows.map((row) => [row, new BatchRow(this.context, row)]));
    this.list.append(...[...this.rows.values()].map(({ element }) => element));
    this.batch.addEventListener("row", ({ detail }) => this.#onRow(detail));
    this.batch.addEventListener("end", () => this.#onEnd());
    this.startButton.replaceChildren(icon("sparkles"), t("Run {count} rows", { count: runs.length }));
    say(t("The file is in order: {count} rows.", { count: runs.length }));
  }

  #start() {
    this.startButton.hidden = true;
    this.file.lock(true);
    if (this.batch.count("waiting")) this.batch.start();
    else this.batch.retryFailed();
    this.#show();
    this.stopButton.focus({ preventScroll: true });
    this.head.scrollIntoView({ block: "nearest" });
  }

  #onRow(row) {
    this.rows.get(row).show();
    this.#show();
    const { ended } = this;
    if (row.status === "done" && ended % TOLD_EVERY === 0) say(this.note.textContent);
  }

  #onEnd() {
    this.file.lock(false);
    this.isUnread = this.batch.count("done") > 0;
    const hadFocus = document.activeElement === this.stopButton;
    this.#show();
    if (hadFocus) this.saveButton.focus();
    say(this.note.textContent);
  }

  get ended() {
    return this.batch.count("done", "failed", "stopped");
  }

  #show() {
    const { batch, ended } = this;
    const [failed, stopped] = [batch.count("failed"), batch.count("stopped")];
    const notes = [t("{ended} of {total} rows done", { ended, total: batch.rows.length }), failed && t("{count} failed", { count: failed }), stopped && t("{count} stopped", { count: stopped })];
    this.head.hidden = this.bar.hidden = false;
    this.bar.max = batch.rows.length;
    this.bar.value = ended;
    this.note.textContent = notes.filter(Boolean).join(" · ");
    this.stopButton.hidden = !batch.isRunning;
    this.retryButton.hidden = batch.isRunning || failed + stopped === 0;
    this.retryButton.replaceChildren(icon("refresh-cw"), stopped ? t("Run {count} unfinished rows", { count: failed + stopped }) : t("Retry {count} failed", { count: failed }));
    this.saveButton.hidden = batch.isRunning;
  }

  #save() {
    const columns = columnsOf(this.context.fields).map(({ name }) => name);
    const lines = this.batch.rows.map(({ inputs, text, error, status }) => [...columns.map((name) => inputs[name]), text, status === "stopped" ? t("Stopped") : error]);
    download("results.csv", write([[...columns, "result", "error"], ...lines]));
    this.isUnread = false;
  }
}
