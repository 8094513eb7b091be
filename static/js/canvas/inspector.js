// What each node has brought last; changed, pinned, gone on from.
import { confirm } from "@/core/dialogs.js";
import { h, icon } from "@/core/dom.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { iconButton } from "@/prompt/fields.js";
import { isNote, typeOf } from "@/canvas/catalogue.js";
import { dock } from "@/canvas/dock.js";
import { insideOf, nodesOf, titleOf } from "@/canvas/graph.js";
import { runFrom } from "@/canvas/last-run.js";
import { fold } from "@/canvas/runs/fold.js";
import { goTo } from "@/canvas/runs/go.js";
import { lastValues } from "@/canvas/runs/last-values.js";
import { nothingYet, trouble, valueBlock } from "@/canvas/runs/looks.js";
import { server } from "@/canvas/runs/server.js";
import { valueRow } from "@/canvas/runs/value-rows.js";

const KEY = "values";
const open = new Set(); // what stays open while the list is drawn anew
let declared = {}; // the variables each node brings, by its settings
let list = null;

const orWarn = (work) => work.catch((error) => toast(error.message, "bad"));

// Why it cannot be is said by the server, where somebody tries all the same.
function canPin(node) {
  const type = typeOf(node);
  return !["begin", "end"].includes(type.family) && (!type.branches || type.has_rounds);
}

function tools(node, value) {
  const name = titleOf(node);
  const isPinned = Boolean(value?.is_pinned);
  return [
    value && canPin(node) && iconButton(isPinned ? t("Let {name} run again", { name }) : t("Pin what {name} brought", { name }), isPinned ? "pin-off" : "pin", () => orWarn(lastValues.pin(node.id, !isPinned)), { "data-key": `pin-${node.id}`, "aria-pressed": String(isPinned) }),
    value && (value.is_edited || isPinned || value.source === "step") && iconButton(t("Reset {name}", { name }), "rotate-ccw", () => orWarn(lastValues.reset(node.id)), { "data-key": `reset-${node.id}` }),
    iconButton(t("Run from {name}", { name }), "step-forward", () => runFrom(node.id), { "data-key": `from-${node.id}` }),
  ].filter(Boolean);
}

const signs = (value) => [
  value?.is_edited && h("span", { className: "chip warn" }, t("Edited")),
].filter(Boolean);

function namesOf(node, value) {
  const known = declared[node.id] ?? {};
  return [...new Set([...Object.keys(known), ...Object.keys(value?.outputs ?? {})])].map((name) => [name, known[name]]);
}

function nodeLine(node) {
  const value = lastValues.of(node.id);
  const type = typeOf(node);
  const name = titleOf(node);
  const title = h("button", { className: "trace-title", type: "button", title: t("Show it on the board"), "data-key": `goto-${node.id}`, onclick: () => goTo(node.id) }, name);
  const head = h("div", { className: "trace-head" }, h("span", { className: `node-sign ${type.family}` }, icon(type.icon)), title, ...signs(value), ...tools(node, value));
  return group(node.id, t("Values of {name}", { name }), head, (host) => {
    if (value?.whole?.outputs) return host.replaceChildren(valueBlock(t("Outputs"), value.outputs, value.whole.outputs));
    const rows = namesOf(node, value).map(([one, kind]) => valueRow({ id: node.id, name: one, type: kind, value: value?.outputs?.[one], canEdit: true, onclose: show }));
    return host.replaceChildren(h("ul", { className: "value-list", role: "list" }, rows));
  });
}

function group(key, label, head, fill) {
  const folded = fold(label, head, fill);
  const button = head.querySelector(".trace-fold");
  button.dataset.key = `fold-${key}`;
  head.addEventListener("click", () => (folded.isOpen ? open.add(key) : open.delete(key)));
  if (open.has(key)) button.click();
  return h("li", { className: "trace-line" }, head, folded.host);
}

function spaceLine(key, label, values) {
  const names = Object.keys(values);
  if (!names.length) return null;
  const head = h("div", { className: "trace-head" }, h("span", { className: "node-sign data" }, icon("variable")), h("span", { className: "trace-round" }, label));
  return group(key, t("Values of {name}", { name: label }), head, (host) => host.replaceChildren(h("ul", { className: "value-list", role: "list" }, names.map((name) => valueRow({ name, value: values[name] })))));
}

const nodesShown = () => nodesOf().filter((node) => !isNote(node) && !insideOf(node) && namesOf(node, lastValues.of(node.id)).length);

function show() {
  if (!list?.isConnected || list.querySelector(".value-form")) return; // what is being written stays; it is drawn afterwards
  const key = list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const lines = [...nodesShown().map(nodeLine), spaceLine("sys", t("System"), lastValues.sys), spaceLine("conversation", t("Conversation"), lastValues.conversation)].filter(Boolean);
  list.replaceChildren(...(lastValues.error ? [trouble(lastValues.error)] : []), lines.length ? h("ul", { className: "trace-list", role: "list" }, lines) : nothingYet("variable", t("No node brings anything yet. Add one, or run the flow.")));
  if (key) list.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

async function declare() {
  const rows = nodesOf().filter((node) => !isNote(node) && !insideOf(node)).map(({ id, data }) => ({ id, data }));
  declared = rows.length ? (await server.variables(rows)).variables : {};
}

async function resetAll() {
  if (!(await confirm(t("Forget all values, edits and pins of this draft? Older runs do not count any more, either."), { action: t("Reset all"), danger: true }))) return;
  await orWarn(lastValues.resetAll());
}

async function openValues() {
  list = h("div", { className: "last-values", role: "region", "aria-label": t("Values") });
  dock.open({
    key: KEY, label: t("Values"), focus: true, head: [h("strong", { className: "grow" }, t("Values")), h("button", { className: "btn ghost", type: "button", onclick: resetAll }, icon("rotate-ccw"), t("Reset all"))],
    content: [h("p", { className: "help" }, t("What each node brought last, in your runs of the draft. What you change here counts until the node runs again; a pinned node does not run, it brings this.")), list],
  });
  await Promise.all([orWarn(draft.save().then(declare)), lastValues.ensure()]);
  show();
}

export function mountInspector() {
  const button = h("button", { className: "btn ghost", type: "button", id: "values", title: t("What each node brought last"), onclick: () => openValues() }, icon("bug"), t("Values"));
  document.getElementById("views").append(button);
  lastValues.addEventListener("change", show);
  lastValues.ensure(); // cards say which nodes are pinned
}
