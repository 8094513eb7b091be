// The steps of a flow while it runs: one line for each node, those of an iteration or loop below it with their round.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";

const STARTS = new Set(["node_started", "iteration_started", "loop_started"]);
const ENDS = new Set(["node_finished", "iteration_completed", "loop_completed"]);
const ROUNDS = new Set(["iteration_next", "loop_next"]);
const LOOKS = {
  running: () => [icon("loader-circle"), t("Running"), "busy"],
  succeeded: () => [icon("check"), t("Done"), "ok"],
  failed: () => [icon("circle-alert"), t("Failed"), "bad"],
  exception: () => [icon("circle-alert"), t("Failed, and went on"), "warn"],
  stopped: () => [icon("square"), t("Stopped"), "warn"],
  waiting: () => [icon("clock"), t("Waiting for a person"), "warn"],
};
const duration = (seconds) => seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
const MOST = 500; // lines; a long iteration must not hold the page up

export class Steps {
  #lines = new Map(); // by the id of the node's run
  #count = 0;

  constructor() {
    this.list = h("ol", { className: "steps-list" });
    this.summary = h("span", {}, t("Steps"));
    this.element = h("details", { className: "flow-steps", hidden: true }, h("summary", {}, icon("workflow"), this.summary, icon("chevron-down")), this.list);
  }

  restart() {
    this.#lines.clear();
    this.#count = 0;
    this.list.replaceChildren();
  }

  // Takes every event of a run; those that are no steps change nothing.
  receive({ event, data }) {
    if (STARTS.has(event)) this.#start(data);
    else if (ENDS.has(event)) this.#finish(data);
    else if (ROUNDS.has(event)) this.#round(data);
    else if (event === "node_retry") this.#note(data, t("Tried again: {error}", { error: data.error ?? "" }));
    else if (event === "human_input_required") this.#wait(data);
  }

  #start(data) {
    this.#count += 1;
    this.element.hidden = false;
    this.summary.textContent = t("{count} steps", { count: this.#count });
    if (this.#count > MOST) return;
    const line = { state: h("span", { className: "chip" }), time: h("span", { className: "muted" }), note: h("span", { className: "steps-note" }), nodeId: data.node_id };
    const isInner = data.iteration_id || data.loop_id;
    line.element = h("li", { className: isInner ? "is-inner" : "" }, h("span", { className: "grow clip" }, data.title || data.node_type), line.time, line.state, line.note);
    this.#lines.set(data.id, line);
    this.#look(line, "running");
    this.list.append(line.element);
  }

  #finish(data) {
    const line = this.#lines.get(data.id);
    if (!line) return;
    this.#look(line, data.status);
    line.time.textContent = duration(Number(data.elapsed_time ?? 0));
    if (data.error) line.note.textContent = data.error;
  }

  #round(data) {
    this.#note(data, t("Round {number}", { number: data.index + 1 }));
  }

  #note(data, text) {
    const line = this.#lines.get(data.id);
    if (line) line.note.textContent = text;
  }

  #wait(data) {
    const line = [...this.#lines.values()].findLast(({ nodeId }) => nodeId === data.node_id);
    if (line) this.#look(line, "waiting");
  }

  #look(line, status) {
    const [image, label, tone] = (LOOKS[status] ?? LOOKS.succeeded)();
    line.state.className = `chip ${tone}`;
    line.state.replaceChildren(image, label);
  }
}
