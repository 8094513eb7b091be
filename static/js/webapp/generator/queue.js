// The rows of a batch and their way through the app, a few at a time. It draws nothing and tells of every change.
export const PARALLEL = 5; // a browser opens six connections to a server; the sixth stays free for stop, save and pages

export class Batch extends EventTarget {
  #generate;
  #running = new Map();

  // `generate(inputs, { signal, onDelta })` resolves to { text, messageId } or rejects with a sentence.
  constructor(runs, generate) {
    super();
    this.#generate = generate;
    this.rows = runs.map((run) => ({ ...run, status: "waiting", text: "", error: "", messageId: null }));
  }

  get isRunning() {
    return this.#running.size > 0;
  }

  count(...statuses) {
    return this.rows.filter(({ status }) => statuses.includes(status)).length;
  }

  start() {
    while (this.#running.size < PARALLEL) {
      const row = this.rows.find(({ status }) => status === "waiting");
      if (!row) break;
      this.#run(row);
    }
  }

  retryFailed() {
    for (const row of this.rows) if (row.status === "failed" || row.status === "stopped") this.#change(row, { status: "waiting", text: "", error: "" });
    this.start();
  }

  stop() {
    for (const row of this.rows) if (row.status === "waiting") this.#change(row, { status: "stopped" });
    for (const controller of this.#running.values()) controller.abort();
  }

  async #run(row) {
    const controller = new AbortController();
    this.#running.set(row, controller);
    this.#change(row, { status: "running" });
    const outcome = await this.#outcome(row, controller.signal);
    this.#running.delete(row);
    this.#change(row, outcome);
    this.start();
    if (!this.isRunning) this.dispatchEvent(new Event("end"));
  }

  async #outcome(row, signal) {
    try {
      const { text, messageId } = await this.#generate(row.inputs, { signal });
      return signal.aborted ? { status: "stopped", text, messageId } : { status: "done", text, messageId };
    } catch (error) {
      return signal.aborted ? { status: "stopped" } : { status: "failed", error: error.message };
    }
  }

  #change(row, changes) {
    Object.assign(row, changes);
    this.dispatchEvent(new CustomEvent("row", { detail: row }));
  }
}
