// A connection while it is drawn: which nodes may take it is seen, and where it is let go decides what becomes of it.
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { handlesOf } from "@/canvas/catalogue.js";
import { connect, insideOf, nodeOf, whyNot } from "@/canvas/graph.js";
import { signals } from "@/canvas/signals.js";

const FIRST_CORNER = { x: 12, y: 52 }; // of what stands inside something
const host = () => document.getElementById("board");

// What a line drawn from a handle to another node would be; null where the way out is not clear.
function joined({ nodeId, id, type }, otherId) {
  if (type === "source") return { source: nodeId, sourceHandle: id, target: otherId };
  const ways = handlesOf(nodeOf(otherId));
  return ways.length > 1 ? null : { source: otherId, sourceHandle: ways[0]?.id ?? "source", target: nodeId };
}

function reasonAgainst(handle, otherId) {
  const way = joined(handle, otherId);
  if (way) return whyNot(way);
  const reasons = handlesOf(nodeOf(otherId)).map(({ id }) => whyNot({ source: otherId, sourceHandle: id, target: handle.nodeId }));
  return reasons.includes("") ? "" : reasons[0];
}

// The drawing alone knows of it: nothing is rendered anew.
export function showTargets(handle) {
  const all = [...host().querySelectorAll(".react-flow__node")];
  const takes = (id) => (id === handle.nodeId ? "from" : reasonAgainst(handle, id) ? "no" : "yes");
  for (const element of all) element.dataset.takes = takes(element.dataset.id);
}

export function hideTargets() {
  for (const element of host().querySelectorAll(".react-flow__node[data-takes]")) delete element.dataset.takes;
}

// The uppermost node at a point; what the line's node itself stands in is free ground.
function nodeAt({ x, y }, fromId) {
  const around = insideOf(nodeOf(fromId));
  const ids = document.elementsFromPoint(x, y).map((element) => element.closest(".react-flow__node")?.dataset.id);
  return ids.find((id) => id && id !== around && nodeOf(id)) ?? null;
}

function dropOn(handle, id) {
  if (id === handle.nodeId) return;
  const reason = reasonAgainst(handle, id);
  const way = joined(handle, id);
  if (reason) toast(reason, "warn");
  else if (way) connect(way);
  else toast(t("This node has several ways out: begin at the one that is meant."), "warn");
}

// A place within what a node stands in; null outside of it: there the new one is put beside the node.
function placeIn({ corner, size }, at) {
  const place = { x: Math.round(at.x - corner.x), y: Math.round(at.y - corner.y) };
  const isWithin = place.x > 0 && place.y > 0 && place.x < size.width && place.y < size.height;
  return isWithin ? { x: Math.max(place.x, FIRST_CORNER.x), y: Math.max(place.y, FIRST_CORNER.y) } : null;
}

// The click that ends the press would close a sheet that is open by then.
function afterClick(action) {
  const soon = () => setTimeout(once);
  const timer = setTimeout(once, 150); // a finger makes no click
  function once() {
    clearTimeout(timer);
    removeEventListener("click", soon, true);
    action();
  }
  addEventListener("click", soon, { capture: true, once: true });
}

// `board`: {at(point), boxOf(id)}: where a point of the window and a container are on the board.
export function dropped(event, { fromHandle, isValid }, board) {
  if (isValid || !fromHandle) return;
  const { clientX: x, clientY: y } = "changedTouches" in event ? event.changedTouches[0] : event;
  const id = nodeAt({ x, y }, fromHandle.nodeId);
  if (id) {
    dropOn(fromHandle, id);
    return;
  }
  if (fromHandle.type !== "source" || !host().contains(document.elementFromPoint(x, y))) return;
  const around = insideOf(nodeOf(fromHandle.nodeId));
  const point = board.at({ x, y });
  const request = { anchor: { getBoundingClientRect: () => new DOMRect(x, y, 0, 0) }, after: { id: fromHandle.nodeId, handle: fromHandle.id }, at: around ? placeIn(board.boxOf(around), point) : point };
  afterClick(() => signals.pick(request));
}
