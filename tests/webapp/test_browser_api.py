"""The browser API behind a passport: what a visitor of an app's page may do."""

import jwt
import pytest
from django.conf import settings

from apps.logs.models import Conversation, Message, SavedMessage
from apps.prompts.callers import Caller
from apps.prompts.models import App, Site
from apps.prompts.services.apps import reset_site_code
from apps.webapp import passports
from tests.factories import (
    attach_upload,
    make_app,
    make_conversation,
    make_key,
    make_message,
    make_passport,
    make_provider,
    make_workspace,
    upstream_config,
)
from tests.http import Client, Part, form

MORE = {"more_like_this": {"enabled": True}}
SHOWN = ["segment_id", "position", "document_name", "score", "content"]


@pytest.fixture
def workspace(server):
    return make_workspace()


@pytest.fixture
def app(workspace) -> App:
    return make_app(workspace)


def visit(server, app: App, name: str = "ada") -> tuple[Client, Caller]:
    """A visitor's client, and who the visitor is."""
    from apps.common.perloop import run

    passport = make_passport(app, name)
    return Client(server.url, passport), run(passports.read(passport)).caller


def test_a_passport_is_given_to_who_knows_the_code(server, app):
    stranger = Client(server.url)
    answer = stranger.get("/api/passport", headers={"X-App-Code": app.site_code})
    visitor = Client(server.url, answer.json()["access_token"])
    site = visitor.get("/api/site").json()
    assert list(site) == [
        "app_id", "end_user_id", "enable_site", "site", "model_config", "plan", "can_replace_logo", "custom_config"
    ]  # fmt: skip
    assert (site["app_id"], site["enable_site"], site["model_config"]) == (str(app.pk), True, None)
    assert (site["site"]["title"], site["site"]["prompt_public"]) == (app.name, False)
    assert stranger.get("/api/passport").json()["message"] == "X-App-Code header is missing."
    assert stranger.get("/api/passport", headers={"X-App-Code": "x" * 16}).status == 404


def test_web_03_the_sites_settings_go_before_the_apps(server, app):
    Site.objects.create(
        app=app, title="Tea house", description="Ask!", copyright="Acme", privacy_policy="https://a.org"
    )
    visitor, _ = visit(server, app)
    site = visitor.get("/api/site").json()["site"]
    assert (site["title"], site["description"], site["copyright"]) == ("Tea house", "Ask!", "Acme")
    assert (site["icon_type"], site["icon"]) == ("emoji", app.icon)
    assert Client(server.url, make_key(app)).get("/v1/site").json()["title"] == "Tea house"


def test_the_same_answers_as_the_service_apis(server, app):
    visitor, _ = visit(server, app)
    client = Client(server.url, make_key(app))
    for path in ("parameters", "meta", "info"):
        assert visitor.get(f"/api/{path}").json() == client.get(f"/v1/{path}").json()


def test_web_10_conversations_are_pinned_and_unpinned(server, app):
    visitor, ada = visit(server, app)
    one, two = (make_conversation(app, ada, name=name) for name in ("one", "two"))

    def names(query: str = "") -> list[str]:
        return [item["name"] for item in visitor.get(f"/api/conversations?{query}").json()["data"]]

    assert visitor.request("PATCH", f"/api/conversations/{one.pk}/pin").json() == {"result": "success"}
    assert (names("pinned=true"), names("pinned=false"), names()) == (["one"], ["two"], ["two", "one"])
    assert visitor.request("PATCH", f"/api/conversations/{one.pk}/unpin", {}).status == 200
    assert names("pinned=true") == []
    assert visitor.get("/api/conversations?pinned=perhaps").json()["params"] == "pinned"
    assert visitor.post(f"/api/conversations/{two.pk}/name", {"name": "2"}).json()["name"] == "2"
    assert visitor.request("DELETE", f"/api/conversations/{two.pk}").status == 200
    assert names() == ["one"]


def test_a_visitor_sees_nothing_of_cost(server, app):
    visitor, _ = visit(server, app)
    body = {"inputs": {}, "query": "Hello", "response_mode": "streaming"}
    last = visitor.post("/api/chat-messages", body).events()[-1]
    assert (last["event"], last["metadata"]) == ("message_end", {})
    answer = visitor.post("/api/chat-messages", {**body, "response_mode": "blocking"})
    assert answer.json()["metadata"] == {}
    assert Message.objects.first().metadata["usage"]


def test_citations_keep_what_is_shown():
    from apps.webapp.encoding import public_metadata

    resource = dict.fromkeys([*SHOWN, "dataset_id", "dataset_name", "hit_count"], 1)
    public = public_metadata({"usage": {}, "annotation_reply": {}, "retriever_resources": [resource]})
    assert public == {"retriever_resources": [dict.fromkeys(SHOWN, 1)]}
    paged = public_metadata({"retriever_resources": [{**resource, "page": 12}]})
    assert paged == {"retriever_resources": [{**dict.fromkeys(SHOWN, 1), "page": 12}]}


