// The wizard that adds documents: files dropped and uploaded one after the other, and boxes that tick all others.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";

const token = () => document.querySelector('meta[name="csrf-token"]').content;

// <file-drop data-extensions data-limit data-size-mb> around a form with one file field, and a list for what is on its way.
class FileDrop extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.field = this.querySelector("input[type=file]");
    this.list = this.querySelector(".uploads");
    this.form.querySelector("button").hidden = true;
    this.field.addEventListener("change", () => this.take(this.field.files));
    for (const name of ["dragenter", "dragover"]) this.addEventListener(name, (event) => this.hover(event, true));
    for (const name of ["dragleave", "drop"]) this.addEventListener(name, (event) => this.hover(event, false));
    this.addEventListener("drop", (event) => this.take(event.dataTransfer.files));
  }

  hover(event, isOver) {
    event.preventDefault();
    this.form.classList.toggle("is-dropping", isOver);
  }

  // One at a time: each answer is the list as the session knows it.
  async take(files) {
    const chosen = [...files];
    this.list.replaceChildren();
    for (const file of chosen) {
      const row = this.row(file);
      const problem = this.problem(file);
      if (problem) this.fail(row, problem);
      else await this.upload(file, row);
    }
    this.field.value = "";
  }

  row(file) {
    const bar = h("progress", { className: "bar", max: 100, value: 0, "aria-label": file.name });
    const row = h("li", {}, h("span", { className: "clip" }, file.name), bar);
    this.list.append(row);
    return row;
  }

  problem(file) {
    const extension = file.name.includes(".") ? file.name.split(".").pop().toLowerCase() : "";
    const { extensions, sizeMb } = this.dataset;
    if (!extensions.split(" ").includes(extension)) return t("This kind of file cannot be read.");
    if (file.size > Number(sizeMb) * 2 ** 20) return t("It is larger than {size} MB.", { size: sizeMb });
    if (!file.size) return t("The file is empty.");
    return "";
  }

  fail(row, message) {
    row.querySelector("progress").remove();
    row.append(h("span", { className: "problem", role: "alert" }, icon("circle-alert"), ` ${message}`));
  }

  upload(file, row) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      const body = new FormData();
      body.append("file", file);
      request.open("POST", this.form.action);
      request.setRequestHeader("HX-Request", "true");
      request.setRequestHeader("X-CSRFToken", token());
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) row.querySelector("progress").value = (100 * event.loaded) / event.total;
      });
      request.addEventListener("loadend", () => {
        if (request.status === 200) this.show(request.responseText, row);
        else this.fail(row, this.reason(request));
        resolve();
      });
      request.send(body);
    });
  }

  show(html, row) {
    row.remove();
    const entries = document.getElementById("entries");
    entries.innerHTML = html; // our own server's fragment; scripts in it do not run
    window.htmx.process(entries);
    document.body.dispatchEvent(new CustomEvent("entries-changed"));
  }

  reason(request) {
    try {
      return JSON.parse(request.responseText).message;
    } catch {
      return t("The server could not be reached. Try again.");
    }
  }
}

customElements.define("file-drop", FileDrop);

document.addEventListener("change", ({ target }) => {
  const name = target.dataset?.selectAll;
  const scope = target.closest("form");
  if (name) for (const box of scope.querySelectorAll(`input[name="${name}"]`)) box.checked = target.checked;
});
document.addEventListener("htmx:afterSwap", ({ target }) => {
  if (target.id === "entries") document.body.dispatchEvent(new CustomEvent("entries-changed"));
});
