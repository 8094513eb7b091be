"""Rows of what a server of the original was seen to answer, for chat and text-generation apps.

Where a sentence was an accident of its framework, status and code are the row's and the sentence is ours.
"""

from typing import Any

import pytest

from apps.prompts.models import App
from apps.prompts.services.keys import create_dataset_key
from tests.factories import (
    api_user,
    make_app,
    make_conversation,
    make_key,
    make_message,
    make_provider,
    upstream_config,
)
from tests.http import Client, Part, form

UNKNOWN = "0193a0a0-0000-7000-8000-000000000001"
FORM = [{"text-input": {"variable": "topic", "label": "Topic", "required": True, "max_length": 5}}]
ASK = {"inputs": {"topic": "tea"}, "query": "Why?", "user": "ada", "response_mode": "blocking"}
OURS = ...  # the sentence is ours


def chat(**changes: Any) -> tuple[str, str, Any]:
    body = {key: value for key, value in {**ASK, **changes}.items() if value is not ...}
    return ("POST", "/v1/chat-messages", body)


@pytest.fixture
def app(workspace) -> App:
    return make_app(workspace, {"pre_prompt": "About {{topic}}.", "user_input_form": FORM})


@pytest.fixture
def ids(app) -> dict[str, str]:
    """What `{name}` in a row's path stands for."""
    ada, bob = api_user(app), api_user(app, "bob")
    conversation = make_conversation(app, ada)
    return {
        "conversation": str(conversation.pk),
        "message": str(make_message(app, ada, conversation).pk),
        "foreign": str(make_conversation(app, bob).pk),
    }


PARSING = {
    "conversation_id not a UUID": (chat(conversation_id="abc"), "abc is not a valid uuid.", "conversation_id"),
    "query missing": (chat(query=...), "Missing required parameter in the JSON body", "query"),
    "inputs missing": (chat(inputs=...), "Missing required parameter in the JSON body", "inputs"),
    "inputs a list": (chat(inputs=["a"]), OURS, "inputs"),
    "response_mode unknown": (chat(response_mode="x"), "x is not a valid choice", "response_mode"),
    "conversations limit=0": (
        ("GET", "/v1/conversations?user=ada&limit=0", None),
        "Invalid argument: 0. argument must be within the range 1 - 100",
        "limit",
    ),
    "conversations limit=101": (
        ("GET", "/v1/conversations?user=ada&limit=101", None),
        "Invalid argument: 101. argument must be within the range 1 - 100",
        "limit",
    ),
    "messages without conversation_id": (
        ("GET", "/v1/messages?user=ada", None),
        "Missing required parameter in the query string",
        "conversation_id",
    ),
    "feedback, bad rating": (
        ("POST", "/v1/messages/{message}/feedbacks", {"rating": "meh", "user": "ada"}),
        "meh is not a valid choice",
        "rating",
    ),
}


@pytest.mark.parametrize(("call", "message", "field"), PARSING.values(), ids=PARSING.keys())
def test_api_errors_of_arguments(client, ids, call, message, field):
    method, path, body = call
    answer = client.request(method, path.format(**ids), body)
    assert answer.status == 400
    said = answer.json()
    assert (said["code"], said["params"]) == ("invalid_param", field)
    assert message in (OURS, said["message"])


