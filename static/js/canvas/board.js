// The drawing: React Flow over the draft's graph. Whatever is changed here is written to the draft when it is done; what
// changes elsewhere comes back from it. React Flow keeps nodes and edges in its own store, so that a drag draws one node.
import { Background, Controls, MiniMap, ReactFlow, ReactFlowProvider, createElement, createRoot, html, useCallback, useEffect, useNodesInitialized, useReactFlow, useState, useStoreApi } from "flow";
import { t } from "@/core/words.js";
import { toast } from "@/core/toast.js";
import { draft } from "@/prompt/draft.js";
import { edgeTypes, nodeTypes } from "@/canvas/cards.js";
import { typeOf } from "@/canvas/catalogue.js";
import { CARD, connect, edgesOf, insideOf, move, nodeOf, nodesOf, remove, titleOf, whyNot, withInner } from "@/canvas/graph.js";
import { dropped, hideTargets, showTargets } from "@/canvas/joining.js";
import { mayRemove } from "@/canvas/reference-questions.js";
import { signals } from "@/canvas/signals.js";
import { viewEdges, viewNodes } from "@/canvas/view.js";

const CULL_FROM = 120; // nodes; from so many on only what is seen is drawn
const NO_MAP_FROM = 300;
const MARGIN_PX = 48;
const SNAP = [10, 10];
const FIT = { padding: 0.15, maxZoom: 1 };
const MARKER = { markerEnd: { type: "arrowclosed", width: 16, height: 16 } };
const LABELS = {
  "node.a11yDescription.default": t("Press Enter to open the node, arrows to move it, Delete to remove it."),
  "node.a11yDescription.keyboardDisabled": t("Press Enter to open the node."),
  "edge.a11yDescription.default": t("Press Enter to select the connection, then Delete to remove it."),
  "controls.ariaLabel": t("Zoom"), "controls.zoomIn.ariaLabel": t("Zoom in"), "controls.zoomOut.ariaLabel": t("Zoom out"),
  "controls.fitView.ariaLabel": t("Show all"), "minimap.ariaLabel": t("Small map"),
};
let flow;
let store;

const snapped = ({ x, y }) => ({ x: Math.round(x / 10) * 10, y: Math.round(y / 10) * 10 });

// A container's upper left corner on the whole board, and its size.
const boxOf = (id) => ({ corner: flow.getInternalNode(id).internals.positionAbsolute, size: board.sizeOf(id) });

// While the list is shown the board has no size, and what is seen of it cannot be moved.
const isSeen = () => document.getElementById("board").offsetWidth > 0;

// While the list is shown there is no middle of what is seen.
function belowAll() {
  const places = nodesOf().filter((node) => !insideOf(node)).map(({ id }) => flow.getNode(id)?.position).filter(Boolean);
  return places.length ? { x: Math.min(...places.map(({ x }) => x)), y: Math.max(...places.map(({ y }) => y)) + 200 } : { x: 0, y: 200 };
}

