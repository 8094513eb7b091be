// Environment and conversation variables, in a drawer: seen, added, changed, removed.
import { confirm } from "@/core/dialogs.js";
import { h, icon } from "@/core/dom.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { iconButton } from "@/prompt/fields.js";
import { page } from "@/prompt/page.js";
import { mountDrawer } from "@/canvas/drawer.js";
import { usersOfVariable } from "@/canvas/references.js";
import { editVariable, newVariable } from "@/canvas/variable-dialog.js";
import { KINDS, isEmpty, rowsOf, typeLabel, valueText, withRows } from "@/canvas/variable-rows.js";

const KEY = "variables";

async function remove(kind, row) {
  const users = usersOfVariable(draft.config, [kind.namespace, row.name]);
  const question = t("{name} is used by {users}. Remove it all the same?", { name: row.name, users: users.join(", ") });
  if (users.length && !(await confirm(question, { action: t("Remove"), danger: true }))) return;
  const rows = rowsOf(draft.config, kind).filter((one) => one !== row);
  const label = t("{name} removed", { name: row.name });
  draft.put(withRows(draft.config, kind, rows), { label });
  toast(label, "ok", { undo: () => draft.undo() });
}

function value(row) {
  if (row.value_type !== "secret") return h("span", { className: "clip" }, valueText(row) || t("Empty"));
  return isEmpty(row.value) ? h("span", { className: "variable-warn" }, icon("triangle-alert"), t("No value yet")) : h("span", {}, icon("lock"), t("Kept secret"));
}

function entry(kind, row, place) {
  const users = usersOfVariable(draft.config, [kind.namespace, row.name]);
  const key = `${kind.namespace}-${place}`;
  return h("li", { className: "flow-variable" },
    h("div", { className: "flow-variable-head" },
      h("button", { className: "variable-name", type: "button", "data-key": key, title: t("Change {name}", { name: row.name }), onclick: () => editVariable(kind, row) }, h("code", {}, row.name)),
      h("span", { className: "chip" }, typeLabel(row.value_type)), h("span", { className: "grow" }),
      iconButton(t("Change {name}", { name: row.name }), "pencil", () => editVariable(kind, row), { "data-key": `${key}-edit` }),
      iconButton(t("Remove {name}", { name: row.name }), "trash-2", () => remove(kind, row), { "data-key": `${key}-remove` })),
    h("p", { className: "flow-variable-value" }, value(row)),
    row.description ? h("p", { className: "muted" }, row.description) : null,
    h("p", { className: "muted" }, users.length ? t("Used by {users}", { users: users.join(", ") }) : t("Not used yet")));
}

function section(kind) {
  const rows = rowsOf(draft.config, kind);
  const add = h("button", { className: "btn", type: "button", "data-key": `add-${kind.namespace}`, onclick: () => newVariable(kind) }, icon("plus"), t("Add"));
  return h("section", { className: "flow-variables", "aria-label": kind.label },
    h("div", { className: "flow-variable-head" }, h("h3", { className: "grow" }, kind.label), add),
    h("p", { className: "muted" }, kind.help),
    rows.length ? h("ul", { className: "flow-variable-list" }, rows.map((row, place) => entry(kind, row, place))) : null);
}

export function mountVariablesDrawer() {
  const kinds = KINDS.filter(({ modes }) => modes.includes(page.app.mode));
  mountDrawer({ key: KEY, label: t("Variables"), sign: "variable", draw: () => kinds.map(section) });
}
