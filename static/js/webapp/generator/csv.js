// CSV as RFC 4180 has it: read from bytes, written for spreadsheets. Nothing here knows of apps or pages.
import { t } from "@/core/words.js";

export class CsvProblem extends Error {}

// Excel and others run a cell that begins so as a formula, also when the file came from a model's answer.
const FORMULA = /^[=+\-@\t\r]/;

// The text of a file. Throws CsvProblem where it is not UTF-8.
export function decode(bytes) {
  const [first, second] = bytes;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || bytes.includes(0);
  if (isUtf16) throw new CsvProblem(t("The file is not UTF-8 text; it looks like UTF-16 or a spreadsheet. Save it as “CSV UTF-8” and choose it again."));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes); // takes the byte order mark off
  } catch {
    throw new CsvProblem(t("The file is not UTF-8 text; it seems to be in an older encoding such as GBK. Save it as “CSV UTF-8” and choose it again."));
  }
}

// Records as arrays of cells, with the number that a spreadsheet shows beside each: { number, cells }.
export function parse(text, delimiter = ",") {
  const records = [];
  let cells = [];
  let cell = "";
  let at = 0;
  const number = () => records.length + 1;
  const endRecord = () => {
    cells.push(cell);
    records.push({ number: number(), cells });
    cells = [];
    cell = "";
  };
  while (at < text.length) {
    const character = text[at];
    if (character === '"' && cell === "") {
      [cell, at] = quoted(text, at, number());
      if (at < text.length && text[at] !== delimiter && !isBreak(text[at])) {
        throw new CsvProblem(t("Row {number}: text follows a closing quotation mark.", { number: number() }));
      }
      if (at >= text.length) break;
      continue; // at the delimiter or line break that ends the cell
    }
    at += 1;
    if (character === delimiter) {
      cells.push(cell);
      cell = "";
    } else if (isBreak(character)) {
      if (character === "\r" && text[at] === "\n") at += 1;
      endRecord();
    } else {
      cell += character;
    }
  }
  if (cell !== "" || cells.length) endRecord();
  return records;
}

const isBreak = (character) => character === "\n" || character === "\r";

// The cell whose opening mark stands at `start`, and where the text goes on.
function quoted(text, start, number) {
  let cell = "";
  let from = start + 1;
  for (;;) {
    const mark = text.indexOf('"', from);
    if (mark < 0) throw new CsvProblem(t("Row {number}: a quotation mark is opened and never closed.", { number }));
    cell += text.slice(from, mark);
    if (text[mark + 1] !== '"') return [cell, mark + 1];
    cell += '"';
    from = mark + 2;
  }
}

const isEmpty = ({ cells }) => cells.every((cell) => cell.trim() === "");
const withoutEmpty = (records) => records.filter((record) => !isEmpty(record));

// Header and rows of a file. Spreadsheets of some languages write semicolons, and some people choose tabs.
export function readTable(bytes) {
  const text = decode(bytes);
  const line = text.slice(0, text.search(/[\r\n]|$/));
  const count = (mark) => line.split(mark).length;
  const delimiter = [",", ";", "\t"].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
  const [header, ...rows] = withoutEmpty(parse(text, delimiter));
  if (!header) throw new CsvProblem(t("The file is empty."));
  return { header: header.cells.map((cell) => cell.trim()), rows };
}

const inert = (cell) => (FORMULA.test(cell) ? `'${cell}` : cell);
const written = (cell) => (/[",;\t\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

// A file for spreadsheets: with byte order mark, CRLF, and no cell that would be run as a formula.
export function write(records) {
  const lines = records.map((cells) => cells.map((cell) => written(inert(String(cell ?? "")))).join(","));
  return `\ufeff${lines.join("\r\n")}\r\n`;
}
