// The graph of the draft: read, and changed. Every change gives a configuration that shares all parts that stay the same,
// so that what did not change is known by identity; keys nobody here knows are kept.
import { handlesOf, isNote, typeOf } from "@/canvas/catalogue.js";
import { draft } from "@/prompt/draft.js";
import { modelOf } from "@/prompt/page.js";
import { t } from "@/core/words.js";

export const nodesOf = (config = draft.config) => config.graph?.nodes ?? [];
export const edgesOf = (config = draft.config) => config.graph?.edges ?? [];
export const nodeOf = (id, config = draft.config) => nodesOf(config).find((node) => node.id === id);
export const titleOf = (node) => node.data?.title || typeOf(node).label;

// What a node stands inside of: the id of an iteration or a loop, or "".
export const insideOf = (node) => node.parentId || node.data?.iteration_id || node.data?.loop_id || "";

// A node, and all that stands inside it.
export function withInner(ids, config = draft.config) {
  const found = new Set(ids);
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const node of nodesOf(config)) if (found.has(insideOf(node))) found.add(node.id);
  }
  return found;
}

function put(graph, options) {
  draft.put({ ...draft.config, graph: { ...draft.config.graph, ...graph } }, options);
}

const replaced = (ids, change) => nodesOf().map((node) => (ids.has(node.id) ? change(node) : node));

// Other settings of one node; `change` gets its `data` and returns what stands in its place.
export function setData(id, change, options = {}) {
  const node = nodeOf(id);
  if (!node) return;
  const data = change(node.data);
  const label = t("{name} changed", { name: titleOf(node) });
  put({ nodes: replaced(new Set([id]), (one) => ({ ...one, data })) }, { label, ...options });
}

// `positions`: a map of ids to {x, y}; `sizes` likewise to {width, height}.
export function move(positions, label = t("Moved")) {
  put({ nodes: replaced(new Set(positions.keys()), (node) => ({ ...node, position: positions.get(node.id) })) }, { label });
}

export function resize(id, size) {
  const change = (node) => ({ ...node, ...size, data: node.data.width === undefined ? node.data : { ...node.data, ...size } });
  put({ nodes: replaced(new Set([id]), change) }, { label: t("Size changed"), key: `size-${id}` });
}

export function remove(ids, edgeIds = []) {
  const gone = withInner(ids);
  const keys = new Set(edgeIds);
  const nodes = nodesOf().filter((node) => !gone.has(node.id));
  const edges = edgesOf().filter((edge) => !keys.has(keyOf(edge)) && !gone.has(edge.source) && !gone.has(edge.target));
  const names = ids.map((id) => nodeOf(id)).filter(Boolean).map(titleOf);
  put({ nodes, edges }, { label: names.length ? t("{name} removed", { name: names.join(", ") }) : t("Connection removed") });
}

// Edges of older files have no id of their own.
export const keyOf = (edge) => `${edge.source}-${edge.sourceHandle || "source"}-${edge.target}`;

// Why two nodes cannot be connected; "" where they can.
export function whyNot({ source, sourceHandle, target }) {
  const [from, to] = [nodeOf(source), nodeOf(target)];
  if (!from || !to || isNote(from) || isNote(to)) return t("Notes are not connected.");
  if (insideOf(from) !== insideOf(to)) return t("Both must stand inside the same iteration or loop.");
  if (!handlesOf(from).length) return t("Nothing can follow {name}.", { name: titleOf(from) });
  if (typeOf(to).family === "begin") return t("{name} is where the flow begins.", { name: titleOf(to) });
  if (edgesOf().some((edge) => keyOf(edge) === keyOf({ source, sourceHandle, target }))) return t("They are connected already.");
  if (leadsTo(target, source)) return t("That would be a circle. Use a loop node to repeat something.");
  return "";
}

export function leadsTo(from, to) {
  const open = [from];
  for (const id of open) {
    if (id === to) return true;
    for (const edge of edgesOf()) if (edge.source === id && !open.includes(edge.target)) open.push(edge.target);
  }
  return false;
}

export function newEdge(source, sourceHandle, target, config = draft.config) {
  const [from, to] = [nodeOf(source, config), nodeOf(target, config)];
  const inside = from && insideOf(from);
  const around = inside ? nodeOf(inside, config)?.data.type : "";
  return {
    id: `${source}-${sourceHandle}-${target}-target`, type: "custom", source, sourceHandle, target, targetHandle: "target",
    data: {
      sourceType: from?.data.type, targetType: to?.data.type, isInIteration: around === "iteration", isInLoop: around === "loop",
      ...(around === "iteration" ? { iteration_id: inside } : {}), ...(around === "loop" ? { loop_id: inside } : {}),
    },
    ...(inside ? { zIndex: 1002 } : {}),
  };
}

export function connect({ source, sourceHandle, target }) {
  put({ edges: [...edgesOf(), newEdge(source, sourceHandle || "source", target)] }, { label: t("Connected") });
}

let last = 0;

// Ids of the format's editors are milliseconds; two within one must differ all the same.
export function newId() {
  last = Math.max(Date.now(), last + 1);
  return String(last);
}

export function freeTitle(wanted, config = draft.config) {
  const taken = new Set(nodesOf(config).map((node) => node.data?.title));
  if (!taken.has(wanted)) return wanted;
  const base = wanted.replace(/ \d+$/, "");
  for (let number = 2; ; number += 1) if (!taken.has(`${base} ${number}`)) return `${base} ${number}`;
}

function freshData(type, more) {
  const data = { type: type.key, title: freeTitle(type.label), desc: "", ...structuredClone(type.fresh), ...more };
  const { model } = modelOf({});
  if (type.schema.properties?.model?.widget === "model" && model) {
    data.model = { provider: model.provider, name: model.name, mode: model.mode, completion_params: {} };
  }
  return data;
}