// What other parts ask of the board.
export const board = {
  center() {
    const { left, top, width, height } = document.getElementById("board").getBoundingClientRect();
    if (!width) return belowAll();
    return snapped(flow.screenToFlowPosition({ x: left + width / 2 - 116, y: top + height / 2 - 40 }));
  },
  fit: (ids) => isSeen() && flow.fitView({ ...FIT, duration: 200, ...(ids ? { nodes: ids.map((id) => ({ id })) } : {}) }),
  fitFirst: () => flow?.fitView(FIRST_FIT),
  zoomIn: () => flow.zoomIn(),
  zoomOut: () => flow.zoomOut(),
  // As it is drawn; what was not drawn yet is taken for a card.
  sizeOf(id) {
    const { width, height, measured = {} } = flow.getNode(id) ?? {};
    return { width: width ?? measured.width ?? CARD.width, height: height ?? measured.height ?? CARD.height };
  },
  select(ids) {
    const wanted = new Set(ids);
    const focused = document.activeElement?.closest?.(".react-flow__node");
    if (focused && ids.length && !wanted.has(focused.dataset.id)) focused.blur(); // keys are about what is selected now
    flow.setNodes((nodes) => nodes.map((node) => (Boolean(node.selected) === wanted.has(node.id) ? node : { ...node, selected: wanted.has(node.id) })));
    flow.setEdges((edges) => edges.map((edge) => (edge.selected ? { ...edge, selected: false } : edge)));
  },
  // A new node takes the focus once it is drawn and has a size.
  focus(id, tries = 20) {
    const element = elementOf(id);
    element?.focus({ preventScroll: true });
    if (document.activeElement !== element && tries) requestAnimationFrame(() => board.focus(id, tries - 1));
  },
  // Arrows move what is selected: a node that has but the focus is what is meant then.
  selectFocused() {
    const { id } = document.activeElement?.closest?.(".react-flow__node")?.dataset ?? {};
    const node = id && flow.getNode(id);
    if (node && !node.selected && node.selectable !== false) store.getState().addSelectedNodes([id]);
  },
  selectAll: () => board.select(nodesOf().filter((node) => !insideOf(node)).map(({ id }) => id)),
  // What a command is about: what is selected; the node that has the focus where it is not among that.
  chosen() {
    const selected = flow.getNodes().filter((node) => node.selected).map(({ id }) => id);
    const focused = document.activeElement?.closest?.("[data-node], .react-flow__node")?.dataset;
    const id = focused?.node ?? focused?.id;
    return id && !selected.includes(id) && flow.getNode(id)?.selectable !== false ? [id] : selected;
  },
  removeChosen() {
    const ids = board.chosen();
    const edges = ids.length ? [] : flow.getEdges().filter((edge) => edge.selected || edge.id === focusedEdge()).map(({ id }) => id);
    removeFrom(ids.filter((id) => flow.getNode(id)?.deletable !== false), edges);
  },
  at: (point) => flow.screenToFlowPosition(point),
};

const focusedEdge = () => document.activeElement?.closest?.(".react-flow__edge")?.dataset.id;

function goneText(ids, inner) {
  if (inner && ids.length === 1) return t("{name} was removed with all that stood inside it.", { name: titleOf(nodeOf(ids[0])) });
  if (ids.length === 1) return t("{name} was removed.", { name: titleOf(nodeOf(ids[0])) });
  return ids.length ? t("{count} nodes were removed.", { count: ids.length + inner }) : t("The connection was removed.");
}

// Undoes the change that led to a configuration, not one that came after it.
function undoOf(config) {
  return () => {
    if (draft.config === config) draft.undo();
    else toast(t("Other things were changed since. The list of changes leads back to before it."), "warn");
  };
}

// Removes nodes and what stands inside them, or edges, and says so; asks first where others refer to them. The focus
// goes to what stood before.
export async function removeFrom(ids, edgeIds = []) {
  if (!ids.length && !edgeIds.length) return;
  if (ids.length && !(await mayRemove(ids))) return;
  const gone = withInner(ids);
  const inner = [...gone].filter((id) => !ids.includes(id) && !isStartOfRounds(id)).length;
  const text = goneText(ids, inner);
  const hadFocus = document.getElementById("board").contains(document.activeElement);
  const before = edgesOf().find(({ source, target }) => ids.includes(target) && !gone.has(source))?.source;
  if (gone.has(signals.openId)) signals.open(null);
  remove(ids, edgeIds);
  toast(text, "ok", { undo: undoOf(draft.config) });
  if (hadFocus && before) requestAnimationFrame(() => elementOf(before)?.focus({ preventScroll: true }));
}

// Moves the board as far as it takes to see a node from its left to its right.
function showWhole(id) {
  const node = elementOf(id)?.getBoundingClientRect();
  const { left, right } = document.getElementById("board").getBoundingClientRect();
  if (!node?.width || right - left < node.width) return; // a board that is not shown has no size
  const by = node.right > right - MARGIN_PX ? right - MARGIN_PX - node.right : node.left < left + MARGIN_PX ? left + MARGIN_PX - node.left : 0;
  const { x, y, zoom } = flow.getViewport();
  if (by) flow.setViewport({ x: x + by, y, zoom }, { duration: 200 });
}

