"""The two forms of the wire, and what is refused on them."""

import http.client
import json
import socket
import threading
import time

import pytest

from .conftest import KEY, Sandbox, wait_for

MAIN = "def main(x):\n    return {'y': x}\n"


def test_own_form(plain: Sandbox) -> None:
    answer = plain.run("python3", "def main(x):\n    print('said')\n    return {'y': x * 2}", {"x": 21})
    assert answer["result"] == {"y": 42}
    assert answer["stdout"] == "said\n"
    assert answer["duration_ms"] > 0
    assert answer["memory_kb"] > 1000
    assert answer.keys() == {"result", "stdout", "duration_ms", "memory_kb"}


def test_async_main(plain: Sandbox) -> None:
    python = "import asyncio\nasync def main(x):\n    await asyncio.sleep(0.01)\n    return {'y': x}"
    assert plain.run("python3", python, {"x": 1})["result"] == {"y": 1}
    script = "async function main({x}) { await new Promise((done) => setTimeout(done, 10)); return {y: x}; }"
    assert plain.run("javascript", script, {"x": 1})["result"] == {"y": 1}
    assert plain.run("javascript", "const main = ({x}) => ({y: x})", {"x": 2})["result"] == {"y": 2}


@pytest.mark.parametrize(
    ("language", "code", "kind", "line"),
    [
        ("python3", "x = 1\ndef main():\n    return {'a': 1 / 0}", "exception", 3),
        ("python3", "x = 1\ndef main(:\n    pass", "syntax", 2),
        ("python3", "y = 1", "no_main", None),
        ("python3", "main = 3", "no_main", None),
        ("python3", "def main(missing): return {}", "arguments", None),
        ("python3", "def main(): return 5", "result", None),
        ("python3", "def main(): return None", "result", None),
        ("python3", "def main(): return {'a': {1, 2}}", "result", None),
        ("python3", "def main(): return {'a': b'x'}", "result", None),
        ("python3", "def main(): return {'a': float('nan')}", "result", None),
        ("python3", "def main(): return {'a': float('inf')}", "result", None),
        ("python3", "def main():\n    a = {}\n    a['a'] = a\n    return a", "result", None),
        (
            "python3",
            "def main():\n    a = []\n    for _ in range(100000): a = [a]\n    return {'a': a}",
            "result",
            None,
        ),
        ("python3", "def main(): return {str(i): 0 for i in range(300_000)}", "result", None),
        ("python3", "import os\nos._exit(0)", "crashed", None),
        ("python3", "import os\nos._exit(97)", "crashed", None),
        ("python3", "raise SystemExit(1)", "exception", 1),
        ("python3", "import os\nos.write(3, b'{\"result\": NaN}\\n')\nos._exit(0)", "result", None),
        ("python3", "import os\nos.write(3, b'[1]\\n')\nos._exit(0)", "result", None),
        ("python3", "import os\nos.write(3, b'['*100000 + b'\\n')\nos._exit(0)", "result", None),
        ("python3", "import os\nos.write(3, b'nonsense')\nos._exit(0)", "crashed", None),
        ("javascript", "let x = 1;\nfunction main() {\n  return {a: nothing.b};\n}", "exception", 3),
        ("javascript", "let x = 1;\nfunction 3() {}", "syntax", 2),
        ("javascript", "let x = 1", "no_main", None),
        ("javascript", "function main() { return 5; }", "result", None),
        ("javascript", "function main() { return {a: NaN}; }", "result", None),
        ("javascript", "function main() { return {a: 1n}; }", "result", None),
        ("javascript", "function main() { const a = {}; a.a = a; return a; }", "result", None),
        ("javascript", "process.exit(0)", "crashed", None),
        ("javascript", "function main() { throw {odd: 1}; }", "exception", None),
        ("javascript", "function main() { throw null; }", "exception", None),
        ("jinja2", "a\n{{ x.", "syntax", 2),
        ("jinja2", "a\n{{ 1 / 0 }}", "exception", 2),
    ],
)
def test_errors_say_what_and_where(plain: Sandbox, language: str, code: str, kind: str, line: int | None) -> None:
    error = plain.run(language, code)["error"]
    assert (error["kind"], error["line"]) == (kind, line), error
    assert error["message"]
    assert "/sandbox" not in error["message"]


def test_a_result_error_names_the_key(plain: Sandbox) -> None:
    assert "'bad'" in plain.run("python3", "def main(): return {'good': 1, 'bad': {1}}")["error"]["message"]
    assert (
        "'bad'" in plain.run("javascript", "function main() { return {good: 1, bad: Infinity}; }")["error"]["message"]
    )