const CONTAINER = { width: 420, height: 200 };

// A new node and what belongs to it: the start of its rounds.
export function freshNodes(type, position, inside = "", more = {}) {
  const id = newId();
  const node = { id, type: "custom", position, data: freshData(type, more) };
  if (inside) Object.assign(node, placeInside(inside, node));
  if (!type.has_rounds) return [node];
  const startId = `${id}start`;
  Object.assign(node, CONTAINER);
  Object.assign(node.data, { start_node_id: startId }, CONTAINER);
  const start = {
    id: startId, type: `custom-${type.key}-start`, position: { x: 24, y: 84 }, parentId: id, extent: "parent", draggable: false, selectable: false,
    data: { type: `${type.key}-start`, title: "", desc: "", ...mark(type.key, id) },
  };
  return [node, start];
}

const mark = (key, id) => (key === "loop" ? { isInLoop: true, loop_id: id } : { isInIteration: true, iteration_id: id });

function placeInside(parentId, node) {
  const around = nodeOf(parentId);
  return { parentId, extent: "parent", zIndex: 1002, data: { ...node.data, ...mark(around?.data.type, parentId) } };
}

// Adds nodes, and edges to and from them. `edges`: [source, handle, target]; `without`: keys of edges that go.
export function add(nodes, { edges = [], without = [], label } = {}) {
  const keys = new Set(without);
  const config = { ...draft.config, graph: { ...draft.config.graph, nodes: [...nodesOf(), ...nodes] } };
  const kept = edgesOf().filter((edge) => !keys.has(keyOf(edge)));
  const more = edges.map(([source, handle, target]) => newEdge(source, handle, target, config));
  put({ nodes: config.graph.nodes, edges: [...kept, ...more] }, { label: label ?? t("{name} added", { name: titleOf(nodes[0]) }) });
}

// As `setData`; ways out that the new settings no longer have lose their edges.
export function setSettings(id, change, options = {}) {
  const node = nodeOf(id);
  if (!node) return;
  const data = change(node.data);
  if (data === node.data) return;
  const next = { ...node, data };
  const gone = new Set(handlesOf(node).map((handle) => handle.id));
  for (const handle of handlesOf(next)) gone.delete(handle.id);
  const edges = gone.size ? edgesOf().filter((edge) => edge.source !== id || !gone.has(edge.sourceHandle || "source")) : edgesOf();
  put({ nodes: replaced(new Set([id]), () => next), ...(gone.size ? { edges } : {}) }, { label: t("{name} changed", { name: titleOf(node) }), ...options });
}

export function disconnect(keys) {
  const gone = new Set(keys);
  put({ edges: edgesOf().filter((edge) => !gone.has(keyOf(edge))) }, { label: t("Connection removed") });
}

// A copy of a node and of what stands inside it, below it; not connected. Returns its id.
export function duplicate(id) {
  const inner = [...withInner([id])];
  const ids = new Map(inner.map((one) => [one, newId()]));
  if (ids.has(`${id}start`)) ids.set(`${id}start`, `${ids.get(id)}start`);
  const text = (value) => inner.reduce((found, one) => found.replaceAll(`"${one}"`, `"${ids.get(one)}"`).replaceAll(`{{#${one}.`, `{{#${ids.get(one)}.`), value);
  const copies = nodesOf().filter((node) => ids.has(node.id)).map((node) => {
    const copy = JSON.parse(text(JSON.stringify(node)));
    if (node.id !== id) return copy;
    return { ...copy, selected: false, position: { x: (node.position?.x ?? 0) + 40, y: (node.position?.y ?? 0) + 120 }, data: { ...copy.data, title: freeTitle(titleOf(node)) } };
  });
  const edges = edgesOf().filter((edge) => ids.has(edge.source) && ids.has(edge.target)).map((edge) => [ids.get(edge.source), edge.sourceHandle || "source", ids.get(edge.target)]);
  add(copies, { edges, label: t("{name} duplicated", { name: titleOf(nodeOf(id)) }) });
  return ids.get(id);
}

// Another kind for a node: settings that both have alike stay, and ways out as far as the new kind has them.
export function changeKind(id, type) {
  const node = nodeOf(id);
  const [before, after] = [typeOf(node).schema, type.schema];
  const fresh = freshData(type, {});
  const isAlike = (name) => before.properties?.[name] && after.properties?.[name] && before.properties[name].widget === after.properties[name].widget && before.properties[name].type === after.properties[name].type;
  const kept = Object.fromEntries(Object.entries(node.data).filter(([name]) => isAlike(name) || /^(title|desc|selected|isIn|iteration_id|loop_id|position)/.test(name)));
  const data = { ...fresh, ...kept, type: type.key, ...(node.data.title.startsWith(typeOf(node).label) ? { title: freeTitle(type.label) } : {}) };
  const next = { ...node, data };
  const [old, now] = [handlesOf(node), handlesOf(next)].map((ways) => ways.map((way) => way.id));
  const known = new Set(now);
  const turned = (edge) => {
    const handle = edge.sourceHandle || "source";
    if (edge.source !== id || known.has(handle)) return edge;
    return handle === old[0] && now.length ? { ...edge, id: `${id}-${now[0]}-${edge.target}-target`, sourceHandle: now[0] } : null;
  };
  put({ nodes: replaced(new Set([id]), () => next), edges: edgesOf().map(turned).filter(Boolean) }, { label: t("{name} is of another kind", { name: titleOf(node) }) });
}

// Parts of the flow beside its graph: variables, features.
export const setPart = (changes, options) => draft.put({ ...draft.config, ...changes }, options);
