// Nodes as text, to be put in again elsewhere: in the same flow, in another, in another window.
const KIND = "parley/nodes";
const VERSION = 1;
const OWN_IDS = new Set(["start_node_id", "iteration_id", "loop_id", "parentId"]);
const NO_IDS = new Set(["options", "title", "desc"]);
const INNER = ["parentId", "extent", "zIndex"];
const INNER_DATA = ["isInIteration", "iteration_id", "isInLoop", "loop_id"];

const insideOf = (node) => node.parentId || node.data?.iteration_id || node.data?.loop_id || "";

// `ids`: all that goes along, with what stands inside.
export function copyOf({ nodes = [], edges = [] }, ids) {
  return JSON.stringify({
    kind: KIND, version: VERSION,
    nodes: nodes.filter(({ id }) => ids.has(id)), edges: edges.filter(({ source, target }) => ids.has(source) && ids.has(target)),
  });
}

// {nodes, edges} of such a text; null where it is another one.
export function readCopy(text) {
  try {
    const { kind, version, nodes, edges } = JSON.parse(text);
    const isWhole = kind === KIND && version === VERSION && Array.isArray(nodes) && Array.isArray(edges);
    return isWhole && nodes.every((node) => typeof node?.id === "string" && node.data && typeof node.data === "object") ? { nodes, edges } : null;
  } catch {
    return null;
  }
}

const inTemplates = (text, ids) => text.replace(/\{\{#([^.#{}]+)(?=[.#])/g, (all, id) => (ids.has(id) ? `{{#${ids.get(id)}` : all));
const isSelector = (value) => value.length > 1 && value.every((part) => typeof part === "string");

// A node's settings with other ids in them: in templates, in selectors, and where a setting is an id.
export function rewritten(value, ids, key = "") {
  if (NO_IDS.has(key)) return value;
  if (typeof value === "string") return OWN_IDS.has(key) && ids.has(value) ? ids.get(value) : inTemplates(value, ids);
  if (Array.isArray(value)) {
    if (isSelector(value) && ids.has(value[0])) return [ids.get(value[0]), ...value.slice(1)];
    return value.map((part) => rewritten(part, ids));
  }
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, rewritten(part, ids, name)]));
  return value;
}

const without = (object, names) => Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));

// What stood inside something that is not there stands on the board.
const freed = (node) => ({ ...without(node, INNER), data: without(node.data, INNER_DATA) });

// An id made of another's stays so: `1715start` of `1715` is the start of the copy.
function newIds(nodes, newId) {
  const ids = new Map();
  for (const node of nodes) {
    const around = insideOf(node);
    const rest = around && ids.has(around) && node.id.startsWith(around) ? node.id.slice(around.length) : "";
    ids.set(node.id, rest ? `${ids.get(around)}${rest}` : newId());
  }
  return ids;
}

const outerFirst = (nodes) => [...nodes].sort((one, other) => Number(Boolean(insideOf(one))) - Number(Boolean(insideOf(other))));

function renamed(node, title) {
  if (!node.data.title) return node;
  return { ...node, data: { ...node.data, title: title(node.data.title) } };
}

function edgeOf(edge, ids) {
  const [source, target] = [ids.get(edge.source), ids.get(edge.target)];
  return { ...rewritten(edge, ids), id: `${source}-${edge.sourceHandle || "source"}-${target}-target`, source, target };
}

// The same nodes as new ones. `isThere(id)`: the graph has a node of this id; `isWelcome(node, around)`: it may be put
// in, inside of a node or ""; `newId()`; `title(wanted)`: one nobody has; `by` {x, y}: how far they stand from where
// they stood. Returns {nodes, edges, left}: `left` are those that may not.
export function pasted({ nodes, edges }, { isThere, isWelcome, newId, title, by }) {
  const copied = new Set(nodes.map(({ id }) => id));
  const aroundOf = (node) => (copied.has(insideOf(node)) || isThere(insideOf(node)) ? insideOf(node) : "");
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const comes = (node) => (copied.has(insideOf(node)) ? comes(byId.get(insideOf(node))) : isWelcome(node, aroundOf(node)));
  const welcome = outerFirst(nodes).filter(comes);
  const ids = newIds(welcome, newId);
  const made = welcome.map((node) => {
    const own = { ...(aroundOf(node) ? node : freed(node)), id: ids.get(node.id) };
    const fresh = { ...rewritten(own, ids), id: own.id };
    if (copied.has(insideOf(node)) || !node.position) return renamed(fresh, title);
    const placed = { ...fresh, position: { x: node.position.x + by.x, y: node.position.y + by.y } };
    return renamed(without(placed, ["positionAbsolute"]), title);
  });
  return { nodes: made, edges: edges.filter((edge) => ids.has(edge.source) && ids.has(edge.target)).map((edge) => edgeOf(edge, ids)), left: nodes.filter((node) => !comes(node)) };
}
