"""The log as files."""

import csv
import io
import json
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.utils import timezone

from apps.logs import exports
from apps.logs.models import Annotation, Message
from apps.prompts.models import App
from tests.factories import api_user, make_app, make_conversation, make_message, make_workspace
from tests.visitor import Visitor

from .test_pages import rate, talk

pytestmark = pytest.mark.django_db


@pytest.fixture
def app() -> App:
    return make_app(make_workspace())


@pytest.fixture
def browser(app) -> Client:
    client = Client()
    client.force_login(app.workspace.memberships.get().user)
    return client


def pieces_of(response) -> list[bytes]:
    async def read() -> list[bytes]:
        return [piece async for piece in response.streaming_content]

    return async_to_sync(read)()


def rows_of(response) -> list[dict[str, str]]:
    text = b"".join(pieces_of(response)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def examples_of(response) -> list[dict]:
    return [json.loads(line) for line in b"".join(pieces_of(response)).decode().splitlines()]


def improve(message: Message, answer: str) -> None:
    Annotation.objects.create(
        workspace_id=message.workspace_id, app_id=message.app_id, message=message, question="?", answer=answer
    )


def test_a_table_of_all_messages_with_what_belongs_to_them(browser, app):
    conversation = make_conversation(app, api_user(app), name="Trip")
    first = make_message(
        app, api_user(app), conversation, query="Why?", answer="A,\n“b”", total_price="0.0000012", latency_s=1.23456
    )
    make_message(app, api_user(app), conversation, query="And?", inputs={"city": "Zürich"}, status="error", error="No.")
    rate(app, first, "user", "like")
    rate(app, first, "admin", "dislike")
    improve(first, "Better.")
    response = browser.get(f"/apps/{app.pk}/logs/export.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="helper-log-{timezone.localdate()}.csv"'
    one, two = rows_of(response)
    assert list(one) == list(exports.COLUMNS)
    assert (one["conversation"], one["user"], one["question"], one["answer"]) == ("Trip", "ada", "Why?", "A,\n“b”")
    assert (one["improved_answer"], one["user_rating"], one["operator_rating"]) == ("Better.", "like", "dislike")
    assert (one["price"], one["latency_s"], one["time_to_first_token_s"], one["version"]) == (
        "0.0000012",
        "1.235",
        "",
        "1",
    )
    assert (two["inputs"], two["status"], two["error"], two["user_rating"]) == (
        '{"city": "Zürich"}',
        "error",
        "No.",
        "",
    )


@pytest.mark.parametrize("evil", ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_nothing_in_the_table_is_run_by_a_spreadsheet(browser, app, evil):
    talk(app, evil, query=evil, answer=evil, who=evil)
    (row,) = rows_of(browser.get(f"/apps/{app.pk}/logs/export.csv"))
    for name in ("conversation", "user", "question", "answer"):
        assert row[name] == f"'{evil}", name


def test_what_the_filters_let_through_is_exported(browser, app):
    talk(app, "Old", at=timezone.now() - timedelta(days=60), query="one")
    talk(app, "New", query="two")
    assert [row["question"] for row in rows_of(browser.get(f"/apps/{app.pk}/logs/export.csv"))] == ["two"]
    response = browser.get(f"/apps/{app.pk}/logs/export.csv?period=all&q=one")
    assert [row["question"] for row in rows_of(response)] == ["one"]
    page = browser.get(f"/apps/{app.pk}/logs/export?period=all&q=one").content.decode()
    assert '<input type="hidden" name="q" value="one">' in page
    assert "The one entry" in page


def test_times_are_those_of_the_reader(browser, app):
    talk(app, at=timezone.now().replace(hour=12))
    browser.cookies["time_zone"] = "Asia/Tokyo"
    (row,) = rows_of(browser.get(f"/apps/{app.pk}/logs/export.csv?period=28"))
    assert row["time"].endswith("+09:00")


def test_log_07_examples_for_fine_tuning(browser, app):
    sent = [{"role": "system", "text": "Be brief."}, {"role": "user", "text": "Why?"}]
    asked = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}]

    def make(answer: str, **fields) -> Message:
        return talk(app, query="Why?", answer=answer, prompt=sent, **fields).messages.get()

    make("plain")
    rate(app, make("liked"), "user", "like")
    rate(app, make("praised"), "admin", "like")
    torn = make("torn")
    rate(app, torn, "user", "like")
    rate(app, torn, "admin", "dislike")
    improve(make("given", status="error"), "improved")
    make("half", status="stopped")
    make("", status="error")
    talk(app, query="No prompt?", answer="kept")

    def answers(only: str) -> list[str]:
        found = examples_of(browser.get(f"/apps/{app.pk}/logs/export.jsonl?only={only}"))
        assert all(
            example["messages"][:-1] in (asked, [{"role": "user", "content": "No prompt?"}]) for example in found
        )
        assert all(
            list(example) == ["messages"] and example["messages"][-1]["role"] == "assistant" for example in found
        )
        return sorted(example["messages"][-1]["content"] for example in found)

    assert answers("") == ["improved", "kept", "liked", "plain", "praised", "torn"]
    assert answers("good") == ["improved", "liked", "praised"]
    assert answers("annotated") == ["improved"]


def test_a_text_generator_exports_its_answers(browser, app):
    app.mode = "completion"
    app.save()
    make_message(
        app,
        api_user(app),
        query="",
        inputs={"topic": "Oslo"},
        answer="Deep.",
        prompt=[{"role": "user", "text": "Oslo"}],
    )
    (row,) = rows_of(browser.get(f"/apps/{app.pk}/logs/export.csv"))
    assert (row["conversation_id"], row["inputs"]) == ("", '{"topic": "Oslo"}')
    (example,) = examples_of(browser.get(f"/apps/{app.pk}/logs/export.jsonl"))
    assert [item["content"] for item in example["messages"]] == ["Oslo", "Deep."]


def test_files_are_sent_piece_by_piece(browser, app, monkeypatch):
    monkeypatch.setattr(exports, "BATCH", 2)
    for _ in range(5):
        talk(app)
    assert len(pieces_of(browser.get(f"/apps/{app.pk}/logs/export.csv"))) == 4  # the heading, and three batches
    assert len(pieces_of(browser.get(f"/apps/{app.pk}/logs/export.jsonl"))) == 3


@pytest.mark.django_db(transaction=True)
def test_an_export_over_http(server):
    app = make_app(make_workspace())
    owner = app.workspace.memberships.get().user
    owner.set_password("correct horse 7")
    owner.save()
    talk(app, query="Why?")
    visitor = Visitor(server.url)
    visitor.sign_in(owner.email, "correct horse 7")
    answer = visitor.get(f"/apps/{app.pk}/logs/export.csv")
    assert answer.status == 200
    assert "Why?" in answer.body.decode("utf-8-sig")
