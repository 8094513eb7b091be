"""Workflows over HTTP: run, streamed, stopped, stored."""

import json
import threading
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client as Browser

from apps.common.perloop import run
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document_from_text
from apps.knowledge.services.indexing import index_pending
from apps.logs.models import NodeRun, WorkflowRun
from apps.prompts.errors import InvalidAppConfig
from apps.prompts.services.versions import publish, save_draft
from apps.workspaces.models import Workspace
from tests.factories import make_app, make_key, make_provider, make_workspace
from tests.http import Client
from tests.waiting import eventually

from .flows import flow, node

SECRET = "s3cr3t-of-the-flow"
TOPIC = {"type": "text-input", "variable": "topic", "label": "Topic", "required": True}
ENVIRONMENT = [
    {"name": "greeting", "value_type": "string", "value": "Dear"},
    {"name": "token", "value_type": "secret", "value": SECRET},
]
OUT = [{"variable": "text", "value_selector": ["write", "text"]}]


def writing(name: str, prompt: str = "{{#env.greeting#}} {{#start.topic#}}", **end: Any) -> dict[str, Any]:
    model = {"provider": "openai_api_compatible", "name": name, "mode": "chat"}
    nodes = [
        node("start", "start", variables=[TOPIC]),
        node("write", "llm", model=model, prompt_template=[{"role": "user", "text": prompt}]),
        node("end", "end", outputs=end.get("outputs", OUT)),
    ]
    return {**flow(nodes, "start -> write", "write -> end"), "environment_variables": ENVIRONMENT}


@pytest.fixture
def workspace(server, upstream) -> Workspace:
    workspace = make_workspace()
    make_provider(workspace, upstream.base_url, "echo", "fail-500", "gen-400-20")
    return workspace


def client_of(server, workspace: Workspace, config: dict[str, Any]) -> Client:
    return Client(server.url, make_key(make_app(workspace, config, mode="workflow")))


def ask(client: Client, mode: str = "blocking", topic: str = "tea") -> Any:
    return client.post("/v1/workflows/run", {"inputs": {"topic": topic}, "user": "ada", "response_mode": mode})


def test_app_04_a_workflow_is_run_and_stored(server, workspace):
    client = client_of(server, workspace, writing("echo"))
    answer = ask(client).json()
    assert list(answer) == ["task_id", "workflow_run_id", "data"]
    data = answer["data"]
    told = (data["status"], data["outputs"], data["error"], data["total_steps"])
    assert told == ("succeeded", {"text": "Dear tea"}, None, 3)
    stored = WorkflowRun.objects.get()
    assert (str(stored.pk), stored.status, stored.inputs) == (data["id"], "succeeded", {"topic": "tea"})
    nodes = list(NodeRun.objects.order_by("index").values_list("node_id", "status"))
    assert nodes == [("start", "succeeded"), ("write", "succeeded"), ("end", "succeeded")]
    shown = client.get(f"/v1/workflows/run/{data['id']}").json()
    assert json.loads(shown["outputs"]) == {"text": "Dear tea"}
    assert client.get("/v1/workflows/logs").json()["total"] == 1


def test_api_11_the_events_are_those_of_the_contract_in_its_order(server, workspace):
    events = ask(client_of(server, workspace, writing("echo")), "streaming").events()
    names = [event["event"] for event in events]
    assert names[0] == "workflow_started"
    assert names[-1] == "workflow_finished"
    assert [name for name in names if name.startswith("node")] == ["node_started", "node_finished"] * 3
    assert "".join(event["data"]["text"] for event in events if event["event"] == "text_chunk") == "Dear tea"
    assert {frozenset(event) for event in events} == {frozenset({"event", "workflow_run_id", "task_id", "data"})}
    write = next(event["data"] for event in events if event["event"] == "node_finished" and event["data"]["index"] == 2)
    assert (write["node_type"], write["predecessor_node_id"]) == ("llm", "start")
    assert write["process_data"]["prompts"] == [{"role": "user", "text": "Dear tea", "files": []}]
    assert write["execution_metadata"]["total_tokens"] > 0


