// Names and values that are kept as lines, `name: value`.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { iconButton, input } from "@/prompt/fields.js";
import { asLines, pairsOf } from "@/canvas/forms/lines.js";
import { templateBox } from "@/canvas/forms/template.js";

export function pairs(slot) {
  return slot.group(pairRows(slot));
}

function pairRows(slot) {
  const drafts = (slot.form.drafts ??= new Map()); // rows without a name yet, which lines cannot hold
  const list = () => [...pairsOf(slot.value), ...(drafts.get(slot.key) ?? [])];
  const word = slot.property.row ?? t("row");
  const write = (next, options) => {
    drafts.set(slot.key, next.filter(([name]) => !name));
    slot.set(asLines(next.filter(([name]) => name)), options);
  };
  const change = (place, at, text, options) => write(list().map((row, index) => (index === place ? (at ? [row[0], text] : [text, row[1]]) : row)), options);
  const draw = () => slot.form.show();
  const row = ([name, value], place) => h("div", { className: "line" }, h("div", { className: "line-fields" },
    input({ className: "input", value: name, spellcheck: false, placeholder: t("name"), "aria-label": t("Name of {name} {number}", { name: word, number: place + 1 }), "data-key": `${slot.key}-name-${place}`, onchange: ({ target }) => { change(place, 0, target.value.replaceAll(":", "").trim()); draw(); } }),
    templateBox(slot.child(`line-${place}`, slot.property), { value, isLine: true, hint: t("value"), label: t("Value of {name} {number}", { name: word, number: place + 1 }), store: (text) => change(place, 1, text, { isTyping: true }) }).element),
  iconButton(t("Remove {name}", { name: `${word} ${place + 1}` }), "trash-2", () => { write(list().filter((_, at) => at !== place)); draw(); }, { "data-key": `${slot.key}-remove-${place}` }));
  const add = () => {
    drafts.set(slot.key, [...(drafts.get(slot.key) ?? []), ["", ""]]);
    draw();
    slot.form.host.querySelector(`[data-key="${CSS.escape(`${slot.key}-name-${list().length - 1}`)}"]`)?.focus();
  };
  return [h("div", { className: "lines" }, list().map(row)), h("div", {}, h("button", { className: "btn small", type: "button", "data-key": `${slot.key}-add`, onclick: add }, icon("plus"), t("Add {name}", { name: word })))];
}
