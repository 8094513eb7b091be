// A cURL command as the settings of an HTTP request.
import { t } from "@/core/words.js";
import { asLines } from "@/canvas/forms/lines.js";

const METHODS = new Set(["get", "post", "put", "patch", "delete", "head", "options"]);
const ALIASES = {
  X: "request", H: "header", d: "data", "data-ascii": "data", F: "form", u: "user", A: "user-agent", e: "referer", b: "cookie", G: "get", I: "head", "url-query": "query",
};
const TAKING = new Set(["request", "header", "data", "data-raw", "data-binary", "data-urlencode", "json", "form", "form-string", "user", "user-agent", "referer", "cookie", "url", "query", "oauth2-bearer"]);
// Options with a value that say nothing of the request itself.
const SKIPPED = new Set(["o", "output", "x", "proxy", "m", "max-time", "connect-timeout", "retry", "cacert", "cert", "key", "E", "c", "cookie-jar", "w", "write-out", "T", "upload-file", "resolve", "interface", "limit-rate", "r", "range", "D", "dump-header", "K", "config", "retry-delay", "max-redirs"]);

// The words of a command line, as a shell parts them.
export function wordsOf(command) {
  const words = [];
  let word = null;
  let quote = "";
  const text = command.replace(/\\\r?\n/g, " ").replace(/\^\r?\n/g, " ");
  for (let place = 0; place < text.length; place += 1) {
    const sign = text[place];
    if (quote === "$") {
      if (sign === "\\") word += escaped(text[(place += 1)]);
      else if (sign === "'") quote = "";
      else word += sign;
    } else if (quote) {
      if (sign === quote) quote = "";
      else if (sign === "\\" && quote === '"' && '"\\$`'.includes(text[place + 1])) word += text[(place += 1)];
      else word += sign;
    } else if (sign === "$" && text[place + 1] === "'") {
      word ??= "";
      quote = "$";
      place += 1;
    } else if (sign === "'" || sign === '"') {
      word ??= "";
      quote = sign;
    } else if (sign === "\\" && place + 1 < text.length) word = (word ?? "") + text[(place += 1)];
    else if (/\s/.test(sign)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? "") + sign;
  }
  if (quote) throw new Error(t("A quotation mark is opened and never closed."));
  if (word !== null) words.push(word);
  return words;
}

const escaped = (sign) => ({ n: "\n", t: "\t", r: "\r" })[sign] ?? sign ?? "";

function optionsOf(words) {
  const found = [];
  for (let place = 0; place < words.length; place += 1) {
    const word = words[place];
    if (!word.startsWith("-") || word === "-") found.push(["url", word]);
    else if (word.startsWith("--")) {
      const [name, value] = word.slice(2).split(/=(.*)/s);
      const option = ALIASES[name] ?? name;
      if (TAKING.has(option)) found.push([option, value ?? words[(place += 1)] ?? ""]);
      else if (SKIPPED.has(name)) place += value === undefined ? 1 : 0;
      else found.push([option, ""]);
    } else place = short(word, words, place, found);
  }
  return found;
}

// Short options may stand together, the value of the last one joined to it: -sXPOST.
function short(word, words, place, found) {
  for (let at = 1; at < word.length; at += 1) {
    const option = ALIASES[word[at]] ?? word[at];
    if (!TAKING.has(option) && !SKIPPED.has(option)) {
      found.push([option, ""]);
      continue;
    }
    const joined = word.slice(at + 1);
    if (TAKING.has(option)) found.push([option, joined || (words[place + 1] ?? "")]);
    return joined ? place : place + 1;
  }
  return place;
}

