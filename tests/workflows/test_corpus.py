"""Own app files, one for each shape of files in the wild: they come in, run over HTTP, and go out as they came."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from apps.prompts.models import App
from apps.prompts.services.transfer import export_app, import_app
from apps.prompts.services.versions import publish
from apps.workspaces.models import Workspace
from tests.factories import make_key, make_provider, make_workspace
from tests.fakes.web import Said, WebServer
from tests.http import Client

FILES: Final = Path(__file__).parent / "files"


@dataclass(frozen=True)
class Case:
    """A file, what it is run with, and what comes.

    Args:
        steps: nodes in the order in which they finish; names in one set finish in any order.
        outputs: of a workflow; the answers to `queries`, one after the other, of a chatflow.
    """

    file: str
    steps: list[str | set[str]]
    outputs: Any
    inputs: dict[str, Any] = field(default_factory=dict)
    queries: tuple[str, ...] = ()
    status: str = "succeeded"
    warnings: int = 0


FIRST = ["1716783101349", "1716783205923", "1716786321875", "1716786321875", "1716786291494", "1716786344896"]
CASES: Final = [
    Case("iteration_before_versions", [*FIRST], {"chapters": ["0. A", "1. B"]}, {"titles": "a;b"}),
    Case("conditions_0_1_0", ["start", "check", "long", "either", "end"], {"kind": "long"}, {"days": 8}),
    Case("conditions_0_1_0", ["start", "check", "short", "either", "end"], {"kind": "short"}, {"days": 400}),
    Case(
        "conversation_0_1_1",
        ["start", "note", "answer"],
        ["Noted tea: - tea", "Noted milk: - tea\n- milk"],
        queries=("tea", "milk"),
    ),
    Case(
        "parallel_0_1_2",
        ["start", {"route", "always", "tea", "drink"}, "end"],
        {"hot": "tea", "cold": None, "weather": "Weather: rain"},
        {"weather": "rain"},
    ),
    Case(
        "parallel_0_1_2",
        ["start", {"route", "always", "water", "drink"}, "end"],
        {"hot": None, "cold": "water", "weather": "Weather: fog"},
        {"weather": "fog"},
    ),
    Case(
        "list_0_1_3",
        ["start", "split", "pick", "end"],
        {"best": ["pear", "banana"], "first": "pear"},
        {"words": "apple banana pear plum"},
    ),
    Case("assigner_0_1_4", ["start", "change", "answer"], ["1 a", "2 b"], queries=("a", "b")),
    Case(
        "http_0_1_5",
        ["start", "call", "broken", "failed"],
        {"status": 200, "reason": "CodeExecutionError"},
        {"base": "WEB"},
        status="partial-succeeded",
    ),
    Case(
        "loop_0_3_1",
        ["start", *["againstart", "double", "keep"] * 3, "again", "say", "end"],
        {"text": "It is 24."},
    ),
    Case(
        "tools_0_5_0",
        ["start", "sum", "clock", "search", "end"],
        {"sum": "42", "year": "YEAR", "found": "nothing found"},
        status="partial-succeeded",
        warnings=1,
    ),
    Case(
        "knowledge_0_1_5",
        ["start", "look", "say", "answer"],
        ["With , why?!"],
        queries=("why?",),
        warnings=1,
    ),
]


@pytest.fixture
def workspace(server, upstream) -> Workspace:
    workspace = make_workspace()
    make_provider(workspace, upstream.base_url, "echo")
    return workspace


@pytest.fixture
def web(settings):
    settings.WORKFLOW_PRIVATE_HOSTS = ["127.0.0.1"]
    server = WebServer(lambda asked: Said(asked.body, headers={"X-Key-Was": asked.headers.get("x-key", "")}))
    yield server
    server.stop()


def published(workspace: Workspace, file: str) -> tuple[App, list[str]]:
    result = import_app(workspace=workspace, content=(FILES / f"{file}.yml").read_text())
    app = App.objects.get(pk=result.app_id)
    publish(app=app)
    return app, list(result.warnings)


def finished(events: list[Any]) -> list[str]:
    ends = {"node_finished", "iteration_completed", "loop_completed"}
    return [event["data"]["node_id"] for event in events if event["event"] in ends]


def in_order(steps: list[str | set[str]], found: list[str]) -> bool:
    rest = list(found)
    for step in steps:
        names = step if isinstance(step, set) else {step}
        part, rest = rest[: len(names)], rest[len(names) :]
        if set(part) != names:
            return False
    return not rest


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.file)
def test_wf_34_a_file_runs_as_its_shape_says(server, workspace, web, code_sandbox, case: Case):
    app, warnings = published(workspace, case.file)
    assert len(warnings) == case.warnings
    client = Client(server.url, make_key(app))
    if case.queries:
        answers, conversation = [], ""
        for query in case.queries:
            body = {"query": query, "inputs": {}, "user": "ada", "conversation_id": conversation}
            events = client.post("/v1/chat-messages", {**body, "response_mode": "streaming"}).events()
            assert in_order(case.steps, finished(events)), finished(events)
            assert events[-1]["event"] == "message_end"
            conversation = events[-1]["conversation_id"]
            answers.append("".join(event["answer"] for event in events if event["event"] == "message"))
        assert answers == case.outputs
        return
    inputs = {name: web.url if value == "WEB" else value for name, value in case.inputs.items()}
    body = {"inputs": inputs, "user": "ada", "response_mode": "streaming"}
    events = client.post("/v1/workflows/run", body).events()
    data = events[-1]["data"]
    expected = {key: str(datetime.now(UTC).year) if value == "YEAR" else value for key, value in case.outputs.items()}
    assert (events[-1]["event"], data["status"], data["outputs"]) == ("workflow_finished", case.status, expected)
    assert in_order(case.steps, finished(events)), finished(events)
    assert [event["event"] for event in events].count("workflow_finished") == 1


def test_wf_34_a_file_that_asks_a_person_pauses(server, workspace):
    app, _ = published(workspace, "form_0_6_0")
    events = (
        Client(server.url, make_key(app))
        .post("/v1/workflows/run", {"inputs": {}, "user": "ada", "response_mode": "streaming"})
        .events()
    )
    assert [event["event"] for event in events][-2:] == ["human_input_required", "workflow_paused"]


@pytest.mark.parametrize("file", sorted(path.stem for path in FILES.glob("*.yml")))
def test_wf_34_what_came_in_goes_out(workspace, file):
    content = (FILES / f"{file}.yml").read_text()
    result = import_app(workspace=workspace, content=content)
    given = yaml.safe_load(content)["workflow"]
    out = yaml.safe_load(export_app(app=App.objects.get(pk=result.app_id), include_secrets=True))["workflow"]
    for node in [*given["graph"]["nodes"], *out["graph"]["nodes"]]:
        node["data"].pop("dataset_ids", None)
    assert out == given
