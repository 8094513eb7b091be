// Puts nodes in order: from left to right, what follows to the right of what it follows.
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { iconButton } from "@/prompt/fields.js";
import { arranged } from "@/canvas/arrange.js";
import { board } from "@/canvas/board.js";
import { isNote } from "@/canvas/catalogue.js";
import { edgesOf, insideOf, move, nodesOf } from "@/canvas/graph.js";

// `ids`: only these, where they stand; otherwise all.
export async function tidy(ids = null) {
  const layout = await import("layout");
  const nodes = nodesOf().map((node) => ({ id: node.id, inside: insideOf(node), isNote: isNote(node), position: node.position, size: board.sizeOf(node.id) }));
  const { positions, sizes } = arranged(nodes, edgesOf(), layout, ids && new Set(ids));
  move(positions, { label: t("Tidied up"), sizes, key: null });
  if (!ids) requestAnimationFrame(() => board.fit());
  return positions.size;
}

export function mountTidy() {
  const press = () => tidy().catch(() => toast(t("The layout could not be loaded. Try again."), "bad"));
  document.getElementById("tools").append(iconButton(t("Tidy up"), "layout-grid", press, { id: "tidy" }));
}
