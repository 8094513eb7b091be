// A run as it is told, event by event, or as it was stored: its nodes in their order, with rounds, and its outcome.
// Knows no page, so that Node can test it.
const STARTS = new Set(["node_started", "iteration_started", "loop_started"]);
const ENDS = new Set(["node_finished", "iteration_completed", "loop_completed"]);
const ROUNDS = new Set(["iteration_next", "loop_next"]);
const DETAILS = ["inputs", "process_data", "outputs"];

const lengthOf = ({ metadata }) => metadata?.iteration_length ?? metadata?.loop_length ?? null;
const insideOf = (data) => data.iteration_id || data.loop_id || null;
const roundOf = (data) => data.iteration_index ?? data.loop_index ?? data.execution_metadata?.iteration_index ?? data.execution_metadata?.loop_index ?? null;
const isRunning = ({ status }) => status === "running" || status === "paused";

export class RunRecord {
  constructor({ isReplay = false } = {}) {
    this.isReplay = isReplay;
    this.restart();
  }

  // The events come again, from the first one.
  restart() {
    Object.assign(this, {
      id: null, taskId: null, status: "running", error: "", lacks: null, outputs: null, inputs: null, text: "", whole: {},
      elapsed_time: null, total_tokens: null, total_steps: null, who: "", version: null, created_at: null, hasMore: false, isStored: false, messageId: null,
    });
    this.rows = []; // all of them
    this.top = []; // those that stand inside nothing
    this.forms = []; // what people are asked, while it waits
    this.byId = new Map();
    this.byNode = new Map(); // the runs of each node, in their order
    this.changed = new Set(); // rows, since `takeChanges`
  }

  get isOver() {
    return !["running", "paused"].includes(this.status);
  }

  takeChanges() {
    const changed = [...this.changed];
    this.changed.clear();
    return changed;
  }

  receive(event) {
    const { event: kind, data } = event;
    this.id ??= event.workflow_run_id ?? event.message_id ?? null;
    this.taskId ??= event.task_id ?? null;
    if (STARTS.has(kind)) this.#start(data);
    else if (ENDS.has(kind)) this.#finish(data);
    else if (ROUNDS.has(kind)) this.#next(data);
    else if (kind === "node_retry") this.#retry(data);
    else if (kind === "text_chunk") this.text += data.text;
    else if (kind === "message") this.text += event.answer;
    else if (kind === "message_replace") this.text = event.answer;
    else if (kind === "workflow_started") this.#begin(data);
    else if (kind === "human_input_required") this.forms.push(data);
    else if (kind === "workflow_paused") this.#pause(data);
    else if (kind === "workflow_finished") this.#end(data);
    else if (kind === "error") this.#fail(event);
  }

