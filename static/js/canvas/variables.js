// Which variables there are, of what types, and which of them a node may refer to. The rule is the checklist's own
// (apps/workflows/engine/checklist.py): nodes on any way to it, and what it stands inside.
import { typeOf } from "@/canvas/catalogue.js";
import { edgesOf, insideOf, nodeOf, nodesOf, titleOf } from "@/canvas/graph.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { page } from "@/prompt/page.js";
import { ask } from "@/prompt/server.js";

const WAIT_MS = 300;
const IS_CHAT = page.app.mode === "advanced-chat";
export const SYSTEM = {
  ...(IS_CHAT ? { query: "string" } : {}), files: "array[file]", ...(IS_CHAT ? { conversation_id: "string", dialogue_count: "number" } : {}),
  user_id: "string", app_id: "string", workflow_id: "string", workflow_run_id: "string", ...(IS_CHAT ? {} : { timestamp: "number" }),
};
const FAILURE = { error_message: "string", error_type: "string" };
const FILE_KEYS = { name: "string", type: "string", size: "number", extension: "string", mime_type: "string", transfer_method: "string", url: "string", related_id: "string" };
const SPACES = { sys: t("System"), env: t("Environment"), conversation: t("Conversation") };
export const SIGNS = { sys: "settings-2", env: "key-round", conversation: "message-square" };

// What the nodes bring: told by the server at first, asked anew for nodes whose settings change. "change" when known.
class Brought extends EventTarget {
  #variables = new Map(Object.entries(page.variables ?? {}));
  #inner = new Map(Object.entries(page.inner ?? {}));
  #read = new Map(nodesOf().map((node) => [node.id, node.data]));
  #timer;

  of = (id) => this.#variables.get(id) ?? {};

  inside = (id) => this.#inner.get(id) ?? {};

  watch() {
    draft.addEventListener("change", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#learn(), WAIT_MS);
    });
  }

  async #learn() {
    const changed = nodesOf().filter((node) => node.data?.type && this.#read.get(node.id) !== node.data);
    if (!changed.length) return;
    for (const { id, data } of changed) this.#read.set(id, data);
    try {
      const { variables, inner } = await ask(page.urls.variables, { nodes: changed.map(({ id, data }) => ({ id, data })) });
      const isNew = changed.filter(({ id }) => this.#take(id, variables[id] ?? {}, inner[id] ?? {})).length;
      if (isNew) this.dispatchEvent(new Event("change"));
    } catch {
      for (const { id } of changed) this.#read.delete(id); // asked again with the next change
    }
  }

  // True where it is another than before.
  #take(id, variables, inner) {
    const before = JSON.stringify([this.of(id), this.inside(id)]);
    this.#variables.set(id, variables);
    this.#inner.set(id, inner);
    return JSON.stringify([variables, inner]) !== before;
  }
}

export const brought = new Brought();

const rows = (list, kind = (row) => row.value_type) => Object.fromEntries((list ?? []).filter((row) => row?.name).map((row) => [row.name, kind(row)]));

// The variables of a namespace, as {name: type}.
function ofSpace(space, config = draft.config) {
  if (space === "sys") return SYSTEM;
  if (space === "env") return rows(config.environment_variables);
  return space === "conversation" ? rows(config.conversation_variables) : null;
}

// What a node brings to those after it.
export function ofNode(node) {
  const named = Object.entries(brought.of(node.id)).filter(([name]) => name);
  return { ...Object.fromEntries(named), ...(node.data?.error_strategy && node.data.error_strategy !== "none" ? FAILURE : {}) };
}

// What those inside a node see of it; items are of the type its list is made of.
function innerOf(node) {
  return Object.fromEntries(Object.entries(brought.inside(node.id)).map(([name, type]) => [name, type === "item" ? itemType(node) : type]));
}

function itemType(node) {
  const name = Object.entries(typeOf(node).schema.properties ?? {}).find(([, property]) => property.gives_items)?.[0];
  return itemOf(name ? typeOfSelector(node.data[name], node.id) : "");
}

export const itemOf = (type) => type.match(/^array\[(.+)\]$/)?.[1] ?? "any";

export function before(id, config = draft.config) {
  const found = new Set();
  const open = [id];
  for (const one of open) {
    for (const edge of edgesOf(config)) {
      if (edge.target !== one || found.has(edge.source)) continue;
      found.add(edge.source);
      open.push(edge.source);
    }
  }
  return found;
}

// Ids of the nodes whose variables a node may use, by "outer" (upstream), "around" (what it stands inside) and "inner"
// (what stands inside it, and it itself).
function seenFrom(id, config = draft.config) {
  const found = new Map();
  for (let node = nodeOf(id, config); node; node = nodeOf(insideOf(node), config)) {
    for (const one of before(node.id, config)) if (!found.has(one)) found.set(one, "outer");
    if (insideOf(node)) found.set(insideOf(node), "around");
    if (insideOf(node) === node.id) break;
  }
  const node = nodeOf(id, config);
  if (node?.data?.start_node_id != null) {
    for (const one of nodesOf(config)) if (insideOf(one) === id && !found.has(one.id)) found.set(one.id, "inner");
    found.set(id, "inner");
  }
  return found;
}

