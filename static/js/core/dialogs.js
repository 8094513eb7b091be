// Dialogs: a link with `data-dialog` shows its page's fragment in one; a form with `data-confirm` asks first.
//
// A fragment closes its dialog by the event "dialog-close" (HX-Trigger), by a button with `data-close`, or by Escape.
// Without scripts the link opens a page and the form is sent.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";

export function openDialog(content, { label, wide = false, opener = document.activeElement } = {}) {
  const close = h("button", { className: "btn ghost icon-only dialog-close", type: "button", "data-close": "", "aria-label": t("Close") }, icon("x"));
  const dialog = h("dialog", { className: wide ? "dialog wide" : "dialog", "aria-label": label ?? null }, close, content);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (opener?.isConnected) opener.focus();
  });
  document.body.append(dialog);
  window.htmx?.process(dialog);
  dialog.showModal();
  (dialog.querySelector("[autofocus]") ?? dialog.querySelector("input:not([type=hidden]), select, textarea") ?? close).focus();
  return dialog;
}

export async function loadDialog(url, options) {
  const response = await fetch(url, { headers: { "HX-Request": "true", Accept: "text/html" } });
  if (!response.ok) throw new Error((await response.json().catch(() => null))?.message ?? t("This could not be loaded. Try again."));
  const template = document.createElement("template");
  template.innerHTML = await response.text(); // our own server's fragment; scripts in it do not run
  const heading = template.content.querySelector("h1, h2, h3")?.textContent.trim();
  return openDialog(template.content, { label: heading, ...options });
}

// True for a yes.
export function confirm(question, { action = t("Continue"), danger = false } = {}) {
  return new Promise((resolve) => {
    const yes = h("button", { className: danger ? "btn danger" : "btn primary", type: "button", autofocus: true, onclick: () => { answer = true; dialog.close(); } }, action);
    let answer = false;
    const dialog = openDialog(h("div", { className: "stack" }, h("p", {}, question), h("div", { className: "row end" }, h("button", { className: "btn", type: "button", "data-close": "" }, t("Cancel")), yes)), { label: question });
    dialog.addEventListener("close", () => resolve(answer));
  });
}

const asking = (element) => confirm(element.dataset.confirm, { action: element.dataset.confirmAction, danger: "danger" in element.dataset });

export function listen(complain) {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (!opener || event.metaKey || event.ctrlKey || event.button) return;
    event.preventDefault();
    opener.closest("details.menu")?.removeAttribute("open");
    loadDialog(opener.dataset.dialog || opener.href, { wide: "wide" in opener.dataset, opener }).catch((error) => complain(error.message));
  });
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.confirm || form.dataset.confirmed !== undefined) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!(await asking(form))) return;
    form.dataset.confirmed = "";
    form.requestSubmit(event.submitter);
    delete form.dataset.confirmed;
  }, true);
  document.addEventListener("htmx:confirm", async (event) => {
    const { elt } = event.detail;
    if (!elt.dataset.confirm || elt.tagName === "FORM") return;
    event.preventDefault();
    if (await asking(elt)) event.detail.issueRequest(true);
  });
  document.addEventListener("dialog-close", () => document.querySelector("dialog[open]:last-of-type")?.close());
}