const isStartOfRounds = (id) => typeOf(nodeOf(id)).family === "begin";
const elementOf = (id) => document.querySelector(`.react-flow__node[data-id="${CSS.escape(id)}"]`);

const theme = () => document.documentElement.dataset.theme || "system";

function useTheme() {
  const [mode, setMode] = useState(theme);
  useEffect(() => {
    const observer = new MutationObserver(() => setMode(theme()));
    observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => observer.disconnect();
  }, []);
  return ["light", "dark"].includes(mode) ? mode : "system";
}

const rounded = (nodes) => new Map(nodes.map(({ id, position }) => [id, { x: Math.round(position.x), y: Math.round(position.y) }]));
const isMoved = ({ id, position }) => nodeOf(id) && (nodeOf(id).position?.x !== position.x || nodeOf(id).position?.y !== position.y);

// Containers grow while something is dragged inside them: they stay as they were drawn last.
function grownSizes(nodes) {
  const parents = [...new Set(nodes.map(({ id }) => insideOf(nodeOf(id))).filter(Boolean))].map((id) => flow.getNode(id));
  return new Map(parents.filter((parent) => parent?.width && parent.height).map(({ id, width, height }) => [id, { width: Math.round(width), height: Math.round(height) }]));
}

function write(nodes, options) {
  const moved = nodes.filter(isMoved);
  const label = moved.length === 1 ? t("{name} moved", { name: titleOf(nodeOf(moved[0].id)) }) : t("{count} nodes moved", { count: moved.length });
  if (moved.length) move(rounded(moved), { label, sizes: grownSizes(moved), ...options });
}

// Says when nodes and edges were painted first.
function useFirstDrawing() {
  const isReady = useNodesInitialized();
  useEffect(() => {
    if (isReady && !performance.getEntriesByName("canvas-drawn").length) requestAnimationFrame(() => setTimeout(() => performance.mark("canvas-drawn")));
  }, [isReady]);
}

