// A node's variables with what they had last, each edited where it stands.
import { h, icon } from "@/core/dom.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { iconButton } from "@/prompt/fields.js";
import { lastValues } from "@/canvas/runs/last-values.js";
import { asText, copyButton } from "@/canvas/runs/looks.js";
import { controlFor } from "@/canvas/runs/values-form.js";

const PREVIEW = 1_000;
const short = (text) => (text.length > PREVIEW ? `${text.slice(0, PREVIEW)} …` : text);

function shown(value) {
  if (value === undefined) return h("p", { className: "muted value-text" }, t("Nothing yet"));
  return h("pre", { className: "value-text" }, short(value === null ? "null" : asText(value)));
}

// `canEdit`: where the variable is a node's, which is known by `id`.
export function valueRow({ id, name, type, value, canEdit }) {
  const host = h("li", { className: "value-row" });
  const read = (isFocused = false) => {
    const edit = canEdit && iconButton(t("Edit {name}", { name }), "pencil", write);
    host.replaceChildren(h("div", { className: "value-head" }, h("code", {}, name), type && h("span", { className: "muted" }, type), h("span", { className: "grow" }),
      value !== undefined && copyButton(() => asText(value), t("Copy {name}", { name })), edit || ""), shown(value));
    if (isFocused) edit.focus();
  };
  function write() {
    const { control, isCheck, read: given } = controlFor(type, value, { "aria-label": name });
    const box = isCheck ? h("label", { className: "row tight" }, control, name) : control;
    const form = h("form", { className: "value-form", onsubmit: (event) => {
      event.preventDefault();
      if (form.reportValidity()) save(given());
    }, onkeydown: (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
      if (event.key !== "Escape") return;
      event.preventDefault();
      read(true);
    } }, box, h("div", { className: "row tight" }, h("button", { className: "btn primary" }, icon("check"), t("Save")), h("button", { className: "btn", type: "button", onclick: () => read(true) }, t("Cancel"))));
    host.replaceChildren(h("div", { className: "value-head" }, h("code", {}, name), type && h("span", { className: "muted" }, type)), form);
    control.focus();
  }
  async function save(next) {
    try {
      await lastValues.edit(id, name, next ?? null);
    } catch (error) {
      toast(error.message, "bad");
    }
  }
  read();
  return host;
}