def test_messages_with_their_files_and_citations(server, app):
    visitor, ada = visit(server, app)
    conversation = make_conversation(app, ada)
    resource = {"position": 1, "dataset_id": "secret", "content": "120 euros", "score": 0.5}
    attach_upload(make_message(app, ada, conversation, metadata={"retriever_resources": [resource]}))
    [item] = visitor.get(f"/api/messages?conversation_id={conversation.pk}").json()["data"]
    assert list(item["retriever_resources"][0]) == SHOWN
    link = item["message_files"][0]["url"].removeprefix(server.url)
    assert Client(server.url).get(link).body == b"\x89PNG"


def test_feedback_and_suggestions(server, workspace):
    app = make_app(workspace, {"suggested_questions_after_answer": {"enabled": True}})
    visitor, ada = visit(server, app)
    message = make_message(app, ada, make_conversation(app, ada), answer="Hotels in Paris cost more than elsewhere.")
    assert visitor.post(f"/api/messages/{message.pk}/feedbacks", {"rating": "like"}).json() == {"result": "success"}
    assert message.feedbacks.get().end_user_id == ada.end_user_id
    assert visitor.get(f"/api/messages/{message.pk}/suggested-questions").json()["data"]


def test_uploads(server, app):
    visitor, ada = visit(server, app)
    answer = visitor.post("/api/files/upload", **form(Part(b"\x89PNG")))
    assert (answer.status, answer.json()["created_by"]) == (201, str(ada.end_user_id))


class TestSaved:
    @pytest.fixture
    def app(self, workspace) -> App:
        return make_app(workspace, mode="completion")

    def test_web_07_answers_are_kept_listed_and_dropped(self, server, app):
        visitor, ada = visit(server, app)
        made = [make_message(app, ada, query=str(n), inputs={"n": n}) for n in range(3)]
        for message in (*made, made[0]):
            assert visitor.post("/api/saved-messages", {"message_id": str(message.pk)}).json() == {"result": "success"}
        page = visitor.get("/api/saved-messages?limit=2").json()
        assert ([item["query"] for item in page["data"]], page["has_more"]) == (["2", "1"], True)
        rest = visitor.get(f"/api/saved-messages?limit=2&last_id={page['data'][-1]['id']}").json()
        assert ([item["inputs"] for item in rest["data"]], rest["has_more"]) == ([{"n": 0}], False)
        path = f"/api/saved-messages/{made[0].pk}"
        assert [visitor.request("DELETE", path).status for _ in range(2)] == [200, 200]
        assert SavedMessage.objects.count() == 2
        assert visitor.get(f"/api/saved-messages?last_id={made[0].pk}").status == 404

    def test_another_visitors_answers_are_not_there(self, server, app):
        _, ada = visit(server, app)
        message = make_message(app, ada)
        bob, _ = visit(server, app, "bob")
        assert bob.post("/api/saved-messages", {"message_id": str(message.pk)}).status == 404
        assert bob.request("DELETE", f"/api/saved-messages/{message.pk}").status == 404
        assert bob.get("/api/saved-messages").json()["data"] == []

    @pytest.mark.parametrize("message_id", [None, "", "x", 5, ["x"]])
    def test_ids_that_are_none(self, server, app, message_id):
        visitor, _ = visit(server, app)
        answer = visitor.post("/api/saved-messages", {"message_id": message_id})
        assert (answer.status, answer.json()["params"]) == (400, "message_id")

    def test_only_text_generators_have_it(self, server, workspace):
        visitor, _ = visit(server, make_app(workspace))
        assert visitor.get("/api/saved-messages").json()["code"] == "not_completion_app"


