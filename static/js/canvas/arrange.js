// The order of a flow's nodes: containers first, each around what it holds, then the whole.
const GAP = { nodesep: 40, ranksep: 88 };
const INNER = { left: 88, top: 64, right: 32, bottom: 32 };
const SNAP = 10;
const snapped = (value) => Math.round(value / SNAP) * SNAP;

// Nodes of one level from left to right; returns their upper left corners, the first at 0, 0.
function laidOut(nodes, edges, { graphlib, layout }) {
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: "LR", ...GAP });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, size } of nodes) graph.setNode(id, { ...size });
  for (const { source, target } of edges) if (graph.hasNode(source) && graph.hasNode(target) && source !== target) graph.setEdge(source, target);
  layout(graph);
  const corners = nodes.map(({ id, size }) => [id, { x: graph.node(id).x - size.width / 2, y: graph.node(id).y - size.height / 2 }]);
  const [left, top] = [Math.min(...corners.map(([, { x }]) => x)), Math.min(...corners.map(([, { y }]) => y))];
  const places = new Map(corners.map(([id, { x, y }]) => [id, { x: snapped(x - left), y: snapped(y - top) }]));
  return straightened(places, nodes, edges);
}

// Lines leave and reach a node near its top: what follows one node alone stands level with it, where nothing is in the way.
function straightened(places, nodes, edges) {
  const sizes = new Map(nodes.map(({ id, size }) => [id, size]));
  const inside = edges.filter(({ source, target }) => places.has(source) && places.has(target));
  const isOnly = (edge) => inside.filter((one) => one.source === edge.source).length === 1 && inside.filter((one) => one.target === edge.target).length === 1;
  const isFree = (id, { x, y }) => [...places].every(([other, place]) => other === id || place.x + sizes.get(other).width <= x || place.x >= x + sizes.get(id).width
    || place.y + sizes.get(other).height + GAP.nodesep / 2 <= y || place.y >= y + sizes.get(id).height + GAP.nodesep / 2);
  const inOrder = inside.filter(isOnly).sort((one, other) => places.get(one.source).x - places.get(other.source).x);
  for (const { source, target } of inOrder) {
    const level = { x: places.get(target).x, y: places.get(source).y };
    if (isFree(target, level)) places.set(target, level);
  }
  return places;
}

const shifted = (places, by) => new Map([...places].map(([id, { x, y }]) => [id, { x: x + by.x, y: y + by.y }]));
const middle = ({ position, size }) => ({ x: position.x + size.width / 2, y: position.y + size.height / 2 });
const distance = (one, other) => Math.hypot(middle(one).x - middle(other).x, middle(one).y - middle(other).y);

// A note stays by the node it stood next to.
function noteMoves(notes, nodes, positions) {
  const placed = nodes.filter((node) => node.position && positions.has(node.id));
  return notes.filter(({ position }) => position && placed.length).map((note) => {
    const near = placed.reduce((best, node) => (distance(note, node) < distance(note, best) ? node : best));
    const to = positions.get(near.id);
    return [note.id, { x: note.position.x + to.x - near.position.x, y: note.position.y + to.y - near.position.y }];
  });
}

function corner(nodes) {
  const placed = nodes.filter(({ position }) => position);
  if (!placed.length) return { x: 0, y: 0 };
  return { x: snapped(Math.min(...placed.map(({ position }) => position.x))), y: snapped(Math.min(...placed.map(({ position }) => position.y))) };
}

// `nodes`: {id, inside, isNote, position, size}; `only`: a set of ids, the others stay where they are. Returns maps of
// `positions` and of containers' `sizes`.
export function arranged(nodes, edges, dagre, only = null) {
  const positions = new Map();
  const sizes = new Map();
  const sizeOf = (node) => ({ ...node, size: sizes.get(node.id) ?? node.size });
  const levels = [...new Set(nodes.map(({ inside }) => inside).filter(Boolean)), ""];
  for (const level of levels) {
    const here = nodes.filter((node) => node.inside === level && !node.isNote && (!only || only.has(node.id))).map(sizeOf);
    if (!here.length) continue;
    const places = laidOut(here, edges, dagre);
    const from = level && !only ? { x: INNER.left - 64, y: INNER.top } : corner(here);
    const found = shifted(places, from);
    for (const [id, place] of found) positions.set(id, place);
    if (level && !only) sizes.set(level, around(here, found));
  }
  if (!only) for (const [id, place] of noteMoves(nodes.filter(({ isNote }) => isNote), nodes, positions)) positions.set(id, place);
  return { positions, sizes };
}

function around(nodes, places) {
  const width = Math.max(...nodes.map(({ id, size }) => places.get(id).x + size.width)) + INNER.right;
  const height = Math.max(...nodes.map(({ id, size }) => places.get(id).y + size.height)) + INNER.bottom;
  return { width: snapped(Math.max(width, 260)), height: snapped(Math.max(height, 140)) };
}
