// Turns as server-sent events, for networks that let no websocket through; used like SocketRuns.
import { Run } from "@/core/runs.js";
import { t } from "@/core/words.js";
import { events } from "@/webapp/sse.js";

const TRIES = 5;
const FIRST_WAIT_MS = 500;
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// Where a run begins, where it is stopped by its task, where its events come again.
const PATHS = {
  chat: { start: "chat-messages", stop: "chat-messages", again: "messages" },
  completion: { start: "completion-messages", stop: "completion-messages", again: "messages" },
  workflow: { start: "workflows/run", stop: "workflows/tasks", again: "workflows" },
};

export class SseRuns extends EventTarget {
  #client;
  #path;
  #run = null;

  constructor(client) {
    super();
    this.#client = client;
    this.#path = PATHS[client.mode] ?? PATHS.chat;
  }

  get isOpen() {
    return true; // each turn opens its own
  }

  start({ type, ...message }, reader) {
    this.#run = new Run(message, reader);
    this.#follow(this.#run, () => this.#client.fetch("POST", this.#path.start, { body: { ...message, response_mode: "streaming" } }));
  }

  // A turn that another request begins, such as "more like this"; `request()` gives its response.
  open(request, reader) {
    this.#run = new Run(null, reader);
    this.#follow(this.#run, request);
  }

  attach(messageId, reader) {
    this.#run = new Run(null, reader);
    this.#run.messageId = messageId;
    this.#follow(this.#run, () => this.#again(messageId));
  }

  stop() {
    const run = this.#run;
    if (!run) return;
    run.isStopWanted = true;
    if (run.taskId) this.#client.post(`${this.#path.stop}/${run.taskId}/stop`).catch(() => {});
  }

  leave() {
    this.#run = null; // #read sees it at the next event, and lets the stream go
  }

  close() {
    this.leave();
  }

  #again(messageId) {
    return this.#client.fetch("GET", `${this.#path.again}/${messageId}/events`);
  }

  async #follow(run, open) {
    try {
      if (await this.#read(run, await open())) return;
    } catch (error) {
      if (!run.messageId) {
        this.#end(run);
        run.fail(error.code, error.message);
        return;
      }
    }
    await this.#resume(run);
  }

  // Reads until the last event; false if the stream broke off before it, or the turn was given up.
  async #read(run, response) {
    for await (const event of events(response)) {
      if (this.#run !== run) return true;
      const wasStoppable = Boolean(run.taskId);
      if (run.receive(event)) {
        this.#end(run);
        return true;
      }
      if (run.isStopWanted && !wasStoppable && run.taskId) this.stop();
    }
    return false;
  }

  async #resume(run) {
    for (let tries = 0; run.messageId && tries < TRIES && this.#run === run; tries++) {
      await pause(FIRST_WAIT_MS * 2 ** tries);
      try {
        const response = await this.#again(run.messageId);
        run.reader.restart();
        if (await this.#read(run, response)) return;
      } catch (error) {
        if (error.status === 404) break;
      }
    }
    if (this.#run !== run) return;
    this.#end(run);
    if (run.messageId) run.fail("connection_lost", t("The connection was lost. Reload the page to see the whole answer."));
    else run.loseBeforeItBegan();
  }

  #end(run) {
    if (this.#run === run) this.#run = null;
  }
}