// Method, url, params, headers, authorization and body. Throws an Error that says what is wrong.
export function parseCurl(command) {
  const [first, ...words] = wordsOf(command.trim());
  if (first?.replace(/\.exe$/, "") !== "curl") throw new Error(t("The command must begin with curl."));
  const options = optionsOf(words);
  const of = (...names) => options.filter(([name]) => names.includes(name)).map(([, value]) => value);
  const [address] = of("url");
  if (!address) throw new Error(t("There is no address in the command."));
  const headers = of("header").map((line) => pair(line, ":")).filter(([name]) => name);
  for (const [option, name] of [["user-agent", "User-Agent"], ["referer", "Referer"], ["cookie", "Cookie"]]) for (const value of of(option)) headers.push([name, value]);
  const [url, params] = parted(/^https?:\/\//.test(address) || address.startsWith("{{#") ? address : `http://${address}`);
  const body = bodyOf(options, headers);
  const isInAddress = of("get").length > 0;
  if (isInAddress && body.text) params.push(...body.text.split("&").map((one) => pair(one, "=").map(decoded)));
  params.push(...of("query").map((one) => pair(one, "=")));
  const { authorization, rest } = authorizationOf(headers, of("user")[0], of("oauth2-bearer")[0]);
  const sent = isInAddress ? { type: "none", data: [] } : body.map;
  const asked = of("request")[0]?.toLowerCase();
  return {
    method: METHODS.has(asked) ? asked : of("head").length ? "head" : sent.type === "none" ? "get" : "post",
    url, params: asLines(params), headers: asLines(rest.filter(([name]) => !(sent.type === "form-data" && name.toLowerCase() === "content-type"))), authorization, body: sent,
  };
}

function pair(text, sign) {
  const place = text.indexOf(sign);
  return place < 0 ? [text.trim(), ""] : [text.slice(0, place).trim(), text.slice(place + 1).trim()];
}

function decoded(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

function parted(address) {
  const [whole] = address.split(/#(?!\w*[^{}]*#\}\})(?!\}\})/);
  const place = whole.indexOf("?");
  if (place < 0) return [whole, []];
  return [whole.slice(0, place), whole.slice(place + 1).split("&").filter(Boolean).map((one) => pair(one, "=").map(decoded))];
}

function authorizationOf(headers, user, token) {
  const place = headers.findIndex(([name]) => name.toLowerCase() === "authorization");
  const [kind, key] = place < 0 ? [] : headers[place][1].split(/\s+(.*)/s);
  const type = { bearer: "bearer", basic: "basic" }[kind?.toLowerCase()];
  const rest = type ? headers.filter((_, at) => at !== place) : headers;
  const found = user !== undefined ? ["basic", user] : token !== undefined ? ["bearer", token] : type ? [type, key ?? ""] : null;
  return { rest, authorization: found ? { type: "api-key", config: { type: found[0], api_key: found[1], header: "" } } : { type: "no-auth", config: null } };
}

function bodyOf(options, headers) {
  const forms = options.filter(([name]) => name === "form" || name === "form-string").map(([, value]) => pair(value, "="));
  if (forms.length) return { text: "", map: { type: "form-data", data: forms.map(([key, value]) => ({ key, type: value.startsWith("@") ? "file" : "text", value: value.startsWith("@") ? "" : value.replace(/;type=.*$/, "") })) } };
  const parts = options.filter(([name]) => ["data", "data-raw", "data-binary", "data-urlencode", "json"].includes(name));
  if (!parts.length) return { text: "", map: { type: "none", data: [] } };
  const isJson = parts.some(([name]) => name === "json");
  const text = parts.map(([, value]) => value).join(isJson ? "" : "&");
  const kind = headers.find(([name]) => name.toLowerCase() === "content-type")?.[1].toLowerCase() ?? "";
  const looksLikeJson = /^\s*[[{]/.test(text);
  if (isJson || kind.includes("json") || (!kind && looksLikeJson)) return { text, map: { type: "json", data: [{ type: "text", value: text }] } };
  if (!kind || kind.includes("urlencoded")) return { text, map: { type: "x-www-form-urlencoded", data: text.split("&").filter(Boolean).map((one) => pair(one, "=").map(decoded)).map(([key, value]) => ({ key, type: "text", value })) } };
  return { text, map: { type: "raw-text", data: [{ type: "text", value: text }] } };
}
