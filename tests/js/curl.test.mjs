import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCurl, wordsOf } from "@/canvas/forms/curl.js";

const says = (command, pattern) => assert.throws(() => parseCurl(command), pattern);

test("words are parted as a shell does", () => {
  assert.deepEqual(wordsOf(`curl 'a b' "c \\"d\\" $x" e\\ f`), ["curl", "a b", 'c "d" $x', "e f"]);
  assert.deepEqual(wordsOf("curl \\\n  -s\\\r\n x"), ["curl", "-s", "x"]);
  assert.deepEqual(wordsOf("curl $'it\\'s\\n' ''"), ["curl", "it's\n", ""]);
});

test("a plain address is a GET; its parameters stand apart", () => {
  const { method, url, params, headers, body, authorization } = parseCurl("curl 'https://example.com/search?q=two%20words&page=2'");
  assert.deepEqual([method, url, params, headers], ["get", "https://example.com/search", "q:two words\npage:2", ""]);
  assert.deepEqual(body, { type: "none", data: [] });
  assert.equal(authorization.type, "no-auth");
});

test("what browsers copy: headers, a key, JSON", () => {
  const found = parseCurl(`curl -X PUT https://api.example.com/v1/items -H 'Content-Type: application/json' -H 'Authorization: Bearer abc' -H 'X-Trace: a:b' --data-raw '{"a": 1}' --compressed`);
  assert.equal(found.method, "put");
  assert.equal(found.headers, "Content-Type:application/json\nX-Trace:a:b");
  assert.deepEqual(found.authorization, { type: "api-key", config: { type: "bearer", api_key: "abc", header: "" } });
  assert.deepEqual(found.body, { type: "json", data: [{ type: "text", value: '{"a": 1}' }] });
});

test("data makes a POST; several join; -G puts them into the address", () => {
  const found = parseCurl("curl example.com -d a=1 -d 'b=two words'");
  assert.deepEqual([found.method, found.url, found.body.type], ["post", "http://example.com", "x-www-form-urlencoded"]);
  assert.deepEqual(found.body.data, [{ key: "a", type: "text", value: "1" }, { key: "b", type: "text", value: "two words" }]);
  const asked = parseCurl("curl -G example.com --data-urlencode q=x -d n=1");
  assert.deepEqual([asked.method, asked.params, asked.body.type], ["get", "q:x\nn:1", "none"]);
});

test("forms with files, users, and options that say nothing of the request", () => {
  const form = parseCurl("curl -F 'file=@a.pdf;type=application/pdf' -F name=Ada -H 'content-type: multipart/form-data' https://example.com");
  assert.deepEqual(form.body, { type: "form-data", data: [{ key: "file", type: "file", value: "" }, { key: "name", type: "text", value: "Ada" }] });
  assert.equal(form.headers, "");
  const basic = parseCurl("curl -sSL -o out.json -u ada:secret --max-time 5 https://example.com");
  assert.deepEqual(basic.authorization.config, { type: "basic", api_key: "ada:secret", header: "" });
  assert.equal(basic.url, "https://example.com");
});

test("short options with their value joined, long ones with =", () => {
  const found = parseCurl("curl -XDELETE --header='A: 1' --url=https://example.com/x");
  assert.deepEqual([found.method, found.url, found.headers], ["delete", "https://example.com/x", "A:1"]);
  assert.equal(parseCurl("curl -I https://example.com").method, "head");
});

test("texts of other kinds, and JSON of its own option", () => {
  assert.equal(parseCurl("curl -H 'Content-Type: text/xml' -d '<a/>' https://example.com").body.type, "raw-text");
  const found = parseCurl("curl --json '{\"a\":1}' https://example.com");
  assert.deepEqual([found.body.type, found.method], ["json", "post"]);
});

test("references in the address stay", () => {
  assert.equal(parseCurl("curl 'https://example.com/{{#start.id#}}'").url, "https://example.com/{{#start.id#}}");
  assert.equal(parseCurl("curl 'https://example.com/x?id={{#start.id#}}#part'").params, "id:{{#start.id#}}");
});

test("what is no such command is told", () => {
  says("wget https://example.com", /must begin with curl/);
  says("curl -X POST", /no address/);
  says("curl 'https://example.com", /never closed/);
  says("", /must begin with curl/);
});