function Board() {
  const mode = useTheme();
  const [count, setCount] = useState(nodesOf().length);
  flow = useReactFlow();
  store = useStoreApi();

  useEffect(() => {
    const sync = () => {
      flow.setNodes(viewNodes);
      flow.setEdges(viewEdges);
      setCount(nodesOf().length);
    };
    draft.addEventListener("change", sync);
    return () => draft.removeEventListener("change", sync);
  }, []);
  useEffect(() => {
    const goTo = ({ detail }) => {
      board.select([detail]);
      board.fit([detail]);
      board.focus(detail);
    };
    // What is opened beside the board must not lie under the dock that has just come.
    const onOpen = ({ detail: { id } }) => id && requestAnimationFrame(() => showWhole(id));
    signals.addEventListener("goto", goTo);
    signals.addEventListener("open", onOpen);
    return () => {
      signals.removeEventListener("goto", goTo);
      signals.removeEventListener("open", onOpen);
    };
  }, []);

  useFirstDrawing();

  const onDragStop = useCallback((_, __, nodes) => write(nodes), []);
  // Arrows move a node without a drag: React Flow tells it as a change alone. After a drag nothing is left to write.
  const onNodesChange = useCallback((changes) => {
    const steps = changes.filter((change) => change.type === "position" && change.dragging === false && change.position);
    if (steps.length) queueMicrotask(() => write(steps, { key: "arrows" }));
  }, []);
  const onConnect = useCallback((connection) => connect(connection), []);
  const isValidConnection = useCallback((connection) => !whyNot(connection), []);
  const onConnectStart = useCallback((_, { nodeId, handleId, handleType }) => showTargets({ nodeId, id: handleId, type: handleType }), []);
  const onConnectEnd = useCallback((event, state) => {
    hideTargets();
    dropped(event, state, { at: (point) => snapped(flow.screenToFlowPosition(point)), boxOf });
  }, []);
  const onNodeClick = useCallback((event, node) => {
    if (!event.shiftKey && !event.ctrlKey && !event.metaKey && node.type !== "begin") signals.open(node.id);
  }, []);
  const onContextMenu = useCallback((event, node) => {
    if (node && node.type !== "container") return;
    event.preventDefault();
    const { clientX: x, clientY: y } = event;
    const { x: left, y: top } = node ? flow.getInternalNode(node.id).internals.positionAbsolute : { x: 0, y: 0 };
    const at = flow.screenToFlowPosition({ x, y });
    signals.pick({ anchor: { getBoundingClientRect: () => new DOMRect(x, y, 0, 0) }, at: { x: Math.round(at.x - left), y: Math.round(at.y - top) }, inside: node?.id ?? "" });
  }, []);
  const onPaneClick = useCallback(() => signals.open(null), []);
  const onSelectionChange = useCallback(({ nodes }) => signals.select(nodes.map(({ id }) => id)), []);

  return html`<${ReactFlow} defaultNodes=${START_NODES} defaultEdges=${START_EDGES} nodeTypes=${nodeTypes} edgeTypes=${edgeTypes} defaultEdgeOptions=${MARKER}
      colorMode=${mode} onNodeDragStop=${onDragStop} onSelectionDragStop=${onSelectionDrag(onDragStop)} onNodesChange=${onNodesChange} onConnect=${onConnect} onConnectStart=${onConnectStart} onConnectEnd=${onConnectEnd}
      onEdgeMouseEnter=${showPlus} onEdgeMouseLeave=${hidePlus}
      isValidConnection=${isValidConnection} onPaneContextMenu=${onContextMenu} onNodeContextMenu=${onContextMenu} onNodeClick=${onNodeClick} onPaneClick=${onPaneClick} onSelectionChange=${onSelectionChange}
      deleteKeyCode=${null} multiSelectionKeyCode=${MULTI} selectionKeyCode="Shift" snapToGrid snapGrid=${SNAP} minZoom=${0.1} maxZoom=${2} fitView fitViewOptions=${FIRST_FIT}
      onlyRenderVisibleElements=${count > CULL_FROM} ariaLabelConfig=${LABELS} elevateNodesOnSelect=${false}>
    <${Background} gap=${20} size=${1.4} /><${Controls} position="bottom-left" orientation="horizontal" showInteractive=${false} />
    ${count <= NO_MAP_FROM && html`<${MiniMap} position="bottom-right" pannable zoomable nodeClassName=${familyOf} nodeBorderRadius=${8} />`}
  <//>`;
}

// The button between two nodes is seen while the mouse is on their line.
let plusTimer;
const plusOf = ({ id }) => document.querySelector(`.add-between[data-edge="${CSS.escape(id)}"]`);

function showPlus(_, edge) {
  clearTimeout(plusTimer);
  for (const other of document.querySelectorAll(".add-between[data-near]")) delete other.dataset.near;
  plusOf(edge)?.setAttribute("data-near", "");
}

function hidePlus(_, edge) {
  plusTimer = setTimeout(() => plusOf(edge)?.removeAttribute("data-near"), 400);
}

const onSelectionDrag = (stop) => (event, nodes) => stop(event, null, nodes);
const familyOf = (node) => (node.type === "container" || node.type === "note" ? `a-${node.type}` : typeOf(node).family);
const MULTI = ["Meta", "Control"];
const isSmall = matchMedia("(max-width: 860px)").matches;
const START_NODES = viewNodes();
const START_EDGES = viewEdges();
const FIRST_FIT = isSmall ? { padding: 0.2, maxZoom: 0.8, nodes: START_NODES.slice(0, 2).map(({ id }) => ({ id })) } : FIT;

export function mountBoard() {
  createRoot(document.getElementById("board")).render(createElement(ReactFlowProvider, null, createElement(Board)));
}

