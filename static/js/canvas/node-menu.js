// What can be done with a node as a whole.
import { copyText } from "@/core/clipboard.js";
import { openDialog } from "@/core/dialogs.js";
import { h, icon } from "@/core/dom.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { takesInput, typeOf, types } from "@/canvas/catalogue.js";
import { changeKind, duplicate, insideOf, nodeOf, remove, titleOf } from "@/canvas/graph.js";
import { mayRemove } from "@/canvas/references.js";
import { signals } from "@/canvas/signals.js";

let sheet;

export function openNodeMenu(anchor, id) {
  sheet ??= document.body.appendChild(h("div", { className: "picker node-menu sheet", popover: "auto", role: "menu", "aria-label": t("More for this node"), onkeydown: onKey, ontoggle: ({ newState }) => newState === "closed" && sheet.contains(document.activeElement) && anchor.focus() }));
  const node = nodeOf(id);
  const type = typeOf(node);
  const item = (sign, label, act, properties = {}) => h("button", { type: "button", role: "menuitem", tabIndex: -1, onclick: () => { sheet.hidePopover(); act(); }, ...properties }, icon(sign), label);
  const isSingle = type.family === "begin";
  sheet.replaceChildren(...[
    isSingle ? null : item("copy-plus", t("Duplicate"), () => signals.open(duplicate(id))),
    item("copy", t("Copy as JSON"), () => copy(node)),
    isSingle || type.has_rounds || !kindsFor(node).length ? null : item("refresh-cw", t("Change its kind …"), () => choose(id)),
    item("circle-help", t("Help"), () => explain(type)),
    item("trash-2", t("Delete"), () => away(id), { className: "danger" }),
  ].filter(Boolean));
  sheet.showPopover();
  const { right, bottom } = anchor.getBoundingClientRect();
  Object.assign(sheet.style, { left: `${Math.max(8, right - sheet.offsetWidth)}px`, top: `${bottom + 6}px` });
  sheet.firstElementChild.focus();
}

function onKey(event) {
  const all = [...sheet.children];
  const place = all.indexOf(document.activeElement);
  const next = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: all.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  all[(next + all.length) % all.length].focus();
}

async function copy(node) {
  const isCopied = await copyText(JSON.stringify(node.data, null, 2));
  toast(isCopied ? t("The node was copied as JSON.") : t("It could not be copied."), isCopied ? "ok" : "bad");
}

async function away(id) {
  if (!(await mayRemove([id]))) return;
  const name = titleOf(nodeOf(id));
  signals.open(null);
  remove([id]);
  toast(t("{name} was removed.", { name }), "ok", { undo: () => draft.undo() });
}

// Kinds that may stand where a node stands.
function kindsFor(node) {
  const around = insideOf(node) ? nodeOf(insideOf(node))?.data.type : "";
  return types.filter((type) => type.is_offered && type.key !== node.data.type && type.family !== "begin" && !type.has_rounds && (!type.only_inside || type.only_inside === around) && takesInput(node));
}

function choose(id) {
  const node = nodeOf(id);
  const take = (type) => () => {
    dialog.close();
    changeKind(id, type);
    toast(t("{name} is now of the kind {kind}.", { name: titleOf(nodeOf(id)), kind: type.label }), "ok", { undo: () => draft.undo() });
  };
  const rows = kindsFor(node).map((type) => h("button", { className: "kind", type: "button", onclick: take(type) }, h("span", { className: `node-sign ${type.family}` }, icon(type.icon)), h("span", { className: "kind-name" }, h("strong", {}, type.label), h("small", {}, type.description))));
  const dialog = openDialog(h("div", { className: "stack" }, h("h2", {}, t("Change its kind")), h("p", { className: "muted" }, t("Settings that both kinds have stay, the others go. Connections stay where the new kind has such a way.")), h("div", { className: "choice-list" }, rows)), { label: t("Change its kind") });
}

function explain(type) {
  const settings = Object.entries(type.schema.properties ?? {}).filter(([name, property]) => !type.common.includes(name) && !property.is_hidden && property.description);
  openDialog(h("div", { className: "stack" }, h("h2", {}, type.label), h("p", {}, type.description), h("dl", { className: "help-list" }, settings.flatMap(([name, property]) => [h("dt", {}, property.label ?? name.replaceAll("_", " ")), h("dd", {}, property.description)])), h("p", { className: "muted" }, t("More in the documentation: {page}", { page: `docs/nodes/${type.key}.md` }))), { label: type.label });
}

