// What screen readers are told without the focus moving: one status line for the page.
const line = document.getElementById("status");

export function say(text) {
  line.textContent = text;
}
