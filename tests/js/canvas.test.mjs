import assert from "node:assert/strict";
import { test } from "node:test";
import { arranged } from "@/canvas/arrange.js";
import { columns, depths } from "@/canvas/columns.js";
import { copyOf, pasted, readCopy, rewritten } from "@/canvas/copies.js";
import { freshNote, noteDocument, noteText } from "@/canvas/note-text.js";
import { outline } from "@/canvas/outline.js";
import { ranked } from "@/canvas/ranking.js";
import * as dagre from "../../static/vendor/layout.js";

const node = (id, type = "code", more = {}) => ({ id, position: { x: 0, y: 0 }, data: { type, title: id, ...more.data }, ...(more.inside ? { parentId: more.inside } : {}) });
const edge = (way) => {
  const [, source, sourceHandle, target] = way.match(/^(\w+)(?::(\w+))? -> (\w+)$/);
  return { id: way, source, sourceHandle: sourceHandle ?? "source", target };
};
const insideOf = ({ parentId }) => parentId ?? "";

// Copies

let made = 0;
const WELCOME = { isThere: () => false, isWelcome: () => true, newId: () => `new${(made += 1)}`, title: (wanted) => `${wanted} 2`, by: { x: 40, y: 40 } };
const putIn = (nodes, edges, ids, more = {}) => {
  made = 0;
  return pasted(readCopy(copyOf({ nodes, edges }, new Set(ids))), { ...WELCOME, ...more });
};

test("copies have ids, titles and places of their own, and the connections between them", () => {
  const { nodes, edges, left } = putIn([node("a"), node("b"), node("c")], [edge("a -> b"), edge("b -> c")], ["a", "b"]);
  assert.deepEqual(nodes.map(({ id, position, data }) => [id, position, data.title]), [["new1", { x: 40, y: 40 }, "a 2"], ["new2", { x: 40, y: 40 }, "b 2"]]);
  assert.deepEqual(edges.map(({ source, target }) => [source, target]), [["new1", "new2"]]);
  assert.deepEqual(left, []);
});

test("references among copies lead to the copies, others stay", () => {
  const settings = {
    text: "{{#a.text#}} and {{#other.text#}} and {{#a#}}", selector: ["a", "text"], start_node_id: "a", type: "a", options: ["a", "b"],
    deep: [{ value_selector: ["a", "x", "y"] }, ["other", "z"]],
  };
  assert.deepEqual(rewritten(settings, new Map([["a", "new1"]])), {
    text: "{{#new1.text#}} and {{#other.text#}} and {{#new1#}}", selector: ["new1", "text"], start_node_id: "new1", type: "a", options: ["a", "b"],
    deep: [{ value_selector: ["new1", "x", "y"] }, ["other", "z"]],
  });
});

test("what stands inside comes along and stays inside", () => {
  const nodes = [node("17start", "loop-start", { inside: "17", data: { loop_id: "17" } }), node("in", "code", { inside: "17", data: { loop_id: "17" } }), node("17", "loop", { data: { start_node_id: "17start" } })];
  const copies = putIn(nodes, [edge("17start -> in")], ["17", "17start", "in"]);
  const [around, start, inner] = copies.nodes;
  assert.deepEqual([around.id, start.id, inner.id], ["new1", "new1start", "new2"]);
  assert.equal(around.data.start_node_id, "new1start");
  assert.deepEqual([start.parentId, inner.parentId, inner.data.loop_id], ["new1", "new1", "new1"]);
  assert.deepEqual(inner.position, { x: 0, y: 0 });
});

test("an inner node without what was around it stands free; where that is there it stays inside", () => {
  const nodes = [node("in", "code", { inside: "17", data: { loop_id: "17", isInLoop: true } })];
  const [free] = putIn(nodes, [], ["in"]).nodes;
  assert.deepEqual([free.parentId, free.data.loop_id, free.data.isInLoop], [undefined, undefined, undefined]);
  const [inner] = putIn(nodes, [], ["in"], { isThere: (id) => id === "17" }).nodes;
  assert.deepEqual([inner.parentId, inner.data.loop_id], ["17", "17"]);
});

