// What every page of the console does: the frame's menus, notes, dialogs, the command menu, and htmx's manners.
import { listen as listenForCommands } from "@/core/command-menu.js";
import { listen as listenForDialogs } from "@/core/dialogs.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import "@/core/shell.js";

const complain = (text) => toast(text, "bad");

listenForDialogs(complain);
const find = document.querySelector("[data-find]");
if (find) listenForCommands(find);
// On a phone the tabs are wider than the page: the current one is brought to its middle.
const tab = document.querySelector(".tabs [aria-current]");
if (tab) {
  const tabs = tab.closest(".tabs");
  tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
}

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
});
document.addEventListener("toast", ({ detail }) => toast(detail.text, detail.kind));
document.addEventListener("htmx:sendError", () => complain(t("The server could not be reached. Try again.")));
document.addEventListener("htmx:responseError", ({ detail: { xhr } }) => {
  if (xhr.status === 401) return location.reload(); // leads to the sign-in page and back
  let message;
  try {
    message = JSON.parse(xhr.responseText).message;
  } catch { /* an answer of a proxy, not of ours */ }
  complain(message ?? t("That did not work. Try again."));
});
