"""Files in flows: from the form and beside the question, read, filtered, sent and received."""

import json
from typing import Any

import pytest

from apps.workflows.engine.variables import VariablePool
from tests.factories import make_app, make_key, make_provider, make_workspace
from tests.fakes.web import Said, WebServer
from tests.http import Client, Part, form

from .flows import file, flow, node

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fea135"
    "8f0000000049454e44ae426082"
)
TAKES = {"allowed_file_types": ["document", "image"], "allowed_file_upload_methods": ["local_file", "remote_url"]}
FIELD = {"variable": "doc", "label": "Doc", "type": "file", "required": True, **TAKES}
NOBODYS = "0193a0a0-0000-7000-8000-000000000001"
MANY = {**FIELD, "variable": "docs", "type": "file-list", "max_length": 5, "required": False}


def end(*selectors: tuple[str, ...]) -> dict[str, Any]:
    return node("end", "end", outputs=[{"variable": one[-1], "value_selector": list(one)} for one in selectors])


@pytest.fixture
def workspace(server):
    return make_workspace()


@pytest.fixture
def web(settings):
    """A server that keeps what it was sent, and answers by path."""

    def answer(asked) -> Said:
        if asked.path == "/pic":
            return Said(PNG, type="image/png", headers={"Content-Disposition": 'inline; filename="dot.png"'})
        if asked.path == "/moved":
            return Said(b"", 302, headers={"Location": "/echo"})
        if asked.path == "/elsewhere":
            return Said(b"", 302, headers={"Location": "http://169.254.169.254/latest/meta-data"})
        told = {"method": asked.method, "headers": dict(asked.headers), "body": asked.body.decode("latin-1")}
        return Said(json.dumps({**told, "query": dict(asked.query)}), type="application/json")

    settings.WORKFLOW_PRIVATE_HOSTS = ["127.0.0.1"]
    server = WebServer(answer)
    yield server
    server.stop()


def client_of(server, workspace, nodes, *ways, mode="workflow", **config) -> Client:
    return Client(server.url, make_key(make_app(workspace, {**flow(nodes, *ways), **config}, mode=mode)))


def upload(client: Client, name: str, data: bytes, kind: str) -> dict[str, str]:
    id = client.post("/v1/files/upload", **form(Part(data, name, kind), user="ada")).json()["id"]
    return {
        "type": "image" if kind.startswith("image") else "document",
        "transfer_method": "local_file",
        "upload_file_id": id,
    }


def ran(client: Client, **inputs: Any) -> dict[str, Any]:
    return client.post("/v1/workflows/run", {"inputs": inputs, "user": "ada"}).json()


def test_a_document_of_the_form_is_read(server, workspace):
    nodes = [
        node("start", "start", variables=[FIELD]),
        node("read", "document-extractor", variable_selector=["start", "doc"]),
    ]
    client = client_of(server, workspace, [*nodes, end(("read", "text"), ("start", "doc", "name"), ("start", "doc"))],
                       "start -> read", "read -> end")  # fmt: skip
    data = ran(client, doc=upload(client, "tea.md", b"# Tea\n\nGreen.", "text/markdown"))["data"]
    assert (data["status"], data["error"]) == ("succeeded", None)
    assert data["outputs"]["text"] == "# Tea\n\nGreen."
    assert data["outputs"]["name"] == "tea.md"
    shown = data["outputs"]["doc"]
    assert (shown["dify_model_identity"], shown["extension"], shown["size"]) == ("__dify__file__", ".md", 13)
    assert "/file-preview?" in shown["url"]


