// A map of settings: as a switch with its settings below where it can be off, else as a part of the form.
import { h } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { switchField } from "@/prompt/fields.js";
import { helpText } from "@/canvas/forms/help.js";
import { draw } from "@/canvas/forms/registry.js";
import { fallbackOf, fieldsOf } from "@/canvas/forms/schema.js";

export function object(slot) {
  const { property, form } = slot;
  const hasSwitch = property.properties.enabled && !property.properties.enabled.is_hidden;
  if (hasSwitch || (property.isNullable && !property.is_plain)) return switched(slot, hasSwitch);
  const parts = partsOf(slot);
  if (property.is_plain) return h("div", { className: "plain-group" }, parts);
  return h("fieldset", { className: "plain" }, h("legend", { className: "legend" }, slot.label), parts.length ? parts : h("p", { className: "muted" }, form ? t("There is nothing to set.") : ""));
}

function partsOf(slot, leftOut = []) {
  const { property, form } = slot;
  const fields = fieldsOf(property, form.schema, { value: slot.value ?? fallbackOf(property), mode: form.mode, leftOut });
  const drawn = (list) => list.map(({ name, property: inner }) => draw(slot.child(name, inner)));
  const rare = fields.filter(({ property: inner }) => inner.is_advanced);
  return [...drawn(fields.filter(({ property: inner }) => !inner.is_advanced)), ...(rare.length ? [form.fold(slot.key, t("More settings"), drawn(rare))] : [])];
}

// Off is null, or a key of its own; what was set stays for when it is on again.
function switched(slot, hasSwitch) {
  const isOn = hasSwitch ? (slot.value?.enabled ?? slot.property.properties.enabled.default ?? false) === true : slot.value != null && slot.value.enabled !== false;
  const turn = (on) => {
    if (hasSwitch) return slot.set({ ...slot.value, enabled: on });
    return slot.set(on ? { ...fresh(slot), ...without(slot.value) } : null);
  };
  const head = switchField(slot.label, isOn, turn, { "data-key": slot.key });
  const help = slot.path.length === 1 && helpText(slot.property.description) ? h("p", { className: "help" }, helpText(slot.property.description)) : null;
  return h("div", { className: "switched", role: "group", "aria-label": slot.label }, head, help, isOn ? h("div", { className: "switched-body" }, partsOf(slot, ["enabled"])) : null);
}

const fresh = (slot) => Object.fromEntries(fieldsOf(slot.property, slot.form.schema, { value: {}, mode: slot.form.mode }).map(({ name, property }) => [name, structuredClone(fallbackOf(property))]));

function without(value) {
  const { enabled, ...rest } = value ?? {};
  return enabled === false ? rest : value ?? {};
}
