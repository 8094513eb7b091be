// The drawing: React Flow over the draft's graph. Whatever is changed here is written to the draft when it is done; what
// changes elsewhere comes back from it. React Flow keeps nodes and edges in its own store, so that a drag draws one node.
import { Background, Controls, MiniMap, ReactFlow, ReactFlowProvider, createElement, createRoot, html, useCallback, useEffect, useReactFlow, useState } from "flow";
import { t } from "@/core/words.js";
import { toast } from "@/core/toast.js";
import { draft } from "@/prompt/draft.js";
import { edgeTypes, nodeTypes } from "@/canvas/cards.js";
import { typeOf } from "@/canvas/catalogue.js";
import { connect, move, nodeOf, nodesOf, remove, whyNot } from "@/canvas/graph.js";
import { mayRemove } from "@/canvas/reference-questions.js";
import { signals } from "@/canvas/signals.js";
import { viewEdges, viewNodes } from "@/canvas/view.js";

const CULL_FROM = 120; // nodes; from so many on only what is seen is drawn
const NO_MAP_FROM = 300;
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

// What other parts ask of the board.
export const board = {
  center() {
    const { left, top, width, height } = document.getElementById("board").getBoundingClientRect();
    const { x, y } = flow.screenToFlowPosition({ x: left + width / 2 - 116, y: top + height / 2 - 40 });
    return { x: Math.round(x / 10) * 10, y: Math.round(y / 10) * 10 };
  },
  fit: (ids) => flow.fitView({ ...FIT, duration: 200, ...(ids ? { nodes: ids.map((id) => ({ id })) } : {}) }),
  zoomIn: () => flow.zoomIn(),
  zoomOut: () => flow.zoomOut(),
  measured: (id) => flow.getNode(id)?.measured,
  select(ids) {
    const wanted = new Set(ids);
    flow.setNodes((nodes) => nodes.map((node) => (Boolean(node.selected) === wanted.has(node.id) ? node : { ...node, selected: wanted.has(node.id) })));
  },
  at: (point) => flow.screenToFlowPosition(point),
};

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

// Moved nodes that stand over an iteration or a loop stay where they belong: what is inside is chosen when it is added.
const written = (nodes) => new Map(nodes.map(({ id, position }) => [id, { x: Math.round(position.x), y: Math.round(position.y) }]));

function Board() {
  const mode = useTheme();
  const [count, setCount] = useState(nodesOf().length);
  flow = useReactFlow();

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
      document.querySelector(`.react-flow__node[data-id="${CSS.escape(detail)}"]`)?.focus({ preventScroll: true });
    };
    signals.addEventListener("goto", goTo);
    return () => signals.removeEventListener("goto", goTo);
  }, []);

  const onDragStop = useCallback((_, __, nodes) => {
    const moved = nodes.filter(({ id, position }) => {
      const before = nodeOf(id)?.position;
      return before?.x !== position.x || before?.y !== position.y;
    });
    if (moved.length) move(written(moved));
  }, []);
  // Arrows move a node without a drag: React Flow tells it as a change alone.
  const onNodesChange = useCallback((changes) => {
    const steps = changes.filter((change) => change.type === "position" && change.dragging === false && change.position);
    const moved = steps.filter(({ id, position }) => nodeOf(id) && (nodeOf(id).position?.x !== position.x || nodeOf(id).position?.y !== position.y));
    if (moved.length) queueMicrotask(() => move(written(moved)));
  }, []);
  const onConnect = useCallback((connection) => connect(connection), []);
  const isValidConnection = useCallback((connection) => !whyNot(connection), []);
  const onConnectEnd = useCallback((event, state) => {
    const { fromHandle, toNode, isValid } = state;
    if (isValid || !fromHandle) return;
    const from = { source: fromHandle.nodeId, sourceHandle: fromHandle.id, target: toNode?.id };
    if (toNode && toNode.id !== fromHandle.nodeId) toast(fromHandle.type === "source" ? whyNot(from) : whyNot({ source: toNode.id, sourceHandle: "source", target: fromHandle.nodeId }), "warn");
    else if (!toNode && fromHandle.type === "source") {
      const { clientX, clientY } = "changedTouches" in event ? event.changedTouches[0] : event;
      signals.pick({ anchor: { getBoundingClientRect: () => new DOMRect(clientX, clientY, 0, 0) }, after: { id: fromHandle.nodeId, handle: fromHandle.id } });
    }
  }, []);
  const onBeforeDelete = useCallback(async ({ nodes, edges }) => {
    const ids = nodes.filter(({ deletable }) => deletable !== false).map(({ id }) => id);
    if (!ids.length && !edges.length) return false;
    if (ids.length && !(await mayRemove(ids))) return false;
    if (ids.includes(signals.openId)) signals.open(null);
    remove(ids, ids.length ? [] : edges.map(({ id }) => id));
    toast(ids.length === 1 ? t("The node was removed.") : ids.length ? t("{count} nodes were removed.", { count: ids.length }) : t("The connection was removed."), "ok", { undo: () => draft.undo() });
    return false; // the draft tells the view
  }, []);
  const onNodeClick = useCallback((event, node) => {
    if (!event.shiftKey && !event.ctrlKey && !event.metaKey && node.type !== "begin") signals.open(node.id);
  }, []);
  const onPaneClick = useCallback(() => signals.open(null), []);
  const onSelectionChange = useCallback(({ nodes }) => signals.select(nodes.map(({ id }) => id)), []);

  return html`<${ReactFlow} defaultNodes=${START_NODES} defaultEdges=${START_EDGES} nodeTypes=${nodeTypes} edgeTypes=${edgeTypes} defaultEdgeOptions=${MARKER}
      colorMode=${mode} onNodeDragStop=${onDragStop} onSelectionDragStop=${onSelectionDrag(onDragStop)} onNodesChange=${onNodesChange} onConnect=${onConnect} onConnectEnd=${onConnectEnd}
      isValidConnection=${isValidConnection} onBeforeDelete=${onBeforeDelete} onNodeClick=${onNodeClick} onPaneClick=${onPaneClick} onSelectionChange=${onSelectionChange}
      deleteKeyCode=${DELETE} multiSelectionKeyCode=${MULTI} selectionKeyCode="Shift" snapToGrid snapGrid=${SNAP} minZoom=${0.1} maxZoom=${2} fitView fitViewOptions=${FIRST_FIT}
      onlyRenderVisibleElements=${count > CULL_FROM} ariaLabelConfig=${LABELS} elevateNodesOnSelect=${false}>
    <${Background} gap=${20} size=${1.4} /><${Controls} position="bottom-left" orientation="horizontal" showInteractive=${false} />
    ${count <= NO_MAP_FROM && html`<${MiniMap} position="bottom-right" pannable zoomable nodeClassName=${familyOf} nodeBorderRadius=${8} />`}
  <//>`;
}

const onSelectionDrag = (stop) => (event, nodes) => stop(event, null, nodes);
const familyOf = (node) => typeOf(node).family;
const DELETE = ["Delete", "Backspace"];
const MULTI = ["Meta", "Control"];
const isSmall = matchMedia("(max-width: 860px)").matches;
const START_NODES = viewNodes();
const START_EDGES = viewEdges();
const FIRST_FIT = isSmall ? { padding: 0.2, maxZoom: 0.8, nodes: START_NODES.slice(0, 2).map(({ id }) => ({ id })) } : FIT;

export function mountBoard() {
  createRoot(document.getElementById("board")).render(createElement(ReactFlowProvider, null, createElement(Board)));
}

