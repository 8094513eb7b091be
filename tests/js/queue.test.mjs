import assert from "node:assert/strict";
import { test } from "node:test";
import { Batch, PARALLEL } from "@/webapp/generator/queue.js";

const runs = (count) => Array.from({ length: count }, (_, index) => ({ number: index + 2, inputs: { n: index } }));
const ended = (batch) => new Promise((resolve) => { batch.addEventListener("end", resolve, { once: true }); });
const statuses = (batch) => batch.rows.map(({ status }) => status);

test("all rows run, never more than a few at a time, and a failed one holds nobody up", async () => {
  let now = 0;
  let most = 0;
  const batch = new Batch(runs(100), async ({ n }) => {
    now += 1;
    most = Math.max(most, now);
    await new Promise(setImmediate);
    now -= 1;
    if (n % 10 === 3) throw new Error("The model is busy.");
    return { text: `text ${n}`, messageId: String(n) };
  });
  batch.start();
  await ended(batch);
  assert.equal(most, PARALLEL);
  assert.deepEqual([batch.count("done"), batch.count("failed")], [90, 10]);
  assert.equal(batch.rows[3].error, "The model is busy.");
  assert.equal(batch.rows[4].text, "text 4");
});

test("only failed rows run again", async () => {
  const seen = [];
  let isBroken = true;
  const batch = new Batch(runs(6), async ({ n }) => {
    seen.push(n);
    if (isBroken && n > 3) throw new Error("no");
    return { text: "ok", messageId: null };
  });
  batch.start();
  await ended(batch);
  isBroken = false;
  batch.retryFailed();
  await ended(batch);
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 4, 5]);
  assert.equal(batch.count("done"), 6);
});

test("stopping ends what runs and what waits, keeps what is done, and can be gone on with", async () => {
  let open;
  const gate = new Promise((resolve) => { open = resolve; });
  const batch = new Batch(runs(8), async ({ n }, { signal }) => {
    if (n === 0) return { text: "first", messageId: "1" };
    await Promise.race([gate, new Promise((resolve) => { signal.addEventListener("abort", resolve); })]);
    return { text: signal.aborted ? "half" : "whole", messageId: null };
  });
  batch.start();
  await new Promise(setImmediate);
  batch.stop();
  await ended(batch);
  assert.deepEqual(statuses(batch), ["done", ...Array(7).fill("stopped")]);
  assert.equal(batch.rows[1].text, "half");
  open();
  batch.retryFailed();
  await ended(batch);
  assert.equal(batch.count("done"), 8);
});

test("every change of a row is told", async () => {
  const told = [];
  const batch = new Batch(runs(1), async () => ({ text: "x", messageId: null }));
  batch.addEventListener("row", ({ detail }) => told.push(detail.status));
  batch.start();
  await ended(batch);
  assert.deepEqual(told, ["running", "done"]);
});
