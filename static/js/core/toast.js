// Passing notes in the corner: read out by screen readers, gone after a while, sooner by a click.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";

const SHOWN_MS = { ok: 5_000, warn: 9_000, bad: 12_000 };
const ICONS = { ok: "check", warn: "triangle-alert", bad: "circle-alert" };

// `undo` adds a button that calls it.
export function toast(text, kind = "ok", { undo } = {}) {
  const close = () => note.remove();
  const undoing = undo && h("button", { className: "btn ghost", type: "button", onclick: () => { close(); undo(); } }, t("Undo"));
  const note = h("div", { className: `toast notice ${kind}`, role: kind === "bad" ? "alert" : null }, icon(ICONS[kind]), h("span", { className: "grow" }, text), undoing,
    h("button", { className: "btn ghost icon-only", type: "button", "aria-label": t("Close"), onclick: close }, icon("x")));
  document.getElementById("toasts").append(note);
  setTimeout(close, SHOWN_MS[kind]);
  return note;
}