def test_a_node_that_fails_ends_the_run_in_its_provider_s_words(server, workspace):
    client = client_of(server, workspace, writing("fail-500"))
    data = ask(client).json()["data"]
    assert (data["status"], data["outputs"]) == ("failed", None)
    assert "status code 500" in data["error"]
    names = [event["event"] for event in ask(client, "streaming").events()]
    assert names[-2:] == ["node_finished", "workflow_finished"]
    assert "error" not in names


def test_secrets_reach_the_model_and_nothing_else(server, workspace, upstream):
    outputs = [{"variable": "plain", "value_selector": ["env", "token"]}]
    client = client_of(server, workspace, writing("echo", "Use {{#env.token#}}.", outputs=outputs))
    answer = ask(client, "streaming")
    assert SECRET in json.dumps(upstream.last()[0]["body"])
    runs, nodes = WorkflowRun.objects.values("outputs"), NodeRun.objects.values("inputs", "process_data", "outputs")
    for told in (answer.body.decode(), json.dumps([*runs, *nodes])):
        assert SECRET not in told
        assert "****" in told


def test_a_run_is_stopped_and_keeps_what_there_was(server, workspace):
    client = client_of(server, workspace, writing("gen-400-20"))
    found: list[Any] = []
    reader = threading.Thread(target=lambda: found.append(ask(client, "streaming")))
    reader.start()
    eventually(lambda: WorkflowRun.objects.exists())
    task_id = WorkflowRun.objects.get().task_id
    assert client.post(f"/v1/workflows/tasks/{task_id}/stop", {"user": "ada"}).json() == {"result": "success"}
    reader.join(20)
    last = found[0].events()[-1]
    assert (last["event"], last["data"]["status"]) == ("workflow_finished", "stopped")
    assert WorkflowRun.objects.get().status == "stopped"


def test_wf_05_inputs_are_held_to_the_form_of_the_start_node(server, workspace):
    answer = ask(client_of(server, workspace, writing("echo")), topic="")
    assert (answer.status, answer.json()["message"]) == (400, "topic is required in input form")
    assert not WorkflowRun.objects.exists()


def test_a_flow_that_could_not_run_is_not_published(workspace):
    app = make_app(workspace, writing("echo"), mode="workflow")
    save_draft(app=app, config=flow([node("end", "end")]))
    with pytest.raises(InvalidAppConfig, match="start node is missing"):
        publish(app=app)


