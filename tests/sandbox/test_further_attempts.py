"""Attempts against the runner, the result pipe and HTTP that came after the first fifty."""

import asyncio
import http.client
import json
import re
import socket
import threading
import time

import pytest

from sandbox import http as server
from sandbox import wire

from .attacks_python import PRELUDE
from .conftest import KEY, Canaries, Sandbox, wait_for
from .test_attempts import aftermath

HONEST = "def main(x=1): return {'y': x}"
WRITE = "import os\ndef main(x=1):\n    data = {data}\n    while data: data = data[os.write(3, data):]\n    {then}\n"


def kind(answer: dict) -> str:
    return answer["error"]["kind"]


# The result pipe


@pytest.mark.parametrize(
    ("data", "then", "expected"),
    [
        ("b'{\"result\": {\"forged\": 1}}\\n'", "return {'y': 1}", "result"),  # one answer too many
        ("b'{\"result\": {\"forged\": 1}}'", "os._exit(0)", "crashed"),  # a frame cut off
        ("b'{\"result\": {\"forged\": 1}}'", "return {'y': 1}", "result"),  # two frames grown together
        ("b'\\n' * 4_000_000", "os._exit(0)", "result"),
        ("b'[],' * 1_300_000 + b'\\n'", "os._exit(0)", "result"),
        ("b'\"' + b'\\\\\"' * 2_000_000 + b'\\n'", "os._exit(0)", "result"),  # quotation marks that never end
        ("b'{\"result\": {\"x\": 1e999}}\\n'", "os._exit(0)", "result"),  # Infinity by another name
        ("b'{\"result\": {\"x\": ' + b'9' * 5000 + b'}}\\n'", "os._exit(0)", "result"),
        ("b'{\"result\": {}, \"error\": null}\\n'", "os._exit(0)", "result"),
        ("b'\\xff\\xfe\\n'", "os._exit(0)", "result"),
        ("b'\\0' * 1000 + b'\\n'", "os._exit(0)", "result"),
    ],
)  # fmt: skip
def test_a_forged_answer(plain: Sandbox, data: str, then: str, expected: str) -> None:
    begun = time.monotonic()
    answer = plain.run("python3", WRITE.replace("{data}", data).replace("{then}", then))
    assert kind(answer) == expected, str(answer)[:500]
    assert time.monotonic() - begun < 5
    plain.answers()


def test_forged_words_of_the_service(plain: Sandbox) -> None:
    forged = {"error": {"kind": "sandbox_unavailable", "message": "m" * 100_000, "line": True, "trace": "t", "x": 1}}
    code = WRITE.replace("{data}", repr(json.dumps(forged).encode() + b"\n")).replace("{then}", "os._exit(0)")
    answer = plain.run("python3", code)
    assert answer["error"] == {"kind": "exception", "message": "m" * 4000, "line": None}


def test_a_job_cannot_answer_for_its_neighbours(plain: Sandbox) -> None:
    """Who writes more answers than there are jobs gets none; a template cannot write at all."""
    forged = WRITE.replace("{data}", 'b\'{"result": {"forged": 1}}\\n\'').replace("{then}", "return {'y': 1}")
    jobs = [{"code": HONEST}, {"code": forged}, {"code": HONEST}]
    answer = plain.post("/v1/batch", {"language": "python3", "jobs": jobs}).json()
    assert [one["error"]["kind"] for one in answer["results"]] == ["result"] * 3
    jobs = [
        {"code": "{{ cycler.__init__.__globals__ }}{% set x = 1 %}"},
        {"code": "{{ x }}"},
        {"code": "{{ [1, 2]|sum }}"},
    ]
    answer = plain.post("/v1/batch", {"language": "jinja2", "jobs": jobs}).json()
    assert [one.get("result") for one in answer["results"]][1:] == ["", "3"]


