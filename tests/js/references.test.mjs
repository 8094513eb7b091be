import assert from "node:assert/strict";
import { test } from "node:test";
import { referencesIn, renamed, usersOf, usersOfVariable } from "@/canvas/references.js";

const node = (id, data) => ({ id, type: "custom", data: { title: id.toUpperCase(), ...data } });
const config = {
  graph: {
    nodes: [
      node("ask", { type: "start", variables: [{ variable: "topic" }] }),
      node("write", { type: "llm", prompt_template: [{ role: "user", text: "On {{#ask.topic#}} for {{#conversation.name#}}: {{#sys.query#}}" }] }),
      node("join", { type: "variable-aggregator", variables: [["write", "text"], ["conversation", "name"]] }),
      node("send", { type: "tool", tool_parameters: { to: { type: "variable", value: ["conversation", "name", "first"] }, kinds: { type: "constant", value: "conversation.name" } } }),
      node("plain", { type: "code", code: "{{ name }}", unknown: { kept: [1, null] } }),
      { id: "note", type: "custom-note", data: { type: "", text: "hello" } },
    ],
    edges: [{ source: "ask", target: "write" }],
  },
  features: { opening_statement: "Hello {{#conversation.name#}}", file_upload: { enabled: false } },
  environment_variables: [],
};

test("references stand in texts, in selectors and in lists of them", () => {
  assert.deepEqual(referencesIn({ text: "{{#a.b.c#}} {{#env.key#}}", not: "{{#context#}} {{a.b}}" }), [["a", "b", "c"], ["env", "key"]]);
  assert.deepEqual(referencesIn({ value_selector: ["a", "b"], iterator_selector: [], variables: [["a", "c"], ["a"]], options: ["a", "b"] }), [["a", "b"], ["a", "c"]]);
  assert.deepEqual(referencesIn({ variables: [{ value_selector: ["a", "b"] }, { variable: "x" }] }), [["a", "b"]]);
  assert.deepEqual(referencesIn(null), []);
});

test("who refers to nodes is named, the nodes themselves are not", () => {
  assert.deepEqual(usersOf(config, ["ask"]), ["WRITE"]);
  assert.deepEqual(usersOf(config, ["ask", "write"]), ["JOIN"]);
  assert.deepEqual(usersOf(config, ["plain"]), []);
  assert.deepEqual(usersOf({}, ["ask"]), []);
});

test("who refers to a variable is named, what the app says among them", () => {
  assert.deepEqual(usersOfVariable(config, ["conversation", "name"]), ["WRITE", "JOIN", "SEND", "Features"]);
  assert.deepEqual(usersOfVariable(config, ["conversation", "nam"]), []);
});

test("a renamed variable is renamed everywhere, keys of objects stay", () => {
  const next = renamed(config, ["conversation", "name"], "who");
  assert.equal(next.graph.nodes[1].data.prompt_template[0].text, "On {{#ask.topic#}} for {{#conversation.who#}}: {{#sys.query#}}");
  assert.deepEqual(next.graph.nodes[2].data.variables, [["write", "text"], ["conversation", "who"]]);
  assert.deepEqual(next.graph.nodes[3].data.tool_parameters.to.value, ["conversation", "who", "first"]);
  assert.equal(next.features.opening_statement, "Hello {{#conversation.who#}}");
  assert.equal(config.features.opening_statement, "Hello {{#conversation.name#}}", "the old one is as it was");
});

test("what does not refer to it is the same object", () => {
  const next = renamed(config, ["conversation", "name"], "who");
  for (const place of [0, 4, 5]) assert.equal(next.graph.nodes[place], config.graph.nodes[place]);
  assert.equal(next.graph.edges, config.graph.edges);
  assert.equal(next.graph.nodes[3].data.tool_parameters.kinds, config.graph.nodes[3].data.tool_parameters.kinds);
  assert.equal(next.features.file_upload, config.features.file_upload);
  assert.equal(renamed(config, ["conversation", "other"], "who"), config);
});
