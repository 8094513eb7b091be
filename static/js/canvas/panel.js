// The settings of the node that is open, in the dock.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { iconButton } from "@/prompt/fields.js";
import { typeOf } from "@/canvas/catalogue.js";
import { dock } from "@/canvas/dock.js";
import { nodeOf, nodesOf, setData, titleOf } from "@/canvas/graph.js";
import { lastRun } from "@/canvas/last-run.js";
import { openNodeMenu } from "@/canvas/node-menu.js";
import { signals } from "@/canvas/signals.js";
import { brought } from "@/canvas/variables.js";

const KEY = "node";
const HEAD = {}; // who types in the head
let shown = null; // {id, form, tab, destroy}
let forms; // the form's modules are loaded when the first node is opened

const load = () => (forms ??= import("@/canvas/forms/form.js"));

// Where two nodes have the same name, nobody can tell their variables apart.
const isTaken = (id, title) => nodesOf().some((node) => node.id !== id && node.data?.title === title);

function head(id) {
  const node = nodeOf(id);
  const type = typeOf(node);
  const note = h("p", { className: "problem", role: "status", hidden: true });
  const complain = (text) => {
    note.hidden = !text;
    note.textContent = text;
    title.setAttribute("aria-invalid", String(Boolean(text)));
  };
  const title = h("input", { className: "input title", value: titleOf(node), maxLength: 100, autocomplete: "off", "aria-label": t("Name of the node"), oninput: () => {
    const wanted = title.value.trim();
    if (!wanted) complain(t("A node needs a name."));
    else if (isTaken(id, wanted)) complain(t("Another node is called {name}. Give this one a name of its own.", { name: wanted }));
    else {
      complain("");
      if (wanted !== nodeOf(id)?.data.title) setData(id, (data) => ({ ...data, title: wanted }), { key: `title-${id}`, source: HEAD });
    }
  }, onchange: () => {
    title.value = titleOf(nodeOf(id));
    complain("");
  } });
  const menu = iconButton(t("More for this node"), "ellipsis", () => openNodeMenu(menu, id), { "aria-haspopup": "menu", "data-key": "node-menu" });
  const refresh = () => {
    if (document.activeElement !== title) title.value = titleOf(nodeOf(id));
  };
  return { parts: [h("span", { className: `node-sign ${type.family}` }, icon(type.icon)), h("div", { className: "grow" }, title, note), menu], refresh };
}

function description(id) {
  const type = typeOf(nodeOf(id));
  const box = h("textarea", { className: "input description", rows: 1, value: nodeOf(id).data.desc ?? "", maxLength: 1000, placeholder: type.description, "aria-label": t("What it is for"), oninput: () => setData(id, (data) => ({ ...data, desc: box.value }), { key: `desc-${id}`, source: HEAD }) });
  return box;
}

// Tabs over their panels; the arrows go from one to the other.
function tabs(choices, chosen, onchoose) {
  const list = h("div", { className: "tabs panel-tabs", role: "tablist", "aria-label": t("Node") });
  const buttons = choices.map(([key, label]) => h("button", { type: "button", role: "tab", id: `node-tab-${key}`, "aria-controls": "node-panel", "data-key": `tab-${key}`, onclick: () => choose(key) }, label));
  const choose = (key) => {
    choices.forEach(([one], place) => {
      buttons[place].setAttribute("aria-selected", String(one === key));
      buttons[place].tabIndex = one === key ? 0 : -1;
    });
    onchoose(key);
  };
  list.addEventListener("keydown", (event) => {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    const next = (buttons.indexOf(document.activeElement) + (event.key === "ArrowRight" ? 1 : -1) + buttons.length) % buttons.length;
    buttons[next].focus();
    choose(choices[next][0]);
  });
  list.append(...buttons);
  return { list, choose: () => choose(chosen) };
}

async function fill(host, id, tab) {
  shown.form?.destroy();
  shown.form = null;
  shown.refresh = () => {};
  if (tab === "run") return host.replaceChildren(lastRun(id));
  const [{ Form }, { brings, failures, nextSteps }, { triggerExtras }] = await Promise.all([load(), import("@/canvas/panel-sections.js"), import("@/canvas/trigger-forms.js")]);
  if (shown?.id !== id || shown.tab !== tab || !nodeOf(id)) return;
  const form = (shown.form = new Form(id));
  const sections = [brings, failures, nextSteps].map((make) => make(id));
  shown.refresh = (source) => sections.forEach((one) => one.refresh(source));
  host.replaceChildren(form.host, triggerExtras(id) ?? "", ...sections.map(({ element }) => element));
}

function show(id, tab, { focus = true } = {}) {
  const node = nodeOf(id);
  if (!node) return;
  if (shown?.id === id && dock.key === KEY && shown.tab === tab) return;
  const top = head(id);
  const panel = h("div", { className: "node-panel", id: "node-panel", role: "tabpanel", tabIndex: -1 });
  const { list, choose } = tabs([["settings", t("Settings")], ["run", t("Last run")]], tab, (key) => {
    shown.tab = key;
    panel.setAttribute("aria-labelledby", `node-tab-${key}`);
    fill(panel, id, key);
  });
  const close = () => {
    if (shown?.id !== id) return;
    shown.form?.destroy();
    shown = null;
    if (signals.openId === id) signals.open(null);
  };
  dock.open({ key: KEY, label: t("Settings of {name}", { name: titleOf(node) }), focus, onclose: close, head: top.parts, content: [description(id), list, panel] });
  shown = { id, tab, form: null, head: top, refresh: () => {} };
  choose();
}

// After undo or a removal elsewhere: the node may be gone, or be of another kind.
function onChange({ detail }) {
  if (!shown) return;
  const node = nodeOf(shown.id);
  if (!node) return dock.close();
  if (shown.type !== undefined && shown.type !== node.data.type) {
    const { id, tab } = shown;
    dock.close();
    return signals.open(id, tab);
  }
  shown.type = node.data.type;
  if (detail.source !== HEAD) shown.head.refresh();
  shown.refresh(detail.source);
}

export function mountPanel() {
  brought.watch();
  signals.addEventListener("open", ({ detail: { id, tab } }) => {
    if (id) show(id, tab ?? "settings");
    else if (dock.key === KEY) dock.close();
  });
  draft.addEventListener("change", onChange);
  brought.addEventListener("change", () => shown?.refresh(null));
  (window.requestIdleCallback ?? setTimeout)(() => load());
}
