// The ways of a branch: each with its conditions, looked at in order.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { iconButton, moveButtons } from "@/prompt/fields.js";
import { newId } from "@/canvas/graph.js";
import { conditionList, joinedBy } from "@/canvas/forms/conditions.js";

export function cases(slot) {
  if (!Array.isArray(slot.value) || !slot.value.length) {
    const older = slot.form.data.conditions;
    if (Array.isArray(older)) return ofOlder(slot);
  }
  const list = Array.isArray(slot.value) ? slot.value : [];
  const add = () => slot.add({ case_id: list.some(({ case_id: id }) => id === "true") ? newId() : "true", logical_operator: "and", conditions: [] });
  return h("div", { className: "cases" }, list.map((_, place) => oneCase(slot, place, list)),
    h("div", {}, h("button", { className: "btn small", type: "button", "data-key": `${slot.key}-add`, onclick: add }, icon("plus"), t("Add a case"))),
    h("p", { className: "help" }, t("Where no case holds, the way is Else.")));
}

function oneCase(slot, place, list) {
  const own = slot.child(place, {});
  const name = t("case {number}", { number: place + 1 });
  const count = list[place].conditions?.length ?? 0;
  return h("section", { className: "row-card", "aria-label": name },
    h("div", { className: "row-head" }, h("strong", {}, place ? t("Else if") : t("If")), joinedBy(own.child("logical_operator", {}), count),
      h("span", { className: "row-buttons" }, list.length > 1 ? moveButtons(name, place, list.length - 1, (from, to) => slot.move(from, to), own.key) : null,
        list.length > 1 ? iconButton(t("Remove {name}", { name }), "trash-2", () => slot.remove(place), { "data-key": `${own.key}-remove` }) : null)),
    conditionList(own.child("conditions", {})));
}

// Older files have one case, at the node itself.
function ofOlder(slot) {
  return h("div", { className: "cases" }, h("section", { className: "row-card", "aria-label": t("If") },
    h("div", { className: "row-head" }, h("strong", {}, t("If")), joinedBy(slot.neighbour("logical_operator"), slot.form.data.conditions.length)), conditionList(slot.neighbour("conditions"))),
  h("p", { className: "help" }, t("Where no case holds, the way is Else.")));
}
