// Runs users' JavaScript in a node process that is behind the walls before its first line. See jobs.py for payload and
// answers. What is needed after the user's code has begun is kept here, since that code may replace every global.
'use strict';
(() => {
  const fs = require('fs');
  const vm = require('vm');
  const {readSync, writeSync} = fs;
  const {parse, stringify} = JSON;
  const {isFinite: finite} = Number;
  const {allocUnsafe, concat, from} = Buffer;
  const leave = process.reallyExit.bind(process); // exit without the handlers of the user's code
  const STDOUT = 1, RESULT = 3, NAME = 'code.js';
  const MESSAGE_CHARACTERS = 4000, TRACE_CHARACTERS = 20000;

  function writeAll(descriptor, data) {
    let rest = typeof data === 'string' ? from(data) : data;
    while (rest.length) rest = rest.subarray(writeSync(descriptor, rest));
  }

  // Node's own would queue what the pipe does not take at once, and lose it at the end. Made when first used.
  const need = require;
  let output;
  function outputStream() {
    const {Writable} = need('stream');
    output ??= new Writable({
      write(chunk, encoding, done) {
        writeAll(STDOUT, chunk);
        done();
      },
    });
    return output;
  }
  for (const name of ['stdout', 'stderr']) Object.defineProperty(process, name, {get: outputStream, configurable: true});

  writeAll(RESULT, '\n'); // booted

  function readAll() {
    const parts = [];
    for (;;) {
      const part = allocUnsafe(1 << 16);
      const size = readSync(0, part);
      if (!size) return concat(parts).toString();
      parts.push(part.subarray(0, size));
    }
  }

  const send = (text) => writeAll(RESULT, text + '\n');

  class WrongCode extends Error {
    constructor(kind, message) {
      super(message);
      this.kind = kind;
    }
  }

  function load(code, tail) {
    return vm.compileFunction(code + tail, ['require', 'module', 'exports'], {filename: NAME});
  }

  async function callMain(job) {
    const module = {exports: {}};
    const main = load(job.code, '\n;return typeof main === "function" ? main : undefined;')(require, module, module.exports);
    if (main === undefined) throw new WrongCode('no_main', 'The code has no function `main`.');
    const result = await main(job.inputs);
    if (result === null || typeof result !== 'object' || Array.isArray(result))
      throw new WrongCode('result', '`main` must return an object.');
    return encode(result);
  }

  function encode(result) {
    let where = '';
    try {
      const text = stringify(result, (key, value) => {
        where = key;
        if (typeof value === 'number' && !finite(value)) throw new TypeError(`${value} is not JSON`);
        return value;
      });
      if (text === undefined) throw new TypeError('it is not JSON');
      return text;
    } catch (error) {
      throw new WrongCode('result', `The result cannot be written as JSON: in '${where}': ${String(error && error.message)}`);
    }
  }

  function describe(error) {
    let message = 'unknown error', trace = '', line = null, kind = 'exception';
    try {
      if (error instanceof WrongCode) {
        return {kind: error.kind, message: error.message, line, trace: error.message};
      }
      if (error instanceof RangeError && /allocation failed|Invalid array buffer length/i.test(error.message)) kind = 'memory';
      if (error instanceof SyntaxError) kind = 'syntax';
      message = error instanceof Error ? `${error.name}: ${error.message}` : `Uncaught ${String(error)}`;
      trace = String((error && error.stack) || message);
      const found = /code\.js:(\d+)/.exec(trace);
      if (found) line = Number(found[1]);
      trace = trace.split('\n').filter((text) => !/\[eval\]|node:internal|node:vm/.test(text)).join('\n');
    } catch {
      // an error whose properties throw: the little that is known stands
    }
    return {kind, message: message.slice(0, MESSAGE_CHARACTERS), line, trace: trace.slice(0, TRACE_CHARACTERS)};
  }

  const fail = (error) => send(stringify({error: describe(error)}));

  async function runJobs(jobs) {
    for (const job of jobs) {
      try {
        send('{"result":' + (await callMain(job)) + '}');
      } catch (error) {
        fail(error);
      }
    }
    leave(0);
  }

  function runScript(code) {
    process.once('exit', (status) => {
      if (status === 0) send('{"result":null}');
    });
    const module = {exports: {}};
    load(code, '\n')(require, module, module.exports);
  }

  const payload = parse(readAll());
  if (payload.mode === 'script') {
    process.on('uncaughtException', (error) => {
      fail(error);
      leave(1);
    });
    runScript(payload.jobs[0].code);
  } else {
    // A promise nobody waits for is the affair of the code; the job's own answer counts.
    process.on('uncaughtException', () => {});
    process.on('unhandledRejection', () => {});
    runJobs(payload.jobs);
  }
})();
