"""POST /v1/chat/completions and GET /v1/models, as raw HTTP; tests/clients drives them with the published package."""

import base64
import json
from uuid import uuid4

import pytest

from apps.chat.openai_wire import CompletionEncoder, read_dialogue
from apps.common.errors import InvalidParam
from apps.common.ids import new_id
from apps.common.run_events import Envelope, MessageEnd
from apps.files.models import UploadFile
from apps.files.services.uploads import read_upload
from apps.logs.models import Conversation, Message
from apps.prompts.models import EndUser
from tests.factories import (
    api_user,
    make_app,
    make_conversation,
    make_key,
    make_message,
    make_provider,
    upstream_config,
)
from tests.http import Client
from tests.waiting import eventually

PATH = "/v1/chat/completions"


def said(role: str, content: object) -> dict[str, object]:
    return {"role": role, "content": content}


def body(*messages: dict[str, object], **more: object) -> dict[str, object]:
    return {"model": "Helper", "messages": list(messages) or [said("user", "Hi")], **more}


def test_an_answer_has_openais_fields_and_citations(client, app):
    answer = client.post(PATH, body(user="ada"))
    assert answer.status == 200
    whole = answer.json()
    assert whole["object"] == "chat.completion"
    assert whole["id"].startswith("chatcmpl-")
    assert (whole["model"], whole["citations"]) == ("Helper", [])
    [choice] = whole["choices"]
    assert (choice["message"]["role"], choice["finish_reason"]) == ("assistant", "stop")
    assert choice["message"]["citations"] == []
    assert whole["usage"]["total_tokens"] == whole["usage"]["prompt_tokens"] + whole["usage"]["completion_tokens"] > 0
    message = Message.objects.get()
    assert (message.answer, str(message.conversation_id)) == (choice["message"]["content"], whole["conversation_id"])
    assert EndUser.objects.get().session_id == "ada"


def test_citations_go_out_with_the_message_and_the_last_chunk():
    envelope = Envelope(new_id(), new_id(), new_id(), "chat", 0)
    resources = [{"position": 1, "document_name": "policy.md"}]
    end = MessageEnd({"usage": {}, "retriever_resources": resources}, "Yes.")
    encoder = CompletionEncoder(envelope, "Helper")
    whole = encoder.answer(end)
    assert whole["citations"] == whole["choices"][0]["message"]["citations"] == resources
    assert b'"delta": {"citations": [{"position": 1' in encoder.closing(end)


@pytest.mark.parametrize("with_usage", [True, False])
def test_a_stream_of_chunks(client, with_usage):
    options = {"stream_options": {"include_usage": True}} if with_usage else {}
    answer = client.post(PATH, body(stream=True, **options))
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.body.endswith(b"data: [DONE]\n\n")
    lines = [line for line in answer.body.split(b"\n") if line.startswith(b"data: {")]
    chunks = [json.loads(line[6:]) for line in lines]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    usage = chunks.pop() if with_usage else None
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    assert text == Message.objects.get().answer
    assert chunks[-1]["choices"][0]["delta"] == {"citations": []}
    if usage:
        assert (usage["choices"], usage["usage"]["completion_tokens"] > 0) == ([], True)


def test_the_last_user_message_is_the_question_and_the_rest_is_history(server, workspace, upstream):
    make_provider(workspace, upstream.base_url, "fake")
    app = make_app(workspace, {**upstream_config("fake"), "pre_prompt": "Be brief."})
    client = Client(server.url, make_key(app))
    dialogue = [
        said("assistant", "Welcome!"), said("system", "Talk of tea."), said("user", "Which?"),
        said("assistant", "Green."), said("user", [{"type": "text", "text": "Why?"}]),
    ]  # fmt: skip
    for _ in range(2):  # the stored conversation of the first call is not used by the second
        assert client.post(PATH, body(*dialogue)).status == 200
        assert [(item["role"], item["content"]) for item in upstream.last()[0]["body"]["messages"]] == [
            ("system", "Be brief."), ("assistant", "Welcome!"), ("user", "Talk of tea.\n\nWhich?"),
            ("assistant", "Green."), ("user", "Why?"),
        ]  # fmt: skip
    assert Conversation.objects.count() == 2
    assert set(Message.objects.values_list("query", flat=True)) == {"Why?"}