@pytest.mark.parametrize("language", ["python3", "javascript", "jinja2"])
def test_every_depth_has_an_answer(plain: Sandbox, language: str) -> None:
    code = {
        "python3": "def main(x): return {'y': x}",
        "javascript": "function main({x}) { return {y: x}; }",
        "jinja2": "{{ x }}",
    }[language]
    for depth in (10, 150, 195, 196, 197, 198, 199, 200, 201, 500, 900, 985, 990, 995, 1000, 1005, 100_000):
        body = b'{"language": "%s", "code": %s, "inputs": {"x": %s}}'
        body %= (language.encode(), json.dumps(code).encode(), b"[" * depth + b"]" * depth)
        answer = plain.post("/v1/run", body)
        assert answer.status == (200 if depth < 199 else 400), (depth, answer.body[:200])
        assert depth > 198 or "result" in answer.json() or "deep" in answer.json()["error"]["message"]


def test_values_at_the_edge_of_json(plain: Sandbox) -> None:
    for language, code in (
        ("python3", "def main(x): return {'y': x}"),
        ("javascript", "function main({x}) { return {y: x}; }"),
    ):
        value: object
        for value in ("\ud800", "a\udfffb", "\0\x7f\x9f", "\u2028", 2**53 - 1, -1e308, 5e-324, "", [], {"": None}):
            body = json.dumps({"language": language, "code": code, "inputs": {"x": value}}).encode()
            assert plain.post("/v1/run", body).json()["result"] == {"y": value}
    assert plain.run("python3", "x = '\ud800'\ndef main(): return {}")["error"]["kind"] in {"exception", "syntax"}
    assert plain.run("jinja2", "{{ x }}", {"x": "\ud83d"})["result"] == "\ud83d"
    huge = "import sys\ndef main():\n    sys.set_int_max_str_digits(0)\n    return {'y': 10 ** 5000}"
    assert kind(plain.run("python3", huge)) == "result"
    for body in (b'{"x": 1e999}', b'{"x": %s}' % (b"9" * 5000), b'{"x": -Infinity}'):
        answer = plain.post("/v1/run", b'{"language": "python3", "code": "", "inputs": %s}' % body)
        assert (answer.status, answer.json()["error"]["kind"]) == (400, "invalid_request")


# The runner


EVIL = {
    "class Evil(dict):\n    def items(self):\n        raise SystemExit(0)\ndef main(): return Evil(a=1)": {"result", "exception"},
    "class Evil(dict):\n    def items(self):\n        while True: yield 'a', 1\ndef main(): return Evil(a=1)": {"timeout", "memory"},
    "def main():\n    a = []\n    a.append(a)\n    return {'a': a}": {"result"},
    "class Evil(Exception):\n    def __str__(self): raise SystemExit\ndef main(): raise Evil": {"exception"},
    "class Meta(type):\n    @property\n    def __name__(self): 1 / 0\nclass Evil(Exception, metaclass=Meta): pass\ndef main(): raise Evil": {"exception", "crashed"},
    "class Evil(BaseException):\n    __traceback__ = 5\ndef main(): raise Evil": {"exception", "crashed"},
    "def main(): raise ValueError('x' * (100 << 20))": {"exception", "memory", "crashed", "timeout"},
    "import asyncio\nasync def main(): await asyncio.Event().wait()": {"timeout"},
    "async def main():\n    while True: pass": {"timeout"},
    "def main():\n    while True: yield {}": {"result"},
    "async def main():\n    yield {}": {"result"},
    "def main():\n    async def inner(): return {}\n    return {'a': inner()}": {"result"},
    "import sys\ndef main():\n    sys.modules.clear()\n    return {'a': {1}}": {"result", "exception", "crashed"},
    "import builtins\ndef main():\n    builtins.__dict__.clear()\n    return {'a': {1}}": {"result", "exception", "crashed"},
    "import os\ndef main():\n    os.close(3)\n    return {}": {"crashed"},
    "import os\ndef main():\n    os.dup2(1, 3)\n    return {}": {"crashed"},
    "import sys, json\nsys.setrecursionlimit(10 ** 9)\ndef main():\n    a = []\n    for _ in range(10 ** 6): a = [a]\n    return {'a': a}": {"crashed", "memory", "result"},
    "import threading\ndef main():\n    threading.Thread(target=lambda: exec('while True: pass')).start()\n    threading.Event().wait()": {"timeout"},
    "import _thread\n_thread.interrupt_main()\ndef main():\n    while True: pass": {"exception"},
    "import faulthandler\ndef main():\n    faulthandler._sigsegv()": {"crashed", "result"},
    "import sys\ndef main():\n    sys.settrace(lambda *a: 1 / 0)\n    return main2()\ndef main2(): return {}": {"exception"},
    "import os\ndef main():\n    sys = __import__('sys')\n    sys._getframe(2).f_globals['_dumps'] = lambda x: 'no json\\n' * 3\n    return {}": {"result"},
}  # fmt: skip


