// Chooses by a dialog which nodes follow a node's way out: what a line is on the board.
import { openDialog } from "@/core/dialogs.js";
import { h } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { toast } from "@/core/toast.js";
import { connect, edgesOf, insideOf, keyOf, nodeOf, nodesOf, remove, titleOf, whyNot } from "@/canvas/graph.js";
import { isNote, takesInput } from "@/canvas/catalogue.js";

const isJoined = (way, id) => edgesOf().some((edge) => keyOf(edge) === keyOf({ ...way, target: id }));

function toggle(way, id, box) {
  if (!box.checked) {
    remove([], [keyOf({ ...way, target: id })]);
    return;
  }
  const reason = whyNot({ ...way, target: id });
  box.checked = !reason;
  if (reason) toast(reason, "warn");
  else connect({ ...way, target: id });
}

function row(way, node) {
  const isOn = isJoined(way, node.id);
  const reason = isOn ? "" : whyNot({ ...way, target: node.id });
  const box = h("input", { type: "checkbox", checked: isOn, disabled: Boolean(reason), onchange: () => toggle(way, node.id, box) });
  return h("li", {}, h("label", { className: "check-row" }, box, h("span", {}, titleOf(node), reason ? h("small", { className: "muted" }, ` ${reason}`) : null)));
}

export function chooseNext(node, handle, name) {
  const way = { source: node.id, sourceHandle: handle.id };
  const others = nodesOf().filter((other) => other.id !== node.id && !isNote(other) && insideOf(other) === insideOf(nodeOf(node.id)) && (takesInput(other) || isJoined(way, other.id)));
  const title = name ? t("What follows {name}: {way}", { name: titleOf(node), way: name }) : t("What follows {name}", { name: titleOf(node) });
  const key = document.activeElement?.dataset.key;
  const dialog = openDialog(h("div", { className: "stack" }, h("h2", {}, title),
    others.length ? h("ul", { className: "check-list" }, others.map((other) => row(way, other))) : h("p", { className: "muted" }, t("There is no other node yet that could follow.")),
    h("div", { className: "row end" }, h("button", { className: "btn primary", type: "button", "data-close": "" }, t("Done")))), { label: title });
  // The list was drawn anew meanwhile: the focus goes to what stands in the place of the button.
  dialog.addEventListener("close", () => key && document.querySelector(`#list [data-key="${CSS.escape(key)}"]`)?.focus());
}
