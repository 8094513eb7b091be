// A sheet with a search box and a list to choose one thing from, by keyboard or mouse; the focus goes back to its anchor.
import { h, icon } from "@/core/dom.js";

let count = 0;

export function placeAt(sheet, anchor) {
  const { left, bottom } = anchor.getBoundingClientRect();
  sheet.style.left = `${Math.max(8, Math.min(left, innerWidth - sheet.offsetWidth - 8))}px`;
  sheet.style.top = `${Math.max(8, Math.min(bottom + 6, innerHeight - sheet.offsetHeight - 8))}px`;
}

// `groups(words)` gives [[label, [{name, about, sign, family, choose}]]] of what has all the words; `none` is said where
// there is nothing.
export function openChooser(anchor, { label, placeholder, groups, none }) {
  const id = `chooser-${++count}`;
  const list = h("div", { id: `${id}-list`, role: "listbox", className: "picker-list", "aria-label": label });
  const search = h("input", { className: "input", type: "search", maxLength: 60, placeholder, "aria-label": placeholder, role: "combobox", "aria-expanded": "true", "aria-controls": list.id, autocomplete: "off" });
  const sheet = h("div", { className: "picker", popover: "auto", role: "dialog", "aria-label": label }, search, list);
  let current = 0;
  const options = () => [...list.querySelectorAll("[role=option]")];

  function mark(place) {
    const all = options();
    current = Math.max(0, Math.min(place, all.length - 1));
    all.forEach((option, index) => option.setAttribute("aria-selected", String(index === current)));
    all[current]?.scrollIntoView({ block: "nearest" });
    if (all[current]) search.setAttribute("aria-activedescendant", all[current].id);
    else search.removeAttribute("aria-activedescendant");
  }

  function option({ name, about, sign, family = "", choose }, place) {
    const take = () => { sheet.hidePopover(); choose(); };
    return h("div", { role: "option", id: `${id}-${place}`, className: "kind", onclick: take },
      h("span", { className: `node-sign ${family}` }, icon(sign)), h("span", { className: "kind-name" }, h("strong", {}, name), h("small", {}, about)));
  }

  function show() {
    let place = 0;
    const found = groups(search.value.trim().toLowerCase().split(/\s+/).filter(Boolean)).filter(([, items]) => items.length);
    list.replaceChildren(...found.map(([title, items]) => h("div", { role: "group", "aria-label": title }, h("p", { className: "over", "aria-hidden": "true" }, title), items.map((item) => option(item, place++)))),
      ...(found.length ? [] : [h("p", { className: "muted none" }, none)]));
    mark(0);
  }

  search.addEventListener("input", show);
  search.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: current + 1, ArrowUp: current - 1 };
    if (event.key in steps) mark(steps[event.key]);
    else if (event.key === "Enter") options()[current]?.click();
    else return;
    event.preventDefault();
  });
  sheet.addEventListener("toggle", ({ newState }) => {
    if (newState !== "closed") return;
    const hadFocus = sheet.contains(document.activeElement) || document.activeElement === document.body;
    sheet.remove();
    if (hadFocus && anchor.isConnected) anchor.focus({ preventScroll: true });
  });
  document.body.append(sheet);
  show();
  sheet.showPopover();
  placeAt(sheet, anchor);
  search.focus();
  return sheet;
}
