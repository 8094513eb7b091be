// A variable that is a file, or several: uploaded as soon as it is chosen.
import { h } from "@/core/dom.js";
import { t } from "@/core/words.js";

const KINDS = ["image", "audio", "video"];

const kindOf = (file) => KINDS.find((kind) => file.type.startsWith(`${kind}/`)) ?? "document";

function accepted(field) {
  const types = (field.allowed_file_types ?? []).filter((type) => KINDS.includes(type)).map((type) => `${type}/*`);
  const isOnlyMedia = types.length > 0 && types.length === field.allowed_file_types.length;
  return isOnlyMedia ? types.join(",") : "";
}

export class FileField {
  #value;

  constructor(field, upload) {
    Object.assign(this, { name: field.name, label: field.label, upload });
    this.isList = field.kind === "file-list";
    this.most = this.isList ? field.max_length || 5 : 1;
    this.control = h("input", { className: "input", type: "file", multiple: this.isList, required: field.required, accept: accepted(field), id: `variable-${field.name}`, onchange: () => this.#onChange() });
    this.problem = h("p", { className: "problem", role: "alert", hidden: true });
    const optional = field.required ? null : h("span", { className: "optional" }, ` (${t("optional")})`);
    this.element = h("div", { className: "field" }, h("label", { htmlFor: this.control.id }, field.label, optional), this.control, this.problem);
  }

  get value() {
    return this.#value;
  }

  // A file cannot be put into a browser's field: what a conversation began with is kept as it came.
  set value(value) {
    if (typeof value === "object") this.#value = value;
  }

  get text() {
    return [...this.control.files].map((file) => file.name).join(", ");
  }

  async #onChange() {
    const files = [...this.control.files];
    this.#value = undefined;
    if (files.length > this.most) return this.#complain(t("Choose at most {count} files.", { count: this.most }));
    this.control.setCustomValidity(t("The file is still being uploaded."));
    this.problem.hidden = true;
    try {
      const sent = await Promise.all(files.map(async (file) => ({ type: kindOf(file), transfer_method: "local_file", upload_file_id: await this.upload(file) })));
      this.control.setCustomValidity("");
      if (sent.length) this.#value = this.isList ? sent : sent[0];
    } catch (error) {
      this.#complain(error.message);
    }
    return undefined;
  }

  #complain(message) {
    this.control.setCustomValidity(message);
    this.problem.textContent = message;
    this.problem.hidden = false;
  }
}
