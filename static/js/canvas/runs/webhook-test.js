// Sends a test to the webhook of the draft: what is written here comes in as if somebody had called its address.
import { h, icon } from "@/core/dom.js";
import { local } from "@/core/storage.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { page } from "@/prompt/page.js";
import { openRun } from "@/canvas/run-panel.js";
import { current } from "@/canvas/runs/current.js";
import { lastValues } from "@/canvas/runs/last-values.js";
import { isNothing, outputBlocks, statusChip, trouble, valueBlock } from "@/canvas/runs/looks.js";
import { server } from "@/canvas/runs/server.js";

const FIELDS = ["query", "headers", "body"];

function remembered(key) {
  try {
    return JSON.parse(local.get(key)) ?? {};
  } catch {
    return {};
  }
}

async function showOnCanvas(runId) {
  try {
    await current.replay(runId);
    openRun("trace");
  } catch (error) {
    toast(error.message, "bad");
  }
}

// What the test has come to: how the run ended, what came in, what it brought, what a sender would be told.
function outcome({ run_id: runId, status, error, variables, outputs, answer }) {
  if (!runId) return [trouble(error)];
  return [
    h("div", { className: "run-head" }, statusChip(status), h("button", { className: "btn ghost", type: "button", onclick: () => showOnCanvas(runId) }, icon("workflow"), t("Show on the canvas"))),
    error && trouble(error), valueBlock(t("What came"), variables), ...(isNothing(outputs) ? [] : outputBlocks(outputs)), valueBlock(t("What the sender is answered"), answer),
  ].filter(Boolean);
}

// `found`: what the server says of the webhook, with its `id`.
export function webhookTest(nodeId, found) {
  const key = `webhook-test:${page.app.id}:${nodeId}`;
  const given = { body: found.example, ...remembered(key) };
  const id = (name) => `test-${name}-${nodeId}`;
  const boxes = {
    query: h("input", { className: "input mono", id: id("query"), placeholder: "a=1&b=2", maxLength: 2000, spellcheck: false, value: given.query ?? "" }),
    headers: h("textarea", { className: "input mono", id: id("headers"), rows: 2, placeholder: "X-Shop: tea", spellcheck: false, value: given.headers ?? "" }),
    body: found.takes_body ? h("textarea", { className: "input mono", id: id("body"), rows: 6, spellcheck: false, value: given.body ?? "" }) : null,
  };
  const labels = { query: t("Parameters of the address"), headers: t("Headers, one in each line"), body: t("Body") };
  const send = h("button", { className: "btn" }, icon("send"), t("Run the draft with it"));
  const result = h("div", { className: "run-parts", role: "status" });
  const submit = async () => {
    const values = Object.fromEntries(FIELDS.map((name) => [name, boxes[name]?.value ?? ""]));
    local.set(key, JSON.stringify(values));
    send.disabled = true;
    result.replaceChildren(h("p", { className: "muted" }, t("The flow is running.")));
    try {
      await draft.save();
      result.replaceChildren(...outcome(await server.tryWebhook(found.id, values)));
      lastValues.load();
    } catch (error) {
      result.replaceChildren(trouble(error.message));
    }
    send.disabled = false;
    if (document.activeElement === document.body) send.focus({ preventScroll: true });
  };
  const form = h("form", { className: "run-values-form", "aria-label": t("Send a test"), onsubmit: (event) => {
    event.preventDefault();
    submit();
  } }, FIELDS.filter((name) => boxes[name]).map((name) => h("div", { className: "field" }, h("label", { htmlFor: id(name) }, labels[name]), boxes[name])), h("div", { className: "row tight" }, send));
  return h("details", { className: "fold" }, h("summary", {}, icon("flask-conical"), t("Send a test")), h("div", { className: "stack" }, form, result));
}
