"""Every attempt in every surrounding: stopped, and afterwards the service answers and nothing is left."""

import json
import os
import shutil

import pytest

from . import attacks_javascript, attacks_jinja2, attacks_python
from .attacks_python import Attempt
from .conftest import SECRET, Canaries, Sandbox, wait_for


def facts(sandbox: Sandbox, canaries: Canaries) -> dict:
    nodes = [process.pid for process in sandbox.tree() if process.name() == "node"]
    return {
        "canary": str(canaries.file),
        "canary_text": "the canary",
        "writable": str(canaries.writable),
        "source": str(sandbox.folder / "sandbox" / "service.py"),
        "key_file": str(sandbox.folder / "storage" / "keys" / "sandbox_key"),
        "secret": SECRET,
        "port": canaries.port,
        "service_port": sandbox.port,
        "unix_path": canaries.unix_path,
        "abstract": canaries.abstract,
        "service": sandbox.process.pid,
        "forkserver": sandbox.forkserver().pid,
        "node": nodes[0] if nodes else sandbox.process.pid,
        "python": sandbox.python,
        "node_path": os.path.realpath(shutil.which("node") or "/usr/bin/node"),
        "which": "expression",
    }


def judge(attempt: Attempt, answer: dict) -> None:
    error = answer.get("error")
    if error:
        assert error["kind"] in attempt.ends, answer
    else:
        assert not attempt.must_end, answer
        assert answer["result"] == {"leaks": []}, "\n".join(map(str, answer["result"]["leaks"]))


def aftermath(sandbox: Sandbox, canaries: Canaries) -> None:
    sandbox.answers()
    assert wait_for(sandbox.is_tidy), sandbox.tree()
    assert canaries.touched == []
    assert sandbox.process.poll() is None
    health = sandbox.health()
    assert health["restarts"] == 0
    assert health["status"] == "ok"


@pytest.mark.parametrize("attempt", attacks_python.ATTEMPTS, ids=lambda attempt: attempt.name)
def test_wf_19_python(sandbox: Sandbox, canaries: Canaries, attempt: Attempt) -> None:
    code = attacks_python.PRELUDE + attempt.code
    judge(attempt, sandbox.run("python3", code, facts(sandbox, canaries), timeout=attempt.timeout))
    aftermath(sandbox, canaries)


@pytest.mark.parametrize("attempt", attacks_javascript.ATTEMPTS, ids=lambda attempt: attempt.name)
def test_wf_19_javascript(sandbox: Sandbox, canaries: Canaries, attempt: Attempt) -> None:
    code = attacks_javascript.PRELUDE + attempt.code
    judge(attempt, sandbox.run("javascript", code, facts(sandbox, canaries), timeout=attempt.timeout))
    aftermath(sandbox, canaries)


@pytest.mark.parametrize("attempt", attacks_jinja2.ATTEMPTS, ids=lambda attempt: attempt.name)
def test_wf_20_jinja2(sandbox: Sandbox, canaries: Canaries, attempt: Attempt) -> None:
    answer = sandbox.run("jinja2", attempt.code, {"x": "text", "items": [1, 2]}, timeout=attempt.timeout)
    if "error" in answer:
        assert answer["error"]["kind"] in (*attempt.ends, "exception"), answer
    else:
        assert not attempt.must_end, answer
        assert len(answer["result"]) < 4 << 20
    shown = json.dumps(answer.get("result", ""))
    assert not [word for word in attacks_jinja2.MUST_NOT_APPEAR if word in shown], shown
    aftermath(sandbox, canaries)


@pytest.mark.parametrize("language", ["python3", "javascript"])
def test_a_huge_number(sandbox: Sandbox, canaries: Canaries, language: str) -> None:
    module = attacks_python if language == "python3" else attacks_javascript
    attempt = next(one for one in module.ATTEMPTS if one.name.startswith("19"))
    inputs = {**facts(sandbox, canaries), "which": "number"}
    judge(attempt, sandbox.run(language, module.PRELUDE + attempt.code, inputs, timeout=1))
    aftermath(sandbox, canaries)


def test_hoisted_functions_change_nothing_outside_their_run(sandbox: Sandbox, canaries: Canaries) -> None:
    answer = sandbox.run("javascript", attacks_javascript.HOISTED, timeout=4)
    assert "forged" not in json.dumps(answer)
    assert sandbox.run("javascript", "function main() { return {x: parseInt('7')} }")["result"] == {"x": 7}
    aftermath(sandbox, canaries)
