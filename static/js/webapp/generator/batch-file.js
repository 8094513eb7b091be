// The file of a batch: its template, choosing or dropping one, and what is wrong with it.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { CsvProblem, readTable, write } from "@/webapp/generator/csv.js";
import { columnsOf, readRows } from "@/webapp/generator/rows.js";

const SHOWN_PROBLEMS = 12;
const LARGEST_BYTES = 5 * 2 ** 20;

export function download(name, text) {
  const link = h("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// What a column takes, in words.
function describe(field) {
  const parts = [field.required ? t("required") : t("optional")];
  if (field.kind === "select") parts.push(field.options.join(" / "));
  else if (field.kind === "number") parts.push(t("a number"));
  else if (field.kind === "checkbox") parts.push("true / false");
  else if (field.max_length) parts.push(t("at most {count} characters", { count: field.max_length }));
  return parts.join(", ");
}

export class BatchFile {
  // `onRuns(runs, name)` gets the rows of a file in which nothing is wrong, `onRuns(null)` where there is none.
  constructor(fields, onRuns) {
    this.fields = fields;
    this.onRuns = onRuns;
    this.input = h("input", { type: "file", className: "sr-only", id: "batch-file", accept: ".csv,text/csv", onchange: () => this.#take(this.input.files[0]) });
    this.label = h("span", { className: "gen-drop-title" }, t("Drop a CSV file here, or choose one"));
    this.zone = h("label", { className: "gen-drop", htmlFor: "batch-file" }, icon("upload"), this.label, h("span", { className: "muted" }, t("CSV in UTF-8, up to 100 rows")), this.input);
    this.problems = h("div", { role: "alert" });
    this.element = h("div", { className: "gen-batch-file" }, this.#columns(), this.zone, this.problems);
    this.#listen();
  }

  lock(isLocked) {
    this.input.disabled = isLocked;
    this.zone.classList.toggle("is-locked", isLocked);
  }

  #columns() {
    const columns = columnsOf(this.fields);
    const template = () => download("template.csv", write([columns.map(({ name }) => name)]));
    const rows = columns.map((field) => h("div", {}, h("dt", {}, field.name), h("dd", {}, field.label === field.name ? "" : `${field.label} · `, describe(field))));
    return h("div", { className: "gen-columns" },
      h("p", { className: "muted" }, t("Each row of the file makes one text. Its columns are:")),
      h("dl", {}, rows),
      h("button", { className: "btn", type: "button", onclick: template }, icon("download"), t("Download the template")));
  }

  #listen() {
    const { zone } = this;
    const mark = (isOver) => (event) => {
      event.preventDefault();
      zone.classList.toggle("is-over", isOver && !this.input.disabled);
    };
    zone.addEventListener("dragover", mark(true));
    zone.addEventListener("dragleave", mark(false));
    zone.addEventListener("drop", (event) => {
      mark(false)(event);
      if (!this.input.disabled) this.#take(event.dataTransfer.files[0]);
    });
  }

  async #take(file) {
    this.input.value = ""; // the same file again, once it is mended, is a change too
    if (!file) return;
    this.label.textContent = file.name;
    this.onRuns(null);
    try {
      if (file.size > LARGEST_BYTES) throw new CsvProblem(t("The file is larger than {size} MB.", { size: LARGEST_BYTES / 2 ** 20 }));
      const { runs, problems } = readRows(readTable(new Uint8Array(await file.arrayBuffer())), this.fields);
      this.#show(problems);
      if (!problems.length) this.onRuns(runs, file.name);
    } catch (problem) {
      if (!(problem instanceof CsvProblem)) throw problem;
      this.#show([problem.message]);
    }
  }

  #show(problems) {
    const left = problems.length - SHOWN_PROBLEMS;
    const lines = problems.slice(0, SHOWN_PROBLEMS).map((problem) => h("li", {}, problem));
    if (left > 0) lines.push(h("li", {}, t("And {count} more.", { count: left })));
    this.problems.replaceChildren(...(lines.length ? [h("div", { className: "notice bad" }, icon("circle-alert"), h("ul", { className: "gen-problems" }, lines))] : []));
  }
}
