// What the last run of a node brought.
import { h } from "@/core/dom.js";
import { t } from "@/core/words.js";

export function lastRun() {
  return h("p", { className: "muted" }, t("This node has not run yet."));
}
