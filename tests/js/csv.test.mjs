import assert from "node:assert/strict";
import { test } from "node:test";
import { CsvProblem, decode, parse, readTable, write } from "@/webapp/generator/csv.js";

const bytes = (text) => new TextEncoder().encode(text);
const cells = (text, delimiter) => parse(text, delimiter).map((record) => record.cells);
const says = (run, pattern) => assert.throws(run, (error) => error instanceof CsvProblem && pattern.test(error.message));

test("plain records, with every kind of line end and with or without the last one", () => {
  const expected = [["a", "b"], ["1", "2"]];
  for (const text of ["a,b\r\n1,2\r\n", "a,b\n1,2", "a,b\r1,2\r", "a,b\n1,2\r\n"]) assert.deepEqual(cells(text), expected);
});

test("quotation marks hold delimiters, line ends and themselves", () => {
  assert.deepEqual(cells('"a,b","say ""hi""","two\r\nlines",""\n'), [["a,b", 'say "hi"', "two\r\nlines", ""]]);
  assert.deepEqual(cells('a"b,c\n'), [['a"b', "c"]], "a mark inside a bare cell is a character");
  assert.deepEqual(cells('"only"'), [["only"]]);
});

test("empty cells are cells, also at the end of a record and of the file", () => {
  assert.deepEqual(cells("a,,\n,\n"), [["a", "", ""], ["", ""]]);
  assert.deepEqual(cells("a,"), [["a", ""]]);
  assert.deepEqual(cells('a,""'), [["a", ""]]);
  assert.deepEqual(cells(""), []);
});

test("a record knows the number a spreadsheet shows beside it, empty ones counted", () => {
  const { header, rows } = readTable(bytes('topic\n\n"two\nlines"\n  \nlast\n'));
  assert.deepEqual(header, ["topic"]);
  assert.deepEqual(rows.map(({ number }) => number), [3, 5]);
});

test("broken quotation is told with its row", () => {
  says(() => parse('a\n"b'), /Row 2: a quotation mark is opened and never closed/);
  says(() => parse('a\nb\n"c"d'), /Row 3: text follows a closing quotation mark/);
});

test("semicolons and tabs are understood where the header has them", () => {
  assert.deepEqual(readTable(bytes("topic;tone\na,b;c")).rows[0].cells, ["a,b", "c"]);
  assert.deepEqual(readTable(bytes("topic\ttone\na;b\tc")).rows[0].cells, ["a;b", "c"]);
  assert.deepEqual(readTable(bytes("topic\na;b")).rows[0].cells, ["a;b"]);
});

test("the byte order mark is taken off", () => {
  assert.equal(decode(bytes("\ufefftopic")), "topic");
  assert.deepEqual(readTable(bytes("\ufefftopic\n主题")).header, ["topic"]);
});

test("what is not UTF-8 is refused with what to do", () => {
  const gbk = Uint8Array.of(0xd6, 0xf7, 0xcc, 0xe2, 0x0a); // 主题
  says(() => decode(gbk), /such as GBK.*CSV UTF-8/);
  says(() => decode(Uint8Array.of(0xff, 0xfe, 0x61, 0x00)), /UTF-16.*CSV UTF-8/);
  says(() => decode(Uint8Array.of(0xfe, 0xff, 0x00, 0x61)), /UTF-16/);
  says(() => decode(Uint8Array.of(0x61, 0x00, 0x62, 0x00)), /UTF-16/, "without a byte order mark");
  says(() => decode(Uint8Array.of(0x50, 0x4b, 0x03, 0x04, 0x00)), /spreadsheet/, "an .xlsx that was renamed");
  says(() => readTable(bytes("  \n\n")), /empty/);
});

test("what is written reads back, and opens in spreadsheets", () => {
  const records = [["topic", "result"], ['say "hi", now', "two\nlines"], ["主题", " spaced "], [null, 5]];
  const text = write(records);
  assert.ok(text.startsWith("\ufefftopic,result\r\n"));
  assert.deepEqual(cells(text.slice(1)), [["topic", "result"], ['say "hi", now', "two\nlines"], ["主题", " spaced "], ["", "5"]]);
});

test("no cell is a formula", () => {
  for (const text of ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://evil.example","x")']) {
    assert.deepEqual(cells(write([[text]]).slice(1)), [[`'${text}`]]);
  }
  assert.deepEqual(cells(write([["a=1", "1-2"]]).slice(1)), [["a=1", "1-2"]]);
});

test("a megabyte is read in one go, marks and all", () => {
  const big = `a,b\n${'"x ""y"" z",plain\n'.repeat(60_000)}`;
  assert.equal(parse(big).length, 60_001);
});
