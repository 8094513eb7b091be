// The state of a node's last run in the list, in words and by a sign.
import { h, icon } from "@/core/dom.js";
import { SIGNS, WORDS, duration } from "@/canvas/marks-text.js";

export function drawMark(host, mark) {
  if (!mark?.status) {
    host.replaceChildren();
    return;
  }
  const round = mark.rounds ? `${mark.round ?? 0}/${mark.rounds}` : "";
  const time = mark.elapsed_time != null && mark.status !== "running" ? duration(mark.elapsed_time) : "";
  host.replaceChildren(h("span", { className: "node-mark", "data-status": mark.status, title: mark.error || WORDS[mark.status] || mark.status },
    icon(SIGNS[mark.status] ?? "circle-dot"), h("span", { className: "sr-only" }, WORDS[mark.status] ?? mark.status), round, h("span", {}, time)));
}
