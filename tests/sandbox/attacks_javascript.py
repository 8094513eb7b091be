"""The same attempts in JavaScript, with the doors that only node has."""

from .attacks_python import Attempt

PRELUDE = r"""
const fs = require('fs'), net = require('net'), os = require('os'), path = require('path'), cp = require('child_process');
const leaks = [];
const attempt = (name, call, good) => {
  let result;
  try { result = call(); } catch { return; }
  if (!good || !good(result)) leaks.push(`${name}: ${String(result).slice(0, 200)}`);
};
const later = async (name, promise, ms = 700) => {
  const result = await Promise.race([promise.then((x) => x, () => null), new Promise((done) => setTimeout(done, ms, null))]);
  if (result !== null && result !== undefined) leaks.push(`${name}: ${String(result).slice(0, 200)}`);
};
const read = (name) => {
  const data = Buffer.alloc(64);
  const descriptor = fs.openSync(name, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK); // own pipes would keep it waiting
  return data.subarray(0, fs.readSync(descriptor, data));
};
const write = (name) => { fs.writeFileSync(name, 'x'); return name; };
"""

ATTEMPTS = [
    Attempt(
        "01-read-files",
        r"""
function main({canary, source, key_file}) {
  for (const name of ['/etc/passwd', '/etc/shadow', canary, source, key_file, '/proc/self/root/etc/passwd', '/root/.bashrc',
                      '/proc/1/root/etc/passwd', '/proc/self/cwd/etc/passwd', '/sys/kernel/notes', '/dev/mem'])
    attempt(name, () => read(name));
  for (const name of ['/etc', '/tmp', '/home', '/root', '/proc', '/sys', '/dev', path.dirname(source), path.dirname(canary)])
    attempt('list ' + name, () => fs.readdirSync(name), (names) => names.every((one) => ['null', 'urandom'].includes(one)));
  attempt('module', () => require(source.replace(/\w+\.py$/, 'inside/runner.js')));
  attempt('data', () => process.dlopen({exports: {}}, canary));
  attempt('url', () => fs.readFileSync(new URL('file:///etc/passwd')));
  return {leaks};
}
""",
    ),
    Attempt(
        "02-write-anywhere",
        r"""
function main({writable}) {
  for (const folder of ['/', '/tmp', '/var/tmp', '/dev/shm', '/dev', '/run', '/home', '/root', '.', '/usr/share/zoneinfo', writable]) {
    attempt('write ' + folder, () => write(folder + '/escaped'));
    attempt('mkdir ' + folder, () => fs.mkdirSync(folder + '/escaped-folder') || 'made');
    attempt('link ' + folder, () => fs.symlinkSync('/etc/passwd', folder + '/escaped-link') || 'made');
    attempt('temporary ' + folder, () => fs.mkdtempSync(folder + '/escaped'));
  }
  for (const name of [process.execPath, '/usr/share/zoneinfo/UTC']) {
    attempt('append', () => fs.appendFileSync(name, 'x') || name);
    attempt('remove', () => fs.unlinkSync(name) || name);
    attempt('mode', () => fs.chmodSync(name, 0o777) || name);
    attempt('times', () => fs.utimesSync(name, 0, 0) || name);
    attempt('copy', () => fs.copyFileSync(name, '/tmp/escaped') || name);
  }
  attempt('report', () => { const name = process.report.writeReport('/tmp/escaped.json'); return read(name); });
  attempt('snapshot', () => read(require('v8').writeHeapSnapshot('/tmp/escaped.heapsnapshot')));
  return {leaks};
}
""",
    ),
    Attempt(
        "03-network",
        r"""
async function main({port, unix_path, abstract, service_port}) {
  const connect = (options) => new Promise((done, failed) => {
    const caller = net.connect(options, () => done('connected'));
    caller.on('error', failed);
  });
  const http = require('http'), dgram = require('dgram');
  await Promise.all([
    ...[[port, '127.0.0.1'], [port, '::1'], [service_port, '127.0.0.1'], [53, '8.8.8.8']].map(([port, host]) =>
      later(`tcp ${host} ${port}`, connect({port, host}))),
    later('unix', connect({path: unix_path})),
    later('abstract', connect({path: '\0' + abstract})),
    later('fetch', fetch(`http://127.0.0.1:${port}/`)),
    later('http', new Promise((done, failed) => http.get({port}, done).on('error', failed))),
    later('listen', new Promise((done, failed) => net.createServer().on('error', failed).listen(0, '127.0.0.1', () => done('listening')))),
    later('listen unix', new Promise((done, failed) => net.createServer().on('error', failed).listen('\0escaped', () => done('listening')))),
    later('names', require('dns').promises.lookup('example.com')),
    later('resolve', require('dns').promises.resolve4('example.com')),
    later('datagram', new Promise((done, failed) => {
      const socket = dgram.createSocket('udp4').on('error', failed);
      socket.send('x', port, '127.0.0.1', (error) => (error ? failed(error) : done('sent')));
    })),
  ]);
  attempt('inspector', () => { require('inspector').open(0, '127.0.0.1'); return require('inspector').url(); }, (url) => !url);
  attempt('descriptor', () => new net.Socket({fd: 5}).remoteAddress, (address) => !address);
  return {leaks};
}
""",
    ),
    Attempt(
        "04-environment",
        r"""
function main({secret}) {
  const text = JSON.stringify(process.env) + process.argv.join() + process.execArgv.join();
  for (const word of [secret, 'SANDBOX_API_KEY', 'DATABASE_URL', 'SECRET']) if (text.includes(word)) leaks.push(word);
  attempt('report', () => JSON.stringify(process.report.getReport().environmentVariables), (found) => !found.includes(secret));
  return {leaks};
}
""",
    ),
    Attempt(
        "05-other-processes",
        r"""
const own = ['self', 'thread-self', process.pid];
function main({service, forkserver, node}) {
  for (const pid of [1, 2, 'self', 'thread-self', process.pid, process.ppid, service, forkserver, node]) {
    for (const name of ['environ', 'maps', 'mem', 'cmdline', 'stat', 'status', 'io', 'auxv', 'fd/0', 'root/etc/passwd'])
      attempt(`${pid} ${name}`, () => read(`/proc/${pid}/${name}`), (data) => own.includes(pid) && data.length === 0);
    attempt(`${pid} fd`, () => fs.readdirSync(`/proc/${pid}/fd`));
    if (!own.includes(pid)) attempt(`${pid} root`, () => fs.readlinkSync(`/proc/${pid}/root`));
  }
  return {leaks};
}
""",
    ),
    Attempt(
        "06-reach-into-others",
        r"""
function main({service, forkserver, node}) {
  for (const pid of [service, forkserver, node, process.ppid, 1]) {
    attempt(`kill ${pid}`, () => process.kill(pid, 9));
    attempt(`debug ${pid}`, () => process._debugProcess(pid));
    attempt(`priority ${pid}`, () => os.setPriority(pid, 19) || 'set');
  }
  for (const name of ['spawn_sync', 'process_wrap', 'pipe_wrap', 'tcp_wrap'])
    attempt(name, () => Object.keys(process.binding(name)), () => true);
  attempt('spawn binding', () => {
    const done = process.binding('spawn_sync').spawn({file: '/bin/sh', args: ['sh', '-c', 'id'], stdio: [{type: 'pipe', readable: true, writable: true}]});
    if (done.error) throw new Error('refused');
    return JSON.stringify(done);
  });
  return {leaks};
}
""",
    ),
    Attempt(
        "07-fork-bomb",
        r"""
async function main({node_path}) {
  const cluster = require('cluster');
  for (let i = 0; i < 100; i++) {
    await later('spawn', new Promise((done, failed) => cp.spawn(process.execPath, ['-v']).on('error', failed).on('exit', () => done('ran'))), 20);
    attempt('spawnSync', () => { const done = cp.spawnSync(process.execPath, ['-v']); if (done.error) throw done.error; return done.stdout; });
  }
  attempt('fork', () => cp.fork('/x.js').pid, (pid) => pid === undefined);
  attempt('cluster', () => cluster.fork().process.pid, (pid) => pid === undefined);
  return {leaks};
}
""",
    ),
    Attempt(
        "08-memory-bomb",
        r"""
function main() {
  for (const size of [2 ** 32, 2 ** 30, 2 ** 29]) {
    attempt(`buffer ${size}`, () => Buffer.alloc(size, 1).length);
    attempt(`shared ${size}`, () => new Uint8Array(new SharedArrayBuffer(size)).fill(1).length);
  }
  const held = [];
  for (;;) { held.push(new Array(10000).fill({}).map(() => ({x: Math.random()}))); }
}
""",
        ends=("memory",),
        must_end=True,
        timeout=10,
    ),
    Attempt("09-endless-loop", "function main() { for (;;); }", ends=("timeout",), must_end=True, timeout=1),
    Attempt(
        "10-endless-output",
        "function main() { const line = 'x'.repeat(65536); for (let i = 0; i < 32768; i++) console.log(line); return {}; }",
        ends=("output_limit",),
        must_end=True,
    ),
    Attempt(
        "11-doors-of-node",
        r"""
function main() {
  attempt('setuid', () => process.setuid(0) || 'set');
  attempt('setgid', () => process.setgid(0) || 'set');
  attempt('setgroups', () => process.setgroups([]) || 'set');
  attempt('initgroups', () => process.initgroups(0, 0) || 'set');
  attempt('chdir', () => process.chdir('/etc') || 'changed');
  attempt('dlopen', () => process.dlopen({exports: {}}, '/lib/x86_64-linux-gnu/libc.so.6'));
  attempt('ffi', () => require('ffi'));
  attempt('sqlite', () => new (require('node:sqlite').DatabaseSync)('/tmp/escaped.db'));
  attempt('wasi', () => { const {WASI} = require('wasi'); return fs.readdirSync(new WASI({version: 'preview1', preopens: {'/': '/'}}) && '/etc'); });
  attempt('vm', () => read(require('vm').runInNewContext('this.constructor.constructor("return process")()').env.HOME + '/x'));
  attempt('constructor', () => process.mainModule.require('fs').readFileSync('/etc/passwd'));
  attempt('execve', () => process.execve('/bin/sh', ['sh']));
  attempt('watch', () => fs.watch('/tmp', () => {}).unref() && fs.readdirSync('/tmp'));
  attempt('register', () => require('module').createRequire('/etc/')('./passwd'));
  attempt('main', () => require('module')._load('/etc/passwd'));
  return {leaks};
}
""",
    ),
    Attempt(
        "11-trace-to-a-file",  # node waits for a file it can never open
        r"""
function main() {
  attempt('trace', () => require('trace_events').createTracing({categories: ['node']}).enable() || read('node_trace.1.log'));
  return {leaks};
}
""",
        ends=("timeout",),
        timeout=1,
    ),
    Attempt(
        "12-links-and-folder-descriptors",
        r"""
function main({canary}) {
  const up = '../'.repeat(24);
  for (const start of ['/usr/share/zoneinfo', '/dev', '/', '.', path.dirname(process.execPath)])
    attempt('path ' + start, () => read(start + '/' + up + canary));
  for (const link of ['/dev/fd/3', '/dev/stdin', '/proc/self/fd/3', '/proc/self/cwd', '/proc/self/root', '/dev/fd/0/../../etc/passwd'])
    attempt(link, () => read(link), (data) => data.length === 0); // its own /dev/null
  attempt('symlink', () => fs.symlinkSync(canary, '/tmp/link') || 'made');
  attempt('hard link', () => fs.linkSync(process.execPath, '/tmp/link') || 'made');
  attempt('real path', () => fs.realpathSync('/proc/self/root') && read('/proc/self/root' + canary));
  return {leaks};
}
""",
    ),
    Attempt(
        "13-signals",
        r"""
function main({service, forkserver, node}) {
  for (const pid of [0, -1, 1, -service, -forkserver, service, forkserver, node, process.pid, process.ppid])
    for (const number of [0, 'SIGTERM', 'SIGKILL', 'SIGSTOP', 'SIGUSR1']) attempt(`kill ${pid} ${number}`, () => process.kill(pid, number));
  return {leaks};
}
""",
    ),
    Attempt(
        "14-execute",
        r"""
async function main({python, node_path}) {
  for (const file of ['/bin/sh', '/usr/bin/env', python, node_path, '/lib64/ld-linux-x86-64.so.2']) {
    attempt('spawnSync ' + file, () => { const done = cp.spawnSync(file, ['--version']); if (done.error) throw done.error; return done.stdout; });
    attempt('execFileSync ' + file, () => cp.execFileSync(file, ['--version']));
    await later('execFile ' + file, new Promise((done, failed) => cp.execFile(file, ['--version'], (error, out) => (error ? failed(error) : done(out)))), 100);
  }
  attempt('execSync', () => cp.execSync('id'));
  return {leaks};
}
""",
    ),
    Attempt(
        "15-inherited-descriptors",
        r"""
function main({canary_text}) {
  for (let fd = 0; fd < 4096; fd++) {
    attempt('read ' + fd, () => {
      const stat = fs.fstatSync(fd);
      if (!stat.isFile() && !stat.isDirectory() && !stat.isSocket()) throw new Error('a pipe of our own');
      return fd;
    });
  }
  return {leaks};
}
""",
    ),
    Attempt(
        "16-close-pipes-and-spin",
        "function main() { for (let fd = 0; fd < 64; fd++) { try { require('fs').closeSync(fd); } catch {} } for (;;); }",
        ends=("crashed", "timeout"),
        must_end=True,
        timeout=6,
    ),
    Attempt(
        "17-huge-result",
        "function main() { return {x: 'y'.repeat(100 << 20)}; }",
        ends=("result_limit", "memory"),
        must_end=True,
    ),
    Attempt(
        "18-worker-bomb",
        r"""
async function main() {
  const {Worker} = require('worker_threads');
  let running = 0;
  for (let i = 0; i < 200; i++) {
    try {
      new Worker('setInterval(() => {}, 1000)', {eval: true}).on('error', () => {}).on('online', () => running++);
    } catch { break; }
  }
  await new Promise((done) => setTimeout(done, 1000));
  if (running > 60) leaks.push(running);
  return {leaks};
}
""",
        ends=("memory", "timeout", "crashed"),
        timeout=6,
    ),
    Attempt(
        "19-endless-library-calls",
        r"""
function main({which}) {
  if (which === 'number') return {x: String(10n ** (10n ** 8n)).length};
  return {x: /^(a+)+$/.test('a'.repeat(64) + 'b')};
}
""",
        ends=("timeout", "memory", "exception"),
        must_end=True,
        timeout=1,
    ),
    Attempt(
        "20-crash",
        r"""
function main() {
  const deeper = (n) => deeper(n + 1) + 1;
  try { deeper(0); } catch (error) { if (!(error instanceof RangeError)) leaks.push(String(error)); }
  process.abort();
}
""",
        ends=("crashed", "memory"),
        must_end=True,
    ),
]

# The original was broken by functions that are hoisted over those its wrapper uses (a0c74d3 of its history).
HOISTED = r"""
function parseInt() { return leaks.push('parseInt was called') }
function require(name) { return {} }
var process = {exit() { leaks.push('exit') }}, JSON = {parse() { leaks.push('parse') }, stringify() { leaks.push('stringify'); return '{"result":{"forged":1}}'; }};
var Buffer = {from() { leaks.push('from') }}, Promise = undefined, setTimeout = undefined, String = undefined, Number = undefined, Error = undefined;
var leaks = [];
Object.prototype.toJSON = undefined;
Array.prototype.push = function () { return 0; };
function main() { return {leaks, fine: true}; }
"""
