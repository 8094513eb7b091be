// A number within its bounds; empty where it may be left out.
import { input } from "@/prompt/fields.js";

export function number(slot) {
  const { minimum, maximum, step = "any" } = slot.property;
  const value = slot.value ?? slot.usual ?? "";
  const store = ({ target }) => {
    if (target.value === "") return slot.set(slot.usual ?? null);
    const wanted = Number(target.value);
    if (!Number.isFinite(wanted)) return;
    const kept = Math.min(maximum ?? wanted, Math.max(minimum ?? wanted, slot.property.type === "integer" ? Math.round(wanted) : wanted));
    slot.set(kept);
  };
  return slot.labelled(input({ type: "number", min: minimum, max: maximum, step, value, onchange: store }));
}
