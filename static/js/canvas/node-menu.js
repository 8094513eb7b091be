// What can be done with a node as a whole: a menu at the element it was asked for at.
import { openDialog } from "@/core/dialogs.js";
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { removeFrom } from "@/canvas/board.js";
import { isNote, typeOf } from "@/canvas/catalogue.js";
import { changeKind, kindsFor } from "@/canvas/change-kind.js";
import { openChooser, placeAt } from "@/canvas/chooser.js";
import { copy, duplicate } from "@/canvas/clipboard.js";
import { nodeOf, titleOf } from "@/canvas/graph.js";
import { signals } from "@/canvas/signals.js";

const nameOf = (id) => (isNote(nodeOf(id)) ? t("Note") : titleOf(nodeOf(id)));

function chooseKind(anchor, id) {
  const kinds = kindsFor(id);
  const fits = (type, words) => words.every((word) => `${type.label} ${type.key} ${type.description}`.toLowerCase().includes(word));
  const item = (type) => ({ name: type.label, about: type.description, sign: type.icon, family: type.family, choose: () => become(id, type) });
  openChooser(anchor, {
    label: t("Another kind for {name}", { name: titleOf(nodeOf(id)) }), placeholder: t("Search nodes"), none: t("No kind of node has this name. Try another word."),
    groups: (words) => [[t("What still fits of its settings stays."), kinds.filter((type) => fits(type, words)).map(item)]],
  });
}

function become(id, type) {
  const isOpen = signals.openId === id;
  if (isOpen) signals.open(null);
  changeKind(id, type);
  signals.open(id);
}

function entriesFor(anchor, id) {
  return [
    [t("Duplicate"), "copy-plus", () => duplicate([id])],
    [t("Copy as JSON"), "copy", () => copy([id])],
    kindsFor(id).length && [t("Change kind"), "refresh-cw", () => chooseKind(anchor, id)],
    !isNote(nodeOf(id)) && [t("Help"), "circle-help", () => explain(typeOf(nodeOf(id)))],
    [t("Remove"), "trash-2", () => removeFrom([id]), "danger"],
  ].filter(Boolean);
}

function explain(type) {
  const settings = Object.entries(type.schema.properties ?? {}).filter(([name, property]) => !type.common.includes(name) && !property.is_hidden && property.description);
  openDialog(h("div", { className: "stack" }, h("h2", {}, type.label), h("p", {}, type.description),
    h("dl", { className: "help-list" }, settings.flatMap(([name, property]) => [h("dt", {}, property.label ?? name.replaceAll("_", " ")), h("dd", {}, property.description)])),
    h("p", { className: "muted" }, t("More in the documentation: {page}", { page: `docs/nodes/${type.key}.md` }))), { label: type.label });
}

export function openNodeMenu(anchor, id) {
  const node = nodeOf(id);
  if (!node || node.selectable === false) return;
  const close = () => sheet.hidePopover();
  const items = entriesFor(anchor, id).map(([label, sign, act, kind = ""]) => h("button", { type: "button", role: "menuitem", tabIndex: -1, className: kind, onclick: () => { close(); act(); } }, icon(sign), label));
  const sheet = h("div", { className: "sheet node-menu", popover: "auto", role: "menu", "aria-label": t("What to do with {name}", { name: nameOf(id) }) }, items);
  sheet.addEventListener("keydown", (event) => step(event, items));
  sheet.addEventListener("toggle", ({ newState }) => {
    if (newState !== "closed") return;
    sheet.remove();
    anchor.setAttribute("aria-expanded", "false");
  });
  anchor.setAttribute("aria-haspopup", "menu");
  anchor.setAttribute("aria-expanded", "true");
  document.body.append(sheet);
  sheet.showPopover();
  placeAt(sheet, anchor);
  items[0].focus();
}

// Tab leaves a menu, as everywhere.
function step(event, items) {
  const place = items.indexOf(document.activeElement);
  const steps = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: -1 };
  if (event.key === "Tab") event.currentTarget.hidePopover();
  else if (event.key in steps) items.at(steps[event.key] % items.length).focus();
  else return;
  event.preventDefault();
}
