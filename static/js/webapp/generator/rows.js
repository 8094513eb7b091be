// From a table to the inputs of runs: columns matched with the app's variables, every cell checked before the first run.
import { t } from "@/core/words.js";
import { CsvProblem } from "@/webapp/generator/csv.js";

export const MOST_ROWS = 100;
const TRUE = /^(?:true|yes|1|on|x)$/i;
const FALSE = /^(?:false|no|0|off|)$/i;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

const isFile = ({ kind }) => kind === "file" || kind === "file-list";
const listed = (names) => names.join(", ");

// What a file of rows has columns for; files cannot stand in a cell.
export const columnsOf = (fields) => fields.filter((field) => !isFile(field));
export const needsFiles = (fields) => fields.some((field) => isFile(field) && field.required);

// The field of each column, by its name or its label; a column without a title has none.
function match(header, fields) {
  const found = header.map((title) => {
    const wanted = title.toLowerCase();
    return fields.find(({ name }) => name.toLowerCase() === wanted) ?? fields.find(({ label }) => label.toLowerCase() === wanted);
  });
  const expected = listed(fields.map(({ name }) => name));
  const unknown = header.filter((title, index) => !found[index] && title !== "");
  if (unknown.length) throw new CsvProblem(t("The app has no variable for these columns: {columns}. Expected are: {expected}.", { columns: listed(unknown), expected }));
  const missing = fields.filter((field) => field.required && !found.includes(field)).map(({ name }) => name);
  if (missing.length) throw new CsvProblem(t("The file lacks these columns: {columns}. Expected are: {expected}.", { columns: listed(missing), expected }));
  const twice = found.find((field, index) => field && found.indexOf(field) !== index);
  if (twice) throw new CsvProblem(t("The column {column} stands there twice.", { column: twice.name }));
  return found;
}

// A cell's value for the run; throws what is wrong with it.
function read(field, cell, number) {
  const text = cell.trim();
  const about = { number, name: field.name };
  if (field.kind === "checkbox") {
    if (TRUE.test(text) || FALSE.test(text)) return TRUE.test(text);
    throw new CsvProblem(t("Row {number}: {name} must be true or false.", about));
  }
  if (text === "") {
    if (field.required) throw new CsvProblem(t("Row {number}: {name} is empty.", about));
    return undefined;
  }
  if (field.kind === "number") {
    if (NUMBER.test(text)) return Number(text);
    throw new CsvProblem(t("Row {number}: {name} must be a number.", about));
  }
  if (field.kind === "select") {
    if (field.options.includes(text)) return text;
    throw new CsvProblem(t("Row {number}: {name} must be one of: {options}.", { ...about, options: listed(field.options) }));
  }
  if (field.max_length && [...cell].length > field.max_length) {
    throw new CsvProblem(t("Row {number}: {name} is longer than {length} characters.", { ...about, length: field.max_length }));
  }
  return cell;
}

// One row's run; what is wrong with it goes to `problems`.
function readRow({ number, cells }, columns, problems) {
  if (cells.slice(columns.length).some((cell) => cell.trim() !== "")) {
    problems.push(t("Row {number} has more cells than the header. Text that holds a comma must stand in quotation marks.", { number }));
  }
  const inputs = {};
  columns.forEach((field, index) => {
    if (!field) return;
    try {
      const value = read(field, cells[index] ?? "", number);
      if (value !== undefined) inputs[field.name] = value;
    } catch (problem) {
      if (!(problem instanceof CsvProblem)) throw problem;
      problems.push(problem.message);
    }
  });
  return { number, inputs };
}

// The runs a table asks for, { runs: [{ number, inputs }], problems: [sentence] }. Throws CsvProblem where the file as a
// whole is wrong. `number` is what a spreadsheet shows beside the row.
export function readRows({ header, rows }, fields) {
  const columns = match(header, columnsOf(fields));
  if (!rows.length) throw new CsvProblem(t("The file has no rows below its header."));
  if (rows.length > MOST_ROWS) {
    throw new CsvProblem(t("The file has {count} rows; at most {most} can run at once. Split it into smaller files.", { count: rows.length, most: MOST_ROWS }));
  }
  const problems = [];
  const runs = rows.map((row) => readRow(row, columns, problems));
  return { runs, problems };
}
