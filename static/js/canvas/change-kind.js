// Another kind for a node that stands already: what still fits of its settings and its connections stays.
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { FAIL_BRANCH, handlesOf, typeOf, types } from "@/canvas/catalogue.js";
import { edgesOf, freshNodes, insideOf, keyOf, nodeOf, nodesOf, titleOf } from "@/canvas/graph.js";

// What is kept whatever the kind: where the node stands, and what happens when it fails.
const KEPT = ["desc", "isInIteration", "iteration_id", "isInLoop", "loop_id", "selected", "retry_config"];

// The kinds a node can become. What has rounds has nodes inside and stays what it is.
export function kindsFor(id) {
  const node = nodeOf(id);
  const own = node && typeOf(node);
  if (!own?.key || own.has_rounds || own.key.endsWith("-start")) return [];
  const around = nodeOf(insideOf(node))?.data.type ?? "";
  const begins = own.family === "begin";
  return types.filter((type) => type.is_offered && type !== own && !type.has_rounds && !type.key.endsWith("-start")
    && (type.family === "begin") === begins && (!type.only_inside || type.only_inside === around));
}

// A property's schema without its words, references resolved: of two kinds the same, they mean the same.
function shapeOf({ schema }, name) {
  const resolve = (value) => {
    if (Array.isArray(value)) return value.map(resolve);
    if (value === null || typeof value !== "object") return value;
    if (value.$ref) return resolve(schema.$defs?.[value.$ref.split("/").at(-1)]);
    return Object.fromEntries(Object.entries(value).filter(([key]) => !["description", "title", "default"].includes(key)).map(([key, one]) => [key, resolve(one)]));
  };
  const property = schema.properties?.[name];
  return property && JSON.stringify(resolve(property));
}

function dataFor(node, type) {
  const own = typeOf(node);
  const { data } = node;
  const [{ data: fresh }] = freshNodes(type, node.position);
  const isAlike = (name) => name in type.schema.properties && !type.common.includes(name) && shapeOf(own, name) === shapeOf(type, name);
  const same = Object.keys(own.schema.properties).filter((name) => name in data && isAlike(name));
  const kept = Object.fromEntries([...KEPT.filter((name) => name in data), ...same].map((name) => [name, data[name]]));
  const failing = data.error_strategy === FAIL_BRANCH && type.leads_on ? { error_strategy: FAIL_BRANCH } : {};
  const title = titleOf(node).replace(/ \d+$/, "") === own.label ? fresh.title : titleOf(node);
  return { ...fresh, ...kept, ...failing, title };
}

// Edges leave where they left before, or by the first way out there is.
function edgesFor(node, type) {
  const ways = handlesOf(node).map(({ id }) => id);
  const seen = new Set();
  return edgesOf().flatMap((edge) => {
    let next = edge;
    if (edge.target === node.id) next = { ...edge, data: { ...edge.data, targetType: type.key } };
    if (edge.source === node.id) {
      if (!ways.length) return [];
      const handle = edge.sourceHandle || "source";
      const sourceHandle = ways.includes(handle) ? handle : ways[0];
      next = { ...edge, sourceHandle, id: `${node.id}-${sourceHandle}-${edge.target}-target`, data: { ...edge.data, sourceType: type.key } };
    }
    if (seen.has(keyOf(next))) return [];
    seen.add(keyOf(next));
    return [next];
  });
}

export function changeKind(id, type) {
  const before = nodeOf(id);
  const node = { ...before, data: dataFor(before, type) };
  const nodes = nodesOf().map((one) => (one === before ? node : one));
  const edges = edgesFor(node, type);
  draft.put({ ...draft.config, graph: { ...draft.config.graph, nodes, edges } }, { label: t("{name} became {kind}", { name: titleOf(before), kind: type.label }) });
}
