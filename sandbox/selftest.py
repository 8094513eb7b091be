"""Attempts that must fail, made by a real run behind the real walls. Whatever succeeds brings the service to level 0."""

import json
import os
from pathlib import Path

from .limits import MB, RunLimits
from .link import ENVIRONMENT, Link
from .wire import Request, answers

LIMITS = RunLimits(wall_s=10, memory_bytes=128 * MB)

PYTHON = """
import ctypes, os, resource, socket, stat

def main(port, service, forkserver, source, environment, uid):
    broken = []

    def must_fail(name, attempt):
        try:
            attempt()
        except (OSError, ValueError, MemoryError):
            return
        broken.append(name)

    libc = ctypes.CDLL(None, use_errno=True)

    def called(function, *arguments):
        if getattr(libc, function)(*arguments) < 0:
            raise OSError(ctypes.get_errno(), function)

    def fork():
        if os.fork() == 0:
            os._exit(0)

    def write(path):
        with open(path, "w") as file:
            file.write("x")

    for path in ("/etc/passwd", "/proc/self/environ", f"/proc/{service}/environ", f"/proc/{forkserver}/mem", source):
        must_fail("read " + path.replace(str(service), "service").replace(str(forkserver), "server"), lambda: open(path, "rb").read(1))
    for path in ("/sandbox-test", "/tmp/sandbox-test", "/dev/shm/sandbox-test", "/var/tmp/sandbox-test"):
        must_fail("write " + path, lambda: write(path))
    must_fail("list /etc", lambda: os.listdir("/etc"))
    must_fail("connect", lambda: socket.create_connection(("127.0.0.1", port), 1))
    must_fail("listen", lambda: socket.create_server(("127.0.0.1", 0)))
    must_fail("abstract socket", lambda: socket.socket(socket.AF_UNIX))
    must_fail("fork", fork)
    must_fail("execute", lambda: os.posix_spawn("/bin/sh", ["sh", "-c", ":"], {}))
    for name, pid in (("service", service), ("server", forkserver), ("parent", os.getppid()), ("all", -1)):
        must_fail("signal " + name, lambda: os.kill(pid, 0))
    must_fail("namespace", lambda: called("unshare", 0x10000000))
    must_fail("ptrace", lambda: called("ptrace", 16, service, 0, 0))
    must_fail("raise a limit", lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16)))
    must_fail("become root", lambda: called("setuid", 0))
    must_fail("mount", lambda: called("mount", b"none", b"/tmp", b"tmpfs", 0, None))
    must_fail("memory", lambda: bytearray(512 << 20))
    for descriptor in range(4, 1024):
        must_fail(f"descriptor {descriptor}", lambda: os.fstat(descriptor))
    for descriptor in range(4):
        if stat.S_ISREG(os.fstat(descriptor).st_mode) or stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            broken.append(f"descriptor {descriptor}")
    if unknown := set(os.environ) - set(environment):
        broken.append("environment " + " ".join(sorted(unknown)))
    if uid is not None and os.getuid() == uid:
        broken.append("user")
    return {"broken": broken}
"""

NODE = """
const fs = require('fs');
function main({service, source}) {
  const broken = [];
  const mustFail = (name, attempt) => {
    try { attempt(); } catch { return; }
    broken.push(name);
  };
  for (const path of ['/etc/passwd', '/proc/self/environ', `/proc/${service}/environ`, source])
    mustFail('read ' + path.replace(service, 'service'), () => fs.readFileSync(path));
  for (const path of ['/sandbox-test', '/tmp/sandbox-test', '/dev/shm/sandbox-test'])
    mustFail('write ' + path, () => fs.writeFileSync(path, 'x'));
  mustFail('list /etc', () => fs.readdirSync('/etc'));
  mustFail('execute', () => { const done = require('child_process').spawnSync('/bin/sh', ['-c', ':']);
                              if (done.error) throw done.error; });
  mustFail('signal', () => process.kill(service, 0));
  for (let descriptor = 1; descriptor < 4; descriptor++)
    mustFail('descriptor ' + descriptor, () => { const found = fs.fstatSync(descriptor);
                                                 if (!found.isFile() && !found.isSocket()) throw new Error('ours'); });
  mustFail('memory', () => Buffer.alloc(1 << 30).fill(1));
  return {broken};
}
"""


class SurpriseError(Exception):
    """An attempt succeeded, or the test could not be made; the message says which."""


class NoStartError(Exception):
    """Node does not start behind the walls."""


async def test_python(link: Link, port: int) -> None:
    """Raises SurpriseError."""
    request = _request("python", PYTHON, _facts(link, port))
    _judge(request, answers(request, await link.run(request.payload, LIMITS).wait()))


async def test_node(link: Link) -> None:
    """Raises SurpriseError, or NoStartError if there is nothing to test."""
    facts = _facts(link, 0)
    request = _request("node", NODE, {"service": facts["service"], "source": facts["source"]})
    run, descriptor = link.boot_node(LIMITS)
    run.start_clock()
    run.feed(descriptor, request.payload)
    outcome = await run.wait()
    if not outcome.result.strip():
        raise NoStartError(f"node does not start (signal {outcome.signal_number})")
    _judge(request, answers(request, outcome))


def _facts(link: Link, port: int) -> dict[str, object]:
    return {
        "port": port,
        "service": os.getpid(),
        "forkserver": link.pid,
        "source": str(Path(__file__).resolve()),
        "environment": [*ENVIRONMENT, "LC_CTYPE"],
        "uid": os.getuid() if link.plan.has_own_users else None,
    }


def _request(engine: str, code: str, inputs: dict[str, object]) -> Request:
    payload = json.dumps({"mode": "main", "jobs": [{"code": code, "inputs": inputs}]}).encode()
    return Request(engine, "main", payload, 1, LIMITS)


def _judge(request: Request, found: list[dict[str, object]]) -> None:
    answer = found[0]
    if answer != {"result": {"broken": []}}:
        raise SurpriseError(f"the {request.engine} self-test found {json.dumps(answer)[:500]}")
