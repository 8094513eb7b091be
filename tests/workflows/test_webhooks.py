"""Webhooks: what a request brings, that it runs once, who may send it, and what it is answered."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from apps.chat import runs
from apps.files.models import UploadFile
from apps.logs.models import NodeRun, WorkflowRun
from apps.prompts.models import App
from apps.prompts.services.deletion import delete_app
from apps.prompts.services.versions import publish, save_draft
from apps.workflows.models import Firing, Trigger
from apps.workflows.services import firings
from apps.workflows.services.triggers import prepare_trigger, renew_address, renew_secret, set_trigger
from apps.workflows.triggers.signing import sign
from tests.factories import make_app, make_key, make_provider, make_workspace
from tests.http import Answer, Client, Part, form
from tests.waiting import eventually

from .flows import flow, node

ORDER = {
    "method": "post",
    "content_type": "application/json",
    "headers": [{"name": "X-Shop", "type": "string", "required": True}],
    "params": [{"name": "page-no", "type": "number"}],
    "body": [
        {"name": "id", "type": "string", "required": True},
        {"name": "total", "type": "number"},
        {"name": "paid", "type": "boolean"},
        {"name": "lines", "type": "array[object]"},
        {"name": "address", "type": "object"},
    ],
}
NAMES = ("X_Shop", "page_no", "id", "total", "paid", "lines", "address", "_webhook_raw")
SHOP = {"X-Shop": "tea"}


def hooked(**data: Any) -> dict[str, Any]:
    outputs = [{"variable": name, "value_selector": ["hook", name]} for name in NAMES]
    end = node("end", "end", outputs=[*outputs, {"variable": "at", "value_selector": ["sys", "timestamp"]}])
    return flow([node("hook", "trigger-webhook", **{**ORDER, **data}), end], "hook -> end")


@pytest.fixture
def workspace(server):
    return make_workspace()


def hook(workspace, **data: Any) -> App:
    return make_app(workspace, hooked(**data), mode="workflow")


@pytest.fixture
def app(workspace) -> App:
    return hook(workspace)


@pytest.fixture
def send(server):
    """Sends a delivery to the one webhook there is."""

    def sent(
        body: Any = None, *, method: str = "POST", query: str = "", debug: bool = False, to: Any = None, **headers: str
    ) -> Answer:
        trigger = to or Trigger.objects.get()
        where = f"webhook-debug/{trigger.debug_token}" if debug else f"webhook/{trigger.token}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = {"id": "7"} if body is None else body
        return Client(server.url).request(method, f"/triggers/{where}{query}", body, {**SHOP, **named})

    yield sent
    eventually(lambda: not WorkflowRun.objects.filter(status="running").exists())


def ended() -> WorkflowRun:
    eventually(lambda: WorkflowRun.objects.exclude(status="running").count() == 1)
    return WorkflowRun.objects.get()


def outputs() -> dict[str, Any]:
    """Of the one run there is, at its end."""
    found = ended().outputs
    assert found is not None
    return found


def test_wf_26_a_delivery_starts_a_run_with_its_typed_values(app, send):
    sent = {"id": "7", "total": 1.5, "paid": True, "lines": [{"n": 1}], "address": {"town": "Ulm"}, "other": 1}
    answer = send(sent, query="?page-no=3", Authorization="Bearer mine", Cookie="sessionid=mine")
    run = ended()
    assert (answer.status, answer.json()) == (200, {"run_id": str(run.pk), "status": "running"})
    assert answer.headers["x-run-id"] == str(run.pk)
    assert (run.status, run.invoke_from) == ("succeeded", "trigger")
    found = outputs()
    raw = found.pop("_webhook_raw")
    assert found == {
        "X_Shop": "tea", "page_no": 3, "id": "7", "total": 1.5, "paid": True, "lines": [{"n": 1}],
        "address": {"town": "Ulm"}, "at": int(run.created_at.timestamp()),
    }  # fmt: skip
    assert (raw["method"], raw["query_params"], raw["body"]) == ("POST", {"page-no": "3"}, sent)
    assert raw["headers"]["x-shop"] == "tea"
    assert "mine" not in json.dumps(raw)
    assert NodeRun.objects.filter(node_id="hook", outputs__id="7").exists()


def test_what_is_not_sent_is_empty_by_its_type(app, send):
    send()
    found = outputs()
    assert [found[name] for name in NAMES[1:7]] == [0, "7", 0, False, [], {}]


def test_all_that_is_missing_or_of_another_type_is_said(app, send):
    answer = send({"total": "many", "paid": 1, "lines": [1], "address": []}, query="?page-no=x", X_Shop="")
    assert answer.status == 400
    assert answer.json()["message"] == (
        "page-no must be of the type number. id is missing. total must be of the type number. "
        "paid must be of the type boolean. lines must be of the type array[object]. "
        "address must be of the type object."
    )
    assert not Firing.objects.exists()


def test_a_form_and_a_text_are_read_too(workspace, server, send):
    kind = "application/x-www-form-urlencoded"
    app = hook(workspace, content_type=kind)
    answer = send(b"id=7&total=2&paid=yes&lines=%5B%7B%7D%5D&address=%7B%22a%22%3A1%7D", Content_Type=kind)
    assert answer.status == 200
    assert [outputs()[name] for name in NAMES[2:7]] == ["7", 2, True, [{}], {"a": 1}]
    text = [{"name": "note", "type": "string"}]
    end = node("end", "end", outputs=[{"variable": "note", "value_selector": ["hook", "note"]}])
    save_draft(
        app=app,
        config=flow(
            [node("hook", "trigger-webhook", content_type="text/plain", body=text, async_mode=False), end],
            "hook -> end",
        ),
    )  # fmt: skip
    publish(app=app)
    answer = send("Grüße".encode(), Content_Type="text/plain; charset=utf-8")
    assert answer.json() == {"note": "Grüße"}


SCAN = [{"name": "id", "type": "string", "required": True}, {"name": "scan", "type": "file", "required": True}]


def reading(workspace, content_type: str, body: Any) -> App:
    """A workflow that tells what the file of a request says."""
    hook_data = {"method": "post", "content_type": content_type, "body": body}
    nodes = [
        node("hook", "trigger-webhook", **hook_data),
        node("read", "document-extractor", variable_selector=["hook", "scan"]),
        node("end", "end", outputs=[{"variable": "text", "value_selector": ["read", "text"]}]),
    ]
    return make_app(workspace, flow(nodes, "hook -> read", "read -> end"), mode="workflow")


def test_fields_and_files_of_a_multipart_form_are_read(workspace, send):
    reading(workspace, "multipart/form-data", SCAN)
    bare = form(id="7")
    missing = send(bare["body"], Content_Type=bare["headers"]["Content-Type"])
    assert (missing.status, missing.json()["message"]) == (400, "scan is missing.")
    sent = form(Part(b"Tea at four.", "s.txt", "text/plain", "scan"), id="7")
    headers = {"Content_Type": sent["headers"]["Content-Type"], "Idempotency_Key": "k"}
    assert send(sent["body"], **headers).status == 200
    assert outputs() == {"text": "Tea at four."}
    assert send(sent["body"], **headers).headers["idempotent-replayed"] == "true"
    assert UploadFile.objects.count() == 1  # what the repetition brought is not kept
    empty = form(Part(b"", "s.txt", "text/plain", "scan"), id="7")
    assert send(empty["body"], Content_Type=empty["headers"]["Content-Type"]).status == 400


def test_a_whole_body_is_a_file(workspace, send):
    reading(workspace, "application/octet-stream", [{"name": "scan", "type": "file"}])
    publishing = send(b"Tea at four.", Content_Type="application/octet-stream")
    assert publishing.status == 200
    (upload,) = UploadFile.objects.all()
    assert (upload.name, upload.size_bytes, upload.created_by_user) == ("scan", 12, None)


def test_json_holds_no_file(workspace, send):
    reading(workspace, "application/json", [{"name": "scan", "type": "file"}])
    refused = send({"scan": {"related_id": "1"}})
    assert refused.status == 400
    assert "scan is a file" in refused.json()["message"]


@pytest.mark.parametrize(
    ("method", "body", "headers", "status"),
    [
        ("GET", None, {}, 405),
        ("PUT", None, {}, 405),
        ("POST", b"id=7", {"Content_Type": "text/plain"}, 415),
        ("POST", b"{", {}, 400),
        ("POST", b"[1]", {}, 400),
        ("POST", b'{"id": ' + b"[" * 500 + b"]" * 500 + b"}", {}, 400),
        ("POST", b'{"id": NaN}', {}, 400),
        ("POST", b"\xff\xfe", {}, 400),
        ("POST", b" " * (5 * 2**20 + 1), {}, 413),
        ("POST", None, {"Idempotency_Key": "k" * 201}, 400),
    ],
)
def test_hostile_and_mistaken_requests_are_refused(app, send, method, body, headers, status):
    answer = send(body, method=method, **headers)
    assert answer.status == status, answer.body
    assert answer.json()["message"]
    assert not WorkflowRun.objects.exists()


def test_nul_characters_and_lone_surrogates_are_dropped(app, send):
    assert send(b'{"id": "a\\u0000b", "address": {"k\\u0000": "\\u0000"}}').status == 200
    found = outputs()
    assert (found["id"], found["address"]) == ("ab", {"k": ""})


def test_nobody_gets_at_an_upload_by_naming_it(app, send):
    upload = {"dify_model_identity": "__dify__file__", "related_id": str(app.pk), "transfer_method": "local_file"}
    send({"id": "7", "address": {**upload, "type": "document"}, "lines": [upload]})
    found = outputs()
    assert str(app.pk) not in json.dumps(found)
    assert "/files/" not in json.dumps(found)


def test_a_get_brings_parameters_alone(workspace, send):
    hook(workspace, method="get", body=[], params=[{"name": "n", "type": "boolean", "required": True}])
    assert send(method="GET", query="?n=on").status == 200
    assert send(method="GET", query="?n=perhaps").json()["message"] == "n must be of the type boolean."


def test_wf_26_twenty_deliveries_at_once_by_one_key_start_one_run(app, send):
    to = Trigger.objects.get()
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda n: send({"id": str(n)}, to=to, Idempotency_Key="order 7"), range(20)))
    run = ended()
    assert {(one.status, one.json()["run_id"]) for one in answers} == {(200, str(run.pk))}
    assert sum("idempotent-replayed" in one.headers for one in answers) == 19
    assert Firing.objects.count() == 1


def test_a_repetition_of_one_that_is_waited_for_gets_its_answer(workspace, send):
    hook(
        workspace,
        async_mode=False,
        status_code=201,
        response_body='{"got": "{{#hook.id#}}", "as": {{#sys.timestamp#}}}',
    )
    to = Trigger.objects.get()
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda n: send({"id": str(n)}, to=to, webhook_id="a"), range(8)))
    assert {one.status for one in answers} == {201}
    [body] = {one.body for one in answers}
    assert json.loads(body)["as"] == int(ended().created_at.timestamp())
    assert answers[0].headers["content-type"] == "application/json"


def test_a_repetition_of_one_whose_process_died_is_told_so(workspace, send):
    hook(workspace, async_mode=False)
    send(Idempotency_Key="a")
    Firing.objects.update(answer=None)
    WorkflowRun.objects.update(status="failed", error="The run was interrupted.")
    answer = send(Idempotency_Key="a")
    assert (answer.status, answer.json()["message"]) == (500, "The run was interrupted.")


def test_other_keys_and_no_key_are_other_deliveries(app, send):
    for headers in ({}, {}, {"Idempotency_Key": "a"}, {"X_GitHub_Delivery": "b"}, {"X_GitHub_Delivery": "b"}):
        assert send(**headers).status == 200
    assert WorkflowRun.objects.count() == 4


def test_the_answer_is_as_the_node_says(workspace, send):
    hook(workspace, status_code=202, response_body="<b>{{#hook.id#}}</b> {{#end.id#}}")
    answer = send()
    assert (answer.status, answer.body) == (202, b"<b>7</b> end.id")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_who_waits_gets_the_outputs_or_that_the_run_failed(workspace, send):
    app = hook(workspace, async_mode=False)
    assert send().json()["id"] == "7"
    hooking = node("hook", "trigger-webhook", **ORDER, async_mode=False)
    save_draft(app=app, config=flow([hooking, node("code", "code", code="x", code_language="basic")], "hook -> code"))
    publish(app=app)
    answer = send()
    assert (answer.status, answer.json()["code"]) == (500, "workflow_run_failed")


def signed(secret: str, body: bytes, *, at: float | None = None, id: str = "msg_1") -> dict[str, str]:
    moment = int(time.time() if at is None else at)
    return {"webhook_id": id, "webhook_timestamp": str(moment), "webhook_signature": sign(secret, id, moment, body)}


def test_wf_26_signatures_good_bad_and_old(app, send):
    secret = renew_secret(trigger=Trigger.objects.get())
    body = b'{"id": "7"}'
    good = signed(secret, body)
    assert send(body, **good).status == 200
    assert send(body, **good).headers["idempotent-replayed"] == "true"
    two = {
        **signed(secret, body, id="b"),
        "webhook_signature": f"v1,other {signed(secret, body, id='b')['webhook_signature']}",
    }
    assert send(body, **two).status == 200
    other_secret = renew_secret(trigger=Trigger.objects.get())
    for headers in (
        {},
        good,
        {**signed(other_secret, body), "webhook_id": "msg_2"},
        {**signed(other_secret, body), "webhook_timestamp": "x"},
        signed(other_secret, b'{"id": "8"}'),
        signed(other_secret, body, at=time.time() - 301),
        signed(other_secret, body, at=time.time() + 320),
    ):
        answer = send(body, **headers)
        assert (answer.status, answer.json()["code"]) == (401, "invalid_signature")
    assert WorkflowRun.objects.count() == 2


def test_a_known_signature_is_what_openssl_makes():
    """printf 'msg_1.1700000000.{"id": "7"}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:… -binary | base64"""
    import base64
    import subprocess

    key = bytes(range(32))
    made = subprocess.run(
        ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{key.hex()}", "-binary"],
        input=b'msg_1.1700000000.{"id": "7"}', capture_output=True, check=True,
    ).stdout  # fmt: skip
    secret = "whsec_" + base64.b64encode(key).decode()
    assert sign(secret, "msg_1", 1700000000, b'{"id": "7"}') == "v1," + base64.b64encode(made).decode()


