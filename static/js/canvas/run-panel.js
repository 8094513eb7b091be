// Runs of the draft: what goes in, what comes out, node by node.
import { h, icon } from "@/core/dom.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { dock } from "@/canvas/dock.js";
import { banner } from "@/canvas/runs/banner.js";
import { isChatflow } from "@/canvas/runs/begin.js";
import { current } from "@/canvas/runs/current.js";
import { History } from "@/canvas/runs/history.js";
import { Result } from "@/canvas/runs/result.js";
import { Tabs } from "@/canvas/runs/tabs.js";
import { Trace } from "@/canvas/runs/trace.js";
import { TryChat } from "@/canvas/runs/try-chat.js";
import { TryFlow } from "@/canvas/runs/try-flow.js";

const KEY = "run";
const PAUSE_MS = 300; // while somebody types, the form is not built anew with each letter
let parts = null;

// Built when it is first opened, and kept: a conversation lasts while other things stand in the dock.
function build() {
  const attempt = isChatflow ? new TryChat() : new TryFlow();
  const history = new History(() => parts.tabs.choose("trace"));
  const tabs = new Tabs(t("Runs"), [
    ["try", t("Try"), attempt.element], ["result", t("Result"), new Result().element],
    ["trace", t("Steps"), new Trace().element], ["history", t("History"), history.element],
  ]);
  tabs.addEventListener("choose", ({ detail }) => detail === "history" && history.renew());
  return { attempt, tabs, element: h("div", { className: "run-panel" }, banner(), tabs.panels) };
}

export function openRun(tab = null) {
  parts ??= build();
  parts.attempt.renew();
  const { tabs, element } = parts;
  if (dock.key !== KEY) dock.open({ key: KEY, label: t("Runs"), head: [tabs.list], content: [element], focus: true });
  if (tab) tabs.choose(tab);
  if (tabs.chosen === "try") element.querySelector(".run-try input, .run-try textarea, .run-try select, .run-start, .composer textarea")?.focus({ preventScroll: true });
}

// Runs go to their steps; a chat is read where it is written.
function follow() {
  let last = null;
  current.addEventListener("change", () => {
    const isNew = current.record !== last && current.isBusy;
    last = current.record;
    if (isNew && parts && !current.isRead && parts.tabs.chosen === "try") parts.tabs.choose("trace");
  });
  current.addEventListener("update", () => {
    if (current.record?.isOver && last === current.record && !current.isRead) {
      last = null;
      if (parts?.tabs.chosen === "trace") parts.tabs.choose("result");
    }
  });
}

async function replayFromAddress() {
  const id = new URLSearchParams(location.search).get("run");
  if (!id) return;
  openRun("trace");
  await current.replay(id).catch((error) => toast(error.message, "bad"));
}

export function mountRunPanel() {
  const button = h("button", { className: "btn primary run-button", type: "button", id: "run", "aria-keyshortcuts": "Alt+R", title: t("Try the flow out (Alt+R)"), onclick: () => openRun("try") }, icon("play"), t("Run"));
  document.getElementById("views").append(button);
  document.getElementById("canvas").append(banner("on-board"));
  let timer = 0;
  draft.addEventListener("change", () => {
    clearTimeout(timer);
    timer = setTimeout(() => parts?.attempt.renew(), PAUSE_MS);
  });
  addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== "KeyR" || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    openRun("try");
  });
  follow();
  replayFromAddress();
}