const listed = (id, label, sign, family, variables) => ({ id, label, sign, family, variables: Object.entries(variables).map(([name, type]) => ({ name, type, selector: [id, name] })) });

// What can be chosen at a node: [{id, label, sign, family, variables: [{name, type, selector}]}], the nearest first.
// `scope`: "inner" with what stands inside the node, "writable" only what can be changed during a run.
export function choicesAt(id, scope = "") {
  const seen = seenFrom(id);
  const groups = [];
  for (const node of [...nodesOf()].reverse()) {
    const how = seen.get(node.id);
    if (!how || (how === "inner" && scope !== "inner")) continue;
    const isWithin = how === "around" || node.id === id;
    const variables = isWithin ? innerOf(node) : ofNode(node);
    if (scope === "writable" && !(isWithin && canBeWritten(node))) continue;
    const { icon, family } = typeOf(node);
    groups.push(listed(node.id, titleOf(node), icon, family, variables));
  }
  const spaces = scope === "writable" ? ["conversation"] : ["sys", "env", "conversation"];
  for (const space of spaces) {
    if (space === "conversation" && !IS_CHAT) continue;
    groups.push(listed(space, SPACES[space], SIGNS[space], "", ofSpace(space)));
  }
  return groups.filter(({ variables }) => variables.length);
}

// Items and numbers of rounds are not written; what a node names itself is.
const canBeWritten = (node) => !Object.values(typeOf(node).schema.properties ?? {}).some(({ gives_items: gives }) => gives);

// The keys of an object that are known, as {key: type}.
export function keysOf(selector, type) {
  if (type === "file") return FILE_KEYS;
  const node = nodeOf(selector[0]);
  if (!node || selector.length !== 2) return {};
  const { outputs, structured_output: wanted, advanced_settings: settings } = node.data;
  const own = selector[1] === "structured_output" ? wanted?.schema?.properties : outputs?.[selector[1]]?.children;
  const group = settings?.groups?.find(({ group_name: name }) => name === selector[1]);
  if (group) return { output: group.output_type || "any" };
  return Object.fromEntries(Object.entries(own ?? {}).map(([key, value]) => [key, jsonType(value)]));
}

function jsonType({ type, items } = {}) {
  if (type === "array") return `array[${items?.type === "integer" ? "number" : items?.type ?? "any"}]`;
  return type === "integer" ? "number" : type ?? "any";
}

// The type of what a selector names where node `at` uses it, "" for unknown.
export function typeOfSelector(selector, at) {
  if (!Array.isArray(selector) || selector.length < 2) return "";
  const [id, name, ...keys] = selector;
  const node = nodeOf(id);
  const isWithin = node && (id === at || isInside(at, id));
  const type = (ofSpace(id) ?? (node ? { ...ofNode(node), ...(isWithin ? innerOf(node) : {}) } : {}))[name] ?? "";
  return keys.length ? keysOf([id, name], type)[keys[0]] ?? "any" : type;
}

function isInside(id, outer) {
  for (let node = nodeOf(id), steps = 0; node && insideOf(node) && steps < 50; node = nodeOf(insideOf(node)), steps += 1) if (insideOf(node) === outer) return true;
  return false;
}

// Why a reference leads nowhere, "" where it does lead somewhere.
export function faultOf(selector, at) {
  const [id, name] = selector;
  const space = ofSpace(id);
  if (space) return id === "sys" || name in space ? "" : t("There is no such variable any more.");
  const node = nodeOf(id);
  if (!node) return t("The node it comes from is gone.");
  if (!seenFrom(at).has(id)) return t("{name} does not come before this node.", { name: titleOf(node) });
  const known = { ...ofNode(node), ...innerOf(node) };
  const isWithin = id === at || isInside(at, id);
  const isKnown = !Object.keys(brought.of(id)).length || isWithin || name in known || name in FAILURE || name.startsWith("sys.");
  return isKnown ? "" : t("{name} has no such variable any more.", { name: titleOf(node) });
}

// How a reference is told: {sign, family, source, name}.
export function wordsOf(selector) {
  const [id, ...rest] = selector;
  const node = nodeOf(id);
  const { icon = "circle-alert", family = "" } = node ? typeOf(node) : { icon: SIGNS[id] };
  return { sign: icon ?? "circle-alert", family, source: node ? titleOf(node) : SPACES[id] ?? t("Gone"), name: rest.join(".") };
}

// Whether a type is one of those wanted; what is unknown may be.
export const suits = (type, wanted) => !wanted?.length || !type || type === "any" || type.endsWith("[any]") || wanted.some((one) => type === one || (one === "array" && type.startsWith("array")) || (one.endsWith("[") && type.startsWith(one)));
