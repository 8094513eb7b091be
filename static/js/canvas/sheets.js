// Small sheets that open below a button of the bar, or where something was asked for.
import { h, icon } from "@/core/dom.js";

const EDGE_PX = 8;

const within = (value, size, most) => Math.max(EDGE_PX, Math.min(value, most - size - EDGE_PX));

// `anchor`: an element, or whatever says where it is.
export function showAt(sheet, anchor) {
  if (!sheet.isConnected) document.body.append(sheet);
  if (!sheet.matches(":popover-open")) sheet.showPopover();
  const { left, bottom } = anchor.getBoundingClientRect();
  sheet.style.left = `${within(left, sheet.offsetWidth, innerWidth)}px`;
  sheet.style.top = `${within(bottom + 6, sheet.offsetHeight, innerHeight)}px`;
}

// Up, down, first and last among the buttons of a sheet or a list.
export function walkByArrows(host, selector) {
  host.addEventListener("keydown", (event) => {
    const all = [...host.querySelectorAll(selector)];
    const at = all.indexOf(document.activeElement);
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 };
    if (at < 0 || !(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    all[Math.max(0, Math.min(steps[event.key], all.length - 1))].focus();
  });
}

// A button and its sheet, filled by `fill()` each time it opens; `refresh()` fills it again while it is open.
export function sheetButton({ id, label, iconName, fill, wide = false }) {
  const body = h("div", { className: "sheet-list" });
  const sheet = h("div", { className: wide ? "board-sheet wide" : "board-sheet", popover: "auto", role: "dialog", "aria-label": label }, h("h2", {}, label), body);
  const count = h("span", { className: "count-sign", hidden: true });
  const button = h("button", { className: "btn ghost icon-only", type: "button", id, "aria-label": label, title: label, "aria-haspopup": "dialog", "aria-expanded": "false" }, icon(iconName), count);
  const refresh = () => sheet.matches(":popover-open") && body.replaceChildren(...fill());
  // A press on the button closes an open sheet before the click comes: it must not open it again.
  let wasOpen = false;
  button.addEventListener("pointerdown", () => { wasOpen = sheet.matches(":popover-open"); });
  button.addEventListener("click", () => {
    if (wasOpen) sheet.hidePopover();
    else {
      body.replaceChildren(...fill());
      showAt(sheet, button);
      (body.querySelector("[aria-current], button") ?? sheet).focus();
    }
    wasOpen = false;
  });
  sheet.tabIndex = -1;
  sheet.addEventListener("toggle", ({ newState }) => button.setAttribute("aria-expanded", String(newState === "open")));
  walkByArrows(sheet, "button");
  return { button, sheet, count, refresh };
}
