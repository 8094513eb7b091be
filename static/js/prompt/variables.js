// The form's fields as a table.
import { confirm } from "@/core/dialogs.js";
import { h, icon } from "@/core/dom.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { iconButton, moveButtons, moved, redraw } from "@/prompt/fields.js";
import { fieldsOf, usedNames } from "@/prompt/names.js";
import { KINDS, editVariable, kindLabel, newVariable } from "@/prompt/variable-dialog.js";

const host = document.getElementById("variables");
const add = document.getElementById("add-variable");

const move = (from, to) => draft.change((config) => moved(config.user_input_form, from, to));

async function remove(name, place) {
  const isUsed = usedNames(draft.config).includes(name);
  if (isUsed && !(await confirm(t("The prompt uses {name}. Without the field it will stand there as it is written. Delete the field?", { name: `{{${name}}}` }), { action: t("Delete"), danger: true }))) return;
  draft.change((config) => config.user_input_form.splice(place, 1));
  toast(t("{name} was deleted.", { name }), "ok", { undo: () => draft.undo() });
}

// Alt and an arrow move the row; Delete removes it.
const keys = (name, place) => (event) => {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (event.altKey && by) {
    event.preventDefault();
    move(place, place + by);
    host.querySelector(`[data-key="edit-${CSS.escape(name)}"]`)?.focus();
  } else if (event.key === "Delete") remove(name, place);
};

function row(one, place, count) {
  const { variable: name, label, kind, required } = one;
  return h("tr", { onkeydown: keys(name, place) },
    h("td", {}, h("button", { className: "variable-name", type: "button", "data-key": `edit-${name}`, "aria-label": t("Edit {name}", { name }), onclick: () => editVariable(one, place) }, h("code", {}, name))),
    h("td", { className: "wide-only" }, label || name),
    h("td", {}, h("span", { className: "chip" }, kindLabel(kind)), required ? h("span", { className: "chip warn required" }, t("required")) : null),
    h("td", { className: "actions" }, h("div", { className: "row tight end" },
      moveButtons(name, place, count - 1, move, `variable-${name}`),
      iconButton(t("Delete {name}", { name }), "trash-2", () => remove(name, place), { "data-key": `delete-${name}` }))));
}

function show() {
  const fields = fieldsOf(draft.config);
  if (!fields.length) return redraw(host, h("p", { className: "muted" }, t("A variable is a field that users fill in before they begin: a language, a topic, a picture. Its value stands in the prompt where you put its name.")));
  const head = [t("Name"), t("Label"), t("Type"), t("Actions")].map((text, place) => h("th", { scope: "col", className: place === 1 ? "wide-only" : "" }, place === 3 ? h("span", { className: "sr-only" }, text) : text));
  redraw(host, h("div", { className: "table-box" }, h("table", { className: "list" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, fields.map((one, place) => row(one, place, fields.length))))));
}

function mountAdd() {
  add.append(...KINDS.map(([kind, label, name]) => h("button", { type: "button", onclick: () => {
    add.closest("details").open = false;
    newVariable("", kind);
  } }, icon(name), label)));
}

export function mountVariables() {
  mountAdd();
  draft.addEventListener("change", show);
  show();
}
