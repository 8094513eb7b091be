"""App files of workflows and chatflows: in, out, planned."""

import io
import json

import pytest
import yaml
from django.core.management import call_command

from apps.prompts.errors import BrokenAppFile
from apps.prompts.models import App
from apps.prompts.secret_values import SEALED
from apps.prompts.services.transfer import export_app, import_app
from tests.factories import make_workspace

pytestmark = pytest.mark.django_db
FOREIGN_BASE = "0193a0a0-0000-7000-8000-000000000001"


def node(node_id, node_type, **data):
    return {"id": node_id, "type": "custom", "data": {"type": node_type, "title": node_id, **data}, "odd": [1, None]}


def flow(*nodes, edges=(), **others):
    return {"graph": {"nodes": list(nodes), "edges": list(edges), "viewport": {"x": 1.5}}, "features": {}, **others}


def written(workflow, mode="workflow", version="0.1.5", **others):
    file = {"app": {"name": "Flow", "mode": mode}, "kind": "app", "version": version, "workflow": workflow, **others}
    return yaml.safe_dump({key: value for key, value in file.items() if value is not None})


def imported(workspace, content):
    result = import_app(workspace=workspace, content=content)
    return App.objects.get(id=result.app_id), result.warnings


@pytest.fixture
def workspace():
    return make_workspace()


TRIVIAL = flow(node("start", "start", variables=[]), node("end", "end", outputs=[]))


@pytest.mark.parametrize("mode", ["workflow", "advanced-chat"])
@pytest.mark.parametrize(
    "version", [None, "0.1.0", "0.1.1", "0.1.2", "0.1.3", "0.1.4", "0.1.5", "0.3.1", "0.5.0", "0.6.0"]
)
def test_every_version_comes_in_and_goes_out_as_it_was(workspace, mode, version):
    app, warnings = imported(workspace, written(TRIVIAL, mode, version, kind="app" if version else None))
    assert (app.mode, warnings, app.published) == (mode, [], None)
    assert yaml.safe_load(export_app(app=app))["workflow"] == TRIVIAL


def test_unknown_keys_notes_and_dependencies_are_kept(workspace):
    note = {"id": "n", "type": "custom-note", "data": {"type": "", "text": "{}", "author": "me"}}
    given = flow(note, node("x", "start"), rag_pipeline_variables=[], surprise={"deep": [{"er": "ünï"}]})
    dependencies = [{"type": "marketplace", "value": {"marketplace_plugin_unique_identifier": "a/b:1@c"}}]
    app, warnings = imported(workspace, written(given, dependencies=dependencies))
    file = yaml.safe_load(export_app(app=app))
    assert warnings == []
    assert (file["workflow"], file["dependencies"]) == (given, dependencies)


def test_what_is_missing_here_is_a_warning_and_foreign_knowledge_is_taken_out(workspace):
    given = flow(
        node("k", "knowledge-retrieval", dataset_ids=[FOREIGN_BASE, "c2VjcmV0", None]),
        node("l", "llm", model={"provider": "langgenius/deepseek/deepseek", "name": "deepseek-v9"}),
        node("t", "tool", provider_id="slack", tool_name="send_message"),
        node("q", "quantum-leap"),
    )
    app, warnings = imported(workspace, written(given))
    text = " ".join(warnings)
    assert all(name in text for name in ("deepseek-v9", "send_message", "quantum-leap", FOREIGN_BASE))
    assert app.draft.config["graph"]["nodes"][0]["data"]["dataset_ids"] == []
    assert app.draft.config["graph"]["nodes"][1:] == given["graph"]["nodes"][1:]


@pytest.mark.parametrize(
    "workflow",
    [
        {"graph": None},
        {"graph": {"nodes": "none", "edges": 3}},
        {"graph": {"nodes": [None, 3, {"data": []}, {"data": {"type": ["llm"]}}, {"data": {"type": {}}}]}},
        {"graph": {"nodes": [{"data": {"type": "llm", "model": "gpt"}}]}, "environment_variables": [None, "x"]},
        {"graph": {"nodes": [{"data": {"type": "knowledge-retrieval", "dataset_ids": "all"}}]}, "features": []},
        {"environment_variables": {"a": 1}},
    ],
)
def test_no_content_of_nodes_makes_an_import_fail(workspace, workflow):
    app, _ = imported(workspace, written(workflow))
    assert yaml.safe_load(export_app(app=app))["workflow"] == workflow


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{nodes: [], edges: []}", "Missing app data in YAML content"),
        ("[1]", "Invalid YAML format: content must be a mapping"),
        ("app: {name: x}", "loss app mode"),
        ("app: {mode: rag-pipeline}", "Invalid app mode"),
        ("app: {mode: workflow}", "Missing workflow data for workflow/advanced chat app"),
        ("app: {mode: workflow}\nversion: 0.1\nworkflow: {graph: {}}", "Invalid version type, expected str, got float"),
        (b"a" * (10 * 2**20 + 1), "File size exceeds the limit of 10MB"),
    ],
)
def test_broken_files_are_refused_with_the_formats_sentences(workspace, content, sentence):
    with pytest.raises(BrokenAppFile, match=sentence):
        import_app(workspace=workspace, content=content)
    assert not App.objects.exists()


def variable(name, value, kind="secret"):
    return {"id": name, "name": name, "value_type": kind, "value": value, "description": ""}


def test_secrets_are_sealed_where_they_are_stored_and_leave_only_on_demand(workspace):
    given = flow(
        node("h", "http-request", credential_id="c1", authorization={"type": "none"}),
        environment_variables=[
            variable("KEY", "sk-hidden"),
            variable("BASE", "https://x", "string"),
            variable("NONE", ""),
        ],
    )
    app, _ = imported(workspace, written(given))
    stored = app.draft.config["environment_variables"]
    assert "sk-hidden" not in json.dumps(app.draft.config)
    assert (list(stored[0]["value"]), stored[1]["value"], stored[2]["value"]) == ([SEALED], "https://x", "")
    without, complete = (
        yaml.safe_load(export_app(app=app, include_secrets=wanted))["workflow"] for wanted in (False, True)
    )
    assert [row["value"] for row in without["environment_variables"]] == ["", "https://x", ""]
    assert [row["value"] for row in complete["environment_variables"]] == ["sk-hidden", "https://x", ""]
    assert "c1" not in json.dumps([without, complete])


def command(*arguments):
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def test_the_commands_bring_in_plan_and_write_out(workspace, tmp_path):
    path = tmp_path / "flow.yml"
    path.write_text(written(flow(node("a", "start"), node("b", "end"), environment_variables=[variable("KEY", "s3")])))
    app_id = json.loads(command("app_import", str(path), "--json"))["app_id"]
    assert "s3" not in command("app_export", app_id)
    assert "s3" in command("app_export", app_id, "--include-secret")
    edge = {"id": "e", "source": "a", "target": "c"}
    path.write_text(written(flow(node("a", "start", desc="new"), node("c", "end"), edges=[edge])))
    changes = json.loads(command("app_plan", str(path), app_id, "--json"))["changes"]
    assert changes["nodes"] == {"added": ["c"], "removed": ["b"], "changed": {"a": ["desc"]}}
    assert changes["edges"] == {"added": ["a:source -> c"], "removed": []}
    assert changes["environment_variables"] == {"added": [], "removed": ["KEY"], "changed": {}}
    assert json.loads(command("app_plan", str(path), "--json"))["changes"]["nodes"]["added"] == ["a", "c"]
    assert App.objects.count() == 1
