"""Conversations, messages, feedback and files of messages, read and changed by API."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.utils import timezone

from apps.common.api import translate
from apps.common.errors import NotFound
from apps.common.perloop import run
from apps.logs.models import Conversation, Feedback, Message
from apps.logs.selectors import find_uploads, list_messages
from apps.logs.services.conversations import rename_conversation
from apps.logs.services.saved import save_message
from apps.prompts.callers import Access
from apps.prompts.models import EndUser
from apps.prompts.runtime import app_by_id
from tests.factories import (
    api_user,
    attach_upload,
    make_app,
    make_conversation,
    make_key,
    make_message,
    make_passport,
    make_workspace,
)
from tests.http import Client

ZERO = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def ada(app):
    return api_user(app)


@pytest.fixture
def conversation(app, ada) -> Conversation:
    return make_conversation(app, ada, name="Tea", inputs={"topic": "tea"}, introduction="Hello!")


def ids(answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [item["id"] for item in answer.json()["data"]]


def test_a_conversation_has_the_contracts_fields(client, conversation):
    [item] = client.get("/v1/conversations?user=ada").json()["data"]
    assert list(item) == ["id", "name", "inputs", "status", "introduction", "created_at", "updated_at"]
    assert (item["name"], item["inputs"], item["introduction"]) == ("Tea", {"topic": "tea"}, "Hello!")
    assert isinstance(item["created_at"], int)


def test_pages_of_conversations_in_each_order(client, app, ada):
    now = timezone.now()
    made = [
        make_conversation(app, ada, created_at=now - timedelta(minutes=n), updated_at=now + timedelta(minutes=n % 3))
        for n in range(7)
    ]
    for order in ("created_at", "-created_at", "updated_at", "-updated_at", ""):
        field = order.lstrip("-") or "updated_at"
        is_descending = order.startswith("-") or not order
        expected = sorted(made, key=lambda row: (getattr(row, field), row.pk), reverse=is_descending)
        seen: list[str] = []
        last = ""
        while True:
            answer = client.get(f"/v1/conversations?user=ada&limit=3&sort_by={order}&last_id={last}")
            page = ids(answer)
            seen += page
            if not answer.json()["has_more"]:
                break
            last = page[-1]
        assert seen == [str(row.pk) for row in expected], order
    bad = client.get("/v1/conversations?user=ada&sort_by=name").json()
    assert (bad["code"], bad["params"], bad["message"]) == ("invalid_param", "sort_by", "name is not a valid choice")


def test_a_full_last_page_has_no_more(client, app, ada):
    for _ in range(2):
        make_conversation(app, ada)
    assert client.get("/v1/conversations?user=ada&limit=2").json()["has_more"] is False


def test_messages_page_back_in_time_and_stand_oldest_first(client, app, ada, conversation):
    second = timezone.now().replace(microsecond=0)  # turns of one second go by id
    made = [make_message(app, ada, conversation, query=str(n), created_at=second) for n in range(5)]
    made.sort(key=lambda row: row.pk)  # ids of one millisecond are in any order
    path = f"/v1/messages?user=ada&conversation_id={conversation.pk}&limit=2"
    newest = client.get(path)
    assert ids(newest) == [str(row.pk) for row in made[3:]]
    assert newest.json()["has_more"] is True
    older = client.get(f"{path}&first_id={made[3].pk}")
    assert ids(older) == [str(row.pk) for row in made[1:3]]
    oldest = client.get(f"{path}&first_id={made[1].pk}")
    assert (ids(oldest), oldest.json()["has_more"]) == ([str(made[0].pk)], False)


def test_a_message_has_the_contracts_fields(client, app, ada, conversation):
    resource = {"position": 1, "document_name": "policy.md", "content": "120 euros", "score": 0.5}
    first = make_message(
        app,
        ada,
        conversation,
        answer="Because. \n",
        inputs={"topic": "tea"},
        metadata={"retriever_resources": [resource]},
    )
    upload = attach_upload(first)
    make_message(app, ada, conversation, status="error", error="No credits.", parent_message_id=first.pk)
    one, two = client.get(f"/v1/messages?user=ada&conversation_id={conversation.pk}").json()["data"]
    assert list(one) == [
        "id", "conversation_id", "parent_message_id", "inputs", "query", "answer", "message_files", "feedback",
        "retriever_resources", "created_at", "agent_thoughts", "status", "error",
    ]  # fmt: skip
    assert (one["parent_message_id"], one["answer"], one["feedback"]) == (ZERO, "Because.", None)
    assert (one["status"], one["error"], one["agent_thoughts"]) == ("normal", None, [])
    assert one["retriever_resources"][0].items() >= {**resource, "message_id": one["id"]}.items()
    [file] = one["message_files"]
    assert (file["type"], file["filename"], file["upload_file_id"]) == ("image", "a.png", str(upload.pk))
    assert file["url"].startswith(f"http://{client.netloc}/files/{upload.pk}/file-preview?")
    assert client.get(file["url"].removeprefix(f"http://{client.netloc}")).body == b"\x89PNG"
    assert (two["status"], two["error"], two["parent_message_id"]) == ("error", "No credits.", one["id"])


def test_reading_a_page_costs_the_same_number_of_queries_whatever_its_length(
    client, app, ada, conversation, django_assert_max_num_queries
):
    for _ in range(5):
        attach_upload(make_message(app, ada, conversation))
    access = Access(run(app_by_id(app.pk, app.workspace_id)), ada)
    with django_assert_max_num_queries(4):  # messages, files, feedback, uploads
        assert len(find_uploads(list(list_messages(access=access)))) == 5


def test_renaming(client, conversation):
    answer = client.post(f"/v1/conversations/{conversation.pk}/name", {"name": " Green\ttea\x00 ", "user": "ada"})
    assert (answer.status, answer.json()["name"], answer.json()["id"]) == (200, "Green tea", str(conversation.pk))
    for name in ("", None, 7, "x" * 256):
        bad = client.post(f"/v1/conversations/{conversation.pk}/name", {"name": name, "user": "ada"})
        assert (bad.status, bad.json()["params"]) == (400, "name")


def test_a_name_is_made_from_the_first_question(client, app, ada, conversation):
    path = f"/v1/conversations/{conversation.pk}/name"
    assert client.post(path, {"auto_generate": True, "user": "ada"}).status == 404
    make_message(app, ada, conversation, query="What may a hotel cost in Paris?")
    make_message(app, ada, conversation, query="And in Rome?")
    name = client.post(path, {"auto_generate": True, "user": "ada"}).json()["name"]
    assert name
    assert name == Conversation.objects.get(pk=conversation.pk).name != "Tea"


def test_a_deleted_conversation_takes_its_messages_along(client, app, ada, conversation):
    message = make_message(app, ada, conversation)
    upload = attach_upload(message)
    path = f"/v1/conversations/{conversation.pk}"
    assert client.request("DELETE", path, {"user": "bob"}).status == 404
    assert client.request("DELETE", path, {"user": "ada"}).json() == {"result": "success"}
    assert client.request("DELETE", path, {"user": "ada"}).json()["message"] == "Conversation Not Exists."
    assert ids(client.get("/v1/conversations?user=ada")) == []
    gone = {
        "messages": client.get(f"/v1/messages?user=ada&conversation_id={conversation.pk}"),
        "feedback": client.post(f"/v1/messages/{message.pk}/feedbacks", {"rating": "like", "user": "ada"}),
        "suggested": client.get(f"/v1/messages/{message.pk}/suggested?user=ada"),
        "name": client.post(f"{path}/name", {"name": "x", "user": "ada"}),
        "variables": client.get(f"{path}/variables?user=ada"),
        "turn": client.post(
            "/v1/chat-messages",
            {"inputs": {}, "query": "x", "user": "ada", "conversation_id": str(conversation.pk)},
        ),
    }
    assert {name: answer.status for name, answer in gone.items()} == dict.fromkeys(gone, 404)
    assert client.get(f"/v1/files/{upload.pk}/preview").json()["code"] == "file_access_denied"
    assert Message.objects.filter(pk=message.pk).exists()


def test_web_12_feedback_is_given_changed_and_taken_back(client, app, ada, conversation):
    message = make_message(app, ada, conversation)
    path = f"/v1/messages/{message.pk}/feedbacks"

    def rate(**fields):
        return client.post(path, {"user": "ada", **fields})

    def shown():
        [item] = client.get(f"/v1/messages?user=ada&conversation_id={conversation.pk}").json()["data"]
        return item["feedback"]

    assert rate(rating="like").json() == {"result": "success"}
    assert shown() == {"rating": "like"}
    assert rate(rating="dislike", content="Wrong\x00 city").status == 200
    row = Feedback.objects.get()
    assert (row.rating, row.content, row.source, row.end_user_id) == ("dislike", "Wrong city", "user", ada.end_user_id)
    assert rate(rating=None).status == 200
    assert shown() is None
    assert rate(rating=None).status == 400
    for wrong in ({"rating": ["like"]}, {"rating": "like", "content": 5}, {"rating": "like", "content": "x" * 10_001}):
        assert rate(**wrong).json()["code"] == "invalid_param"


def test_opinions_given_at_once_end_as_one(client, app, ada, conversation):
    message = make_message(app, ada, conversation)
    ratings = ["like", "dislike", None] * 12

    def rate(rating):
        return client.post(f"/v1/messages/{message.pk}/feedbacks", {"user": "ada", "rating": rating}).status

    with ThreadPoolExecutor(12) as readers:
        statuses = list(readers.map(rate, ratings))
    assert set(statuses) <= {200, 400}  # 400: nothing to take back
    assert Feedback.objects.filter(message=message).count() <= 1


def test_what_is_deleted_between_look_up_and_write_is_not_found(app, ada, conversation):
    message = make_message(app, ada, conversation)
    Message.objects.all().delete()
    Conversation.objects.all().delete()
    with pytest.raises(NotFound):
        rename_conversation(conversation=conversation, name="x")
    with pytest.raises(IntegrityError) as refusal:
        save_message(message=message, end_user_id=ada.end_user_id)
    assert translate(refusal.value).http_status == 404


def test_an_operators_opinion_is_apart_from_the_readers(client, app, ada, conversation):
    message = make_message(app, ada, conversation)
    whose = {"workspace_id": app.workspace_id, "app_id": app.pk, "message": message}
    Feedback.objects.create(rating="dislike", source="admin", **whose)
    [item] = client.get(f"/v1/messages?user=ada&conversation_id={conversation.pk}").json()["data"]
    assert item["feedback"] is None
    client.post(f"/v1/messages/{message.pk}/feedbacks", {"rating": "like", "user": "ada"})
    assert Feedback.objects.count() == 2


def test_the_list_of_feedback_is_the_apps(client, app, ada, conversation, workspace):
    other = make_app(workspace)
    stranger = make_message(other, api_user(other))
    Feedback.objects.create(workspace_id=workspace.pk, app_id=other.pk, message=stranger, rating="like", source="user")
    messages = [make_message(app, api_user(app, name)) for name in ("ada", "bob", "eve")]
    for message, name in zip(messages, ("ada", "bob", "eve"), strict=True):
        client.post(f"/v1/messages/{message.pk}/feedbacks", {"rating": "like", "user": name, "content": name})
    first = client.get("/v1/app/feedbacks?limit=2").json()
    second = client.get("/v1/app/feedbacks?limit=2&page=2").json()
    assert list(first) == ["data"]
    assert [item["content"] for item in first["data"] + second["data"]] == ["eve", "bob", "ada"]
    item = first["data"][0]
    assert (item["from_source"], item["from_end_user_id"]) == ("user", str(api_user(app, "eve").end_user_id))
    assert item["created_at"].startswith("20")
    assert client.get("/v1/app/feedbacks?limit=101").status == 200
    assert client.get("/v1/app/feedbacks?limit=102").status == 400
    assert client.get("/v1/app/feedbacks?page=0").json()["params"] == "page"


def test_end_users_are_the_apps(client, app, ada, conversation):
    item = client.get(f"/v1/end-users/{ada.end_user_id}").json()
    assert (item["session_id"], item["type"], item["app_id"]) == ("ada", "service-api", str(app.pk))
    assert item["tenant_id"] == str(app.workspace_id)
    elsewhere = make_app(make_workspace("B", "b@example.org"))
    foreign = api_user(elsewhere)
    make_conversation(elsewhere, foreign)
    assert EndUser.objects.filter(app=elsewhere).exists()
    for id in (foreign.end_user_id, uuid4(), "x"):
        assert client.get(f"/v1/end-users/{id}").json()["code"] == "end_user_not_found"


@pytest.mark.parametrize(
    "path", ["/v1/messages?conversation_id={}", "/v1/conversations", "/v1/conversations/{}/variables"]
)
def test_a_text_generator_has_no_conversations(server, workspace, path):
    client = Client(server.url, make_key(make_app(workspace, mode="completion")))
    answer = client.get(path.format(uuid4()))
    assert (answer.status, answer.json()["code"]) == (400, "not_chat_app")


def test_another_users_rows_are_not_there(client, app, ada, conversation):
    message = make_message(app, ada, conversation)
    tries = {
        "messages": client.get(f"/v1/messages?user=bob&conversation_id={conversation.pk}"),
        "feedback": client.post(f"/v1/messages/{message.pk}/feedbacks", {"rating": "like", "user": "bob"}),
        "suggested": client.get(f"/v1/messages/{message.pk}/suggested?user=bob"),
        "name": client.post(f"/v1/conversations/{conversation.pk}/name", {"name": "x", "user": "bob"}),
        "variables": client.get(f"/v1/conversations/{conversation.pk}/variables?user=bob"),
        "last_id": client.get(f"/v1/conversations?user=bob&last_id={conversation.pk}"),
    }
    assert {name: answer.status for name, answer in tries.items()} == dict.fromkeys(tries, 404)
    assert ids(client.get("/v1/conversations?user=bob")) == []
    assert ids(client.get("/v1/conversations")) == []


def test_visitors_and_api_users_of_one_name_are_two_people(server, client, app, conversation):
    visitor = Client(server.url, make_passport(app, "ada"))
    assert ids(visitor.get("/api/conversations")) == []
    begun = visitor.post("/api/chat-messages", {"inputs": {}, "query": "Hi", "response_mode": "blocking"}).json()
    assert ids(visitor.get("/api/conversations")) == [begun["conversation_id"]]
    assert ids(client.get("/v1/conversations?user=ada")) == [str(conversation.pk)]
    assert client.get(f"/v1/messages?user=ada&conversation_id={begun['conversation_id']}").status == 404


HOSTILE = ["%00", "x" * 5000, "..", "{}", "[]", "1", "%ff", "' or 1=1 --".replace(" ", "%20"), "%F0%9F%98%80"]


@pytest.mark.parametrize("value", HOSTILE)
def test_odd_values_are_refused_and_never_a_fault(client, conversation, value):
    for query in (
        f"conversations?user={value}",
        f"conversations?user=ada&last_id={value}",
        f"conversations?user=ada&limit={value}",
        f"conversations?user=ada&sort_by={value}",
        f"messages?user=ada&conversation_id={value}",
        f"messages?user=ada&conversation_id={conversation.pk}&first_id={value}",
        f"app/feedbacks?page={value}",
        f"conversations/{conversation.pk}/variables?user=ada&last_id={value}",
    ):
        assert client.get(f"/v1/{query}").status in {200, 400, 404}, query


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1e3", "9" * 30, "1_0", "two"])
def test_limits_have_bounds(client, limit):
    for path in ("/v1/conversations?user=ada", f"/v1/messages?conversation_id={uuid4()}", "/v1/app/feedbacks?x=1"):
        answer = client.get(f"{path}&limit={limit}")
        if "feedbacks" in path and limit == "101":
            continue
        assert (answer.status, answer.json()["params"]) == (400, "limit"), path


@pytest.mark.parametrize(
    "body", [{"rating": {}}, {"rating": 5}, {"rating": "like", "user": {}}, {"rating": "like" * 999}]
)
def test_wrong_types_in_feedback(client, app, body):
    message = make_message(app, api_user(app))
    assert client.post(f"/v1/messages/{message.pk}/feedbacks", {"user": "ada", **body}).status in {400, 404}


def test_deeply_nested_json_is_refused(client):
    body = b'{"name": ' + b"[" * 100_000 + b"}"
    for path in (f"/v1/conversations/{uuid4()}/name", f"/v1/messages/{uuid4()}/feedbacks"):
        assert client.post(path, body).json()["code"] == "bad_request"


def test_a_host_that_is_none_is_a_bad_request(client, conversation, app, ada):
    make_message(app, ada, conversation)
    headers = {"Host": "a b/../<script>"}
    answer = client.get(f"/v1/messages?user=ada&conversation_id={conversation.pk}", headers=headers)
    assert answer.status == 400