test("no second start; what stands inside of what stays away stays away too", () => {
  const nodes = [node("a", "start"), node("b"), node("17", "loop"), node("in", "code", { inside: "17" })];
  const { nodes: copies, edges, left } = putIn(nodes, [edge("a -> b")], ["a", "b", "17", "in"], { isWelcome: ({ data }) => data.type === "code" });
  assert.deepEqual(copies.map(({ data }) => data.title), ["b 2"]);
  assert.deepEqual(edges, []);
  assert.deepEqual(left.map(({ id }) => id), ["a", "17", "in"]);
});

test("other texts are no copies", () => {
  for (const text of ["", "hello", "{}", "[]", "null", '{"kind":"parley/nodes","version":2,"nodes":[],"edges":[]}', '{"kind":"parley/nodes","version":1,"nodes":[{"id":1}],"edges":[]}']) assert.equal(readCopy(text), null);
});

// Search

test("names that begin with what is searched for come first", () => {
  const type = (label, description = "") => ({ label, key: label.toLowerCase().replace(/\W+/g, "-"), description });
  const types = [type("Question classifier"), type("Notify", "Tells somebody."), type("If, else", "Takes a way."), type("Start"), type("Tool", "A way to an end, if any.")];
  assert.deepEqual(ranked(types, "if").map(({ label }) => label), ["If, else", "Question classifier", "Notify", "Tool"]);
  assert.deepEqual(ranked(types, "ELSE if").map(({ label }) => label), ["If, else"]);
  assert.deepEqual(ranked(types, "else").map(({ label }) => label), ["If, else"]);
  assert.deepEqual(ranked(types, "class quest").map(({ label }) => label), ["Question classifier"]);
  assert.deepEqual(ranked(types, "nothing like it"), []);
});

// Notes

const STORED = JSON.stringify({ root: { type: "root", children: [
  { type: "paragraph", children: [{ type: "text", text: "bold", format: 1 }, { type: "text", text: " end" }] },
  { type: "list", children: [{ type: "listitem", children: [{ type: "text", text: "one" }] }, { type: "listitem", children: [{ type: "text", text: "two" }] }] },
] } });

test("a note's text is read and written; lines that stay keep their looks", () => {
  assert.equal(noteText(STORED), "bold end\n• one\n• two");
  const { root } = JSON.parse(noteDocument("bold end\nnew\n• one\n• two", STORED));
  assert.deepEqual(root.children.map(({ type }) => type), ["paragraph", "paragraph", "list"]);
  assert.equal(root.children[0].children[0].format, 1);
  assert.equal(noteText(noteDocument("a\n\nb")), "a\n\nb");
  assert.equal(noteText("plain"), "plain");
  assert.equal(noteText(freshNote({ x: 0, y: 0 }, "1").data.text), "");
});

// The list

const VIEW = {
  insideOf, isStart: ({ data }) => data.type === "start" || data.type.endsWith("-start"),
  handlesOf: ({ data }) => (data.type === "if" ? [{ id: "true", label: "" }, { id: "false", label: "" }] : data.type === "end" ? [] : [{ id: "source", label: null }]),
};
const shape = (entries) => entries.map(({ id, ways, inner }) => {
  const nested = ways.map(({ sequences, links }) => [...sequences.flatMap(shape), ...links.map((link) => `-> ${link}`)]);
  const parts = [...(nested.some((way) => way.length) ? [nested] : []), ...(inner ? [{ inner: shape(inner.sequence) }] : [])];
  return parts.length ? [id, ...parts] : id;
});
const listed = (nodes, ways) => {
  const { sequence, unreached } = outline({ nodes, edges: ways.map(edge) }, VIEW);
  return [shape(sequence), shape(unreached)];
};

test("what follows stands below; ways stand inside their node; where they meet it goes on below", () => {
  const nodes = [node("s", "start"), node("q", "if"), node("a"), node("b"), node("m"), node("z", "end")];
  const ways = [[["a", [["-> m"]]]], [["b", [["-> m"]]]]].flat().map((entry) => [entry]);
  assert.deepEqual(listed(nodes, ["s -> q", "q:true -> a", "q:false -> b", "a -> m", "b -> m", "m -> z"]), [["s", ["q", ways], "m", "z"], []]);
});

