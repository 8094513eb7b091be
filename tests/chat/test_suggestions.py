"""Follow-up questions: three, and never an error."""

import json

import pytest

from apps.chat.suggestions import read_questions
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

ON = {"suggested_questions_after_answer": {"enabled": True}}


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        ('["a?", "b?", "c?"]', ["a?", "b?", "c?"]),
        ('["1", "2", "3", "4", "5"]', ["1", "2", "3"]),
        ('Sure [as asked]:\n```json\n["a?", "b?"]\n```\nHope it helps.', ["a?", "b?"]),
        ('{"questions": ["a?"]}', ["a?"]),
        ('[{"question": "a?"}, {"question": "b?"}, {"other": 1}]', ["a?", "b?"]),
        ('["a?", "", null, 7, ["x"], "  b\\n c "]', ["a?", "b c"]),
        ('["a?", "b?"', []),
        ("", []),
        ("1. a?\n2. b?", []),
        ("[]", []),
        ("null", []),
        ("[" * 50_000, []),
        ('["' + "x" * 1000 + '"]', ["x" * 300]),
    ],
)
def test_app_28_the_models_list_is_read_leniently(text, questions):
    assert read_questions(text) == questions


def suggested(server, workspace, config):
    app = make_app(workspace, {**config, **ON})
    ada = api_user(app)
    conversation = make_conversation(app, ada)
    for n in range(5):
        make_message(app, ada, conversation, query=f"question {n}", answer=f"answer {n}")
    message = make_message(app, ada, conversation, query="And tea?", answer="Tea is fine.")
    make_message(app, ada, conversation, query="Later", answer="Later")
    return Client(server.url, make_key(app)).get(f"/v1/messages/{message.pk}/suggested?user=ada")


def test_app_28_three_questions_by_the_demo_model(server, workspace):
    answer = suggested(server, workspace, {})
    assert answer.status == 200
    assert list(answer.json()) == ["result", "data"]
    assert answer.json()["result"] == "success"
    assert 1 <= len(answer.json()["data"]) <= 3


def test_app_28_the_apps_model_reads_the_last_turns_up_to_the_message(server, workspace, upstream):
    make_provider(workspace, upstream.base_url, "echo")
    answer = suggested(server, workspace, upstream_config("echo"))
    assert answer.json() == {"result": "success", "data": []}
    [request] = upstream.last()
    system, shown = request["body"]["messages"]
    assert "JSON array" in system["content"]
    assert shown["content"].startswith("User: question 3\nAssistant: answer 3")
    assert shown["content"].endswith("User: And tea?\nAssistant: Tea is fine.")


def test_app_28_five_are_cut_to_three(server, workspace, upstream):
    make_provider(workspace, upstream.base_url, "fake")
    app = make_app(workspace, {**upstream_config("fake"), **ON})
    said = json.dumps(["1?", "2?", "3?", "4?", "5?"])
    message = make_message(app, api_user(app), make_conversation(app, api_user(app)), answer=f"SAY:{said}")
    answer = Client(server.url, make_key(app)).get(f"/v1/messages/{message.pk}/suggested?user=ada")
    assert answer.json()["data"] == ["1?", "2?", "3?"]


@pytest.mark.parametrize("model", ["fail-500", "garbage", "cut-after-3", "empty", "hang-after-2", "absent"])
def test_app_28_a_model_that_fails_gives_none(server, workspace, upstream, model):
    make_provider(workspace, upstream.base_url, *({model} - {"absent"}))
    answer = suggested(server, workspace, upstream_config(model))
    assert (answer.status, answer.json()["data"]) == (200, [])


def test_a_text_generator_suggests_nothing(server, workspace):
    app = make_app(workspace, ON, mode="completion")
    message = make_message(app, api_user(app))
    answer = Client(server.url, make_key(app)).get(f"/v1/messages/{message.pk}/suggested?user=ada")
    assert answer.json()["code"] == "not_chat_app"
