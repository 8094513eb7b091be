// Narrows a list while a word is typed: its items have `data-words`, in lower case, and stand in parts with `data-group`.
// The box says by `data-filter` which list it is for; what has `data-none` shows where nothing is left. The arrow keys
// lead from the box through the links that are left, and back.
const shown = (list) => [...list.querySelectorAll("[data-words]:not([hidden]) a[href]")];

function narrow(list, words) {
  const wanted = words.trim().toLowerCase().split(/\s+/);
  const items = [...list.querySelectorAll("[data-words]")];
  for (const item of items) item.hidden = !wanted.every((word) => item.dataset.words.includes(word));
  for (const group of list.querySelectorAll("[data-group]")) group.hidden = !group.querySelector("[data-words]:not([hidden])");
  list.querySelector("[data-none]").hidden = items.some((item) => !item.hidden);
}

function step(event, box, list) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const stops = [box, ...shown(list)];
  const next = by && stops[stops.indexOf(document.activeElement) + by];
  if (!next || !stops.includes(document.activeElement)) return;
  event.preventDefault();
  next.focus();
}

for (const label of document.querySelectorAll("[data-filter]")) {
  const list = document.getElementById(label.dataset.filter);
  const box = label.querySelector("input");
  label.hidden = false;
  box.addEventListener("input", () => narrow(list, box.value));
  for (const part of [box, list]) part.addEventListener("keydown", (event) => step(event, box, list));
  if (box.value) narrow(list, box.value); // the browser filled it in again
}