test("unreached nodes come last, chains of them in order", () => {
  assert.deepEqual(listed([node("s", "start"), node("y"), node("x"), node("z", "end")], ["s -> z", "x -> y"]), [["s", "z"], ["x", "y"]]);
});

test("containers hold their own list, also without a node to begin with", () => {
  const nodes = [node("s", "start"), node("l", "loop"), node("in1", "code", { inside: "l" }), node("in2", "code", { inside: "l" }), node("z", "end")];
  assert.deepEqual(listed(nodes, ["s -> l", "l -> z", "in1 -> in2"]), [["s", ["l", { inner: ["in1", "in2"] }], "z"], []]);
});

test("several that follow one way, several starts, circles: each node is listed once", () => {
  const ids = (entries) => entries.flatMap(({ id, ways, inner }) => [id, ...ways.flatMap(({ sequences }) => sequences.flatMap(ids)), ...(inner ? ids(inner.sequence) : [])]);
  const once = (nodes, ways) => {
    const { sequence, unreached } = outline({ nodes, edges: ways.map(edge) }, VIEW);
    assert.deepEqual([...ids(sequence), ...ids(unreached)].sort(), nodes.map(({ id }) => id).sort());
  };
  once([node("s", "start"), node("t", "start"), node("a"), node("b"), node("c")], ["s -> a", "s -> b", "t -> b", "a -> c", "b -> c", "t -> c"]);
  once([node("s", "start"), node("a"), node("b"), node("c")], ["s -> a", "a -> b", "b -> c", "c -> a"]);
  once([node("a"), node("b")], ["a -> b", "b -> a"]);
  once([node("s", "start"), node("q", "if"), node("a")], ["s -> q", "q:true -> a", "q:false -> a", "q:gone -> a"]);
});

// Places

test("depths are those of the longest way, circles end", () => {
  const nodes = [node("a"), node("b"), node("c"), node("d"), node("e")];
  assert.deepEqual([...depths(nodes, ["a -> b", "b -> c", "a -> c", "d -> e", "e -> d"].map(edge)).values()], [0, 1, 2, 0, 0]);
});

test("columns leave room for what is wide", () => {
  const nodes = [node("a"), node("l"), node("i", "code", { inside: "l" }), node("j", "code", { inside: "l" }), node("z")];
  const places = columns(nodes, ["a -> l", "l -> z", "i -> j"].map(edge), insideOf);
  assert.ok(places.get("z").x >= places.get("l").x + places.get("j").x + 232);
});

const sized = (one, more = {}) => ({ id: one.id, inside: insideOf(one), isNote: false, position: one.position, size: { width: 232, height: 80 }, ...more });

test("nodes are put from left to right, containers around what they hold, notes beside their nodes", () => {
  const nodes = [node("a"), node("l"), node("i", "code", { inside: "l" }), node("j", "code", { inside: "l" }), node("z")].map((one) => sized(one));
  const note = sized({ id: "n", position: { x: 10, y: -200 } }, { isNote: true });
  nodes[4].position = { x: 2000, y: 0 };
  const { positions, sizes } = arranged([...nodes, note], ["a -> l", "l -> z", "i -> j"].map(edge), dagre);
  assert.ok(positions.get("a").x + 232 < positions.get("l").x);
  assert.ok(positions.get("l").x + sizes.get("l").width < positions.get("z").x);
  assert.ok(positions.get("j").x + 232 < sizes.get("l").width);
  assert.deepEqual(positions.get("n"), { x: 10 + positions.get("a").x, y: -200 + positions.get("a").y });
});

test("of some nodes only those are moved", () => {
  const nodes = ["a", "b", "c"].map((id) => sized(node(id)));
  const { positions, sizes } = arranged(nodes, ["a -> b", "b -> c"].map(edge), dagre, new Set(["a", "b"]));
  assert.deepEqual([...positions.keys()], ["a", "b"]);
  assert.equal(sizes.size, 0);
});
