// The place beside the board where one thing at a time is shown: a node's settings, a run, variables, features.
import { h } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { iconButton } from "@/prompt/fields.js";

const host = document.getElementById("dock");
let shown = null;
let opener = null;

export const dock = {
  get key() {
    return shown?.key ?? null;
  },

  // `head`: elements at its top, beside the button that closes it; `content`: elements below. `onclose` hears when it is
  // closed or another thing takes its place. With `focus` the focus moves into it and comes back when it is closed.
  open({ key, label, head = [], content = [], onclose, focus = false }) {
    if (focus && !host.contains(document.activeElement)) opener = document.activeElement;
    const before = shown;
    shown = { key, onclose };
    before?.onclose?.(); // it is not the one that is shown any more, and must not close what takes its place
    const body = h("div", { className: "dock-body" }, content);
    host.replaceChildren(h("h2", { className: "sr-only" }, label), h("div", { className: "dock-head" }, head, iconButton(t("Close"), "x", () => dock.close(), { className: "btn ghost icon-only dock-close" })), body);
    host.setAttribute("role", "complementary");
    host.setAttribute("aria-label", label);
    host.hidden = false;
    if (focus) (body.querySelector("[autofocus]") ?? host.querySelector("input, textarea, select, button")).focus({ preventScroll: true });
    return body;
  },

  close() {
    if (!shown) return;
    const { onclose } = shown;
    const hadFocus = host.contains(document.activeElement);
    shown = null;
    host.hidden = true;
    host.replaceChildren();
    onclose?.();
    if (hadFocus && opener?.isConnected) opener.focus({ preventScroll: true });
    opener = null;
  },
};

host.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector(":popover-open, dialog[open]")) return;
  event.stopPropagation();
  dock.close();
});
