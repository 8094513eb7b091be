// What an HTTP request sends along: nothing, a text, a form, a file.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { field, iconButton, input, select } from "@/prompt/fields.js";
import { newId } from "@/canvas/graph.js";
import { pairsOf } from "@/canvas/forms/lines.js";
import { templateBox } from "@/canvas/forms/template.js";
import { picking } from "@/canvas/forms/variable.js";

const TYPES = [["none", t("Nothing")], ["json", t("JSON")], ["raw-text", t("A text")], ["form-data", t("A form, with files")], ["x-www-form-urlencoded", t("A form, encoded")], ["binary", t("A file")]];
const FORMS = new Set(["form-data", "x-www-form-urlencoded"]);

// Older files have one text; of forms each of its lines is a field.
function rowsOf({ type, data } = {}) {
  if (Array.isArray(data)) return data;
  if (typeof data !== "string") return [];
  return FORMS.has(type) ? pairsOf(data).map(([key, value]) => ({ key, type: "text", value })) : [{ type: "text", value: data }];
}

export function httpBody(slot) {
  const type = slot.value?.type ?? "none";
  const choose = ({ target }) => {
    const rows = rowsOf(slot.value);
    const isAlike = FORMS.has(type) === FORMS.has(target.value) && target.value !== "binary" && type !== "binary";
    slot.set({ ...slot.value, type: target.value, data: isAlike ? rows : [] });
  };
  const kind = field(t("Body"), select(TYPES, type, { "data-key": `${slot.key}.type`, onchange: choose }));
  return h("div", { className: "plain-group" }, kind, FORMS.has(type) ? fields(slot, type) : type === "binary" ? file(slot) : type === "none" ? null : whole(slot, type));
}

function whole(slot, type) {
  const [first] = rowsOf(slot.value);
  const store = (text) => slot.set({ ...slot.value, data: [{ ...rowsOf(slot.value)[0], type: "text", value: text }] }, { isTyping: true });
  const hint = type === "json" ? '{"name": "…"}' : "";
  return h("div", { className: "mono-box" }, templateBox(slot.child("text", {}), { value: first?.value ?? "", isLine: false, label: t("Body"), hint, store }).element);
}

function file(slot) {
  return picking(slot.child("file", {}), { value: rowsOf(slot.value)[0]?.file, types: ["file"], label: t("File"), onpick: (selector) => slot.set({ ...slot.value, data: [{ id: newId(), type: "file", key: "", value: "", file: selector }] }) });
}

function fields(slot, type) {
  const write = (next, options) => slot.set({ ...slot.value, data: next }, options);
  const change = (place, changes, options) => write(rowsOf(slot.value).map((row, at) => (at === place ? { ...row, ...changes } : row)), options);
  const rows = rowsOf(slot.value);
  const row = (one, place) => {
    const number = { number: place + 1 };
    const own = slot.child("data", {}).child(place, {});
    const isFile = type === "form-data" && one.type === "file";
    return h("div", { className: "line" }, h("div", { className: type === "form-data" ? "line-fields three" : "line-fields" },
      input({ value: one.key ?? "", spellcheck: false, placeholder: t("name"), "aria-label": t("Name of field {number}", number), "data-key": `${own.key}.key`, oninput: ({ target }) => change(place, { key: target.value }, { isTyping: true }) }),
      type === "form-data" ? select([["text", t("Text")], ["file", t("File")]], one.type ?? "text", { "aria-label": t("Kind of field {number}", number), "data-key": `${own.key}.type`, onchange: ({ target }) => change(place, { type: target.value }) }) : null,
      isFile ? picking(own.child("file", {}), { value: one.file, types: ["file", "array[file"], label: t("File of field {number}", number), onpick: (selector) => change(place, { file: selector }) })
        : templateBox(own.child("value", {}), { value: one.value ?? "", isLine: true, hint: t("value"), label: t("Value of field {number}", number), store: (text) => change(place, { value: text }, { isTyping: true }) }).element),
    iconButton(t("Remove {name}", { name: t("field {number}", number) }), "trash-2", () => write(rowsOf(slot.value).filter((_, at) => at !== place)), { "data-key": `${own.key}-remove` }));
  };
  const add = () => write([...rowsOf(slot.value), { id: newId(), key: "", type: "text", value: "" }]);
  return h("div", { className: "stack" }, h("div", { className: "lines" }, rows.map(row)), h("div", {}, h("button", { className: "btn small", type: "button", "data-key": `${slot.key}-add`, onclick: add }, icon("plus"), t("Add {name}", { name: t("field") }))));
}