  #begin(data) {
    Object.assign(this, { id: data.id, inputs: data.inputs, status: "running", created_at: data.created_at });
    if (data.reason !== "resumption") return;
    this.forms = [];
    for (const row of this.rows) if (row.status === "paused") this.#change(row, { status: "running" });
  }

  #start(data) {
    const known = this.byId.get(data.id);
    if (known) return this.#change(known, { status: "running" });
    const inside = insideOf(data);
    const parent = inside ? this.byNode.get(inside)?.at(-1) ?? null : null;
    const row = {
      id: data.id, nodeId: data.node_id, type: data.node_type, title: data.title, status: "running", error: "", elapsed_time: null, tokens: 0,
      inputs: data.inputs ?? null, process_data: null, outputs: null, metadata: null, retries: [], whole: {},
      parent, round: roundOf(data) ?? parent?.now ?? null, rounds: lengthOf(data), now: null, inner: new Map(),
    };
    this.rows.push(row);
    this.byId.set(row.id, row);
    if (!this.byNode.has(row.nodeId)) this.byNode.set(row.nodeId, []);
    this.byNode.get(row.nodeId).push(row);
    if (parent) this.#place(row, row.round ?? 0);
    else this.top.push(row);
    this.changed.add(row);
    return row;
  }

  // Into the round of its parent.
  #place(row, round) {
    const { inner } = row.parent;
    if (row.round !== null) {
      const before = inner.get(row.round);
      const place = before?.indexOf(row) ?? -1;
      if (place >= 0) before.splice(place, 1);
    }
    row.round = round;
    if (!inner.has(round)) inner.set(round, []);
    inner.get(round).push(row);
    this.changed.add(row.parent);
  }

  #finish(data) {
    const row = this.byId.get(data.id) ?? this.#start(data);
    const round = roundOf(data);
    if (row.parent && round !== null && round !== row.round) this.#place(row, round);
    const metadata = data.execution_metadata ?? null;
    this.#change(row, {
      ...Object.fromEntries(DETAILS.map((name) => [name, data[name] ?? null])), status: data.status, error: data.error ?? "",
      elapsed_time: data.elapsed_time ?? null, metadata, tokens: metadata?.total_tokens ?? 0, whole: data.whole ?? {},
    });
  }

  #next(data) {
    const row = this.byId.get(data.id);
    if (row) this.#change(row, { now: data.index });
  }

  #retry(data) {
    const row = this.byId.get(data.id) ?? this.#start(data);
    this.#change(row, { retries: [...row.retries, { number: data.retry_index, error: data.error ?? "", elapsed_time: data.elapsed_time }] });
  }

  #pause(data) {
    const waiting = new Set(data.paused_nodes ?? []);
    Object.assign(this, { status: "paused", outputs: data.outputs ?? null, elapsed_time: data.elapsed_time, total_tokens: data.total_tokens, total_steps: data.total_steps });
    this.#settle((row) => (waiting.has(row.nodeId) ? "paused" : "stopped"));
  }

  #end(data) {
    Object.assign(this, {
      id: data.id ?? this.id, status: data.status, error: data.error ?? "", outputs: data.outputs ?? null, elapsed_time: data.elapsed_time,
      total_tokens: data.total_tokens, total_steps: data.total_steps, forms: [],
    });
    this.#settle(() => (data.status === "failed" ? "failed" : "stopped"));
  }

  // An error that no end of the flow told of: it did not begin, or broke.
  #fail({ message, code, params }) {
    if (this.isOver && this.error) return;
    Object.assign(this, { status: "failed", error: message, lacks: code === "upstream_missing" ? params : null, forms: [] });
    this.#settle(() => "stopped");
  }

  // Nothing stays running once a run is over.
  #settle(statusOf) {
    for (const row of this.rows) if (isRunning(row)) this.#change(row, { status: statusOf(row) });
  }

  #change(row, changes) {
    Object.assign(row, changes);
    this.changed.add(row);
  }

  // What the run has cost, as [currency, price], once it is over and where all its steps are known.
  get prices() {
    const sums = new Map();
    for (const { metadata } of this.isOver && !this.hasMore ? this.rows : []) {
      const price = Number(metadata?.total_price);
      if (price > 0) sums.set(metadata.currency || "USD", (sums.get(metadata.currency || "USD") ?? 0) + price);
    }
    return [...sums];
  }

  // Nodes that failed, the last first.
  get failed() {
    return this.rows.filter(({ status }) => status === "failed").reverse();
  }
}

// What a card says of a node.
export function markOf(row) {
  const { status, elapsed_time, tokens, error, now, inner } = row;
  const rounds = row.rounds ?? (inner.size || null);
  return { status, elapsed_time, tokens, error, rounds, round: status === "running" ? (now ?? -1) + 1 : inner.size };
}

// A run as it is stored: what GET debug/runs/<id> answers.
export function replayed({ run, nodes, has_more: hasMore }) {
  const record = new RunRecord({ isReplay: true });
  for (const node of nodes) {
    record.receive({ event: "node_started", data: node });
    record.receive({ event: "node_finished", data: node });
  }
  const { status } = run;
  record.receive({ event: status === "paused" ? "workflow_paused" : "workflow_finished", data: { ...run, paused_nodes: [] } });
  Object.assign(record, { inputs: run.inputs, whole: run.whole, who: run.who, version: run.version ?? null, created_at: run.created_at, taskId: run.task_id, status, hasMore, isStored: true, messageId: run.message_id });
  return record;
}
