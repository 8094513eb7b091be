// Small parts of the editor's forms.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";

let count = 0;
const newId = () => `field-${++count}`;

// Draws a part anew and leaves the focus where it was: elements are known by their `data-key`.
export function redraw(host, ...children) {
  const key = host.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  host.replaceChildren(...children.flat().filter(Boolean));
  if (key) host.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

export function field(label, control, help = null) {
  control.id ||= newId();
  const note = help && h("p", { className: "help", id: `${control.id}-help` }, help);
  if (note) control.setAttribute("aria-describedby", note.id);
  return h("div", { className: "field" }, h("label", { htmlFor: control.id }, label), control, note);
}

export const input = (properties) => h("input", { className: "input", autocomplete: "off", ...properties });

export function select(options, value, properties) {
  const known = options.some(([key]) => key === value);
  const all = known || value == null ? options : [...options, [value, value]];
  return h("select", { className: "input", ...properties }, all.map(([key, label]) => h("option", { value: key, selected: key === value }, label)));
}

export function switchField(label, checked, onchange, properties = {}) {
  const box = h("input", { type: "checkbox", role: "switch", checked, ...properties, onchange: () => onchange(box.checked) });
  return h("label", { className: "switch" }, box, h("span", {}, label));
}

// A slider and a box for the same number; `onchange(number)`.
export function range(label, { minimum, maximum, step, value, key }, onchange) {
  const bounds = { min: minimum, max: maximum, step, value, "aria-label": label };
  const take = (from, other) => () => {
    const number = Number(from.value);
    if (from.value === "" || !Number.isFinite(number)) return;
    other.value = number;
    onchange(number);
  };
  const slider = h("input", { type: "range", ...bounds, "data-key": `${key}-slider`, oninput: () => take(slider, box)() });
  const box = input({ type: "number", ...bounds, "data-key": `${key}-number`, onchange: () => take(box, slider)() });
  return h("div", { className: "range" }, slider, box);
}

export const iconButton = (label, name, onclick, properties = {}) => h("button", { className: "btn ghost icon-only", type: "button", "aria-label": label, title: label, onclick, ...properties }, icon(name));

// Up, down and away for one of a list's items; `move(from, to)`.
export function moveButtons(label, place, last, move, key) {
  return [
    iconButton(t("Move {name} up", { name: label }), "arrow-up", () => move(place, place - 1), { disabled: place === 0, "data-key": `${key}-up` }),
    iconButton(t("Move {name} down", { name: label }), "arrow-down", () => move(place, place + 1), { disabled: place === last, "data-key": `${key}-down` }),
  ];
}

export function moved(list, from, to) {
  if (to < 0 || to >= list.length) return list;
  list.splice(to, 0, ...list.splice(from, 1));
  return list;
}
