// Yes or no.
import { h } from "@/core/dom.js";
import { switchField } from "@/prompt/fields.js";
import { helpText } from "@/canvas/forms/help.js";

export function onOff(slot) {
  const isOn = (slot.value ?? slot.usual) === true;
  const made = switchField(slot.label, isOn, (on) => slot.set(on), { "data-key": slot.key, title: slot.property.description ?? "" });
  if (slot.isBare || slot.path.length > 1 || !helpText(slot.property.description)) return made;
  return h("div", { className: "field" }, made, h("p", { className: "help" }, helpText(slot.property.description)));
}
