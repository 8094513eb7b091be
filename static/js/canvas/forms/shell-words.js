// The words of a command as a shell takes it apart: quotes, backslashes, lines that go on. Pure.
import { t } from "@/core/words.js";

const ESCAPES = { n: "\n", t: "\t", r: "\r", a: "\x07", b: "\b", f: "\f", v: "\v", e: "\x1b" };
// What goes on in the next line: of Unix shells, of the Windows prompt and of PowerShell.
const GOES_ON = /[\\^`]\r?\n/y;

// What browsers copy for the Windows prompt: a ^ before each character that means something there.
const plain = (text) => (text.includes('^"') ? text.replaceAll(/\^\r?\n/g, " ").replaceAll(/\^([^])/g, "$1") : text);

// Stops where another command begins.
export function words(pasted) {
  const text = plain(pasted);
  const found = [];
  let word = null;
  let place = 0;
  const add = (part) => { word = (word ?? "") + part; };
  const end = () => { if (word !== null) found.push(word); word = null; };
  while (place < text.length) {
    const rest = text.slice(place);
    GOES_ON.lastIndex = place;
    const [goesOn] = GOES_ON.exec(text) ?? [];
    if (goesOn) place += goesOn.length;
    else if (/^\s/.test(rest)) { end(); place += 1; } else if (word === null && /^([|;]|&|\d?>)/.test(rest)) break;
    else if (rest[0] === "|" || rest[0] === ";") break;
    else {
      const [part, length] = partOf(rest);
      add(part);
      place += length;
    }
  }
  end();
  return found;
}

// The next part of a word, and how many characters of the text it takes.
function partOf(rest) {
  if (rest.startsWith("$'")) return escaped(rest);
  if (rest[0] === "'") return single(rest);
  if (rest[0] === '"') return double(rest);
  if (rest[0] === "\\") return [rest[1] ?? "", 2];
  const [bare] = /^[^\s'"\\$|;^`]+|^[^]/.exec(rest);
  return [bare, bare.length];
}

function single(rest) {
  const end = rest.indexOf("'", 1);
  if (end < 0) throw unclosed();
  return [rest.slice(1, end), end + 1];
}

function double(rest) {
  const match = /^"((?:[^"\\]|\\[^])*)"/.exec(rest);
  if (!match) throw unclosed();
  return [match[1].replaceAll(/\\(\r?\n|[^])/g, (whole, one) => (/^\r?\n$/.test(one) ? "" : '"\\$`'.includes(one) ? one : whole)), match[0].length];
}

// $'…': with escapes as in C.
function escaped(rest) {
  const match = /^\$'((?:[^'\\]|\\[^])*)'/.exec(rest);
  if (!match) throw unclosed();
  const text = match[1].replaceAll(/\\(u[0-9a-fA-F]{1,4}|x[0-9a-fA-F]{1,2}|[^])/g, (_, one) => (
    one.length > 1 ? String.fromCodePoint(parseInt(one.slice(1), 16)) : ESCAPES[one] ?? one));
  return [text, match[0].length];
}

const unclosed = () => new Error(t("A quotation mark is not closed. Paste the whole command."));
