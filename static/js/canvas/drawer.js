// A drawer: a button above the board that shows something of the whole app in the dock, and takes it away again.
import { h, icon } from "@/core/dom.js";
import { draft } from "@/prompt/draft.js";
import { redraw } from "@/prompt/fields.js";
import { dock } from "@/canvas/dock.js";

// `draw()` gives its elements; they are drawn anew after each change that was not made with `source: key`, and by
// `redraw()` of what is returned.
export function mountDrawer({ key, label, sign, draw }) {
  const button = h("button", { className: "btn ghost", type: "button", id: `${key}-button`, "aria-expanded": "false", "aria-controls": "dock", onclick: toggle }, icon(sign), h("span", {}, label));
  let body = null;

  function toggle() {
    if (dock.key === key) return dock.close();
    body = dock.open({ key, label, focus: true, onclose: () => show(false), head: [h("span", { className: "node-sign" }, icon(sign)), h("strong", { className: "title" }, label)], content: draw() });
    body.id = `${key}-drawer`;
    show(true);
    if (!body.contains(document.activeElement)) document.getElementById("dock").querySelector(".dock-close").focus();
  }

  function show(isOpen) {
    button.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) body = null;
  }

  const redrawn = () => body && redraw(body, draw());
  draft.addEventListener("change", ({ detail }) => detail?.source !== key && redrawn());
  document.getElementById("views").append(button);
  return { redraw: redrawn };
}
