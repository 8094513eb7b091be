// JSON to and from the server. An error has `status`, and in `body` what the server said.
import { t } from "@/core/words.js";

const token = document.querySelector('meta[name="csrf-token"]').content;
const KEEPALIVE_BYTES = 60_000; // browsers refuse to send more once the page is gone

export const canLeaveWith = (value) => new Blob([JSON.stringify(value)]).size < KEEPALIVE_BYTES;

export async function ask(url, sent, { isLeaving = false } = {}) {
  const body = sent && JSON.stringify(sent);
  const response = await fetch(url, {
    method: body ? "POST" : "GET",
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token },
    body,
    keepalive: isLeaving && canLeaveWith(sent),
  }).catch(() => {
    throw Object.assign(new Error(t("The server could not be reached. Try again.")), { status: 0 });
  });
  const answer = await response.json().catch(() => null);
  if (response.ok && answer) return answer;
  throw Object.assign(new Error(answer?.message ?? t("That did not work. Try again.")), { status: response.status, body: answer });
}
