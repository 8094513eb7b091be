// Examples in several languages: one is shown, the same everywhere, and again at the next visit.
import { local } from "@/core/storage.js";

const KEY = "api-language";
const page = document.querySelector("[data-samples]");
const buttons = [...page.querySelectorAll("button[data-language]")];

function show(language) {
  page.dataset.samples = language;
  for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.language === language));
  for (const sample of page.querySelectorAll("[data-sample]")) sample.hidden = sample.dataset.sample !== language;
}

for (const button of buttons) {
  button.parentElement.hidden = false;
  button.addEventListener("click", () => {
    const { top } = button.getBoundingClientRect();
    local.set(KEY, button.dataset.language);
    show(button.dataset.language);
    page.closest("main").scrollBy(0, button.getBoundingClientRect().top - top); // what is above may have become shorter
  });
}
const wanted = local.get(KEY);
show(buttons.some((button) => button.dataset.language === wanted) ? wanted : page.dataset.samples);
document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
