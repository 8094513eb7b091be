// What was done to the flow, the last first; choosing a step goes back or forward to it.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { sheetButton } from "@/canvas/sheets.js";
import { draft } from "@/prompt/draft.js";

// `steps` > 0 undoes, < 0 does again.
function travel(steps) {
  for (let left = Math.abs(steps); left > 0; left -= 1) {
    if (steps > 0) draft.undo();
    else draft.redo();
  }
}

const named = (label) => label || t("Changed");

function row(label, steps, more = {}) {
  const isNow = steps === 0;
  const hint = isNow ? t("now") : steps > 0 ? t("{count} back", { count: steps }) : t("{count} forward", { count: -steps });
  return h("button", { type: "button", className: "step", "aria-current": isNow ? "step" : null, onclick: () => travel(steps), ...more },
    icon(isNow ? "circle-dot" : steps > 0 ? "undo-2" : "rotate-cw"), h("span", { className: "grow" }, named(label)), h("small", { className: "muted" }, hint));
}

function fill() {
  const { past, future } = draft.steps;
  if (!past.length && !future.length) return [h("p", { className: "muted" }, t("Nothing was changed yet since the page was opened. Each change is listed here, and you can go back to any of them."))];
  return [
    ...future.map((label, place) => row(label, -place - 1)).reverse(),
    ...past.map((label, place) => row(label, place)),
    row(t("As it was opened"), past.length),
  ];
}

export function mountHistoryList() {
  const { button, refresh, sheet } = sheetButton({ id: "history", label: t("Changes"), iconName: "history", fill });
  document.getElementById("tools").append(button);
  draft.addEventListener("change", () => {
    const hadFocus = sheet.contains(document.activeElement);
    refresh();
    if (hadFocus && sheet.matches(":popover-open")) sheet.querySelector("[aria-current]")?.focus();
  });
}
