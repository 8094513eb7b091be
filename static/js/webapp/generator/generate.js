// One generated text: its events over a connection of its own, so that several can grow side by side.
import { t } from "@/core/words.js";
import { outputsText } from "@/webapp/generator/outputs.js";
import { SseRuns } from "@/webapp/sse-runs.js";

// Gathers the pieces of a text. `onWrite(text)` hears of every change, `onStep(event)` of a workflow's steps,
// `onEnd({ text, messageId, sources })` or `onFail(sentence)` of the end.
class Reader {
  constructor(hooks) {
    this.hooks = hooks;
    this.text = "";
    this.messageId = null;
  }

  restart() {
    this.text = "";
    this.hooks.onRestart?.();
  }

  receive(event) {
    this.messageId ??= event.message_id ?? null;
    if (event.event === "message_replace") this.#write(event.answer);
    else if (event.event === "message") this.#write(this.text + event.answer);
    else if (event.event === "message_end") this.hooks.onEnd({ text: this.text, messageId: this.messageId, sources: event.metadata?.retriever_resources ?? [] });
    else if (event.event === "error") this.hooks.onFail(event.message);
    else if (event.event === "text_chunk") this.#write(this.text + event.data.text);
    else if (event.event === "workflow_finished") this.#finish(event.data);
    else if (event.event === "workflow_paused") this.hooks.onFail(t("The workflow waits for a person. It goes on by itself once its form is filled in."));
    if (event.data) this.hooks.onStep?.(event);
  }

  // A workflow's texts came as they were written; what it brings in the end counts.
  #finish({ status, outputs, error }) {
    if (status === "failed") {
      this.hooks.onFail(error || t("The workflow failed."));
      return;
    }
    const text = outputsText(outputs) || this.text;
    if (text !== this.text) this.#write(text);
    this.hooks.onEnd({ text, messageId: null, sources: [] });
  }

  #write(text) {
    this.text = text;
    this.hooks.onWrite?.(text);
  }
}

// Starts a text and gives { stop() }.
export function generate(client, { inputs, files = [] }, hooks) {
  const runs = new SseRuns(client);
  runs.start({ inputs, files }, new Reader(hooks));
  return runs;
}

// Another text from the same inputs as an earlier one.
export function generateLike(client, messageId, hooks) {
  const runs = new SseRuns(client);
  const request = () => client.fetch("GET", `messages/${messageId}/more-like-this`, { query: { response_mode: "streaming" } });
  runs.open(request, new Reader(hooks));
  return runs;
}

// The whole text, for rows of a batch: { text, messageId }. What was written before `signal` stopped it is kept.
export function generateWhole(client, inputs, { signal }) {
  return new Promise((resolve, reject) => {
    const run = generate(client, { inputs }, { onEnd: resolve, onFail: (sentence) => reject(new Error(sentence)) });
    signal.addEventListener("abort", () => run.stop(), { once: true });
  });
}
