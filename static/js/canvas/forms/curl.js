// A command of curl as the settings of an HTTP request. Pure; throws an Error with a sentence for who pasted it.
import { t } from "@/core/words.js";
import { words } from "@/canvas/forms/shell-words.js";

const METHODS = new Set(["get", "post", "put", "patch", "delete", "head", "options"]);
const FORM = "application/x-www-form-urlencoded";

// What options do to the `given`; short names first. Those with one parameter take the next word.
const VALUED = {
  "-X --request": (given, value) => { given.method = value.toLowerCase(); },
  "-H --header": (given, value) => given.headers.push(headerOf(value)),
  "-A --user-agent": (given, value) => given.headers.push(["User-Agent", value]),
  "-e --referer": (given, value) => given.headers.push(["Referer", value]),
  "-b --cookie": (given, value) => given.headers.push(["Cookie", value]),
  "-u --user": (given, value) => { given.user = value; },
  "--oauth2-bearer": (given, value) => given.headers.push(["Authorization", `Bearer ${value}`]),
  "--url": (given, value) => { given.url ??= value; },
  "-d --data --data-ascii --data-binary": (given, value) => given.data.push(notOfFile(value)),
  "--data-raw": (given, value) => given.data.push(value),
  "--data-urlencode": (given, value) => given.data.push(encoded(value)),
  "--json": (given, value) => { given.isJson = true; given.data.push(notOfFile(value)); },
  "-F --form": (given, value) => given.form.push(partOf(value)),
  "--form-string": (given, value) => given.form.push(partOf(value, true)),
  // Of no use to the request.
  "-o --output -m --max-time --connect-timeout -x --proxy -c --cookie-jar -w --write-out --retry --retry-delay --cacert -E --cert --key --resolve -U --proxy-user --max-redirs -T --upload-file --ciphers -K --config": () => {},
};
const FLAGS = {
  "-G --get": (given) => { given.isGet = true; },
  "-I --head": (given) => { given.method ??= "head"; },
};

const byName = (options) => new Map(Object.entries(options).flatMap(([names, act]) => names.split(" ").map((name) => [name, act])));
const valued = byName(VALUED);
const flags = byName(FLAGS);

// {method, url, params, headers, body: {type, data}, authorization}, as `nodes/http_request/config.py` has them.
export function parseCurl(text) {
  const given = read(words(text));
  if (!given.url) throw new Error(t("The command names no address."));
  const { url, params } = addressOf(given);
  const method = given.method ?? (given.form.length || (given.data.length && !given.isGet) ? "post" : "get");
  if (!METHODS.has(method)) throw new Error(t("A request cannot use the method {name}.", { name: method.toUpperCase() }));
  const body = bodyOf(given);
  const authorization = authorizationOf(given);
  return { method, url, params: lines(params), headers: lines(given.headers), body, authorization };
}

function read([name, ...rest]) {
  if (!/^(.*[\\/])?curl(\.exe)?$/i.test(name ?? "")) throw new Error(t("Paste a whole command that begins with curl."));
  const given = { headers: [], data: [], form: [] };
  for (let place = 0; place < rest.length; place += 1) {
    const word = rest[place];
    if (word === "--next" || word === "-:") break; // a second request
    if (!word.startsWith("-") || word === "-") given.url ??= word;
    else if (word.startsWith("--")) place += long(given, word, rest[place + 1]);
    else place += short(given, word, rest[place + 1]);
  }
  return given;
}

// Both return how many words more they took.
function long(given, name, next) {
  const act = valued.get(name);
  if (!act) flags.get(name)?.(given);
  else if (next === undefined) throw new Error(t("Something is missing after {name}.", { name }));
  else act(given, next);
  return act ? 1 : 0;
}

// Several may stand together, and the value may follow at once: -sSXPOST.
function short(given, word, next) {
  for (let place = 1; place < word.length; place += 1) {
    const name = `-${word[place]}`;
    const rest = word.slice(place + 1);
    if (!valued.has(name)) flags.get(name)?.(given);
    else if (!rest) return long(given, name, next);
    else return long(given, name, rest) - 1;
  }
  return 0;
}

