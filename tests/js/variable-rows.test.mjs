import assert from "node:assert/strict";
import { test } from "node:test";
import { faultOfName, newUuid, valueOf, valueText } from "@/canvas/variable-rows.js";

const says = (text, type, pattern) => assert.throws(() => valueOf(text, type), (error) => pattern.test(error.message));

test("names are those that references can name, and each is there once", () => {
  for (const name of ["a", "_x1", "A".repeat(30)]) assert.equal(faultOfName(name, []), "");
  for (const name of ["", "1a", "a-b", "ü", "A".repeat(31)]) assert.match(faultOfName(name, []), /30 letters/);
  assert.match(faultOfName("a", ["b", "a"]), /already/);
});

test("what is typed becomes a value of the type", () => {
  assert.equal(valueOf(" as it is ", "string"), " as it is ");
  assert.equal(valueOf("1,5", "number"), 1.5);
  assert.deepEqual(valueOf('{"a": 1}', "object"), { a: 1 });
  assert.deepEqual(valueOf("[true, false]", "array[boolean]"), [true, false]);
  assert.deepEqual(valueOf('["a"]', "array[any]"), ["a"], "types nobody knows are taken");
});

test("nothing typed is the type's own nothing: the format has no null", () => {
  const empty = Object.entries({ string: "", number: 0, boolean: false, object: {}, "array[string]": [] });
  for (const [type, value] of empty) assert.deepEqual(valueOf("", type), value);
  assert.notEqual(valueOf("", "array[string]"), valueOf("", "array[string]"), "each its own");
});

test("what does not fit is said", () => {
  says("many", "number", /number/);
  says("{", "object", /no JSON/);
  says("[]", "object", /object such as/);
  says("[1]", "array[string]", /list such as \["a", "b"\]/);
  says("[null]", "array[object]", /list such as/);
});

test("values are shown as they are typed", () => {
  assert.equal(valueText({ value: "[1]", value_type: "array[number]" }), "[1]", "older files hold texts");
  assert.equal(valueText({ value: [1], value_type: "array[number]" }), "[1]");
  assert.equal(valueText({ value: null, value_type: "string" }), "");
});

test("ids have the form of UUIDs where the browser makes none, too", () => {
  const { randomUUID } = crypto;
  crypto.randomUUID = undefined;
  assert.match(newUuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  crypto.randomUUID = randomUUID;
});
