// The talk with the bubble's script on the page around this one (docs/guides/embed.md): names of the original, and
// `chatbot-close`. Nothing in it is secret or trusted; who may embed the page stands in its policy.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";

const host = window.parent;
const PHONE_PX = 640; // there the window fills the screen already
const OPEN_THINGS = 'dialog[open], details.menu[open], [aria-expanded="true"]';
const FIELDS = "chat-pane :is(input, textarea, select)";

function offerSize(tell) {
  const button = h("button", { className: "btn ghost icon-only", type: "button", "aria-label": t("Larger window"), title: t("Larger window"), "aria-pressed": "false", onclick: () => {
    button.ariaPressed = String(button.ariaPressed !== "true");
    tell("dify-chatbot-expand-change");
  } }, icon("maximize-2"));
  document.querySelector(".bar")?.append(button);
}

function closeOnEscape(tell) {
  let wasOpen = false; // a menu or dialog takes the key for itself
  window.addEventListener("keydown", (event) => { if (event.key === "Escape") wasOpen = Boolean(document.querySelector(OPEN_THINGS)); }, true);
  window.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !wasOpen && !event.defaultPrevented) tell("chatbot-close");
  });
}

function join(origin) {
  const tell = (type) => host.postMessage({ type }, origin);
  if (screen.width > PHONE_PX) offerSize(tell);
  closeOnEscape(tell);
}

function onMessage({ data, origin, source }) {
  if (source !== host || data?.type !== "dify-chatbot-config") return;
  window.removeEventListener("message", onMessage);
  if (data.payload?.isToggledByButton) join(origin);
}

// The bubble gives the focus to the frame as a whole; where nothing pops up for it, it goes on to the first field.
function onFocus() {
  if (document.activeElement !== document.body || !matchMedia("(hover: hover)").matches) return;
  [...document.querySelectorAll(FIELDS)].find((field) => field.checkVisibility())?.focus();
}

if (host !== window) {
  window.addEventListener("message", onMessage);
  window.addEventListener("focus", onFocus);
  host.postMessage({ type: "dify-chatbot-iframe-ready" }, "*");
}
