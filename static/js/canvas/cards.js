// What nodes and edges look like on the board.
import { BaseEdge, EdgeLabelRenderer, Handle, NodeResizeControl, Position, getBezierPath, html, memo, useCallback, useSyncExternalStore } from "flow";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { handlesOf, takesInput, typeOf } from "@/canvas/catalogue.js";
import { factsOf, nameOfWay } from "@/canvas/faces.js";
import { keyOf, nodeOf, resize, titleOf } from "@/canvas/graph.js";
import { noteText } from "@/canvas/note-text.js";
import { SIGNS, WORDS, duration } from "@/canvas/marks-text.js";
import { pins } from "@/canvas/runs/pins.js";
import { marks, signals } from "@/canvas/signals.js";

const sprite = document.documentElement.dataset.sprite;
const Icon = ({ name }) => html`<svg className="icon" aria-hidden="true"><use href=${`${sprite}#${name}`} /></svg>`;

function useMark(id) {
  const subscribe = useCallback((watcher) => marks.watch(id, watcher), [id]);
  return useSyncExternalStore(subscribe, () => marks.of(id));
}

function usePin(id) {
  const subscribe = useCallback((watcher) => pins.watch(id, watcher), [id]);
  return useSyncExternalStore(subscribe, () => pins.has(id));
}

function watchDraft(watcher) {
  draft.addEventListener("change", watcher);
  return () => draft.removeEventListener("change", watcher);
}

// They name other nodes, which may be called otherwise while this one stays as it is.
function useFacts(node) {
  return JSON.parse(useSyncExternalStore(watchDraft, () => JSON.stringify(factsOf(node))));
}

function Mark({ mark }) {
  if (!mark?.status) return null;
  const round = mark.rounds ? ` ${mark.round ?? 0}/${mark.rounds}` : "";
  return html`<span className="node-mark" data-status=${mark.status} title=${mark.error || WORDS[mark.status]}>
    <${Icon} name=${SIGNS[mark.status] ?? "circle-dot"} /><span className="sr-only">${WORDS[mark.status]}</span>${round}
    ${mark.elapsed_time != null && mark.status !== "running" ? html`<span>${duration(mark.elapsed_time)}</span>` : null}
  </span>`;
}

function Head({ node, mark }) {
  const type = typeOf(node);
  const isPinned = usePin(node.id);
  return html`<div className="node-head"><span className=${`node-sign ${type.family}`}><${Icon} name=${type.icon} /></span>
    <span className="node-title">${titleOf(node)}</span>
    ${isPinned && html`<span className="node-pin" title=${t("Pinned: it does not run, it brings what it brought last")}><${Icon} name="pin" /><span className="sr-only">${t("Pinned")}</span></span>`}<${Mark} mark=${mark} /></div>`;
}

function Out({ node, handle, children }) {
  const label = handle.isFailure ? t("When it fails: what comes after {name}", { name: titleOf(node) }) : t("What comes after {name}", { name: titleOf(node) });
  const add = (event) => {
    event.stopPropagation();
    signals.pick({ anchor: event.currentTarget, after: { id: node.id, handle: handle.id } });
  };
  return html`<div className=${`node-way ${handle.isFailure ? "failing" : ""}`}>${children}
    <${Handle} type="source" id=${handle.id} position=${Position.Right} />
    <button type="button" className="add-after nodrag" tabIndex=${-1} aria-label=${`${label}: ${t("add a node")}`} title=${t("Add a node")} onClick=${add}><${Icon} name="plus" /></button></div>`;
}

function Card({ id, data }) {
  const node = { id, data };
  const mark = useMark(id);
  const facts = useFacts(node);
  const handles = handlesOf(node);
  const isPlain = handles.length === 1 && handles[0].label === null;
  return html`<div className="node" data-status=${mark?.status} data-type=${data.type}>
    ${takesInput(node) && html`<${Handle} type="target" id="target" position=${Position.Left} />`}
    <${Head} node=${node} mark=${mark} />
    ${mark?.tokens ? html`<div className="node-tokens">${t("{count} tokens", { count: mark.tokens })}</div>` : null}
    ${facts.map((fact, place) => html`<div className="node-fact" key=${place}>${fact}</div>`)}
    ${isPlain ? html`<${Out} node=${node} handle=${handles[0]} />` : handles.map((handle) => html`<${Out} key=${handle.id} node=${node} handle=${handle}><span className="way-name">${nameOfWay(node, handle)}</span><//>`)}
  </div>`;
}

const rounded = ({ width, height }) => ({ width: Math.round(width), height: Math.round(height) });

// Pulled to change the size; what stands inside stays where it is.
const Corner = ({ id, ...limits }) => html`<${NodeResizeControl} position="bottom-right" className="corner" ...${limits} onResizeEnd=${(_, size) => resize(id, rounded(size))} />`;

function Container({ id, data, selected }) {
  const node = { id, data };
  const mark = useMark(id);
  const handles = handlesOf(node);
  return html`<div className="node container" data-status=${mark?.status} data-type=${data.type}>
    ${selected && html`<${Corner} id=${id} minWidth=${260} minHeight=${140} />`}
    <${Handle} type="target" id="target" position=${Position.Left} />
    <${Head} node=${node} mark=${mark} />
    ${handles.map((handle) => html`<${Out} key=${handle.id} node=${node} handle=${handle}>${handle.isFailure ? html`<span className="way-name">${t("When it fails")}</span>` : null}<//>`)}
  </div>`;
}

function Begin({ id, data }) {
  const node = { id, data };
  return html`<div className="node begin" title=${typeOf(node).label}><${Icon} name="house" /><span className="sr-only">${typeOf(node).label}</span>
    ${handlesOf(node).map((handle) => html`<${Out} key=${handle.id} node=${node} handle=${handle} />`)}</div>`;
}

function Note({ id, data, selected }) {
  return html`<div className="note" data-theme=${data.theme || "yellow"}>
    ${selected && html`<${Corner} id=${id} minWidth=${120} minHeight=${64} />`}
    <div className="note-text">${noteText(data.text) || t("An empty note. Open it to write.")}</div>
    ${data.showAuthor && data.author ? html`<div className="note-author">${data.author}</div>` : null}</div>`;
}

const nameOf = (id) => (nodeOf(id) ? titleOf(nodeOf(id)) : "");

function Line({ id, source, target, sourceHandleId, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, selected, markerEnd }) {
  const [path, x, y] = getBezierPath({ sourceX, sourceY, sourcePosition, targetX, targetY, targetPosition });
  const between = (event) => signals.pick({ anchor: event.currentTarget, between: { key: keyOf({ source, sourceHandle: sourceHandleId, target }), source, handle: sourceHandleId || "source", target } });
  return html`<${BaseEdge} id=${id} path=${path} markerEnd=${markerEnd} interactionWidth=${18} />
    <${EdgeLabelRenderer}><button type="button" data-edge=${id} className=${`add-between nodrag nopan ${selected ? "shown" : ""}`} tabIndex=${-1} aria-label=${t("Insert a node between {name} and {other}", { name: nameOf(source), other: nameOf(target) })} title=${t("Insert a node here")}
      style=${{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }} onClick=${between}><${Icon} name="plus" /></button><//>`;
}

export const nodeTypes = { card: memo(Card), container: memo(Container), begin: memo(Begin), note: memo(Note) };
export const edgeTypes = { line: memo(Line) };
