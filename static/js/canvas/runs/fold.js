// A line with something below it that opens and closes, by its button or a click beside its other buttons.
import { h, icon } from "@/core/dom.js";

// `fill(host)` is called when it opens.
export function fold(label, head, fill) {
  const host = h("div", { className: "trace-body", hidden: true });
  const button = h("button", { className: "btn ghost icon-only trace-fold", type: "button", "aria-expanded": "false", "aria-label": label, onclick: () => {
    const isOpen = host.hidden;
    button.setAttribute("aria-expanded", String(isOpen));
    host.hidden = !isOpen;
    if (isOpen) fill(host);
  } }, icon("chevron-right"));
  head.addEventListener("click", (event) => !event.target.closest("button, a") && button.click());
  head.prepend(button);
  return { host, get isOpen() { return !host.hidden; } };
}
