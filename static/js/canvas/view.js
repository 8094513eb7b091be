// The draft's graph as React Flow takes it. What did not change keeps its identity, so that it is not drawn anew.
import { FAIL_BRANCH, isNote, typeOf } from "@/canvas/catalogue.js";
import { columns } from "@/canvas/columns.js";
import { edgesOf, insideOf, keyOf, nodesOf, roomInside, titleOf } from "@/canvas/graph.js";
import { t } from "@/core/words.js";

const WIDTH_PX = 232;
// How far inner nodes keep from the left and the upper edge of what they stand in; to the right and below it grows.
const INNER_EXTENT = [[12, 52], [Infinity, Infinity]];
const EMPTY = { width: 420, height: 200 };

// Nodes of the draft and what of them was shown; the view's own copies carry what is selected and measured besides.
let shownFrom = new Map(); // id -> {node, inside, place, size}

const isPosition = (position) => Number.isFinite(position?.x) && Number.isFinite(position?.y);

function kindOf(node) {
  if (isNote(node)) return "note";
  const type = typeOf(node);
  if (type.has_rounds) return "container";
  return type.family === "begin" && insideOf(node) ? "begin" : "card";
}

// A container that no editor has drawn yet is as large as what stands inside it.
function sizeOf(node, kind, placed) {
  if (kind !== "container" && kind !== "note") return null;
  const size = { width: node.width ?? node.data.width, height: node.height ?? node.data.height };
  if (size.width && size.height) return size;
  const room = kind === "container" ? roomInside(node.id, placed) : EMPTY;
  return { width: size.width || Math.max(room.width, EMPTY.width), height: size.height || Math.max(room.height, EMPTY.height) };
}

function shown({ node, kind, inside, place, size }) {
  return {
    id: node.id, type: kind, data: node.data, position: place, initialWidth: WIDTH_PX, ...size,
    ariaLabel: kind === "note" ? t("Note") : `${titleOf(node)}, ${typeOf(node).label}`,
    ...(inside ? { parentId: inside, expandParent: true, extent: INNER_EXTENT } : {}),
    draggable: kind !== "begin", deletable: kind !== "begin", selectable: kind !== "begin", zIndex: kind === "container" ? -1 : 0,
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

// Nodes with the places they are shown at: some files say none.
function withPlaces(nodes) {
  if (nodes.every(({ position }) => isPosition(position))) return nodes;
  const places = columns(nodes, edgesOf(), insideOf);
  return nodes.map((node) => (isPosition(node.position) ? node : { ...node, position: places.get(node.id) }));
}

const isSameSize = (one, other) => one?.width === other?.width && one?.height === other?.height;
const isSame = (one, other) => one && one.node === other.node && one.inside === other.inside && one.place.x === other.place.x && one.place.y === other.place.y && isSameSize(one.size, other.size);

// `before`: the nodes of the view as they are, which keep what is selected and measured.
export function viewNodes(before = []) {
  const states = new Map(before.map((node) => [node.id, node]));
  const nodes = nodesOf();
  const ids = new Set(nodes.map(({ id }) => id));
  const placed = withPlaces(nodes);
  const places = new Map(placed.map(({ id, position }) => [id, position]));
  const next = new Map();
  const found = ordered(nodes).map((node) => {
    const kind = kindOf(node);
    const source = { node, kind, inside: ids.has(insideOf(node)) ? insideOf(node) : "", place: places.get(node.id), size: sizeOf(node, kind, placed) };
    next.set(node.id, source);
    const now = states.get(node.id);
    if (now && isSame(shownFrom.get(node.id), source)) return now;
    return now ? { ...shown(source), selected: now.selected, measured: now.measured } : shown(source);
  });
  shownFrom = next;
  return found;
}

// Likewise for edges: what a view's edge was made of is known by the edge itself.
let edgesFrom = new Map(); // key -> [edge of the draft, what it is called]

export function viewEdges(before = []) {
  const states = new Map(before.map((edge) => [edge.id, edge]));
  const next = new Map();
  const titles = new Map(nodesOf().map((node) => [node.id, titleOf(node)]));
  const found = edgesOf().flatMap((edge) => {
    const id = keyOf(edge);
    if (next.has(id) || !titles.has(edge.source) || !titles.has(edge.target)) return []; // files may say so
    const ariaLabel = t("Connection from {name} to {other}", { name: titles.get(edge.source), other: titles.get(edge.target) });
    next.set(id, [edge, ariaLabel]);
    const now = states.get(id);
    const [known, called] = edgesFrom.get(id) ?? [];
    if (now && known === edge && called === ariaLabel) return [now];
    return [{
      id, type: "line", source: edge.source, sourceHandle: edge.sourceHandle || "source", target: edge.target, targetHandle: "target",
      ariaLabel, selected: Boolean(now?.selected), className: edge.sourceHandle === FAIL_BRANCH ? "failing" : "",
    }];
  });
  edgesFrom = next;
  return found;
}
