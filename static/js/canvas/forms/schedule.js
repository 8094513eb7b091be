// When a schedule begins runs, and whose hours are meant.
import { h } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { field, input } from "@/prompt/fields.js";

const DAYS = [["mon", t("Monday")], ["tue", t("Tuesday")], ["wed", t("Wednesday")], ["thu", t("Thursday")], ["fri", t("Friday")], ["sat", t("Saturday")], ["sun", t("Sunday")]];

// "2:30 PM" as a field for times has it, and back.
function asClock(text) {
  const [, hour, minute, half] = /^\s*(\d{1,2}):(\d{2})\s*([AP]M)?\s*$/i.exec(text ?? "") ?? [];
  if (hour === undefined) return "00:00";
  const hours = half ? (Number(hour) % 12) + (half.toUpperCase() === "PM" ? 12 : 0) : Number(hour);
  return `${String(hours).padStart(2, "0")}:${minute}`;
}

function asTime(clock) {
  const [hour, minute] = clock.split(":");
  return `${Number(hour) % 12 || 12}:${minute} ${Number(hour) < 12 ? "AM" : "PM"}`;
}

export function schedule(slot) {
  const { frequency = "daily" } = slot.parent;
  const given = slot.value ?? {};
  const set = (changes) => slot.set({ ...slot.value, ...changes });
  if (frequency === "hourly") return field(t("Minute of the hour"), input({ type: "number", min: 0, max: 59, value: given.on_minute ?? 0, "data-key": `${slot.key}.on_minute`, onchange: ({ target }) => set({ on_minute: Math.min(59, Math.max(0, Math.round(Number(target.value) || 0))) }) }));
  const time = field(t("Time of day"), input({ type: "time", value: asClock(given.time ?? "12:00 AM"), "data-key": `${slot.key}.time`, onchange: ({ target }) => target.value && set({ time: asTime(target.value) }) }));
  const days = frequency === "weekly" ? choice(slot, t("Days"), "weekdays", DAYS, set) : frequency === "monthly" ? choice(slot, t("Days of the month"), "monthly_days", [...Array.from({ length: 31 }, (_, day) => [day + 1, String(day + 1)]), ["last", t("The last")]], set) : null;
  return h("div", { className: "plain-group" }, days, time);
}

function choice(slot, label, key, options, set) {
  const chosen = slot.value?.[key] ?? [];
  const isChosen = (word) => chosen.some((one) => String(one) === String(word));
  const change = (word) => ({ target }) => set({ [key]: target.checked ? [...chosen, word] : chosen.filter((one) => String(one) !== String(word)) });
  return h("div", { className: "field", role: "group", "aria-label": label }, h("span", { className: "field-label" }, label), h("div", { className: key === "monthly_days" ? "month-days" : "row tight" },
    options.map(([word, text]) => h("label", { className: "check row tight" }, h("input", { type: "checkbox", checked: isChosen(word), "data-key": `${slot.key}.${key}-${word}`, onchange: change(word) }), text))));
}

export function timezone(slot) {
  const zones = Intl.supportedValuesOf("timeZone");
  const list = h("datalist", { id: "time-zones" }, ["UTC", ...zones].map((zone) => h("option", { value: zone })));
  const box = input({ value: slot.value ?? "UTC", spellcheck: false, onchange: ({ target }) => slot.set(target.value.trim() || "UTC") });
  box.setAttribute("list", "time-zones");
  return h("div", {}, slot.labelled(box), list);
}
