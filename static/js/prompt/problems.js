// What is wrong with the draft, beside what it is wrong with.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { redraw } from "@/prompt/fields.js";

// The part of the page that a problem's field belongs to.
const SECTIONS = [
  ["model.", "model-button"],
  ["dataset_configs", "knowledge"],
  ["user_input_form", "variables-section"],
  ["", "prompt-section"],
];
const sectionOf = ({ field }) => SECTIONS.find(([start]) => field.startsWith(start))[1];

const line = (text) => h("p", { className: "problem" }, icon("circle-alert"), h("span", {}, text));

// The problems of one field, for a form to show; null for none.
export function problemsAt(path) {
  const found = draft.problems.filter(({ field }) => field === path);
  return found.length ? h("div", { className: "problem-list" }, found.map(({ message }) => line(message))) : null;
}

function show() {
  const count = draft.problems.length;
  const chip = document.getElementById("problems");
  chip.hidden = !count;
  chip.querySelector("span").textContent = count === 1 ? t("1 problem") : t("{count} problems", { count });
  for (const host of document.querySelectorAll("[data-problems]")) {
    const own = draft.problems.filter((problem) => sectionOf(problem) === host.dataset.problems);
    redraw(host, own.map(({ message }) => line(message)));
  }
}

function goToFirst() {
  const section = document.getElementById(sectionOf(draft.problems[0]));
  section.scrollIntoView({ block: "start", behavior: "smooth" });
  if (section.tagName === "BUTTON") section.click();
  else section.focus();
}

export function mountProblems() {
  document.getElementById("problems").addEventListener("click", goToFirst);
  draft.addEventListener("problems", show);
  show();
}