TRICKY = [
    '"""', "'''", "${x}", "*/", "\u2028\u2029", "</script>", "{{ 7 * 7 }}", "{% raw %}", "\\", "\n\r\t\0", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "__import__('os')",
]  # fmt: skip


@pytest.mark.parametrize("language", ["python3", "javascript", "jinja2"])
def test_inputs_stay_data(plain: Sandbox, language: str) -> None:
    code = {
        "python3": "def main(x): return {'y': x}",
        "javascript": "function main({x}) { return {y: x}; }",
        "jinja2": "{{ x }}",
    }[language]
    for text in [*TRICKY, "a" * (4 << 19)]:
        result = plain.run(language, code, {"x": text})["result"]
        assert (result if language == "jinja2" else result["y"]) == text


def test_templates_leave_undefined_empty_and_keep_types(plain: Sandbox) -> None:
    template = "{% for a in items %}{{ a | float }},{% endfor %}{{ nothing }}{{ names | join('-') }}"
    assert plain.run("jinja2", template, {"items": [1, "2"], "names": ["a", "b"]})["result"] == "1.0,2.0,a-b"


def test_a_batch_has_an_answer_per_job(plain: Sandbox) -> None:
    jobs = [{"code": "{{ x }}", "inputs": {"x": number}} for number in range(50)]
    jobs[7] = {"code": "{{ x."}
    answer = plain.post("/v1/batch", {"language": "jinja2", "jobs": jobs}).json()
    assert [one.get("result") for one in answer["results"][:7]] == [str(number) for number in range(7)]
    assert answer["results"][7]["error"]["kind"] == "syntax"
    assert answer["results"][49] == {"result": "49"}
    assert answer.keys() == {"results", "stdout", "duration_ms", "memory_kb"}


@pytest.mark.parametrize("language", ["python3", "javascript"])
def test_a_batch_keeps_what_was_done_before_its_end(plain: Sandbox, language: str) -> None:
    good = {"python3": MAIN, "javascript": "function main({x}) { return {y: x}; }"}[language]
    wrong = {
        "python3": "def main():\n    raise ValueError",
        "javascript": "function main() { throw 1; }",
    }[language]
    spin = {"python3": "def main():\n    while True: pass", "javascript": "function main() { for (;;); }"}[language]
    jobs = [{"code": good, "inputs": {"x": 1}}, {"code": wrong}, {"code": spin}, {"code": good, "inputs": {"x": 2}}]
    answer = plain.post("/v1/batch", {"language": language, "jobs": jobs, "timeout": 1}).json()
    assert answer["results"][0] == {"result": {"y": 1}}
    assert [one["error"]["kind"] for one in answer["results"][1:]] == ["exception", "timeout", "timeout"]


def test_the_original_form(plain: Sandbox) -> None:
    ask = lambda body: plain.post("/v1/sandbox/run", body)  # noqa: E731
    answer = ask({"language": "python3", "code": "print('<<RESULT>>{}<<RESULT>>')"})
    assert (answer.status, answer.json()) == (
        200,
        {"code": 0, "message": "success", "data": {"stdout": "<<RESULT>>{}<<RESULT>>\n", "error": ""}},
    )
    answer = ask({"language": "nodejs", "code": "setTimeout(() => console.log(require('util').inspect({a: 1})), 5)"})
    assert answer.json()["data"] == {"stdout": "{ a: 1 }\n", "error": ""}
    assert "ZeroDivisionError" in ask({"language": "python3", "code": "print(1)\n1/0"}).json()["data"]["error"]
    assert "Error: no" in ask({"language": "nodejs", "code": "throw new Error('no')"}).json()["data"]["error"]
    assert ask({"language": "python3", "code": "print(1)", "preload": "", "enable_network": False}).json()["code"] == 0
    extras: list[dict] = [{"preload": "import os"}, {"enable_network": True}, {"env": {}}, {"options": 1}]
    for extra in extras:
        refused = ask({"language": "python3", "code": "print(1)", **extra})
        assert (refused.status, refused.json()["code"]) == (400, -400)
    assert plain.post("/v1/sandbox/run", {"language": "python3", "code": ""}, key="wrong").json()["code"] == -401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b"[]", 400), (b"{}", 400), (b"\xff\xfe", 400), (b"[" * 100000, 400), (b"NaN", 400),
        ({"language": "python3"}, 400), ({"language": "ruby", "code": ""}, 400), ({"language": ["python3"], "code": ""}, 400),
        ({"language": "python3", "code": 5}, 400), ({"language": "python3", "code": "", "inputs": []}, 400),
        ({"language": "python3", "code": "", "preload": ""}, 400), ({"language": "python3", "code": "", "enable_network": True}, 400),
        ({"language": "python3", "code": "", "env": {}}, 400), ({"language": "python3", "code": "", "timeout": 0}, 400),
        ({"language": "python3", "code": "", "timeout": -1}, 400), ({"language": "python3", "code": "", "timeout": 1e9}, 400),
        ({"language": "python3", "code": "", "timeout": True}, 400), ({"language": "python3", "code": "", "timeout": "1"}, 400),
        ({"language": "python3", "code": "#" * (1 << 20) + "x"}, 413),
        ({"language": "python3", "code": "", "inputs": {"x": "a" * (6 << 20)}}, 413),
        ({"language": "python3", "code": "", "inputs": {"x": "a" * (13 << 20)}}, 413),
        ({"language": "python3", "code": "", "inputs": {"x": [[]] * 300_000}}, 400),
    ],
)  # fmt: skip
def test_bad_requests(plain: Sandbox, body, status: int) -> None:
    answer = plain.post("/v1/run", body)
    assert answer.status == status, answer.body
    assert answer.json()["error"]["kind"] in {"invalid_request", "too_large"}
    plain.answers()