FAILED = {
    "user missing": (chat(user=...), 400, "invalid_param", "Arg user must be provided."),
    "user empty": (chat(user=""), 400, "invalid_param", "Arg user must be provided."),
    "conversation_id unknown": (chat(conversation_id=UNKNOWN), 404, "not_found", "Conversation Not Exists."),
    "conversation_id another user's": (
        chat(conversation_id="{foreign}"), 404, "not_found", "Conversation Not Exists.",
    ),
    "conversation_id unknown, streaming": (
        chat(conversation_id=UNKNOWN, response_mode="streaming"), 404, "not_found", "Conversation Not Exists.",
    ),
    "query empty": (chat(query=""), 400, "invalid_param", "query is required"),
    "required input missing": (chat(inputs={}), 400, "invalid_param", "topic is required in input form"),
    "input too long": (
        chat(inputs={"topic": "coffee"}), 400, "invalid_param", "topic in input form must be less than 5 characters",
    ),
    "broken JSON": (("POST", "/v1/chat-messages", b'{"a'), 400, "bad_request", OURS),
    "wrong method": (
        ("GET", "/v1/chat-messages", None),
        405, "method_not_allowed", "The method is not allowed for the requested URL.",
    ),
    "wrong method of a list": (("POST", "/v1/conversations", b""), 405, "method_not_allowed", OURS),
    "unknown path": (("GET", "/v1/nothing", None), 404, "not_found", OURS),
    "completion-messages on a chat app": (
        ("POST", "/v1/completion-messages", ASK),
        400, "app_unavailable", "App unavailable, please check your app configurations.",
    ),
    "workflows/run on a chat app": (
        ("POST", "/v1/workflows/run", ASK),
        400, "not_workflow_app", "Please check if your app mode matches the right API route.",
    ),
    "conversations, unknown last_id": (
        ("GET", f"/v1/conversations?user=ada&last_id={UNKNOWN}", None),
        404, "not_found", "Last Conversation Not Exists.",
    ),
    "messages, unknown conversation": (
        ("GET", f"/v1/messages?user=ada&conversation_id={UNKNOWN}", None),
        404, "not_found", "Conversation Not Exists.",
    ),
    "messages, unknown first_id": (
        ("GET", f"/v1/messages?user=ada&conversation_id={{conversation}}&first_id={UNKNOWN}", None),
        404, "not_found", "First Message Not Exists.",
    ),
    "feedback, unknown message": (
        ("POST", f"/v1/messages/{UNKNOWN}/feedbacks", {"rating": "like", "user": "ada"}),
        404, "not_found", "Message Not Exists.",
    ),
    "feedback taken back without one": (
        ("POST", "/v1/messages/{message}/feedbacks", {"rating": None, "user": "ada"}),
        400, "invalid_param", "rating cannot be None when feedback not exists",
    ),
    "suggested questions off": (
        ("GET", "/v1/messages/{message}/suggested?user=ada", None),
        400, "bad_request", "Suggested Questions Is Disabled.",
    ),
    "suggested, unknown message": (
        ("GET", f"/v1/messages/{UNKNOWN}/suggested?user=ada", None), 404, "not_found", "Message Not Exists.",
    ),
    "delete, unknown conversation": (
        ("DELETE", f"/v1/conversations/{UNKNOWN}", {"user": "ada"}), 404, "not_found", "Conversation Not Exists.",
    ),
    "variable of a basic app": (
        ("PUT", f"/v1/conversations/{{conversation}}/variables/{UNKNOWN}", {"value": 1, "user": "ada"}),
        404, "not_found", "Conversation Variable Not Exists.",
    ),
    "end user unknown": (
        ("GET", f"/v1/end-users/{UNKNOWN}", None), 404, "end_user_not_found", "End user not found.",
    ),
    "files/upload without file": (("POST", "/v1/files/upload", form(user="ada")), 400, "bad_request_key_error", OURS),
    "files/upload with two": (
        ("POST", "/v1/files/upload", form(Part(b"a"), Part(b"b", field="other"))),
        400, "too_many_files", "Only one file is allowed.",
    ),
    "files/upload without a name": (
        ("POST", "/v1/files/upload", form(file="text")),
        400, "filename_not_exists_error", "The specified filename does not exist.",
    ),
    "files/upload without a type": (
        ("POST", "/v1/files/upload", form(Part(b"a", type=None))),
        415, "unsupported_file_type", "File type not allowed.",
    ),
    "file unknown": (
        ("GET", f"/v1/files/{UNKNOWN}/preview", None), 404, "file_not_found", "The requested file was not found.",
    ),
    "speech to text off": (
        ("POST", "/v1/audio-to-text", form(Part(b"a", "a.mp3", "audio/mpeg"))),
        400, "invalid_param", "Speech to text is not enabled",
    ),
    "text to speech off": (
        ("POST", "/v1/text-to-audio", {"text": "Hi", "user": "ada"}), 400, "invalid_param", "TTS is not enabled",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "status", "code", "message"), FAILED.values(), ids=FAILED.keys())
def test_api_errors(client, ids, call, status, code, message):
    method, path, body = call
    is_form = isinstance(body, dict) and "headers" in body
    if isinstance(body, dict) and not is_form:
        body = {key: ids["foreign"] if value == "{foreign}" else value for key, value in body.items()}
    sent = body if is_form else {"body": body}
    answer = client.request(method, path.format(**ids), **sent)
    said = answer.json()
    assert (answer.status, said["status"], said["code"]) == (status, status, code)
    assert message in (OURS, said["message"])
    assert "params" not in said


@pytest.mark.parametrize("path", ["/v1/chat-messages", "/v1/conversations", "/v1/files/upload", "/v1/parameters"])
@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, "Authorization header must be provided and start with 'Bearer'"),
        ("app-123", "Authorization header must be provided and start with 'Bearer'"),
        ("Basic app-123", "Authorization scheme must be 'Bearer'"),
        ("Bearer app-123", "Access token is invalid"),
    ],
)
def test_api_01_keys_are_checked_with_the_same_sentences_everywhere(server, path, header, message):
    method = "GET" if path in ("/v1/conversations", "/v1/parameters") else "POST"
    headers = {"Authorization": header} if header else {}
    answer = Client(server.url).request(method, path, None if method == "GET" else {}, headers=headers)
    assert answer.status == 401
    assert answer.json() == {"code": "unauthorized", "message": message, "status": 401}


def test_api_01_a_dataset_key_opens_no_app(server, workspace):
    answer = Client(server.url, create_dataset_key(workspace=workspace)).get("/v1/conversations?user=ada")
    assert (answer.status, answer.json()["message"]) == (401, "Access token is invalid")


def test_api_switched_off(server, workspace):
    app = make_app(workspace)
    App.objects.filter(pk=app.pk).update(enable_api=False)
    answer = Client(server.url, make_key(app)).get("/v1/conversations?user=ada")
    assert answer.json() == {
        "code": "forbidden", "message": "The app's API service has been disabled.", "status": 403
    }  # fmt: skip


