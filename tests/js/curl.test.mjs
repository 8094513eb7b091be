import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCurl } from "@/canvas/forms/curl.js";

const NOBODY = { type: "no-auth", config: null };
const row = (key, value) => ({ key, type: "text", value });
const says = (text, pattern) => assert.throws(() => parseCurl(text), (error) => pattern.test(error.message));

test("an address alone is got, its parameters stand apart", () => {
  assert.deepEqual(parseCurl("curl https://example.org/find?q=tea%20time&page=2#top"), {
    method: "get", url: "https://example.org/find", params: "q: tea time\npage: 2", headers: "", body: { type: "none", data: [] }, authorization: NOBODY,
  });
  assert.equal(parseCurl("curl example.org").url, "https://example.org");
  assert.equal(parseCurl("curl '{{#env.base#}}/v1?x={{#start.x#}}#part'").url, "{{#env.base#}}/v1");
});

test("what browsers copy: lines that go on, quotes, flags together", () => {
  const found = parseCurl(`curl 'https://example.org/a' \\
    -H 'accept: */*' \\
    -H "x-note: say \\"hi\\"" \\
    -sSL --compressed \\
    --data-raw $'{"text":"it\\'s \\u0041"}' | jq .`);
  assert.equal(found.method, "post");
  assert.equal(found.headers, 'accept: */*\nx-note: say "hi"');
  assert.deepEqual(found.body, { type: "json", data: [row("", '{"text":"it\'s A"}')] });
  assert.equal(parseCurl('curl -X POST ^\r\n "https://example.org/b"').url, "https://example.org/b");
  const windows = parseCurl('curl ^"https://example.org/c^" ^\r\n  -H ^"content-length: 9^" ^\r\n  --data-raw ^"^{^\\^"a^\\^":1^}^"');
  assert.deepEqual([windows.url, windows.headers, windows.body.data[0].value], ["https://example.org/c", "", '{"a":1}']);
});

test("methods", () => {
  for (const text of ["curl -XPUT https://a.b", "curl -X PUT https://a.b", "curl --request put https://a.b"]) assert.equal(parseCurl(text).method, "put");
  assert.equal(parseCurl("curl -I https://a.b").method, "head");
  says("curl -X BREW https://a.b", /BREW/);
});

test("data is a form, JSON or a text", () => {
  assert.deepEqual(parseCurl("curl https://a.b -d a=1 -d 'b=x+y' --data-urlencode 'c=1&2'").body, { type: "x-www-form-urlencoded", data: [row("a", "1"), row("b", "x y"), row("c", "1&2")] });
  const json = parseCurl("curl https://a.b --json '{\"a\": 1}'");
  assert.deepEqual([json.method, json.body.type, json.body.data[0].value], ["post", "json", '{"a": 1}']);
  const typed = parseCurl("curl https://a.b -H 'Content-Type: application/json' -d '{\"q\": {{#start.q#}}}'");
  assert.deepEqual([typed.body.type, typed.headers], ["json", ""]);
  const text = parseCurl("curl https://a.b -H 'Content-Type: text/csv' --data-binary 'a;b'");
  assert.deepEqual([text.body, text.headers], [{ type: "raw-text", data: [row("", "a;b")] }, "Content-Type: text/csv"]);
});

test("-G puts the data into the address", () => {
  const found = parseCurl("curl -G https://a.b?x=1 -d q=tea --data-urlencode 'city=São Paulo'");
  assert.deepEqual([found.method, found.params, found.body.type], ["get", "x: 1\nq: tea\ncity: São Paulo", "none"]);
});

test("parts of forms, files among them", () => {
  assert.deepEqual(parseCurl("curl https://a.b -F name=Ada -F 'file=@cv.pdf;type=application/pdf'").body, {
    type: "form-data", data: [row("name", "Ada"), { key: "file", type: "file", value: "", file: [] }],
  });
});

test("who asks", () => {
  const of = (text) => parseCurl(`curl https://a.b ${text}`).authorization;
  assert.deepEqual(of("-u ada:secret"), { type: "api-key", config: { type: "basic", api_key: "ada:secret", header: "" } });
  assert.deepEqual(of("-H 'Authorization: Bearer sk-1'"), { type: "api-key", config: { type: "bearer", api_key: "sk-1", header: "" } });
  assert.deepEqual(of("-H 'authorization: Token abc'"), { type: "api-key", config: { type: "custom", api_key: "Token abc", header: "Authorization" } });
  assert.equal(parseCurl("curl https://a.b -H 'Authorization: Bearer x' -H 'X: 1'").headers, "X: 1");
});

test("what cannot be read is said", () => {
  says("wget https://a.b", /begins with curl/);
  says("", /begins with curl/);
  says("curl -s", /no address/);
  says("curl 'https://a.b", /quotation mark/);
  says("curl https://a.b -d @body.json", /body\.json/);
  says("curl https://a.b -H", /-H/);
});
