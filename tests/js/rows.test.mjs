import assert from "node:assert/strict";
import { test } from "node:test";
import { CsvProblem, readTable } from "@/webapp/generator/csv.js";
import { columnsOf, needsFiles, readRows } from "@/webapp/generator/rows.js";

const FIELDS = [
  { kind: "text-input", name: "topic", label: "Your topic", required: true, max_length: 10, options: [] },
  { kind: "select", name: "tone", label: "Tone", required: false, options: ["dry", "warm"] },
  { kind: "number", name: "words", label: "Words", required: false, options: [] },
  { kind: "checkbox", name: "short", label: "Short", required: false, options: [] },
];
const table = (text) => readTable(new TextEncoder().encode(text));
const rows = (text, fields = FIELDS) => readRows(table(text), fields);
const says = (text, pattern) => assert.throws(() => rows(text), (error) => error instanceof CsvProblem && pattern.test(error.message));

test("columns in any order, by name or label, optional ones left out", () => {
  assert.deepEqual(rows("TONE,Your Topic\nwarm,cats\n").runs, [{ number: 2, inputs: { tone: "warm", topic: "cats" } }]);
  assert.deepEqual(rows("topic\ncats\n").runs, [{ number: 2, inputs: { topic: "cats" } }]);
});

test("every kind of value", () => {
  const { runs, problems } = rows("topic,tone,words,short\n cats ,dry,-1.5,yes\ndogs,,,\n");
  assert.deepEqual(problems, []);
  assert.deepEqual(runs[0].inputs, { topic: " cats ", tone: "dry", words: -1.5, short: true });
  assert.deepEqual(runs[1].inputs, { topic: "dogs", short: false });
});

test("wrong columns are named", () => {
  says("subject,tone\na,dry\n", /no variable for these columns: subject\. Expected are: topic, tone, words, short/);
  says("tone\ndry\n", /lacks these columns: topic/);
  says("topic,Topic\na,b\n", /column topic stands there twice/);
});

test("what is wrong with a row is told with its number, all rows at once", () => {
  const { problems } = rows("topic,tone,words,short\n,dry,1,\ncats,loud,many,perhaps\nmuch too long,,,\na,dry,1,no,more\n");
  assert.deepEqual(problems, [
    "Row 2: topic is empty.",
    "Row 3: tone must be one of: dry, warm.",
    "Row 3: words must be a number.",
    "Row 3: short must be true or false.",
    "Row 4: topic is longer than 10 characters.",
    "Row 5 has more cells than the header. Text that holds a comma must stand in quotation marks.",
  ]);
});

test("a hundred rows run, one more is refused, empty ones do not count", () => {
  const hundred = `topic\n${"a\n\n".repeat(100)}`;
  assert.equal(rows(hundred).runs.length, 100);
  says(`${hundred}b\n`, /has 101 rows; at most 100/);
  says("topic\n\n", /no rows/);
});

test("files have no column", () => {
  const photo = { kind: "file", name: "photo", label: "Photo", required: true, options: [] };
  assert.deepEqual(columnsOf([...FIELDS, photo]).map(({ name }) => name), ["topic", "tone", "words", "short"]);
  assert.equal(needsFiles([photo]), true);
  assert.equal(needsFiles(FIELDS), false);
});
