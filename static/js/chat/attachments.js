// Pictures to send with the next question: picked, pasted or dropped, uploaded at once, shown as thumbnails.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";

const TYPES = ["image/png", "image/jpeg", "image/webp", "image/gif"];
const MEGABYTE = 2 ** 20;

export class Attachments {
  #items = [];

  // `upload(file)` gives the id. `limitMb` is that of one picture, `most` how many a question may carry.
  // `onproblem(sentence)` tells what was refused; with an empty one the person has moved on.
  constructor({ upload, limitMb, most, onproblem }) {
    Object.assign(this, { upload, limitMb, most, onproblem });
    this.picker = h("input", { type: "file", accept: TYPES.join(","), multiple: most > 1, hidden: true, onchange: () => {
      this.add(this.picker.files);
      this.picker.value = "";
    } });
    this.button = h("button", { className: "btn ghost icon-only", type: "button", "aria-label": t("Add pictures"), title: t("Add pictures"), onclick: () => this.picker.click() }, icon("image-plus"));
    this.list = h("ul", { className: "thumbs", "aria-label": t("Pictures to send"), hidden: true });
  }

  get isUploading() {
    return this.#items.some((item) => !item.id);
  }

  // What a question carries.
  get files() {
    return this.#items.map(({ id }) => ({ type: "image", transfer_method: "local_file", upload_file_id: id }));
  }

  // The same with the addresses to show it with; the list is empty afterwards.
  take() {
    const taken = { files: this.files, images: this.#items.map(({ address }) => address) };
    this.#items = [];
    this.#show();
    return taken;
  }

  clear() {
    for (const { address } of this.#items) URL.revokeObjectURL(address);
    this.#items = [];
    this.#show();
  }

  // Listens on an element for pictures that are pasted or dropped.
  watch(element) {
    const picturesOf = (data) => [...(data?.files ?? [])].filter((file) => file.type.startsWith("image/"));
    element.addEventListener("paste", (event) => {
      const pictures = picturesOf(event.clipboardData);
      if (!pictures.length) return;
      event.preventDefault();
      this.add(pictures);
    });
    element.addEventListener("dragover", (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      element.classList.add("is-dropping");
    });
    element.addEventListener("dragleave", () => element.classList.remove("is-dropping"));
    element.addEventListener("drop", (event) => {
      element.classList.remove("is-dropping");
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      this.add(event.dataTransfer.files);
    });
  }

  add(files) {
    this.onproblem("");
    for (const file of files) {
      const problem = this.#problemOf(file);
      if (problem) this.onproblem(problem);
      else this.#send(file);
    }
  }

  #problemOf(file) {
    if (!TYPES.includes(file.type)) return t("{name} is not a PNG, JPEG, WebP or GIF picture.", { name: file.name });
    if (file.size > this.limitMb * MEGABYTE) return t("{name} is larger than {limit} MB.", { name: file.name, limit: this.limitMb });
    if (this.#items.length >= this.most) return t("A question carries at most {count} pictures.", { count: this.most });
    return null;
  }

  async #send(file) {
    const item = { id: null, name: file.name, address: URL.createObjectURL(file) };
    this.#items.push(item);
    this.#show();
    try {
      item.id = await this.upload(file);
    } catch (error) {
      this.#drop(item);
      this.onproblem(`${file.name}: ${error.message}`);
    }
    this.#show();
  }

  #remove(item) {
    this.onproblem("");
    this.#drop(item);
  }

  #drop(item) {
    this.#items = this.#items.filter((other) => other !== item);
    URL.revokeObjectURL(item.address);
    this.#show();
  }

  #show() {
    this.list.replaceChildren(...this.#items.map((item) => h("li", { "aria-busy": String(!item.id) },
      h("img", { src: item.address, alt: item.name }),
      h("button", { className: "btn icon-only", type: "button", "aria-label": t("Remove {name}", { name: item.name }), onclick: () => this.#remove(item) }, icon("x")))));
    this.list.hidden = !this.#items.length;
    this.button.disabled = this.#items.length >= this.most;
  }
}
