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

// `canEdit`: where the variable is a node's, which is known by `id`; `onclose()`: nothing is being written any more.
export function valueRow({ id, name, type, value, canEdit, onclose }) {
  const host = h("li", { className: "value-row" });
  const key = `edit-${id}-${name}`;
  const read = () => {
    const edit = canEdit && iconButton(t("Edit {name}", { name }), "pencil", () => write(value), { "data-key": key });
    host.replaceChildren(h("div", { className: "value-head" }, h("code", {}, name), type && h("span", { className: "muted" }, type), h("span", { className: "grow" }),
      value !== undefined && copyButton(() => asText(value), t("Copy {name}", { name })), edit || ""), shown(value));
  };
  const close = () => {
    read();
    onclose();
    document.querySelector(`#dock [data-key="${CSS.escape(key)}"]`)?.focus();
  };
  function write(now) {
    const { control, isCheck, read: given } = controlFor(type, now, { "aria-label": name });
    const box = isCheck ? h("label", { className: "row tight" }, control, name) : control;
    const form = h("form", { className: "value-form", onsubmit: (event) => {
      event.preventDefault();
      if (form.reportValidity()) save(given());
    }, onkeydown: (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
      if (event.key !== "Escape") return;
      event.preventDefault();
      close();
    } }, box, h("div", { className: "row tight" }, h("button", { className: "btn primary" }, icon("check"), t("Save")), h("button", { className: "btn", type: "button", onclick: close }, t("Cancel"))));
    host.replaceChildren(h("div", { className: "value-head" }, h("code", {}, name), type && h("span", { className: "muted" }, type)), form);
    control.focus();
  }
  async function save(next) {
    read();
    try {
      await lastValues.edit(id, name, next ?? null);
      document.querySelector(`#dock [data-key="${CSS.escape(key)}"]`)?.focus();
    } catch (error) {
      toast(error.message, "bad");
      write(next);
    }
  }
  read();
  return host;
}