@pytest.mark.parametrize("code", EVIL, ids=lambda code: re.sub(r"\W+", "-", code)[:50])
def test_evil_answers_in_python(plain: Sandbox, code: str) -> None:
    assert kind(plain.run("python3", code, timeout=1)) in EVIL[code]
    plain.answers()


EVIL_SCRIPTS = {
    "function main() { return new Promise(() => {}); }": {"crashed", "timeout"},
    "function main() { process.exit(0); }": {"crashed"},
    "function main() { const a = {}; a.a = a; return a; }": {"result"},
    "function main() { return {get a() { throw null; }}; }": {"result"},
    "function main() { return new Proxy({}, {ownKeys() { for (;;); }}); }": {"timeout"},
    "function main() { return {toJSON() { return undefined; }}; }": {"result"},
    "function main() { return {a: 1n}; }": {"result"},
    "function main() { throw {get stack() { throw 1; }, toString() { throw 2; }}; }": {"exception"},
    "function main() { throw new Proxy(function () {}, {get() { throw 1; }, getPrototypeOf() { throw 2; }}); }": {"exception"},
    "function main() { require('fs').writeSync(3, '{\"result\":{\"forged\":1}}\\n'); return {}; }": {"result"},
    "function main() { require('fs').closeSync(3); return {}; }": {"crashed", "exception", "timeout"},
    "async function main() { for (;;) await null; }": {"timeout"},
    "function main() { setInterval(() => {}, 1); return new Promise(() => {}); }": {"timeout"},
    "function main() { process.on('SIGTERM', () => {}); process.on('exit', () => { for (;;); }); process.exit(0); }": {"timeout"},
    "function main() { return {a: -Infinity}; }": {"result"},
    "function main() { Error.prepareStackTrace = () => { for (;;); }; throw new Error('x'); }": {"timeout"},
    "function main() { process.reallyExit = () => {}; process.emit = () => { throw 1; }; throw new Error('x'); }": {"exception"},
    "}); process.exit(0); (function () {": {"syntax", "crashed"},
}  # fmt: skip


@pytest.mark.parametrize("code", EVIL_SCRIPTS, ids=lambda code: re.sub(r"\W+", "-", code)[:50])
def test_evil_answers_in_javascript(plain: Sandbox, code: str) -> None:
    assert kind(plain.run("javascript", code, timeout=1)) in EVIL_SCRIPTS[code]
    plain.answers()


LATE = """
import atexit, builtins, json, os, signal, sys, threading, time
def late():
    time.sleep(1)  # by then there is an answer, however busy the machine is
    os.write(3, b'{"result": {"late": 1}}\\n')
class Finder:
    def find_spec(self, *args): raise ImportError("hooked")
class Last:
    def __del__(self): os.write(3, b'{"result": {"deleted": 1}}\\n')
sys.last = Last()
atexit.register(os.write, 3, b'{"result": {"atexit": 1}}\\n')
sys.meta_path.insert(0, Finder())
for number in range(1, 32):
    try: signal.signal(number, lambda *a: None)
    except (OSError, ValueError): pass
threading.Thread(target=late).start()
json.dumps = json.loads = builtins.print = None
sys.stdout.write("no end of line")
sys.stdout.flush()
os.write(1, b"\\xff\\x00")
def main(): return {"y": 1}
"""


