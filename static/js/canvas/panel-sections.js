// Below a node's settings: the variables it brings, what happens when it fails, what comes after it.
import { copyText } from "@/core/clipboard.js";
import { h, icon } from "@/core/dom.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { field, iconButton, input, redraw, select, switchField } from "@/prompt/fields.js";
import { FAIL_BRANCH, handlesOf, typeOf } from "@/canvas/catalogue.js";
import { nameOfWay } from "@/canvas/faces.js";
import { connect, disconnect, edgesOf, keyOf, nodeOf, nodesOf, setSettings, titleOf, whyNot } from "@/canvas/graph.js";
import { signals } from "@/canvas/signals.js";
import { brought, ofNode } from "@/canvas/variables.js";

const TYPING = {}; // who types in these parts
const DEFAULT_VALUE = "default-value";
const STRATEGIES = [["none", t("The run ends with its error")], [DEFAULT_VALUE, t("It goes on with values set here")], [FAIL_BRANCH, t("It goes on by a way of its own")]];
const RETRY = { retry_enabled: true, max_retries: 3, retry_interval: 1000 };

// A folded part that is drawn anew by `refresh(source)`.
function section(label, draw, { isOpen = true } = {}) {
  const body = h("div", { className: "section-body" });
  const element = h("details", { className: "panel-section", open: isOpen }, h("summary", {}, h("h3", {}, label)), body);
  const refresh = (source) => {
    if (source === TYPING) return;
    const parts = draw();
    element.hidden = parts === null;
    if (parts) redraw(body, parts);
  };
  refresh(null);
  return { element, refresh };
}

async function copyReference(id, name) {
  const isCopied = await copyText(`{{#${id}.${name}#}}`);
  toast(isCopied ? t("The reference was copied.") : t("It could not be copied."), isCopied ? "ok" : "bad");
}

export function brings(id) {
  return section(t("Variables it brings"), () => {
    const node = nodeOf(id);
    const variables = node ? Object.entries(ofNode(node)) : [];
    if (!variables.length) return null;
    return h("ul", { className: "brought" }, variables.map(([name, type]) => h("li", {}, h("code", { className: "grow" }, name), h("span", { className: "var-type" }, type),
      iconButton(t("Copy the reference of {name}", { name }), "copy", () => copyReference(id, name), { className: "btn ghost icon-only small", "data-key": `copy-${name}` }))));
  });
}

export function failures(id) {
  const write = (changes, isTyping = false) => setSettings(id, (data) => ({ ...data, ...changes }), isTyping ? { key: `failure-${id}`, source: TYPING } : {});
  return section(t("When it fails"), () => {
    const node = nodeOf(id);
    if (!node || !typeOf(node).can_fail) return null;
    const retry = node.data.retry_config ?? {};
    const strategy = node.data.error_strategy || "none";
    const turn = (on) => write({ retry_config: on ? { ...RETRY, ...retry, retry_enabled: true } : { ...retry, retry_enabled: false } });
    const bound = (key, least, most, factor = 1) => ({ target }) => write({ retry_config: { ...nodeOf(id).data.retry_config, [key]: Math.round(Math.min(most, Math.max(least, Number(target.value) || least)) * factor) } });
    const choose = ({ target }) => write({ error_strategy: target.value, ...(target.value === DEFAULT_VALUE ? { default_value: defaultsOf(node) } : {}) });
    return [
      switchField(t("Try again"), retry.retry_enabled === true, turn, { "data-key": "retry" }),
      retry.retry_enabled === true ? h("div", { className: "pair" },
        field(t("At most so many times"), input({ type: "number", min: 1, max: 10, value: retry.max_retries ?? 3, "data-key": "max_retries", onchange: bound("max_retries", 1, 10) })),
        field(t("Seconds between"), input({ type: "number", min: 0.1, max: 5, step: 0.1, value: (retry.retry_interval ?? 1000) / 1000, "data-key": "retry_interval", onchange: bound("retry_interval", 0.1, 5, 1000) }))) : null,
      field(t("If it still fails"), select(STRATEGIES, strategy, { "data-key": "strategy", onchange: choose })),
      ...(strategy === DEFAULT_VALUE ? defaultRows(id, write) : []),
      strategy === "none" ? null : h("p", { className: "help" }, t("What follows can read error_message and error_type.")),
    ];
  }, { isOpen: nodeOf(id)?.data.retry_config?.retry_enabled === true || !["", "none", undefined].includes(nodeOf(id)?.data.error_strategy) });
}