def test_unknown_switched_off_unpublished_and_renewed_addresses_are_not_found(server, app, send):
    trigger = Trigger.objects.get()
    old = trigger.token
    set_trigger(trigger=trigger, is_enabled=False)
    assert send().status == 404
    set_trigger(trigger=trigger, is_enabled=True)
    assert send().status == 200
    renew_address(trigger=trigger)
    App.objects.update(published=None)
    assert send().status == 404
    for token in (old, "x", "%00", "a" * 300, "..%2f", "ü"):
        answer = Client(server.url).post(f"/triggers/webhook/{token}".encode().decode("ascii", "ignore"), {})
        assert answer.status == 404


def test_an_archived_workspaces_webhooks_are_gone(workspace, app, send):
    workspace.status = "archive"
    workspace.save()
    assert send().status == 404


def test_a_flood_is_refused(app, send, monkeypatch):
    monkeypatch.setattr(firings, "PER_MINUTE", 2)
    assert [send().status for _ in range(3)] == [200, 200, 429]


def test_the_test_address_runs_the_draft_and_shows_what_came(workspace, send):
    app = make_app(workspace, hooked(response_body="got {{#hook.id#}}"), mode="workflow", published=False)
    prepare_trigger(app=app, node_id="hook")
    assert send().status == 404
    shown = send(debug=True).json()
    assert (shown["status"], shown["error"], shown["outputs"]["id"]) == ("succeeded", None, "7")
    assert shown["variables"]["X_Shop"] == "tea"
    assert shown["answer"] == {"status": 200, "body": "got 7"}
    assert WorkflowRun.objects.get().invoke_from == "debugger"
    assert not Firing.objects.exists()
    save_draft(app=app, config=flow([node("start", "start"), node("end", "end")], "start -> end"))
    assert send(debug=True).status == 404


def test_the_api_says_that_triggers_start_the_workflow(server, app):
    run = {"inputs": {}, "user": "ada", "response_mode": "blocking"}
    answer = Client(server.url, make_key(app)).post("/v1/workflows/run", run)
    assert (answer.status, answer.json()["code"]) == (400, "started_by_triggers")


def test_a_deleted_apps_triggered_run_is_stopped(workspace, send, upstream):
    make_provider(workspace, upstream.base_url, "gen-400-20")
    model = {"provider": "openai_api_compatible", "name": "gen-400-20", "mode": "chat"}
    write = node("write", "llm", model=model, prompt_template=[{"role": "user", "text": "Write."}])
    hooking = node("hook", "trigger-webhook", **ORDER)
    app = make_app(
        workspace, flow([hooking, write, node("end", "end")], "hook -> write", "write -> end"), mode="workflow"
    )
    assert send().status == 200
    assert runs._live
    delete_app(app=app)
    eventually(lambda: not runs._live)
    assert not WorkflowRun.objects.exists()