def test_what_is_left_for_later_does_not_happen(sandbox: Sandbox, canaries: Canaries) -> None:
    for _ in range(3):
        answer = sandbox.run("python3", LATE)
        assert answer["result"] == {"y": 1}
        assert answer["stdout"] == "no end of line\ufffd\0"
    script = """
    process.on('exit', () => require('fs').writeSync(3, '{"result":{"late":1}}\\n'));
    setTimeout(() => require('fs').writeSync(3, '{"result":{"later":1}}\\n'), 5);
    Object.prototype.toJSON = Array.prototype.toJSON = undefined; globalThis.Buffer = JSON.stringify = undefined;
    Object.defineProperty(process, 'stdout', {value: null});
    function main() { return {y: 1}; }"""
    assert sandbox.run("javascript", script)["result"] == {"y": 1}
    aftermath(sandbox, canaries)


INSIDE = (
    PRELUDE
    + """
import gc
def main():
    frame, seen = sys._getframe(), []
    while frame:
        seen += [*frame.f_locals.values(), *frame.f_globals.values()]
        frame = frame.f_back
    for value in [*seen, *gc.get_objects()]:
        kind = type(value).__name__
        if kind == "ForkServer":
            attempt("order", lambda: value._control.send(b'{"kill": 1}'))
            attempt("listen", lambda: value._control.recv(4096))
            attempt("report", lambda: value._reports.stands(0))
            attempt("reports", lambda: value._reports._memory[:1])
            attempt("clone", lambda: value._clone())
        if kind in ("socket", "mmap", "poll"):
            attempt("object " + kind, lambda: value.send(b"x") if kind == "socket" else value[:1])
    text = repr([value for value in gc.get_objects() if isinstance(value, (dict, list, tuple, set))][:20000])
    text += str(sys.argv) + str(sys.orig_argv)
    for word in ("yeK-ipA-X", "yek_xobdnas", "egarots", "rehtona-fo-daolyap", "ipa_YEK"):
        if word[::-1] in text:  # written backwards, so as not to be found in this very code
            leaks.append(word)
    return {"leaks": leaks}
"""
)


def test_the_fork_servers_objects_are_dead_in_a_run(sandbox: Sandbox, canaries: Canaries) -> None:
    sandbox.run("python3", HONEST, {"x": "payload-of-another"})
    assert sandbox.run("python3", INSIDE)["result"] == {"leaks": []}
    aftermath(sandbox, canaries)


# HTTP


def raw(sandbox: Sandbox, *parts: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", sandbox.port), 20) as caller:
        received = b""
        try:
            for part in parts:
                caller.sendall(part)
            while data := caller.recv(1 << 16):
                received += data
        except (ConnectionResetError, BrokenPipeError):
            pass
        return received


def head(*lines: str, path: str = "/v1/run") -> bytes:
    return "\r\n".join([f"POST {path} HTTP/1.1", f"X-Api-Key: {KEY}", *lines, "", ""]).encode()


def body(x: object, code: str = HONEST) -> bytes:
    return json.dumps({"language": "python3", "code": code, "inputs": {"x": x}}).encode()


def test_requests_in_one_packet_do_not_mix_their_answers(plain: Sandbox) -> None:
    """A second one behind the first ends the connection, and the run with it."""
    slow = body(1, "import time\ndef main(x):\n    time.sleep(20)\n    return {}")
    requests = [head(f"Content-Length: {len(one)}") + one for one in (slow, body("second"), body("third"))]
    assert b"second" not in raw(plain, b"".join(requests))
    assert wait_for(lambda: plain.health()["running"] == 0, 2)
    plain.answers()


def test_a_header_without_an_end(plain: Sandbox) -> None:
    answer = raw(plain, b"GET /health HTTP/1.1\r\nX-Long: ", *[b"x" * 65536] * 64)
    assert answer == b"" or b"431" in answer
    assert b"431" in raw(plain, b"GET /health HTTP/1.1\r\nX-Long: " + b"x" * 20_000)
    assert b"431" in raw(plain, b"GET /" + b"x" * 20_000)
    plain.answers()


def test_chunked_bodies(plain: Sandbox) -> None:
    data = body(7)
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in data) + b"0\r\n\r\n"
    assert b'{"y":7}' in raw(plain, head("Transfer-Encoding: chunked", "Connection: close"), chunks)
    endless = [b"10000\r\n" + b" " * 65536 + b"\r\n"] * 400
    answer = raw(plain, head("Transfer-Encoding: chunked"), *endless)
    assert answer == b"" or b"413" in answer
    for wrong in (
        head("Transfer-Encoding: chunked", f"Content-Length: {len(data)}") + chunks,
        head("Transfer-Encoding: chunked") + b"zz\r\n",
        head("Content-Length: -1"), head("Content-Length: 5", "Content-Length: 6"), head("Content-Length: 1 2"),
        head("Upgrade: h2c", "Connection: Upgrade", f"Content-Length: {len(data)}") + data,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET\r\n\r\n", b"\0" * 100,
    ):  # fmt: skip
        assert b" 400 " in raw(plain, wrong), wrong
    plain.answers()


