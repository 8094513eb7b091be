// What can be done with several selected nodes at once, below the board.
import { h } from "@/core/dom.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { iconButton } from "@/prompt/fields.js";
import { board } from "@/canvas/board.js";
import { copy, duplicate } from "@/canvas/clipboard.js";
import { signals } from "@/canvas/signals.js";
import { tidy } from "@/canvas/tidy.js";

export function mountSelection() {
  const count = h("span", { role: "status" });
  const arrange = () => tidy(signals.selected).catch(() => toast(t("The layout could not be loaded. Try again."), "bad"));
  const bar = h("div", { className: "selection-bar", role: "toolbar", "aria-label": t("Selected nodes"), hidden: true }, count,
    iconButton(t("Duplicate"), "copy-plus", () => duplicate(signals.selected)), iconButton(t("Copy"), "copy", () => copy(signals.selected)),
    iconButton(t("Tidy up"), "layout-grid", arrange), iconButton(t("Remove"), "trash-2", () => board.removeChosen()),
    iconButton(t("Select nothing"), "x", () => board.select([])));
  document.getElementById("canvas").append(bar);
  signals.addEventListener("select", () => {
    const { length } = signals.selected;
    bar.hidden = length < 2;
    count.textContent = length < 2 ? "" : t("{count} selected", { count: length });
  });
}
