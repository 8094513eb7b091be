// The graph of the draft: read, and changed. Every change gives a configuration that shares all parts that stay the same,
// so that what did not change is known by identity; keys nobody here knows are kept.
import { handlesOf, isNote, typeOf } from "@/canvas/catalogue.js";
import { draft } from "@/prompt/draft.js";
import { modelOf } from "@/prompt/page.js";
import { t } from "@/core/words.js";

// What was found out about a list of nodes or edges holds as long as the list does, for none is changed in place.
function remembered(find) {
  const known = new WeakMap();
  return (list) => {
    if (!known.has(list)) known.set(list, find(list));
    return known.get(list);
  };
}

const indexOf = remembered((nodes) => new Map(nodes.map((node) => [node.id, node]).reverse())); // the first of an id counts
const followersOf = remembered((edges) => {
  const found = new Map();
  for (const { source, target } of edges) {
    if (!found.has(source)) found.set(source, []);
    found.get(source).push(target);
  }
  return found;
});

export const nodesOf = (config = draft.config) => config.graph?.nodes ?? [];
export const edgesOf = (config = draft.config) => config.graph?.edges ?? [];
export const nodeOf = (id, config = draft.config) => indexOf(nodesOf(config)).get(id);
export const titleOf = (node) => node.data?.title || (isNote(node) ? t("Note") : typeOf(node).label);

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

// Files of other editors say where a node stands on the whole board, too: it goes along.
function moved(node, positions) {
  const position = positions.get(node.id);
  if (!position || (node.position?.x === position.x && node.position?.y === position.y)) return node;
  const { positionAbsolute: whole, position: before } = node;
  if (!whole || !before) return { ...node, position };
  return { ...node, position, positionAbsolute: { ...whole, x: whole.x + position.x - before.x, y: whole.y + position.y - before.y } };
}

const sized = (node, size) => ({ ...node, ...size, data: node.data.width === undefined ? node.data : { ...node.data, ...size } });

// `positions`: a map of ids to {x, y}; `sizes` likewise to {width, height}.
export function move(positions, { label = t("Moved"), sizes = new Map(), key = null } = {}) {
  const change = (node) => (sizes.has(node.id) ? sized(moved(node, positions), sizes.get(node.id)) : moved(node, positions));
  const ids = new Set([...positions.keys(), ...sizes.keys()]);
  const parents = new Set([...positions.keys()].map((id) => insideOf(nodeOf(id) ?? {})).filter(Boolean));
  put({ nodes: grown(replaced(ids, change), parents) }, { label, key });
}

export function resize(id, size, position = null) {
  const positions = position ? new Map([[id, position]]) : new Map();
  put({ nodes: replaced(new Set([id]), (node) => sized(moved(node, positions), size)) }, { label: t("Size changed") });
}

export const CARD = { width: 232, height: 90 };
const PADDING = 24;

// How much room a container's inner nodes take.
export function roomInside(id, nodes) {
  const inner = nodes.filter((node) => insideOf(node) === id && node.position);
  return {
    width: Math.max(0, ...inner.map((node) => node.position.x + (node.width ?? CARD.width) + PADDING)),
    height: Math.max(0, ...inner.map((node) => node.position.y + (node.height ?? CARD.height) + PADDING)),
  };
}

// Containers as large as what stands inside them asks for; never smaller than they are.
export function grown(nodes, ids) {
  return nodes.map((node) => {
    if (!ids.has(node.id)) return node;
    const room = roomInside(node.id, nodes);
    const size = { width: Math.max(room.width, node.width ?? node.data.width ?? CONTAINER.width), height: Math.max(room.height, node.height ?? node.data.height ?? CONTAINER.height) };
    return size.width === node.width && size.height === node.height ? node : sized(node, size);
  });
}

// Where a node between two others goes, and how far what comes after it makes room.
export function roomFor(before, next, width) {
  const gap = 80;
  const left = before.position.x + (before.width ?? CARD.width) + gap;
  const missing = left + width + gap - next.position.x;
  const positions = new Map();
  if (missing > 0) {
    const after = reachedFrom(next.id);
    for (const node of nodesOf()) {
      const follows = insideOf(node) === insideOf(next) && node.position && node.position.x >= next.position.x && after.has(node.id);
      if (follows) positions.set(node.id, { ...node.position, x: node.position.x + Math.ceil(missing / 10) * 10 });
    }
  }
  return { at: { x: left, y: next.position.y }, positions };
}

export function remove(ids, edgeIds = []) {
  const gone = withInner(ids);
  const keys = new Set(edgeIds);
  const nodes = nodesOf().filter((node) => !gone.has(node.id));
  const edges = edgesOf().filter((edge) => !keys.has(keyOf(edge)) && !gone.has(edge.source) && !gone.has(edge.target));
  const names = ids.map((id) => nodeOf(id)).filter(Boolean).map(titleOf);
  const label = names.length > 3 ? t("{count} nodes removed", { count: names.length }) : t("{name} removed", { name: names.join(", ") });
  put({ nodes, edges }, { label: names.length ? label : t("Connection removed") });
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
  if (edgesOf().some((edge) => edge.source === source && edge.target === target && keyOf(edge) === keyOf({ source, sourceHandle, target }))) return t("They are connected already.");
  if (leadsTo(target, source)) return t("That would be a circle. Use a loop node to repeat something.");
  return "";
}

// All that comes after a node, itself among it.
export function reachedFrom(id) {
  const found = new Set([id]);
  const followers = followersOf(edgesOf());
  for (const one of found) for (const target of followers.get(one) ?? []) found.add(target);
  return found;
}

const leadsTo = (from, to) => reachedFrom(from).has(to);

function newEdge(source, sourceHandle, target, config = draft.config) {
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

function freeTitle(wanted, config = draft.config) {
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

// Adds nodes, and edges to and from them. `edges`: [source, handle, target]; `without`: keys of edges that go;
// `positions`: where others make room.
export function add(nodes, { edges = [], without = [], positions = new Map(), label } = {}) {
  const keys = new Set(without);
  const around = new Set(nodes.map(insideOf).filter(Boolean));
  const config = { ...draft.config, graph: { ...draft.config.graph, nodes: grown([...nodesOf().map((node) => moved(node, positions)), ...nodes], around) } };
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

// Nodes and edges that are made already, such as copies; containers grow around what is put inside them.
export function addAll(nodes, edges, label) {
  const around = new Set(nodes.map(insideOf).filter(Boolean));
  put({ nodes: grown([...nodesOf(), ...nodes], around), edges: [...edgesOf(), ...edges] }, { label });
}

// Gives titles nobody has, those it has given before among them.
export function freeTitleAmong(config = draft.config) {
  const given = [];
  return (wanted) => {
    const nodes = [...nodesOf(config), ...given.map((title) => ({ data: { title } }))];
    const title = freeTitle(wanted, { graph: { nodes } });
    given.push(title);
    return title;
  };
}
