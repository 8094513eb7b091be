// Knowledge bases: cards with their names; they are chosen in the dialog that apps without a graph have, too.
import { h, icon } from "@/core/dom.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { iconButton } from "@/prompt/fields.js";
import { page } from "@/prompt/page.js";
import { ask } from "@/prompt/server.js";

const known = new Map(); // id to the base, null where it is not there for this person
const asked = new Set();

async function learn(slot, ids) {
  const missing = ids.filter((id) => !asked.has(id));
  if (!missing.length) return;
  for (const id of missing) asked.add(id);
  try {
    const { items } = await ask(`${page.urls.knowledge}?${new URLSearchParams({ ids: missing.join(",") })}`);
    for (const id of missing) known.set(id, items.find((item) => item.id === id) ?? null);
    slot.form.show();
  } catch (error) {
    toast(error.message, "bad");
  }
}

async function choose(slot, ids) {
  const { chooseBases } = await import("@/prompt/knowledge-picker.js");
  const chosen = await chooseBases(page.urls.knowledge, ids);
  if (!chosen) return;
  for (const base of chosen.bases) {
    known.set(base.id, base);
    asked.add(base.id);
  }
  slot.set(chosen.ids);
}

export function datasets(slot) {
  const ids = Array.isArray(slot.value) ? slot.value.map(String) : [];
  learn(slot, ids);
  const card = (id) => {
    const base = known.get(id);
    const isMissing = known.has(id) && !base;
    const name = base?.name ?? (isMissing ? t("Not available") : t("Loading …"));
    return h("li", { className: isMissing ? "base-card missing" : "base-card" }, icon("library"), h("div", { className: "grow" }, h("p", { className: "clip base-name" }, name),
      h("p", { className: "muted clip" }, isMissing ? t("Deleted, or not shared with you.") : base ? t("{count} documents", { count: base.documents }) : "")),
    iconButton(t("Take out {name}", { name }), "x", () => slot.set(ids.filter((one) => one !== id)), { "data-key": `${slot.key}-${id}` }));
  };
  const add = h("button", { className: "btn small", type: "button", "data-key": `${slot.key}-add`, onclick: () => choose(slot, ids).catch((error) => toast(error.message, "bad")) }, icon("plus"), t("Choose knowledge"));
  return slot.group([ids.length ? h("ul", { className: "base-cards" }, ids.map(card)) : null, h("div", {}, add)]);
}