function headerOf(text) {
  const [name, ...rest] = text.split(text.includes(":") ? ":" : ";");
  return [name.trim(), rest.join(":").trim()];
}

function notOfFile(value) {
  if (value.startsWith("@")) throw new Error(t("The command reads {name}. Put what is in the file into the command instead.", { name: value.slice(1) || "@" }));
  return value;
}

// `content`, `=content`, `name=content`: the content is encoded.
function encoded(value) {
  const at = value.indexOf("=");
  if (at < 0) notOfFile(value);
  return at > 0 ? `${value.slice(0, at)}=${encodeURIComponent(value.slice(at + 1))}` : encodeURIComponent(value.slice(at + 1));
}

function partOf(text, isPlain = false) {
  const at = text.indexOf("=");
  if (at < 1) throw new Error(t("A part of a form is written as name=value."));
  const [key, value] = [text.slice(0, at), text.slice(at + 1)];
  if (isPlain || !/^[@<]/.test(value)) return { key, type: "text", value: isPlain ? value : value.replace(/;type=[^;]*$/, "") };
  return { key, type: "file", value: "", file: [] };
}

function unescaped(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch { // a bare % is a character
    return text;
  }
}

const pairs = (text) => text.split("&").filter(Boolean).map((pair) => {
  const [name, ...rest] = pair.split("=");
  return [unescaped(name), unescaped(rest.join("="))];
});

function addressOf({ url, data, isGet }) {
  const [path, ...query] = url.replace(/(?<!\{\{)#(?!\}\}).*$/, "").split("?"); // without its fragment; references stay
  const params = pairs([query.join("?"), ...(isGet ? data : [])].join("&"));
  const isWhole = /^(https?:\/\/|\{\{)/i.test(path);
  return { url: isWhole ? path : `https://${path}`, params };
}

function bodyOf({ headers, data, form, isGet, isJson }) {
  taken(headers, "content-length"); // that of the request as it was
  if (form.length) {
    taken(headers, "content-type"); // with a boundary of its own
    return { type: "form-data", data: form };
  }
  if (!data.length || isGet) return { type: "none", data: [] };
  const text = data.join(isJson ? "" : "&");
  const kind = taken(headers, "content-type");
  if (isJson || kind?.includes("json") || (!kind && isJsonText(text))) return { type: "json", data: [{ key: "", type: "text", value: text }] };
  if (!kind || kind.startsWith(FORM)) return { type: "x-www-form-urlencoded", data: pairs(text).map(([key, value]) => ({ key, type: "text", value })) };
  headers.push(["Content-Type", kind]);
  return { type: "raw-text", data: [{ key: "", type: "text", value: text }] };
}

function isJsonText(text) {
  try {
    return /^\s*[[{]/.test(text) && Boolean(JSON.parse(text));
  } catch {
    return false;
  }
}

// Removes a header and returns what it says.
function taken(headers, name) {
  const place = headers.findIndex(([one]) => one.toLowerCase() === name);
  return place < 0 ? undefined : headers.splice(place, 1)[0][1];
}

function authorizationOf({ headers, user }) {
  const key = (type, api_key, header = "") => ({ type: "api-key", config: { type, api_key, header } });
  const said = taken(headers, "authorization");
  if (said === undefined) return user === undefined ? { type: "no-auth", config: null } : key("basic", user.includes(":") ? user : `${user}:`);
  const [, scheme, value] = /^(bearer|basic)\s+(.*)$/i.exec(said) ?? [];
  return scheme ? key(scheme.toLowerCase(), value) : key("custom", said, "Authorization");
}

const lines = (rows) => rows.filter(([name]) => name).map(([name, value]) => `${name}: ${value.replaceAll(/\s*\n\s*/g, " ")}`).join("\n");
