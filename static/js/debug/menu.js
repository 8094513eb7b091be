// The publish menu: what is being written is saved before it is published, and the menu says how it stands then.
import { toast } from "@/core/toast.js";

const menu = document.getElementById("publish-menu");
const content = document.getElementById("publishing");
const isEditing = Boolean(document.getElementById("debug"));

// The draft of the page it is edited on; other pages have none.
async function save() {
  if (!isEditing) return;
  const { draft } = await import("@/prompt/draft.js");
  await draft.save();
}

const refresh = () => window.htmx.ajax("GET", content.dataset.url, { target: content, swap: "innerHTML" });
const isBeingWritten = () => menu.open && Boolean(content.querySelector("[name=note]")?.value || content.contains(document.activeElement));

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
document.addEventListener("draft-saved", () => {
  if (!isBeingWritten()) refresh();
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
  try {
    await save();
    event.detail.issueRequest(true);
  } catch (error) {
    toast(error.message, "bad");
  }
});
