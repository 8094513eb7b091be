// What runs and values ask of the server.
import { t } from "@/core/words.js";
import { page } from "@/prompt/page.js";

const base = `/apps/${page.app.id}`;
const token = document.querySelector('meta[name="csrf-token"]').content;

async function send(path, { method = "GET", json, file, form, isPage = false } = {}) {
  const headers = { Accept: "application/json", "X-CSRFToken": token };
  let body;
  if (json) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(json);
  } else if (file) {
    body = new FormData();
    body.append("file", file, file.name);
  } else if (form) {
    body = new URLSearchParams(form);
  }
  const response = await fetch(`${base}/${path}`, { method, headers, body }).catch(() => null);
  if (isPage && response?.ok) return null;
  const answer = await response?.json().catch(() => null);
  if (response?.ok && answer) return answer;
  throw Object.assign(new Error(answer?.message ?? t("The server could not be reached. Try again.")), { status: response?.status ?? 0, body: answer });
}

const at = (id) => `values/${encodeURIComponent(id)}`;

export const server = {
  upload: async (file) => (await send("debug/files", { method: "POST", file })).id,
  runs: (number) => send(`debug/runs?page=${number}`),
  run: (id) => send(`debug/runs/${id}`),
  values: () => send("values"),
  edit: (id, name, value) => send(at(id), { method: "POST", json: { name, value } }),
  pin: (id, isPinned) => send(`${at(id)}/pin`, { method: "POST", json: { is_pinned: isPinned } }),
  reset: (id) => send(at(id), { method: "DELETE" }),
  resetAll: () => send("values", { method: "DELETE" }),
  step: (id, values) => send(`debug/nodes/${encodeURIComponent(id)}`, { method: "POST", json: { values } }),
  times: (config) => send("triggers/times", { method: "POST", json: { config } }),
  addresses: (id) => send(`triggers/addresses?node_id=${encodeURIComponent(id)}`),
  tryWebhook: (triggerId, values) => send(`triggers/${triggerId}/test`, { method: "POST", form: values }),
  prepare: (id) => send("triggers/prepare", { method: "POST", form: { node_id: id }, isPage: true }),
  variables: (nodes) => send("canvas/variables", { method: "POST", json: { nodes } }),
};

export const addressOf = {
  socket: `/ws${base}/debug`,
  run: (id) => `${base}/runs/${id}`,
  triggers: `${base}/triggers`,
};