def test_keys(plain: Sandbox) -> None:
    for key in ("", "wrong", "dify-sandbox", KEY + "x", KEY[:-1], "é"):
        answer = plain.client.request(
            "POST", "/v1/run", {"language": "python3", "code": MAIN}, headers={"X-Api-Key": key}
        )
        assert answer.status == 401
    assert plain.client.post("/v1/run", {}).status == 401
    assert plain.client.get("/health").status == 200
    assert KEY not in plain.client.get("/health").body.decode()
    assert plain.client.get("/nowhere").status == 404


def test_slow_and_broken_callers_do_not_hold_others_up(plain: Sandbox) -> None:
    slow = [socket.create_connection(("127.0.0.1", plain.port)) for _ in range(50)]
    for caller in slow:
        caller.sendall(b"POST /v1/run HTTP/1.1\r\nX-Api-")
    broken = socket.create_connection(("127.0.0.1", plain.port))
    broken.sendall(b"\x16\x03\x01nonsense\r\n\r\n")
    assert b"400" in broken.recv(1000)
    long = socket.create_connection(("127.0.0.1", plain.port))
    long.sendall(b"GET /health HTTP/1.1\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"x" * 1000) for n in range(30)))
    assert b"431" in long.recv(1000)
    plain.answers()
    for caller in [*slow, broken, long]:
        caller.close()


def test_a_caller_who_leaves_takes_the_run_along(plain: Sandbox) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", plain.port)
    body = json.dumps({"language": "python3", "code": "import time\ndef main(): time.sleep(30)", "timeout": 40})
    connection.request("POST", "/v1/run", body, {"X-Api-Key": KEY})
    assert wait_for(lambda: plain.health()["running"] == 1)
    connection.close()
    assert wait_for(lambda: plain.health()["running"] == 0 and plain.is_tidy(), 2)
    plain.answers()


def test_a_thousand_at_once(plain: Sandbox) -> None:
    """The queue is bounded; who finds it full hears 429 at once, and everybody hears something."""
    statuses: list[int] = []

    def ask() -> None:
        try:
            statuses.append(plain.post("/v1/run", {"language": "python3", "code": MAIN, "inputs": {"x": 1}}).status)
        except OSError:
            statuses.append(0)

    threads = [threading.Thread(target=ask) for _ in range(400)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 429}, statuses
    assert statuses.count(200) >= 100
    plain.answers()


def test_the_clock_is_exact(plain: Sandbox) -> None:
    for language, code in (
        ("python3", "import time\ndef main(): time.sleep(9)"),
        ("javascript", "function main() { for (;;); }"),
    ):
        answer = plain.run(language, code, timeout=0.5)
        assert answer["error"]["kind"] == "timeout"
        assert 500 <= answer["duration_ms"] <= 650
    assert wait_for(plain.is_tidy)


@pytest.mark.parametrize("language", ["python3", "javascript"])
def test_a_bomb_stays_below_its_limit(plain: Sandbox, language: str) -> None:
    code = {
        "python3": "def main():\n    a = []\n    while True: a.append(bytearray(1 << 20))",
        "javascript": "function main() { const a = []; for (;;) a.push(Buffer.alloc(1 << 20, 1)); }",
    }[language]
    answer = plain.run(language, code)
    assert answer["error"]["kind"] == "memory", answer
    assert answer["memory_kb"] < 275 * 1024
    plain.answers()


def test_output_is_cut(plain: Sandbox) -> None:
    begun = time.monotonic()
    answer = plain.run("python3", "def main():\n    while True: print('x' * 1000)")
    assert answer["error"]["kind"] == "output_limit"
    assert len(answer["stdout"]) == 1 << 20
    assert time.monotonic() - begun < 8