class TestMoreLikeThis:
    @pytest.mark.parametrize("mode", ["blocking", "streaming"])
    def test_web_08_app_32_another_text_from_the_same_inputs(self, server, workspace, upstream, mode):
        make_provider(workspace, upstream.base_url, "echo")
        field = {"text-input": {"variable": "topic", "label": "Topic", "required": True}}
        config = {**upstream_config("echo"), "pre_prompt": "On {{topic}}.", "user_input_form": [field], **MORE}
        app = make_app(workspace, config, mode="completion")
        visitor, _ = visit(server, app)
        body = {"inputs": {"topic": "tea"}, "response_mode": "blocking"}
        first = visitor.post("/api/completion-messages", body).json()
        answer = visitor.get(f"/api/messages/{first['id']}/more-like-this?response_mode={mode}")
        assert answer.status == 200
        *_, last = answer.events() if mode == "streaming" else [answer.json()]
        assert last["message_id"] != first["id"]
        assert last["metadata"] == {}
        message = Message.objects.get(pk=last["message_id"])
        assert str(message.parent_message_id) == first["id"]
        assert (message.inputs, message.answer) == ({"topic": "tea"}, "On tea.")
        assert [row["body"]["temperature"] for row in upstream.last() if "temperature" in row["body"]] == [0.9]

    def test_app_32_switched_off_and_other_apps(self, server, workspace):
        app = make_app(workspace, mode="completion")
        visitor, ada = visit(server, app)
        answer = visitor.get(f"/api/messages/{make_message(app, ada).pk}/more-like-this")
        assert (answer.status, answer.json()["code"]) == (403, "app_more_like_this_disabled")
        chat = make_app(workspace, MORE)
        visitor, ada = visit(server, chat)
        path = f"/api/messages/{make_message(chat, ada).pk}/more-like-this"
        assert visitor.get(path).json()["code"] == "not_completion_app"
        assert visitor.get(f"{path}?response_mode=x").json()["params"] == "response_mode"
        bob, _ = visit(server, chat, "bob")
        assert bob.get(path).status == 404


ROUTES = ["site", "parameters", "meta", "conversations", "messages", "saved-messages"]


def forged(app: App, **changes: object) -> str:
    claims = jwt.decode(make_passport(app, "ada"), options={"verify_signature": False})
    return jwt.encode({**claims, **changes}, settings.SECRET_KEY, algorithm="HS256")


@pytest.mark.parametrize("route", ROUTES)
def test_forged_passports_open_nothing(server, app, route):
    good = make_passport(app, "ada")
    head, claims, signature = good.split(".")
    unsigned = jwt.encode({"sub": passports.SUBJECT, "app_id": str(app.pk)}, "", algorithm="none")
    for token in (forged(app), unsigned, f"{head}.{claims}.", f"{head}.{claims}x.{signature}", "x.y.z", "", "\xff"):
        assert Client(server.url, token.encode().decode("latin-1")).get(f"/api/{route}").status == 401
    assert Client(server.url, make_key(app)).get(f"/api/{route}").status == 401
    assert Client(server.url, good).get(f"/v1/{route}").status in {401, 404}


def test_web_04_a_closed_or_moved_page_takes_its_passports_along(server, workspace):
    closed, moved = make_app(workspace), make_app(workspace)
    one, _ = visit(server, closed)
    two, _ = visit(server, moved)
    App.objects.filter(pk=closed.pk).update(enable_site=False)
    reset_site_code(app=moved)
    assert one.get("/api/site").json()["message"] == "Site is disabled."
    assert two.get("/api/site").json()["message"] == "Site URL is no longer valid."


def test_no_value_of_a_form_gets_a_link_to_anothers_file(server, workspace):
    app = make_app(workspace, {"user_input_form": [{"json_object": {"variable": "data"}}]})
    _, ada = visit(server, app)
    stolen = attach_upload(make_message(app, ada, make_conversation(app, ada)))
    bob, _ = visit(server, app, "bob")
    forged = {"dify_model_identity": "__dify__file__", "related_id": str(stolen.pk)}
    asked = bob.post("/api/chat-messages", {"inputs": {"data": forged}, "query": "x"}).json()
    [item] = bob.get(f"/api/messages?conversation_id={asked['conversation_id']}").json()["data"]
    assert item["inputs"] == {"data": {"related_id": str(stolen.pk)}}


def test_visitors_see_only_their_own(server, app):
    _, ada = visit(server, app)
    bob, _ = visit(server, app, "bob")
    conversation = make_conversation(app, ada)
    message = make_message(app, ada, conversation)
    tries = {
        "messages": bob.get(f"/api/messages?conversation_id={conversation.pk}"),
        "feedback": bob.post(f"/api/messages/{message.pk}/feedbacks", {"rating": "like"}),
        "suggested": bob.get(f"/api/messages/{message.pk}/suggested-questions"),
        "more": bob.get(f"/api/messages/{message.pk}/more-like-this"),
        "name": bob.post(f"/api/conversations/{conversation.pk}/name", {"name": "x"}),
        "pin": bob.request("PATCH", f"/api/conversations/{conversation.pk}/pin"),
        "unpin": bob.request("PATCH", f"/api/conversations/{conversation.pk}/unpin"),
        "delete": bob.request("DELETE", f"/api/conversations/{conversation.pk}"),
        "turn": bob.post("/api/chat-messages", {"inputs": {}, "query": "x", "conversation_id": str(conversation.pk)}),
    }
    assert {name: answer.status for name, answer in tries.items()} == dict.fromkeys(tries, 404)
    assert bob.get("/api/conversations?user=ada").json()["data"] == []
    assert Conversation.objects.get(pk=conversation.pk).pinned_at is None