def test_code_templates_branches_and_rounds_run_in_the_sandbox(server, workspace, code_sandbox):
    split = "def main(text):\n    return {'words': text.split(), 'count': len(text.split())}"
    shout = "function main({word}) { return {loud: word.toUpperCase()} }"
    nodes = [
        node("start", "start", variables=[TOPIC]),
        node(
            "split",
            "code",
            code_language="python3",
            code=split,
            variables=[{"variable": "text", "value_selector": ["start", "topic"]}],
            outputs={"words": {"type": "array[string]"}, "count": {"type": "number"}},
        ),
        node(
            "many",
            "if-else",
            cases=[
                {
                    "case_id": "yes",
                    "conditions": [{"variable_selector": ["split", "count"], "comparison_operator": ">", "value": "1"}],
                }
            ],
        ),
        node(
            "each",
            "iteration",
            iterator_selector=["split", "words"],
            output_selector=["shout", "loud"],
            start_node_id="first",
        ),
        node("first", "iteration-start", inside="each"),
        node(
            "shout",
            "code",
            inside="each",
            code_language="javascript",
            code=shout,
            variables=[{"variable": "word", "value_selector": ["each", "item"]}],
            outputs={"loud": {"type": "string"}},
        ),
        node(
            "join",
            "template-transform",
            template="{% for word in words %}{{ word }}! {% endfor %}",
            variables=[{"variable": "words", "value_selector": ["each", "output"]}],
        ),
        node("end", "end", outputs=[{"variable": "said", "value_selector": ["join", "output"]}]),
        node("few", "end", outputs=[{"variable": "said", "value_selector": ["start", "topic"]}]),
    ]
    ways = (
        "start -> split",
        "split -> many",
        "many:yes -> each",
        "first -> shout",
        "each -> join",
        "join -> end",
        "many:false -> few",
    )
    client = client_of(server, workspace, flow(nodes, *ways))
    assert ask(client, topic="hear all").json()["data"]["outputs"] == {"said": "HEAR! ALL! "}
    assert ask(client, topic="hush").json()["data"]["outputs"] == {"said": "hush"}
    events = ask(client, "streaming", topic="hear all").events()
    names = [event["event"] for event in events]
    assert names.count("iteration_next") == 2
    assert names.index("iteration_started") < names.index("iteration_next") < names.index("iteration_completed")
    inner = [
        event["data"] for event in events if event["event"] == "node_finished" and event["data"]["node_id"] == "shout"
    ]
    assert {one["iteration_id"] for one in inner} == {"each"}


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("def main(text):\n    return {}", "Output words is missing."),
        ("def main(text):\n    return {'words': 1}", "must be a list"),
        ("def main(text):\n    raise ValueError('no')", "ValueError: no"),
        ("def main(", ""),
    ],
)
def test_code_that_fails_says_why(server, workspace, code_sandbox, code, problem):
    nodes = [
        node("start", "start", variables=[TOPIC]),
        node(
            "c",
            "code",
            code=code,
            variables=[{"variable": "text", "value_selector": ["start", "topic"]}],
            outputs={"words": {"type": "array[string]"}},
        ),
        node("end", "end", outputs=[]),
    ]
    data = ask(client_of(server, workspace, flow(nodes, "start -> c", "c -> end"))).json()["data"]
    assert data["status"] == "failed"
    assert problem in data["error"]


def test_knowledge_is_searched_and_quoted(server, workspace):
    dataset = create_dataset(workspace=workspace, name="Handbook", indexing_technique="economy")
    create_document_from_text(dataset=dataset, name="Hotels", text="Hotels in Oslo cost at most 210 euros a night.")
    run(index_pending())
    model = {"provider": "openai_api_compatible", "name": "echo"}
    nodes = [
        node("start", "start", variables=[TOPIC]),
        node(
            "find",
            "knowledge-retrieval",
            query_variable_selector=["start", "topic"],
            dataset_ids=[str(dataset.pk)],
            retrieval_mode="multiple",
            multiple_retrieval_config={"top_k": 2, "reranking_enable": False},
        ),
        node(
            "write",
            "llm",
            model=model,
            context={"enabled": True, "variable_selector": ["find", "result"]},
            prompt_template=[{"role": "user", "text": "From {{#context#}}"}],
        ),
        node("end", "end", outputs=[*OUT, {"variable": "found", "value_selector": ["find", "result"]}]),
    ]
    client = client_of(server, workspace, flow(nodes, "start -> find", "find -> write", "write -> end"))
    outputs = ask(client, topic="hotels in Oslo").json()["data"]["outputs"]
    assert outputs["text"] == "From Hotels in Oslo cost at most 210 euros a night."
    assert (outputs["found"][0]["title"], outputs["found"][0]["metadata"]["position"]) == ("Hotels", 1)


