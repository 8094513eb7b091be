// One generated text: its events over a connection of its own, so that several can grow side by side.
import { SseRuns } from "@/webapp/sse-runs.js";

// Gathers the pieces of a text. `onWrite(text)` hears of every change, `onEnd({ text, messageId, sources })`
// or `onFail(sentence)` of the end.
class Reader {
  constructor(hooks) {
    this.hooks = hooks;
    this.text = "";
    this.messageId = null;
  }

  restart() {
    this.text = "";
  }

  receive(event) {
    this.messageId ??= event.message_id ?? null;
    if (event.event === "message_replace") this.#write(event.answer);
    else if (event.event === "message") this.#write(this.text + event.answer);
    else if (event.event === "message_end") this.hooks.onEnd({ text: this.text, messageId: this.messageId, sources: event.metadata?.retriever_resources ?? [] });
    else if (event.event === "error") this.hooks.onFail(event.message);
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
