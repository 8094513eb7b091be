// Copy buttons: <button data-copy="id of a field or text" data-done="Copied" hidden>. Without this file they stay hidden.
const SHOWN_MS = 2000;

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const label = button.querySelector("span");
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
  } catch { // no permission, or a page without TLS: the text is selected for the keyboard instead
    getSelection().selectAllChildren(source);
    source.select?.();
    return;
  }
  const before = label.textContent;
  label.textContent = button.dataset.done;
  setTimeout(() => { label.textContent = before; }, SHOWN_MS);
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
