// Variables of the whole flow: those of its environment, and in chatflows those that a conversation keeps.
import { confirm } from "@/core/dialogs.js";
import { h, icon } from "@/core/dom.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { iconButton, redraw } from "@/prompt/fields.js";
import { page } from "@/prompt/page.js";
import { dock } from "@/canvas/dock.js";
import { setPart, titleOf } from "@/canvas/graph.js";
import { usersOfVariable } from "@/canvas/references.js";
import { editFlowVariable } from "@/canvas/variable-form.js";

const KEY = "variables";
const IS_CHAT = page.app.mode === "advanced-chat";
export const SPACES = {
  env: { key: "environment_variables", label: t("Environment"), help: t("Values that all nodes read and none changes, such as addresses and keys. Secrets are kept encrypted and never shown again.") },
  conversation: { key: "conversation_variables", label: t("Conversation"), help: t("Values that a conversation keeps from turn to turn. A variable assigner changes them.") },
};

const listOf = (space) => draft.config[SPACES[space].key] ?? [];

function shownValue({ value_type: type, value }) {
  const isEmpty = value === "" || value == null;
  if (type === "secret") return isEmpty ? t("not set") : "••••••••";
  return isEmpty ? t("empty") : typeof value === "string" ? value : JSON.stringify(value);
}

async function remove(space, place) {
  const row = listOf(space)[place];
  const users = usersOfVariable([space, row.name]);
  if (users.length && !(await confirm(t("{name} is used in {names}. Their references will lead nowhere. Remove it all the same?", { name: row.name, names: users.map(titleOf).join(", ") }), { action: t("Remove"), danger: true }))) return;
  const { key } = SPACES[space];
  setPart({ [key]: listOf(space).filter((_, at) => at !== place) }, { label: t("{name} removed", { name: row.name }) });
  toast(t("{name} was removed.", { name: row.name }), "ok", { undo: () => draft.undo() });
}

function card(space, row, place) {
  return h("li", { className: "flow-variable" }, h("div", { className: "grow" },
    h("p", { className: "row tight" }, icon(row.value_type === "secret" ? "lock" : "variable"), h("code", { className: "clip" }, row.name), h("span", { className: "var-type" }, row.value_type)),
    h("p", { className: "muted clip" }, shownValue(row)), row.description ? h("p", { className: "muted clip" }, row.description) : null),
  iconButton(t("Change {name}", { name: row.name }), "pencil", () => editFlowVariable(space, SPACES[space].key, place), { "data-key": `change-${space}-${place}` }),
  iconButton(t("Remove {name}", { name: row.name }), "trash-2", () => remove(space, place), { "data-key": `remove-${space}-${place}` }));
}

function part(space) {
  const { key, label, help } = SPACES[space];
  const list = listOf(space);
  return h("section", { className: "stack", "aria-label": label }, h("h3", {}, label), h("p", { className: "help" }, help), list.length ? h("ul", { className: "flow-variables" }, list.map((row, place) => card(space, row, place))) : null,
    h("div", {}, h("button", { className: "btn small", type: "button", "data-key": `add-${space}`, onclick: () => editFlowVariable(space, key, null) }, icon("plus"), t("Add variable"))));
}

export function mountVariablesDrawer() {
  const host = h("div", { className: "stack wide-gap" });
  const show = () => redraw(host, Object.keys(SPACES).filter((space) => space === "env" || IS_CHAT).map(part));
  const button = h("button", { className: "btn ghost", type: "button", id: "show-variables", "aria-pressed": "false", onclick: () => {
    if (dock.key === KEY) return dock.close();
    show();
    dock.open({ key: KEY, label: t("Variables"), focus: true, head: [h("h2", {}, t("Variables"))], content: [host], onclose: () => button.setAttribute("aria-pressed", "false") });
    button.setAttribute("aria-pressed", "true");
  } }, icon("variable"), h("span", { className: "wide-only" }, t("Variables")));
  button.setAttribute("aria-label", t("Variables"));
  draft.addEventListener("change", () => dock.key === KEY && show());
  document.getElementById("views").append(button);
}
