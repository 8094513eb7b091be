// The right half of the page an app is written on: a try of it, with one model or with several.
import { Compare } from "@/debug/compare.js";
import { Single } from "@/debug/single.js";

const section = document.getElementById("debug");
const body = section.querySelector(".debug-body");
const buttons = section.querySelectorAll("[data-way]");
const WAYS = { single: Single, compare: Compare };
let shown;

function show(way) {
  shown?.close();
  shown = new WAYS[way]();
  body.append(shown.element);
  shown.open?.();
  section.parentElement.classList.toggle("is-comparing", way === "compare");
  for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.way === way));
}

for (const button of buttons) button.addEventListener("click", () => show(button.dataset.way));
show("single");
