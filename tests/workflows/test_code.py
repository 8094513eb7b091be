"""What people write code and templates for, in the sandbox."""

from typing import Any

import pytest

from tests.factories import make_app, make_key, make_workspace
from tests.http import Client

from .flows import flow, node

REPLY = '{"data": {"name": "Ada"}}'
PICK = {
    "python3": "import json\ndef main(reply):\n    return {'found': json.loads(reply)['data']['name']}",
    "javascript": "function main({reply}) { return {found: JSON.parse(reply).data.name} }",
}
SPREAD = {
    "python3": """def main(x):
    mean = sum(x) / len(x)
    return {'found': sum((i - mean) ** 2 for i in x) / len(x)}""",
    "javascript": """function main({x}) {
  const mean = x.reduce((sum, i) => sum + i, 0) / x.length;
  return {found: x.reduce((sum, i) => sum + (i - mean) ** 2, 0) / x.length};
}""",
}
JOIN = {
    "python3": "def main(first, second):\n    return {'found': first + second}",
    "javascript": "function main({first, second}) { return {found: [...first, ...second]} }",
}
NUMBERS = [1, 2, 3, 4]
PASSAGES = [
    {"title": "Tea", "content": "Hot water.", "metadata": {"score": 0.9, "source": "a"}},
    {"title": "", "content": "Milk & <sugar>", "metadata": {"score": 0.123, "source": "b"}},
]


@pytest.fixture
def run(server, code_sandbox):
    """Runs one node after the start of a flow that brings it constants."""
    workspace = make_workspace()

    def call(one: dict[str, Any], values: dict[str, Any], output: str) -> Any:
        given = node("given", "code", code_language="python3", code=f"def main():\n    return {values!r}", variables=[])
        given["data"]["outputs"] = {name: {"type": type_of(value)} for name, value in values.items()}
        one["data"]["variables"] = [{"variable": name, "value_selector": ["given", name]} for name in values]
        end = node("end", "end", outputs=[{"variable": "found", "value_selector": ["it", output]}])
        graph = flow([node("start", "start"), given, one, end], "start -> given", "given -> it", "it -> end")
        client = Client(server.url, make_key(make_app(workspace, graph, mode="workflow")))
        data = client.post("/v1/workflows/run", {"inputs": {}, "user": "ada"}).json()["data"]
        assert data["status"] == "succeeded", data["error"]
        return data["outputs"]["found"]

    return call


def type_of(value: Any) -> str:
    if isinstance(value, list):
        return "array[object]" if isinstance(value[0], dict) else "array[number]"
    return "string"


@pytest.mark.parametrize("language", ["python3", "javascript"])
@pytest.mark.parametrize(
    ("code", "values", "kind", "found"),
    [
        pytest.param(PICK, {"reply": REPLY}, "string", "Ada", id="pick"),
        pytest.param(SPREAD, {"x": NUMBERS}, "number", 1.25, id="variance"),
        pytest.param(JOIN, {"first": [1], "second": [2, 3]}, "array[number]", [1, 2, 3], id="join"),
    ],
)
def test_wf_17_18_code_picks_counts_and_joins(run, language, code, values, kind, found):
    one = node("it", "code", code_language=language, code=code[language], outputs={"found": {"type": kind}})
    assert run(one, values, "found") == found


def test_wf_20_passages_are_laid_out_by_a_template(run):
    template = (
        "{% for p in passages %}### {{ loop.index }}. {{ p.title or 'Untitled' }} "
        "({{ '%.2f' | format(p.metadata.score) }}, {{ p.metadata.source }})\n{{ p.content }}\n{% endfor %}"
    )
    assert run(node("it", "template-transform", template=template), {"passages": PASSAGES}, "output") == (
        "### 1. Tea (0.90, a)\nHot water.\n### 2. Untitled (0.12, b)\nMilk & <sugar>\n"
    )