// One row for each variable the node brings; what the file has for them stays.
function defaultsOf(node) {
  const known = new Map((node.data.default_value ?? []).map((row) => [row.key, row]));
  return Object.entries(brought.of(node.id)).map(([key, type]) => known.get(key) ?? { key, type, value: type === "string" ? "" : type === "number" ? 0 : type.startsWith("array") ? "[]" : "{}" });
}

function defaultRows(id, write) {
  const rows = nodeOf(id).data.default_value ?? [];
  const store = (place) => ({ target }) => write({ default_value: nodeOf(id).data.default_value.map((row, at) => (at === place ? { ...row, value: row.type === "number" ? Number(target.value) || 0 : target.value } : row)) }, true);
  const shown = (value) => (typeof value === "string" || typeof value === "number" ? value : value == null ? "" : JSON.stringify(value));
  return rows.map(({ key, type, value }, place) => field(`${key} (${type})`, type === "number" ? input({ type: "number", step: "any", value: shown(value), "data-key": `default-${key}`, oninput: store(place) })
    : h("textarea", { className: type === "string" ? "input" : "input mono", rows: 1, value: shown(value), "data-key": `default-${key}`, oninput: store(place) })));
}

export function nextSteps(id) {
  return section(t("Next step"), () => {
    const node = nodeOf(id);
    const ways = node ? handlesOf(node) : [];
    if (!ways.length) return null;
    return ways.map((way) => oneWay(node, way, ways.length > 1 || way.isFailure));
  });
}

function oneWay(node, way, isNamed) {
  const name = nameOfWay(node, way);
  const edges = edgesOf().filter((edge) => edge.source === node.id && (edge.sourceHandle || "source") === way.id);
  const row = (edge) => {
    const target = nodeOf(edge.target);
    if (!target) return null;
    const { icon: sign, family } = typeOf(target);
    return h("li", { className: "line" }, h("button", { className: "next-node", type: "button", "data-key": `go-${keyOf(edge)}`, onclick: () => { signals.goTo(target.id); signals.open(target.id); } }, h("span", { className: `node-sign ${family}` }, icon(sign)), h("span", { className: "clip" }, titleOf(target))),
      iconButton(t("Remove the connection to {name}", { name: titleOf(target) }), "unlink", () => disconnect([keyOf(edge)]), { "data-key": `cut-${keyOf(edge)}` }));
  };
  const free = nodesOf().filter((other) => other.id !== node.id && other.data?.type && !whyNot({ source: node.id, sourceHandle: way.id, target: other.id }));
  const choose = ({ target }) => target.value && connect({ source: node.id, sourceHandle: way.id, target: target.value });
  const label = isNamed ? t("Connect {way} to an existing node", { way: name }) : t("Connect to an existing node");
  return h("div", { className: way.isFailure ? "way failing" : "way" }, isNamed ? h("p", { className: "over" }, name) : null, edges.length ? h("ul", { className: "nexts" }, edges.map(row)) : null,
    h("div", { className: "line" }, h("button", { className: "btn small", type: "button", "data-key": `add-${way.id}`, "aria-label": isNamed ? t("Add a node after {way}", { way: name }) : t("Add a node"), onclick: ({ currentTarget }) => signals.pick({ anchor: currentTarget, after: { id: node.id, handle: way.id } }) }, icon("plus"), t("Add a node")),
      free.length ? select([["", t("Connect to …")], ...free.map((other) => [other.id, titleOf(other)])], "", { className: "input small", "aria-label": label, "data-key": `connect-${way.id}`, onchange: choose }) : null));
}
