// Lists whose rows can be chosen: all at once, the bar of what can be done with them, row menus beside their buttons.
import { loadDialog } from "@/core/dialogs.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";

const list = (element) => element.closest("[data-chosen]");
const boxes = (form) => [...form.querySelectorAll('input[type="checkbox"]:not([data-all])')];

function show(form) {
  const chosen = boxes(form).filter((box) => box.checked);
  const bar = form.querySelector("[data-bulk]");
  const all = form.querySelector("[data-all]");
  if (bar) bar.hidden = !chosen.length;
  const count = bar?.querySelector("[data-count]");
  if (count) count.textContent = t("{number} chosen", { number: chosen.length });
  if (!all) return;
  all.checked = chosen.length > 0 && chosen.length === boxes(form).length;
  all.indeterminate = chosen.length > 0 && !all.checked;
}

document.addEventListener("change", ({ target }) => {
  const form = target.matches('input[type="checkbox"]') && list(target);
  if (!form) return;
  if ("all" in target.dataset) for (const box of boxes(form)) box.checked = target.checked;
  show(form);
});

// Shift extends the choice, as in other lists.
let last;
document.addEventListener("click", (event) => {
  const { target } = event;
  if (target.matches?.('[data-chosen] input[type="checkbox"]:not([data-all])')) {
    const form = list(target);
    const all = boxes(form);
    if (event.shiftKey && last && all.includes(last)) {
      const [from, to] = [all.indexOf(last), all.indexOf(target)].sort((a, b) => a - b);
      for (const box of all.slice(from, to + 1)) box.checked = target.checked;
      show(form);
    }
    last = target;
  }
  const opener = target.closest?.("[data-choose]");
  if (!opener) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const query = new URLSearchParams(boxes(list(opener)).filter((box) => box.checked).map((box) => [box.name, box.value]));
  loadDialog(`${opener.dataset.choose}?${query}`, { opener }).catch((error) => toast(error.message, "bad"));
}, true);

// A menu stands in the top layer, so that a table that scrolls does not cut it off.
document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!menu.matches?.(".row-menu") || event.newState !== "open") return;
  const { bottom, top, right } = document.querySelector(`[popovertarget="${menu.id}"]`).getBoundingClientRect();
  const below = bottom + menu.offsetHeight + 8 < innerHeight;
  menu.style.top = `${Math.max(8, below ? bottom + 4 : top - menu.offsetHeight - 4)}px`;
  menu.style.left = `${Math.max(8, right - menu.offsetWidth)}px`;
}, true);
document.addEventListener("click", ({ target }) => target.closest?.(".row-menu a, .row-menu button")?.closest(".row-menu").hidePopover());

// A page nobody looks at does not ask how far the work is.
document.addEventListener("htmx:beforeRequest", (event) => {
  if ("quiet" in event.target.dataset && document.hidden) event.preventDefault();
});

// A segment the address names is scrolled to and has the focus.
function showTarget() {
  const target = document.querySelector(".segment.is-target");
  if (!target) return;
  target.scrollIntoView({ block: "center" });
  target.focus({ preventScroll: true });
}

showTarget();
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target.id === "segments" || detail.elt.id === "segments") showTarget();
});