ODD = [
    node("end", "end", outputs="x"),
    node("end", "end", outputs=[1, {"variable": "a", "value_selector": 5}, {"variable": "b", "value_selector": {}}]),
    node("c", "code", variables=7, outputs=[], code=None),
    node("c", "llm", prompt_template=[1], model=[], context=3),
    node("c", "llm", prompt_template="x"),
    node("c", "if-else", cases=[1]),
    node("c", "if-else", cases=[{"conditions": [{"comparison_operator": "?"}]}]),
    node("c", "iteration", iterator_selector=["start", "topic"]),
    node("c", "iteration", iterator_selector=["sys", "files"], start_node_id="nowhere"),
    node("c", "variable-aggregator", variables=[3], advanced_settings=[]),
    node("c", "knowledge-retrieval", query_variable_selector=["start", "topic"], dataset_ids=["x"]),
    node("c", "template-transform", template=5, variables=[{"variable": "a"}]),
]


@pytest.mark.parametrize("odd", ODD, ids=lambda one: one["data"]["type"])
def test_settings_of_any_shape_end_in_a_sentence(server, workspace, odd):
    nodes = [node("start", "start", variables=[TOPIC]), odd]
    ways = ["start -> end"] if odd["id"] == "end" else ["start -> c", "c -> end"]
    nodes += [] if odd["id"] == "end" else [node("end", "end", outputs=[])]
    answer = ask(client_of(server, workspace, flow(nodes, *ways)))
    assert answer.status == 200
    data = answer.json()["data"]
    assert data["status"] == "succeeded" or data["error"]
    assert WorkflowRun.objects.get().status == data["status"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:8194/health", "http://169.254.169.254/", "http://[::1]/"])
def test_inner_networks_are_out_of_reach(server, workspace, url):
    nodes = [node("start", "start", variables=[TOPIC]), node("c", "http-request", method="get", url=url)]
    ways = ("start -> c", "c -> end")
    answer = ask(client_of(server, workspace, flow([*nodes, node("end", "end", outputs=[])], *ways)))
    data = answer.json()["data"]
    assert (data["status"], "not allowed" in data["error"]) == ("failed", True)


def test_wf_29_31_runs_are_listed_and_traced_in_the_console(server, workspace):
    client = client_of(server, workspace, writing("echo", "Use {{#env.token#}} for {{#start.topic#}}."))
    done, failed = ask(client).json()["data"], ask(client_of(server, workspace, writing("fail-500"))).json()["data"]
    browser = Browser()
    browser.force_login(workspace.memberships.get().user)
    app_id = WorkflowRun.objects.get(pk=done["id"]).app_id
    listed = browser.get(f"/apps/{app_id}/runs").content.decode()
    assert all(text in listed for text in ("1 run", "Succeeded", "ada", done["id"]))
    assert failed["id"] not in listed
    assert "No run is like this" in browser.get(f"/apps/{app_id}/runs?status=failed").content.decode()
    assert done["id"] in browser.get(f"/apps/{app_id}/runs?q=tea").content.decode()
    traced = browser.get(f"/apps/{app_id}/runs/{done['id']}").content.decode()
    assert all(text in traced for text in ("1. Start", "2. Write", "3. End", "for tea.", "****"))
    assert SECRET not in traced
    assert browser.get(f"/apps/{app_id}/runs/{failed['id']}").status_code == 404
    other = WorkflowRun.objects.get(pk=failed["id"]).app_id
    assert "status code 500" in browser.get(f"/apps/{other}/runs/{failed['id']}").content.decode()


def test_runs_come_in_pages_with_a_fixed_number_of_queries(workspace, django_assert_max_num_queries):
    app = make_app(workspace, writing("echo"), mode="workflow")
    ids = {"workspace_id": workspace.pk, "app_id": app.pk, "version_id": app.published_id}
    WorkflowRun.objects.bulk_create(WorkflowRun(**ids, task_id=uuid4(), status="succeeded") for _ in range(60))
    browser = Browser()
    browser.force_login(workspace.memberships.get().user)
    with django_assert_max_num_queries(14):
        page = browser.get(f"/apps/{app.pk}/runs?page=2").content.decode()
    assert "Page 2 of 3" in page
