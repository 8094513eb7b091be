// The model a node asks: a button that says which, and a sheet to choose it and set its parameters.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { showFallbacks, withFallbacks } from "@/prompt/fallbacks.js";
import { redraw } from "@/prompt/fields.js";
import { modelRows } from "@/prompt/model-list.js";
import { modelOf, page } from "@/prompt/page.js";
import { clampTo, parameters } from "@/prompt/parameters.js";

const note = ({ model, isDefault }) => (!model ? h("span", { className: "chip bad" }, t("not set up")) : isDefault ? h("span", { className: "chip" }, t("default")) : null);

class Sheet {
  constructor() {
    this.box = h("input", { className: "input", type: "search", maxLength: 60, placeholder: t("Search models"), "aria-label": t("Search models"), oninput: () => this.#showList() });
    this.list = h("div", { className: "model-list" });
    this.fallbacks = h("div", { className: "stack" });
    this.host = h("div", { className: "stack" });
    const part = h("details", { className: "fallback-part" }, h("summary", {}, t("If it does not answer")), this.fallbacks);
    this.element = h("div", { className: "model-sheet", popover: "auto", role: "dialog", "aria-label": t("Model") }, this.box, this.list, part, this.host);
    this.element.addEventListener("toggle", ({ newState }) => newState === "closed" && this.#giveBack());
    document.body.append(this.element);
  }

  open(anchor, slot) {
    this.slot = slot;
    this.key = anchor.dataset.key;
    this.box.value = "";
    this.#showAll();
    this.element.showPopover();
    const from = anchor.getBoundingClientRect();
    const width = Math.min(400, innerWidth - 24);
    const top = Math.max(12, Math.min(from.bottom + 6, innerHeight - 420));
    Object.assign(this.element.style, { width: `${width}px`, left: `${Math.max(12, Math.min(from.left, innerWidth - width - 12))}px`, top: `${top}px`, maxHeight: `${innerHeight - top - 12}px` });
    this.box.focus();
  }

  #giveBack() {
    if (document.activeElement === document.body || this.element.contains(document.activeElement)) document.querySelector(`[data-key="${CSS.escape(this.key)}"]`)?.focus({ preventScroll: true });
  }

  #showList() {
    const { model, isDefault } = modelOf({ model: this.slot.value });
    redraw(this.list, modelRows({ chosen: isDefault ? null : model, isDefault, words: this.box.value, onchoose: (one) => this.#choose(one) }));
  }

  #showAll() {
    this.#showList();
    showFallbacks(this.fallbacks, { read: () => this.slot.value, put: (list) => this.#put(list) });
    redraw(this.host, parameters({ path: `${this.slot.form.id}.${this.slot.key}`, holder: () => ({ model: this.slot.value }), write: (recipe, key, isTyping) => this.#write(recipe, isTyping) }));
  }

  #choose(model) {
    const runs = model ?? page.models.find((one) => one.is_default);
    const params = this.slot.value?.completion_params ?? {};
    this.slot.set({ ...this.slot.value, provider: model?.provider ?? "", name: model?.name ?? "", mode: runs?.mode ?? "chat", completion_params: runs ? clampTo(runs, params) : params });
    this.#showAll();
  }

  #put(list) {
    this.slot.set(withFallbacks(this.slot.value, list));
    this.#showAll();
  }

  #write(recipe, isTyping = false) {
    const params = structuredClone(this.slot.value?.completion_params ?? {});
    recipe(params);
    this.slot.set({ ...this.slot.value, completion_params: params }, { isTyping });
    if (!isTyping) this.#showAll();
  }
}

let sheet;

export function model(slot) {
  const found = modelOf({ model: slot.value });
  const name = found.model?.label ?? slot.value?.name ?? t("No model");
  const count = Object.values(slot.value?.completion_params ?? {}).filter((one) => one != null).length;
  const open = ({ currentTarget }) => (sheet ??= new Sheet()).open(currentTarget, slot);
  return slot.group(h("button", { className: "btn model-choice", type: "button", "aria-haspopup": "dialog", "data-key": slot.key, onclick: open }, icon("cpu"), h("span", { className: "grow clip" }, name), note(found),
    count ? h("span", { className: "muted" }, t("{count} set", { count })) : null, icon("sliders-horizontal")), { help: null });
}
