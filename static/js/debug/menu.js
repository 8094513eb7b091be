// The publish menu: what is being written is saved before it is published, and the menu says how it stands then.
import { toast } from "@/core/toast.js";

const menu = document.getElementById("publish-menu");
const content = document.getElementById("publishing");
const isEditing = Boolean(document.getElementById("orchestrate-data"));

// The draft of the page it is edited on; other pages have none.
async function save() {
  if (!isEditing) return;
  const { draft } = await import("@/prompt/draft.js");
  await draft.save();
}

const refresh = () => window.htmx.ajax("GET", content.dataset.url, { target: content, swap: "innerHTML" });
const noteBox = () => content.querySelector("[name=note]");
let isPublishing = false;
let typed = null; // what stood in the note while the menu was fetched anew

menu.addEventListener("toggle", async () => {
  if (!menu.open || !isEditing) return;
  try {
    await save(); // what the menu says comes with "draft-saved"
  } catch (error) {
    toast(error.message, "bad");
  }
});
menu.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  if (menu.open && !menu.contains(event.target) && event.target.isConnected && !event.target.closest("dialog")) menu.open = false;
});
document.addEventListener("draft-saved", refresh);
content.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.requestConfig.verb !== "get") return;
  const box = noteBox();
  typed = box && { value: box.value, isFocused: box === document.activeElement };
  if (isPublishing) detail.shouldSwap = false; // what publishing answers is newer
});
content.addEventListener("htmx:afterSwap", () => {
  const box = noteBox();
  if (box && typed) box.value = typed.value;
  if (box && typed?.isFocused) box.focus();
  typed = null;
});
content.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.requestConfig.verb === "post") isPublishing = false;
});
document.addEventListener("draft-restored", async () => {
  if (!isEditing) return location.reload();
  const { draft } = await import("@/prompt/draft.js");
  await draft.reload();
  return refresh();
});
document.addEventListener("htmx:confirm", async (event) => {
  if (!event.target.closest("[data-publish]")) return;
  event.preventDefault();
  isPublishing = true;
  try {
    await save();
    event.detail.issueRequest(true);
  } catch (error) {
    isPublishing = false;
    toast(error.message, "bad");
  }
});