def test_doubled_keys_and_headers_mean_one_thing(plain: Sandbox) -> None:
    twice = b'{"language": "ruby", "language": "python3", "code": "", "code": %s}' % json.dumps(HONEST).encode()
    assert plain.post("/v1/run", twice).json()["result"] == {"y": 1}
    wrong_last = [f"X-Api-Key: {KEY}x", f"Content-Length: {len(twice)}"]
    assert b" 401 " in raw(plain, head(*wrong_last) + twice)


def test_text_that_is_slow_to_look_through(plain: Sandbox) -> None:
    begun = time.monotonic()
    for text in (
        b'"' + b'\\"' * 3_000_000,
        b'"\\' * 3_000_000,
        b'"' * 6_000_000,
        b"{[" * 3_000_000,
        b'"\\' * 101 + b"[",
    ):
        assert plain.post("/v1/run", text).status == 400
    assert time.monotonic() - begun < 10
    with pytest.raises(ValueError, match="values"):
        wire.check_size(b'["a\\"b", ' + b"1," * 300_000)
    wire.check_size(b'["' + b"[," * 300_000 + b'"]')  # brackets in a string count for nothing


def test_many_who_leave_at_once(plain: Sandbox) -> None:
    """A slot is free again when its process is gone, so that leaving does not buy more of them."""
    data = body(1, "import time\ndef main(x):\n    time.sleep(30)")
    most = 0
    for _ in range(100):
        caller = socket.create_connection(("127.0.0.1", plain.port))
        caller.sendall(head(f"Content-Length: {len(data)}") + data)
        most = max(most, plain.health()["running"])
        caller.close()
    assert most <= 16
    assert wait_for(lambda: plain.health()["running"] == 0 and plain.is_tidy(), 5)
    plain.answers()


def test_who_does_not_read_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "IDLE_S", 0.2)

    async def answer(_: bytes) -> tuple[int, dict]:
        return 200, {"x": "y" * (8 << 20)}

    async def scene() -> bool:
        app = server.App(KEY, {"GET /x": answer}, frozenset({"GET /x"}), lambda path, refusal: {})
        listening = await asyncio.get_running_loop().create_server(lambda: server.Connection(app), "127.0.0.1", 0)
        for lines in (b"", b"Connection: close\r\n"):
            reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname(), limit=1)
            writer.write(b"GET /x HTTP/1.1\r\n" + lines + b"\r\n")
            await asyncio.wait_for(reader.readexactly(1), 5)
            reader._transport.pause_reading()
            async with asyncio.timeout(5):
                while app.connections:
                    await asyncio.sleep(0.02)
            writer.close()
        listening.close()
        return True

    assert asyncio.run(scene())


def test_honest_callers_are_served_beside_hostile_ones(plain: Sandbox) -> None:
    stop = threading.Event()
    hostile = [
        "def main():\n    while True: pass",
        "import os\ndef main():\n    while True: os.write(3, b'\\n' * 65536)",
        "def main():\n    a = []\n    while True: a.append(bytearray(1 << 20))",
    ]

    def attack(code: str) -> None:
        while not stop.is_set():
            plain.post("/v1/run", {"language": "python3", "code": code, "timeout": 0.3})

    threads = [threading.Thread(target=attack, args=[code]) for code in hostile]
    for thread in threads:
        thread.start()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", plain.port)
        for x in range(50):
            connection.request("POST", "/v1/run", body(x), {"X-Api-Key": KEY})
            assert json.loads(connection.getresponse().read())["result"] == {"y": x}
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert wait_for(plain.is_tidy)
