// What code returns: names with types.
import { h, icon } from "@/core/dom.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { iconButton, input, select } from "@/prompt/fields.js";
import { offerRename } from "@/canvas/reference-questions.js";
import { isName } from "@/canvas/forms/text.js";

const TYPES = ["string", "number", "boolean", "object", "array[string]", "array[number]", "array[boolean]", "array[object]"];

export function outputs(slot) {
  const rows = Object.entries(slot.value ?? {});
  const write = (next) => slot.set(Object.fromEntries(next));
  const rename = (place) => ({ target }) => {
    const [before, shape] = rows[place];
    const after = target.value.trim();
    const isTaken = rows.some(([name], at) => at !== place && name === after);
    if (after === before) return;
    if (!isName(after) || isTaken) {
      target.value = before;
      toast(isTaken ? t("There is an output {name} already.", { name: after }) : t("A name has up to 30 letters, digits and _ and does not begin with a digit."), "warn");
      return;
    }
    write(rows.map((row, at) => (at === place ? [after, shape] : row)));
    offerRename([slot.form.id, before], after);
  };
  const add = () => {
    let number = rows.length + 1;
    const taken = new Set(rows.map(([name]) => name));
    while (taken.has(number === 1 ? "result" : `result_${number}`)) number += 1;
    write([...rows, [number === 1 ? "result" : `result_${number}`, { type: "string", children: null }]]);
    slot.form.host.querySelector(`[data-key="${CSS.escape(`${slot.key}-name-${rows.length}`)}"]`)?.select();
  };
  const row = ([name, shape], place) => h("div", { className: "line" }, h("div", { className: "line-fields" },
    input({ className: "input mono", value: name, maxLength: 30, spellcheck: false, "aria-label": t("Name of output {number}", { number: place + 1 }), "data-key": `${slot.key}-name-${place}`, onchange: rename(place) }),
    select(TYPES.map((type) => [type, type]), shape?.type ?? "string", { "aria-label": t("Type of {name}", { name }), "data-key": `${slot.key}-type-${place}`, onchange: ({ target }) => write(rows.map((one, at) => (at === place ? [name, { ...shape, type: target.value }] : one))) })),
  iconButton(t("Remove {name}", { name }), "trash-2", () => write(rows.filter((_, at) => at !== place)), { "data-key": `${slot.key}-remove-${place}` }));
  return slot.group([h("div", { className: "lines" }, rows.map(row)), h("div", {}, h("button", { className: "btn small", type: "button", "data-key": `${slot.key}-add`, onclick: add }, icon("plus"), t("Add output")))]);
}
