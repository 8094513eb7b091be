// A value as JSON: kept only while it can be read.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { EditorBox } from "@/canvas/forms/editor-box.js";

// `store(value)` hears of values that can be read; `shape`: "object", "array" or "" for any.
export function jsonBox({ text, label, shape = "", store }) {
  const note = h("p", { className: "problem", role: "status", hidden: true });
  const complain = (problem) => {
    note.hidden = !problem;
    note.replaceChildren(...(problem ? [icon("circle-alert"), h("span", {}, problem)] : []));
  };
  const box = new EditorBox({ value: text, label: `${label}. ${t("Escape, then Tab leaves the box.")}`, language: "json", onchange: (written) => {
    try {
      const value = written.trim() ? JSON.parse(written) : null;
      const problem = faultOf(value, shape);
      complain(problem);
      if (!problem) store(value, written);
    } catch (error) {
      complain(t("Not stored yet, for it is no JSON: {reason}", { reason: error.message }));
    }
  } });
  const element = h("div", { className: "json-box" }, box.element, note);
  return { element, take: (next) => { if (!box.element.contains(document.activeElement)) { box.take(next); complain(""); } }, destroy: () => box.destroy() };
}

function faultOf(value, shape) {
  if (value === null || !shape) return "";
  if (shape === "array" && !Array.isArray(value)) return t("Not stored yet: a list is wanted, […].");
  if (shape === "object" && (Array.isArray(value) || typeof value !== "object")) return t("Not stored yet: an object is wanted, {…}.");
  return "";
}

export function json(slot) {
  const text = slot.value == null ? "" : JSON.stringify(slot.value, null, 2);
  const shape = slot.property.type === "object" || slot.property.type === "array" ? slot.property.type : "";
  const kept = slot.form.keep(`${slot.key}:json`, text, () => jsonBox({ text, label: slot.numbered, shape, store: (value) => slot.set(value ?? (shape === "object" ? {} : value), { isTyping: true }) }));
  return slot.group(kept.element);
}