ACCEPTED = {
    "user an integer": chat(user=7),
    "query an integer": chat(query=12),
    "conversation_id empty": chat(conversation_id=""),
    "files null": chat(files=None),
    "response_mode missing": chat(response_mode=...),
    "unknown query parameters": ("GET", "/v1/conversations?user=ada&pinned=perhaps&first_id=x&limit=", None),
    "conversations without user": ("GET", "/v1/conversations", None),
    "parameters": ("GET", "/v1/parameters?user=ada", None),
    "info": ("GET", "/v1/info", None),
    "meta": ("GET", "/v1/meta", None),
    "site": ("GET", "/v1/site", None),
    "welcome": ("GET", "/v1/", None),
    "variables": ("GET", "/v1/conversations/{conversation}/variables?user=ada", None),
}


@pytest.mark.parametrize("call", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_api_accepts(client, ids, call):
    method, path, body = call
    answer = client.request(method, path.format(**ids), body, headers={"Content-Type": "application/json"})
    assert answer.status == 200, answer.body


def test_inputs_null_and_an_app_that_was_never_configured(server, workspace):
    client = Client(server.url, make_key(make_app(workspace, {})))
    answer = client.post("/v1/chat-messages", {**ASK, "inputs": None})
    assert answer.status == 200
    assert answer.json()["answer"]


def test_lists_without_a_user_are_empty(client, ids):
    assert client.get("/v1/conversations").json() == {"limit": 20, "has_more": False, "data": []}


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_what_the_upstream_refuses(server, workspace, upstream, status):
    make_provider(workspace, upstream.base_url, f"fail-{status}")
    client = Client(server.url, make_key(make_app(workspace, upstream_config(f"fail-{status}"))))
    begins = f"[openai_api_compatible] Error: API request failed with status code {status}:"
    answer = client.post("/v1/chat-messages", ASK)
    assert (answer.status, answer.json()["code"]) == (400, "completion_request_error")
    assert answer.json()["message"].startswith(begins)
    [event] = client.post("/v1/chat-messages", {**ASK, "response_mode": "streaming"}).events()
    assert (event["event"], event["status"], event["code"]) == ("error", 400, "completion_request_error")
    assert event["message"].startswith(begins)


def test_an_upstream_that_drops_the_stream(server, workspace, upstream):
    make_provider(workspace, upstream.base_url, "cut-after-9")
    client = Client(server.url, make_key(make_app(workspace, upstream_config("cut-after-9"))))
    *deltas, last = client.post("/v1/chat-messages", {**ASK, "response_mode": "streaming"}).events()
    assert deltas
    assert (last["event"], last["code"]) == ("error", "completion_request_error")


SUCCESSES = {
    "stop of an unknown task": ("POST", f"/v1/chat-messages/{UNKNOWN}/stop", {"user": "ada"}),
    "feedback": ("POST", "/v1/messages/{message}/feedbacks", {"rating": "like", "user": "ada"}),
    "delete": ("DELETE", "/v1/conversations/{conversation}", {"user": "ada"}),
}


@pytest.mark.parametrize("call", SUCCESSES.values(), ids=SUCCESSES.keys())
def test_api_says_success(client, ids, call):
    method, path, body = call
    answer = client.request(method, path.format(**ids), body)
    assert (answer.status, answer.json()) == (200, {"result": "success"})


FIELDS = {
    "/v1/": "welcome api_version server_version",
    "/v1/info": "name description tags mode author_name",
    "/v1/meta": "tool_icons",
    "/v1/parameters": "opening_statement suggested_questions suggested_questions_after_answer speech_to_text "
    "text_to_speech retriever_resource annotation_reply more_like_this user_input_form sensitive_word_avoidance "
    "file_upload system_parameters",
    "/v1/site": "title chat_color_theme chat_color_theme_inverted icon_type icon icon_background icon_url description "
    "copyright privacy_policy custom_disclaimer default_language show_workflow_steps use_icon_as_answer_icon "
    "input_placeholder",
}


@pytest.mark.parametrize(("path", "fields"), FIELDS.items(), ids=FIELDS.keys())
def test_api_13_an_app_tells_these_fields_and_not_its_prompt(client, path, fields):
    answer = client.get(path)
    assert list(answer.json()) == fields.split()
    assert b"About {{topic}}" not in answer.body


def test_the_limits_among_the_parameters(client):
    assert client.get("/v1/parameters").json()["system_parameters"] == {
        "image_file_size_limit": 10,
        "video_file_size_limit": 100,
        "audio_file_size_limit": 50,
        "file_size_limit": 15,
        "workflow_file_upload_limit": 10,
    }


def test_no_json_is_415(client):
    for path in ("/v1/chat-messages", f"/v1/messages/{UNKNOWN}/feedbacks", f"/v1/conversations/{UNKNOWN}/name"):
        answer = client.post(path, b"a=b", headers={"Content-Type": "text/plain"})
        assert (answer.status, answer.json()["code"]) == (415, "unsupported_media_type")
