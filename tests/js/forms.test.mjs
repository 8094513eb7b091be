import assert from "node:assert/strict";
import { test } from "node:test";
import { asLines, pairsOf } from "@/canvas/forms/lines.js";
import { at, movedTo, put, rowsOf, valuesAt } from "@/canvas/forms/paths.js";
import { fieldsOf, freshRow, kindOf, labelOf, resolve } from "@/canvas/forms/schema.js";

test("settings are written without changing what is shared", () => {
  const data = { a: { b: [{ c: 1 }, { c: 2 }] }, d: {} };
  const next = put(data, ["a", "b", 1, "c"], 3);
  assert.deepEqual(next, { a: { b: [{ c: 1 }, { c: 3 }] }, d: {} });
  assert.deepEqual(data.a.b[1], { c: 2 });
  assert.equal(next.d, data.d);
  assert.equal(next.a.b[0], data.a.b[0]);
  assert.deepEqual(put(null, ["x", 0, "y"], 1), { x: [{ y: 1 }] });
  assert.deepEqual(put({ a: 1, b: 2 }, ["a"], undefined), { b: 2 });
  assert.equal(at(data, ["a", "b", 0, "c"]), 1);
  assert.equal(at(data, ["no", "such"]), undefined);
  assert.deepEqual(movedTo(["a", "b", "c"], 0, 1), ["b", "a", "c"]);
  assert.deepEqual(movedTo(["a"], 0, -1), ["a"]);
  assert.deepEqual(valuesAt({ rows: [{ t: 1 }, { t: 2 }] }, "rows.*.t"), [1, 2]);
  assert.deepEqual(rowsOf({ text: "one" }), [{ text: "one" }]);
});

const ROOT = {
  $defs: { Row: { type: "object", properties: { name: { type: "string", default: "" }, on: { type: "boolean", default: false }, old: { type: "string", default: "", is_older: true } } } },
  properties: {
    mode: { type: "string", default: "a", options: ["a", "b"] },
    rare: { type: "string", shown_when: { mode: ["b"] } },
    rows: { type: "array", items: { $ref: "#/$defs/Row" }, place: 1 },
    perhaps: { anyOf: [{ $ref: "#/$defs/Row" }, { type: "null" }], default: null, modes: ["chat"] },
    hidden: { type: "string", is_hidden: true },
  },
};
const names = (value, mode = "chat") => fieldsOf(ROOT, ROOT, { value, mode }).map(({ name }) => name);

test("fields are shown when their neighbours say so, in their order", () => {
  assert.deepEqual(names({}), ["rows", "mode", "perhaps"]);
  assert.deepEqual(names({ mode: "b" }, "workflow"), ["rows", "mode", "rare"]);
});

test("references and null are read", () => {
  const found = resolve(ROOT.properties.perhaps, ROOT);
  assert.equal(found.isNullable, true);
  assert.equal(kindOf(found), "object");
  assert.equal(kindOf(ROOT.properties.rows), "rows");
  assert.equal(kindOf({ widget: "template", type: "string" }), "template");
  assert.deepEqual(freshRow(resolve(ROOT.properties.rows.items, ROOT), ROOT), { name: "", on: false });
  assert.equal(labelOf("query_variable_selector", {}), "Query variable");
});

test("lines are names and values, and back", () => {
  assert.deepEqual(pairsOf("A: 1\n\n b :c:d\nalone"), [["A", "1"], ["b", "c:d"], ["alone", ""]]);
  assert.deepEqual(pairsOf([{ key: "a", value: 1 }, { key: "" }]), [["a", "1"]]);
  assert.deepEqual(pairsOf({ a: "1" }), [["a", "1"]]);
  assert.equal(asLines([["a", "1"], ["b", "x\ny"]]), "a:1\nb:x y");
});
