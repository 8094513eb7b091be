import assert from "node:assert/strict";
import { test } from "node:test";
import { RunRecord, markOf, replayed } from "@/canvas/runs/record.js";

const started = (id, more = {}) => ({ event: "node_started", data: { id: `run-${id}`, node_id: id, node_type: "llm", title: id, ...more } });
const finished = (id, more = {}) => ({ event: "node_finished", data: { id: `run-${id}`, node_id: id, node_type: "llm", title: id, status: "succeeded", elapsed_time: 0.5, ...more } });
const each = { id: "run-each", node_id: "each", node_type: "iteration", title: "each" };

function told(...events) {
  const record = new RunRecord();
  events.forEach((event) => record.receive(event));
  return record;
}

test("a node is told of from its beginning to its end", () => {
  const record = told({ event: "workflow_started", workflow_run_id: "1", task_id: "2", data: { id: "1", inputs: { a: 1 } } }, started("write"));
  assert.equal(markOf(record.rows[0]).status, "running");
  record.receive(finished("write", { outputs: { text: "hi" }, execution_metadata: { total_tokens: 7 } }));
  assert.deepEqual([record.rows[0].status, record.rows[0].outputs, record.rows[0].tokens, record.taskId], ["succeeded", { text: "hi" }, 7, "2"]);
  assert.equal(record.takeChanges().length, 1);
  assert.equal(record.takeChanges().length, 0);
});

test("what stands inside an iteration belongs to the round it says", () => {
  const record = told({ event: "iteration_started", data: { ...each, metadata: { iteration_length: 2 } } });
  for (const index of [0, 1]) record.receive({ event: "iteration_next", data: { ...each, index } });
  record.receive({ event: "node_started", data: { id: "a", node_id: "say", title: "say", iteration_id: "each" } });
  assert.equal(record.byId.get("a").round, 1);
  record.receive({ event: "node_finished", data: { id: "a", node_id: "say", title: "say", iteration_id: "each", status: "succeeded", execution_metadata: { iteration_index: 0 } } });
  assert.equal(record.byId.get("a").round, 0);
  const [row] = record.top;
  assert.deepEqual([record.top.length, row.inner.get(0).length, row.inner.get(1)?.length ?? 0], [1, 1, 0]);
  assert.deepEqual([markOf(row).round, markOf(row).rounds], [2, 2]);
});

test("nothing is left running once a run is over", () => {
  for (const [last, status] of [
    [{ event: "workflow_finished", data: { status: "stopped" } }, "stopped"],
    [{ event: "workflow_finished", data: { status: "failed", error: "no" } }, "failed"],
    [{ event: "error", code: "connection_lost", message: "gone" }, "stopped"],
    [{ event: "workflow_paused", data: { paused_nodes: ["write"] } }, "paused"],
  ]) assert.equal(told(started("write"), last).rows[0].status, status);
});

test("an error after the end of the flow does not hide why it ended", () => {
  const record = told({ event: "workflow_finished", data: { status: "failed", error: "the node broke" } }, { event: "error", message: "the run broke" });
  assert.equal(record.error, "the node broke");
});

test("what a run refers to and has not got is told", () => {
  assert.equal(told({ event: "error", code: "upstream_missing", params: "write", message: "Run write first." }).lacks, "write");
});

test("a stored run is as one that was told", () => {
  const inner = { node_id: "say", title: "say", node_type: "llm", status: "succeeded", loop_id: "each", loop_index: 3 };
  const record = replayed({ run: { id: "1", status: "succeeded", inputs: { a: 1 }, outputs: { b: 2 }, whole: {} }, nodes: [{ ...each, status: "succeeded" }, { ...inner, id: "x" }], has_more: false });
  assert.deepEqual([record.status, record.isReplay, record.outputs, record.top.length], ["succeeded", true, { b: 2 }, 1]);
  assert.deepEqual([...record.top[0].inner.keys()], [3]);
});

test("what a run has cost is known once it is over, and of all its steps", () => {
  const step = (id, price, currency) => finished(id, { execution_metadata: { total_price: price, currency } });
  const record = told(step("a", "0.002", "USD"), step("b", "0.0005", "USD"), step("c", "0", "USD"), step("d", "1", "CNY"));
  assert.deepEqual(record.prices, []);
  record.receive({ event: "workflow_finished", data: { status: "succeeded" } });
  assert.deepEqual(record.prices.map(([currency, price]) => [currency, Number(price.toFixed(6))]), [["USD", 0.0025], ["CNY", 1]]);
  record.hasMore = true;
  assert.deepEqual(record.prices, []);
});