def test_a_stored_conversation_goes_on_where_it_is_named(server, workspace, upstream):
    make_provider(workspace, upstream.base_url, "fake")
    app = make_app(workspace, upstream_config("fake"))
    client = Client(server.url, make_key(app))
    conversation = make_conversation(app, api_user(app))
    make_message(app, api_user(app), conversation, query="Stored?", answer="Stored.")
    asked = body(said("user", "Sent"), said("assistant", "Sent."), said("user", "Now?"), user="ada")
    answer = client.post(PATH, {**asked, "conversation_id": str(conversation.pk)})
    assert answer.json()["conversation_id"] == str(conversation.pk)
    texts = [item["content"] for item in upstream.last()[0]["body"]["messages"]]
    assert texts == ["Stored?", "Stored.", "Now?"]
    foreign = client.post(PATH, {**asked, "user": "bob", "conversation_id": str(conversation.pk)})
    assert (foreign.status, foreign.json()["error"]["message"]) == (404, "Conversation Not Exists.")


def test_the_name_and_the_id_are_the_model_and_no_other(client, app):
    for name in (app.name, str(app.pk)):
        assert client.post(PATH, {**body(), "model": name}).json()["model"] == name
    answer = client.post(PATH, {**body(), "model": "gpt-4o"})
    assert answer.status == 404
    error = answer.json()["error"]
    assert list(error) == ["message", "type", "param", "code"]
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", "model", "model_not_found")
    [listed] = client.get("/v1/models").json()["data"]
    assert (listed["id"], listed["object"]) == (app.name, "model")
    assert listed["created"] == int(app.created_at.timestamp())


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"messages": None}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": "Hi"}, "messages"),
        ({"messages": [said("assistant", "Hi")]}, "messages"),
        ({"messages": [said("user", " \x00")]}, "messages"),
        ({"messages": ["Hi"]}, "messages[0]"),
        ({"messages": [said("tool", "x")]}, "messages[0].role"),
        ({"messages": [said("user", 5)]}, "messages[0].content"),
        ({"messages": [said("user", [{"type": "input_audio", "input_audio": {}}])]}, "messages[0].content"),
        ({"messages": [said("user", [{"type": "text", "text": 5}])]}, "messages[0].content"),
        ({"model": None}, "model"),
        ({"model": 5}, "model"),
        ({"n": 2}, "n"),
        ({"inputs": []}, None),
        ({"inputs": [1]}, "inputs"),
        ({"conversation_id": "x"}, "conversation_id"),
        ({"user": "x" * 256}, "user"),
    ],
)
def test_requests_that_are_refused(client, changes, param):
    answer = client.post(PATH, {**body(), **changes})
    if param is None:
        assert answer.status == 200
        return
    error = answer.json()["error"]
    assert (answer.status, error["type"], error["param"]) == (400, "invalid_request_error", param)
    assert Message.objects.count() == 0


def test_odd_extras_are_ignored(client):
    extras = {"temperature": 2, "tools": [], "stream_options": "x", "stop": None, "user": None, "stream": "yes"}
    assert client.post(PATH, body(**extras)).json()["object"] == "chat.completion"


def test_doors_answer_in_openais_shape(server, workspace, client):
    assert Client(server.url).post(PATH, body()).json()["error"]["type"] == "authentication_error"
    assert Client(server.url, "app-x").get("/v1/models").json()["error"]["code"] == "unauthorized"
    generator = Client(server.url, make_key(make_app(workspace, mode="completion")))
    for answer in (generator.post(PATH, body()), generator.get("/v1/models")):
        assert answer.json()["error"]["code"] == "not_chat_app"
    assert client.post(PATH, b"{").json()["error"]["code"] == "bad_request"
    assert client.get(PATH).json()["error"]["code"] == "method_not_allowed"


@pytest.mark.parametrize("stream", [True, False])
def test_what_fails_before_the_first_word_is_an_http_error(server, workspace, upstream, stream):
    make_provider(workspace, upstream.base_url, "fail-429")
    client = Client(server.url, make_key(make_app(workspace, upstream_config("fail-429"))))
    answer = client.post(PATH, body(stream=stream))
    assert (answer.status, answer.json()["error"]["code"]) == (400, "completion_request_error")


