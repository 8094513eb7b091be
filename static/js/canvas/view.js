// The draft's graph as React Flow takes it. What did not change keeps its identity, so that it is not drawn anew.
import { isNote, typeOf } from "@/canvas/catalogue.js";
import { edgesOf, insideOf, keyOf, nodesOf } from "@/canvas/graph.js";

const COLUMN_PX = 320;
const WIDTH_PX = 232;
let known = new Map(); // id -> [node of the draft, node of the view]

const isPosition = (position) => Number.isFinite(position?.x) && Number.isFinite(position?.y);

function kindOf(node) {
  if (isNote(node)) return "note";
  const type = typeOf(node);
  if (type.has_rounds) return "container";
  return type.family === "begin" && insideOf(node) ? "begin" : "card";
}

function shown(node, place) {
  const inside = insideOf(node);
  const kind = kindOf(node);
  const size = kind === "container" || kind === "note" ? { width: node.width ?? node.data.width ?? 420, height: node.height ?? node.data.height ?? 200 } : {};
  return {
    id: node.id, type: kind, data: node.data, position: isPosition(node.position) ? node.position : { x: place * COLUMN_PX, y: 200 },
    ...(inside ? { parentId: inside, expandParent: true } : {}), ...size,
    draggable: kind !== "begin", deletable: kind !== "begin", zIndex: kind === "container" ? -1 : 0,
    initialWidth: WIDTH_PX,
  };
}

// Parents stand before what is inside them: React Flow asks for it.
function ordered(nodes) {
  const placed = new Set();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const found = [];
  const put = (node) => {
    if (placed.has(node.id)) return;
    placed.add(node.id);
    if (byId.has(insideOf(node))) put(byId.get(insideOf(node)));
    found.push(node);
  };
  nodes.forEach(put);
  return found;
}

// `before`: the nodes of the view as they are, which keep what is selected and measured.
export function viewNodes(before = []) {
  const states = new Map(before.map((node) => [node.id, node]));
  const next = new Map();
  const ids = new Set(nodesOf().map(({ id }) => id));
  const found = ordered(nodesOf()).map((node, place) => {
    const [source, view] = known.get(node.id) ?? [];
    const now = states.get(node.id);
    if (source === node && now) {
      next.set(node.id, [node, now]);
      return now;
    }
    const fresh = shown(node, place);
    if (!ids.has(fresh.parentId)) delete fresh.parentId;
    const made = now ? { ...fresh, selected: now.selected, measured: now.measured } : fresh;
    next.set(node.id, [node, made]);
    return view && now ? made : made;
  });
  known = next;
  return found;
}

const isFailing = (edge) => edge.sourceHandle === "fail-branch";

export function viewEdges(before = []) {
  const selected = new Set(before.filter((edge) => edge.selected).map(({ id }) => id));
  return edgesOf().map((edge) => {
    const id = keyOf(edge);
    return {
      id, type: "line", source: edge.source, sourceHandle: edge.sourceHandle || "source", target: edge.target, targetHandle: "target",
      selected: selected.has(id), className: isFailing(edge) ? "failing" : "",
    };
  });
}
