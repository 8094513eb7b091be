// The app that is tried out: where its turns run, and what can be asked of the server beside them.
import { loadDialog } from "@/core/dialogs.js";
import { h, icon } from "@/core/dom.js";
import { Socket } from "@/core/socket.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { page } from "@/prompt/page.js";
import { paneSettings } from "@/webapp/settings.js";
import { DraftRuns } from "@/debug/draft-runs.js";

const SIGNED_OUT = 4401;
const base = `/apps/${page.app.id}/debug`;
const token = document.querySelector('meta[name="csrf-token"]').content;

async function send(path, { method = "POST", json, file, name } = {}) {
  const headers = { Accept: "application/json", "X-CSRFToken": token };
  let body;
  if (json) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(json);
  } else if (file) {
    body = new FormData();
    body.append("file", file, name ?? file.name);
  }
  const response = await fetch(`${base}/${path}`, { method, headers, body }).catch(() => null);
  if (response?.ok) return response;
  const answer = await response?.json().catch(() => null);
  throw new Error(answer?.message ?? t("The server could not be reached. Try again."));
}

const message = (id, part) => `messages/${id}/${part}`;

export const api = {
  upload: async (file) => (await (await send("files", { file })).json()).id,
  transcribe: async (file, name) => (await (await send("transcript", { file, name })).json()).text,
  speech: async (id) => (await send("speech", { json: { message_id: id, streaming: false } })).blob(),
  rate: (id, rating) => send(message(id, "rating"), { json: { rating } }),
  suggestions: async (id) => (await (await send(message(id, "suggestions"), { method: "GET" })).json()).data,
  inspect: (id) => loadDialog(`${base}/${message(id, "prompt")}`, { wide: true, label: t("Prompt log") }),
};

export function explain(code) {
  if (code !== SIGNED_OUT) return [t("This app does not exist any more.")];
  return [`${t("You are signed out.")} `, h("a", { href: `/signin?next=${encodeURIComponent(location.pathname)}` }, t("Sign in again"))];
}

// What stands where a conversation has nothing to begin with.
export const welcome = () => h("div", { className: "debug-welcome" }, icon("flask-conical"),
  h("p", {}, t("Ask something. What stands on this page answers, as it is now; what is tried here appears in no log and no figure.")));

// `more()` is added to each question.
export function newRuns(more = () => ({})) {
  const prepare = async () => {
    const { version_id } = await draft.save();
    return { version_id, ...more() };
  };
  return new DraftRuns(new Socket(`/ws/apps/${page.app.id}/debug`), prepare);
}

export function settings() {
  const { config } = draft;
  const shown = paneSettings({ mode: page.app.mode, placeholder: t("Try a question"), parameters: { ...config, user_input_form: config.user_input_form ?? [] } });
  return { ...shown, asksFirst: false, isBeside: true };
}