def test_a_list_of_documents_is_read_in_its_order_and_a_strange_one_fails_the_node(server, workspace):
    nodes = [node("start", "start", variables=[MANY]),
             node("read", "document-extractor", variable_selector=["start", "docs"], is_array_file=True)]  # fmt: skip
    client = client_of(server, workspace, [*nodes, end(("read", "text"))], "start -> read", "read -> end")
    files = [upload(client, f"{word}.txt", word.encode(), "text/plain") for word in ("one", "two")]
    assert ran(client, docs=files)["data"]["outputs"] == {"text": ["one", "two"]}
    strange = upload(client, "a.xyz", b"?", "application/octet-stream")
    data = ran(client, docs=[*files, {**strange, "type": "document"}])["data"]
    assert (data["status"], data["error"]) == ("failed", "Unsupported file type: xyz")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (None, "doc is required in input form"),
        ("text", "doc in input form must be a file"),
        ({"type": "document", "transfer_method": "local_file", "upload_file_id": NOBODYS}, "Invalid upload file"),
        ({"type": "audio", "transfer_method": "remote_url", "url": "https://a.example/a.mp3"},
         "File validation failed for file: a.mp3"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_the_form_is_refused(server, workspace, given, sentence):
    client = client_of(
        server, workspace, [node("start", "start", variables=[FIELD]), end(("start", "doc"))], "start -> end"
    )
    assert ran(client, doc=given)["message"] == sentence


def test_wf_06_files_beside_the_question_are_seen_by_the_model(server, workspace, upstream):
    make_provider(workspace, upstream.base_url, "echo")
    model = {"provider": "openai_api_compatible", "name": "echo", "mode": "chat"}
    pictures = {
        "filter_by": {"enabled": True, "conditions": [{"key": "type", "comparison_operator": "in", "value": ["image"]}]}
    }
    nodes = [
        node("start", "start"),
        node("pick", "list-operator", variable=["sys", "files"], **pictures),
        node("write", "llm", model=model, prompt_template=[{"role": "user", "text": "{{#pick.first_record.name#}}"}]),
        node("answer", "answer", answer="{{#write.text#}} {{#pick.result#}}"),
    ]
    upload_rules = {"enabled": True, "allowed_file_types": ["image", "document"], "number_limits": 3,
                    "allowed_file_upload_methods": ["local_file"]}  # fmt: skip
    client = client_of(server, workspace, nodes, "start -> pick", "pick -> write", "write -> answer",
                       mode="advanced-chat", features={"file_upload": upload_rules})  # fmt: skip
    files = [upload(client, "tea.txt", b"tea", "text/plain"), upload(client, "dot.png", PNG, "image/png")]
    body = {"inputs": {}, "query": "Look", "user": "ada", "files": files}
    answer = client.post("/v1/chat-messages", body).json()
    assert answer["answer"].startswith("dot.png ![dot.png](/files/")


def http(**data: Any) -> list[dict[str, Any]]:
    call = node("call", "http-request", **data)
    found = end(("call", "status_code"), ("call", "body"), ("call", "files"), ("call", "headers"))
    return [node("start", "start", variables=[{**FIELD, "required": False}]), call, found]


WAYS = ("start -> call", "call -> end")


def echoed(data: dict[str, Any]) -> dict[str, Any]:
    assert data["data"]["status"] == "succeeded", data["data"]["error"]
    return json.loads(data["data"]["outputs"]["body"])


@pytest.mark.parametrize("method", ["get", "POST", "put", "Patch", "delete", "head", "options"])
def test_wf_22_every_method_is_sent(server, workspace, web, method):
    client = client_of(server, workspace, http(method=method, url=f"{web.url}/echo"), *WAYS)
    data = ran(client)["data"]
    assert data["outputs"]["status_code"] == 200
    assert web.asked[-1].method == method.upper()


def test_wf_22_a_file_goes_out_in_a_form_and_as_the_body(server, workspace, web):
    row = {"key": "up", "type": "file", "file": ["start", "doc"]}
    text = {"key": "note", "type": "text", "value": "{{#start.doc.name#}}"}
    both = {"type": "form-data", "data": [row, text]}
    client = client_of(server, workspace, http(method="post", url=f"{web.url}/echo", body=both), *WAYS)
    doc = upload(client, "tea.txt", b"Green tea", "text/plain")
    body = echoed(ran(client, doc=doc))["body"]
    assert 'name="up"; filename="tea.txt"\r\nContent-Type: text/plain\r\n\r\nGreen tea\r\n' in body
    assert 'name="note"\r\n\r\ntea.txt\r\n' in body
    binary = {"type": "binary", "data": [{"type": "file", "file": ["start", "doc"]}]}
    client = client_of(server, workspace, http(method="post", url=f"{web.url}/echo", body=binary), *WAYS)
    told = echoed(ran(client, doc=upload(client, "tea.txt", b"Green tea", "text/plain")))
    assert (told["body"], told["headers"]["content-type"]) == ("Green tea", "text/plain")


def test_wf_23_a_picture_that_comes_back_is_a_file(server, workspace, web):
    client = client_of(server, workspace, http(method="get", url=f"{web.url}/pic"), *WAYS)
    outputs = ran(client)["data"]["outputs"]
    (found,) = outputs["files"]
    assert (outputs["body"], found["type"], found["filename"], found["size"]) == ("", "image", "dot.png", len(PNG))
    assert client.get(found["url"]).body == PNG


def test_a_request_is_followed_where_it_is_sent_on_to_but_never_inside(server, workspace, web):
    client = client_of(
        server, workspace, http(method="post", url=f"{web.url}/moved", body={"type": "raw-text", "data": "x"}), *WAYS
    )
    assert echoed(ran(client))["method"] == "GET"
    client = client_of(server, workspace, http(method="get", url=f"{web.url}/elsewhere"), *WAYS)
    data = ran(client)["data"]
    assert (data["status"], "not allowed" in data["error"]) == ("failed", True)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://localhost/",
        "http://[::1]/",
        "http://0x7f.1/",
        "http://169.254.169.254/",
        "http://10.0.0.1/",
    ],
)
def test_inner_addresses_are_refused(server, workspace, url, settings):
    settings.WORKFLOW_PRIVATE_HOSTS = []
    data = ran(client_of(server, workspace, http(method="get", url=url), *WAYS))["data"]
    assert data["status"] == "failed"
    assert "127.0.0.1" not in data["error"]


def test_a_value_brings_in_no_header(server, workspace, web):
    fields = [{"variable": "x", "label": "x", "type": "paragraph", "required": True}]
    nodes = http(method="get", url=f"{web.url}/echo", headers="X-One: {{#start.x#}}")
    nodes[0] = node("start", "start", variables=fields)
    told = echoed(ran(client_of(server, workspace, nodes, *WAYS), x="a\r\nX-Two: b"))
    assert told["headers"]["x-one"] == "aX-Two: b"
    assert "x-two" not in told["headers"]


def test_the_sandbox_answers_under_the_name_that_files_give_it(server, workspace, code_sandbox):
    body = {"type": "json", "data": json.dumps({"language": "python3", "code": "print(6 * 7)"})}
    nodes = http(method="post", url="http://sandbox:8194/v1/sandbox/run", headers="X-Api-Key: dify-sandbox", body=body)
    assert echoed(ran(client_of(server, workspace, nodes, *WAYS)))["data"]["stdout"] == "42\n"


def test_a_file_s_parts_are_read_by_their_names():
    pool = VariablePool({"start": {"doc": file("tea.md", mime_type="text/markdown")}})
    parts = ("type", "size", "name", "mime_type", "transfer_method", "url", "extension", "related_id")
    found = [pool.value(["start", "doc", part]) for part in parts]
    assert found == ["document", 4, "tea.md", "text/markdown", "local_file", "/files/tea.md", ".md", "tea.md"]
    assert pool.fill("<{{#start.doc#}}|{{#start.doc.name#}}>") == "<|tea.md>"