def test_what_fails_later_ends_the_stream_with_an_error(server, workspace, upstream):
    make_provider(workspace, upstream.base_url, "cut-after-9")
    client = Client(server.url, make_key(make_app(workspace, upstream_config("cut-after-9"))))
    answer = client.post(PATH, body(stream=True))
    *chunks, last = answer.events()
    assert chunks
    assert last["error"]["code"] == "completion_request_error"
    assert b"[DONE]" not in answer.body


def test_a_run_outlives_its_reader(server, workspace, upstream):
    make_provider(workspace, upstream.base_url, "gen-30-20")
    client = Client(server.url, make_key(make_app(workspace, upstream_config("gen-30-20"))))
    stream = client.stream(PATH, body(stream=True))
    next(stream)
    stream.close()
    eventually(lambda: Message.objects.filter(status="normal").exists())
    assert Message.objects.get().answer.startswith("tok0 tok1")
    assert "tok29" in Message.objects.get().answer


def test_required_inputs_may_stand_beside_the_messages(server, workspace):
    field = {"text-input": {"variable": "topic", "label": "Topic", "required": True}}
    client = Client(server.url, make_key(make_app(workspace, {"user_input_form": [field]})))
    assert client.post(PATH, body()).json()["error"]["message"] == "topic is required in input form"
    assert client.post(PATH, body(inputs={"topic": "tea"})).status == 200


class TestPictures:
    INLINE = "data:image/png;base64," + base64.b64encode(b"\x89PNG").decode()

    @pytest.fixture
    def client(self, server, workspace, upstream) -> Client:
        make_provider(workspace, upstream.base_url, "fake")
        feature = {"file_upload": {"image": {"enabled": True, "transfer_methods": ["local_file", "remote_url"]}}}
        return Client(server.url, make_key(make_app(workspace, {**upstream_config("fake"), **feature})))

    def ask(self, client: Client, address: object, times: int = 1):
        pictures = [{"type": "image_url", "image_url": {"url": address}}] * times
        return client.post(PATH, body(said("user", [{"type": "text", "text": "What is it?"}, *pictures]), user="ada"))

    def test_a_data_url_is_stored_and_sent_on(self, client):
        assert self.ask(client, self.INLINE).status == 200
        file = Message.objects.get().files.get()
        upload = UploadFile.objects.get(pk=str(file.upload_file_id))
        assert (file.type, read_upload(upload), upload.mime_type) == ("image", b"\x89PNG", "image/png")

    @pytest.mark.parametrize(
        "address",
        [
            "data:image/svg+xml;base64,PHN2Zz4=", "data:image/png;base64,***", "data:image/png;base64,", "data:,x",
            "ftp://example.org/a.png", "javascript:alert(1)", "", 5, None,
        ],
    )  # fmt: skip
    def test_what_is_no_picture(self, client, address):
        answer = self.ask(client, address)
        assert (answer.status, answer.json()["error"]["type"]) == (400, "invalid_request_error")
        assert Message.objects.count() == 0

    def test_more_than_the_app_takes_are_refused_before_one_is_stored(self, client):
        answer = self.ask(client, self.INLINE, times=4)
        assert answer.json()["error"]["message"] == "Number of image files exceeds the maximum limit 3"
        assert UploadFile.objects.count() == 0

    def test_an_app_that_takes_none_says_so(self, server, workspace):
        client = Client(server.url, make_key(make_app(workspace)))
        assert self.ask(client, self.INLINE).json()["error"]["message"] == "This app takes no pictures."
        assert UploadFile.objects.count() == 0


def test_a_dialogue_of_thousands_is_read():
    turns = [said("user", "q"), said("assistant", "a")] * 5000
    dialogue = read_dialogue([*turns, said("user", "Now?")])
    assert (len(dialogue.history), dialogue.query) == (5000, "Now?")


def test_two_answers_in_a_row_are_one():
    dialogue = read_dialogue([said("user", "q"), said("assistant", "a"), said("assistant", "b"), said("user", "Now?")])
    [turn] = dialogue.history
    assert (turn.query, turn.answer) == ("q", "a\n\nb")
    with pytest.raises(InvalidParam):
        read_dialogue({"role": "user", "content": str(uuid4())})
