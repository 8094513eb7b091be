// The settings of the node that is open, in the dock.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { input } from "@/prompt/fields.js";
import { typeOf } from "@/canvas/catalogue.js";
import { dock } from "@/canvas/dock.js";
import { nodeOf, setData, titleOf } from "@/canvas/graph.js";
import { signals } from "@/canvas/signals.js";

const KEY = "node";

function show(id) {
  const node = nodeOf(id);
  if (!node) return;
  const type = typeOf(node);
  const title = input({ className: "input grow title", value: titleOf(node), maxLength: 100, "aria-label": t("Name of the node"), oninput: ({ target }) => setData(id, (data) => ({ ...data, title: target.value }), { key: `title-${id}`, source: KEY }) });
  dock.open({
    key: KEY, label: t("Settings of {name}", { name: titleOf(node) }), focus: true, onclose: () => signals.openId === id && signals.open(null),
    head: [h("span", { className: `node-sign ${type.family}` }, icon(type.icon)), title],
    content: [h("p", { className: "muted" }, type.description)],
  });
}

export function mountPanel() {
  signals.addEventListener("open", ({ detail: { id } }) => {
    if (id) show(id);
    else if (dock.key === KEY) dock.close();
  });
}
