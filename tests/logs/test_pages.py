"""The log of an app, as a builder's browser uses it."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from apps.logs.models import Annotation, Conversation, Feedback, Message
from apps.logs.periods import LABELS, read_period
from apps.logs.services.feedback import rate_message
from apps.prompts.callers import Caller
from apps.prompts.models import App
from apps.workspaces.models import AuditEvent, User, Workspace
from apps.workspaces.services.members import add_member
from tests.factories import (
    api_user,
    attach_upload,
    make_app,
    make_conversation,
    make_message,
    make_user,
    make_workspace,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace()


@pytest.fixture
def app(workspace) -> App:
    return make_app(workspace)


@pytest.fixture
def owner(workspace) -> User:
    return workspace.memberships.get().user


@pytest.fixture
def browser(owner) -> Client:
    client = Client()
    client.force_login(owner)
    return client


def talk(app: App, name: str = "Trip", *, who: str = "ada", caller: Caller | None = None, **fields) -> Conversation:
    """A conversation of one message; fields are the message's."""
    caller = caller or api_user(app, who)
    at = fields.pop("at", None) or timezone.now()
    conversation = make_conversation(app, caller, name=name, created_at=at, updated_at=at)
    make_message(app, caller, conversation, created_at=at, **fields)
    return conversation


def text_of(response) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def titles(browser: Client, app: App, **query: str) -> list[str]:
    page = browser.get(f"/apps/{app.pk}/logs", query, headers={"HX-Request": "true"}).content.decode()
    return [unescape(title) for title in re.findall(r'data-entry="[^"]*">([^<]*)</a>', page)]


def rate(app: App, message: Message, source: str, rating: str) -> None:
    Feedback.objects.create(
        workspace_id=app.workspace_id,
        app_id=app.pk,
        conversation_id=message.conversation_id,
        message=message,
        source=source,
        rating=rating,
    )


def test_an_empty_log_says_what_it_will_hold(browser, app):
    assert "No entries yet" in text_of(browser.get(f"/apps/{app.pk}/logs?period=all"))
    talk(app)
    assert "Nothing in the log fits" in text_of(browser.get(f"/apps/{app.pk}/logs?q=nowhere"))


def test_log_01_what_is_debugged_is_not_in_the_log_unless_asked_for(browser, app, owner):
    talk(app, "By API")
    talk(app, "By visitor", caller=Caller("web-app", api_user(app).end_user_id, "ada"))
    talk(app, "By member", caller=Caller("console", account_id=owner.pk))
    talk(app, "Tried", caller=Caller("debugger", account_id=owner.pk))
    assert sorted(titles(browser, app)) == ["By API", "By member", "By visitor"]
    assert titles(browser, app, source="debugger") == ["Tried"]
    assert titles(browser, app, source="web-app") == ["By visitor"]


def test_log_02_filters_of_time_words_and_improvement(browser, app):
    now = timezone.now()
    talk(app, "Old", at=now - timedelta(days=40))
    talk(app, "Recent", at=now - timedelta(days=2), query="Where is Oslo?", answer="In Norway.")
    improved = talk(app, "Now", who="grace")
    message = improved.messages.get()
    Annotation.objects.create(
        workspace_id=app.workspace_id, app_id=app.pk, conversation_id=improved.pk, message=message, answer="a"
    )
    assert titles(browser, app) == ["Now", "Recent"]
    assert titles(browser, app, sort="created_at") == ["Recent", "Now"]
    assert titles(browser, app, period="all") == ["Now", "Recent", "Old"]
    assert titles(browser, app, period="90") == ["Now", "Recent", "Old"]
    assert titles(browser, app, annotated="yes") == ["Now"]
    assert titles(browser, app, annotated="no") == ["Recent"]
    for words in ("OSLO", "norway", "Recen", "100%"):
        assert titles(browser, app, q=words) == ([] if "%" in words else ["Recent"])
    assert titles(browser, app, q="grace") == ["Now"]
    assert titles(browser, app, q=str(improved.pk)) == ["Now"]
    assert titles(browser, app, period="nonsense", sort="; drop", annotated="x", source="y", page="9") == [
        "Now",
        "Recent",
    ]
    assert titles(browser, app, q="\x00") == ["Now", "Recent"]


def test_a_conversation_that_goes_on_is_found_by_its_last_activity(browser, app):
    conversation = talk(app, "Long", at=timezone.now() - timedelta(days=30))
    assert titles(browser, app) == []
    Conversation.objects.filter(pk=conversation.pk).update(updated_at=timezone.now())
    assert titles(browser, app) == ["Long"]
    assert titles(browser, app, sort="-created_at") == []


def test_a_row_counts_messages_ratings_and_failures(browser, app):
    conversation = talk(app)
    message = conversation.messages.get()
    failed = make_message(app, api_user(app), conversation, status="error", error="No such model.", answer="")
    rate(app, message, "user", "like")
    rate(app, failed, "admin", "dislike")
    row = text_of(browser.get(f"/apps/{app.pk}/logs")).split("State")[1]
    assert re.search(r"Trip ada API 2 Likes 1 Dislikes 1 1 failed", row), row


@pytest.mark.parametrize("count", [1, 25])
def test_the_number_of_queries_does_not_grow_with_the_list(browser, app, count, django_assert_num_queries):
    for number in range(count):
        conversation = talk(app, f"{number}", who=f"user {number}")
        rate(app, conversation.messages.get(), "user", "like")
    browser.get(f"/apps/{app.pk}/logs")
    with django_assert_num_queries(11):
        browser.get(f"/apps/{app.pk}/logs?q=Because")


@pytest.mark.parametrize("count", [1, 30])
def test_the_number_of_queries_does_not_grow_with_the_conversation(
    browser, app, owner, count, django_assert_num_queries
):
    conversation = talk(app)
    for _ in range(count):
        message = make_message(app, api_user(app), conversation)
        attach_upload(message)
        Annotation.objects.create(
            workspace_id=app.workspace_id, app_id=app.pk, message=message, answer="a", account_id=owner.pk
        )
    with django_assert_num_queries(16):
        browser.get(f"/apps/{app.pk}/logs/{conversation.pk}")


def test_pages_of_a_long_log_keep_the_filters(browser, app):
    for number in range(26):
        talk(app, f"Trip {number:02}")
    page = browser.get(f"/apps/{app.pk}/logs?q=trip&sort=created_at").content.decode()
    assert "26 conversations" in page
    assert 'href="?q=trip&amp;sort=created_at&amp;page=2"' in page
    assert titles(browser, app, q="trip", sort="created_at", page="2") == ["Trip 25"]


def test_log_03_an_entry_shows_everything_about_it(browser, app):
    conversation = make_conversation(
        app, api_user(app), name="Trip", inputs={"city": "Oslo"}, introduction="Hello **you**"
    )
    message = make_message(
        app,
        api_user(app),
        conversation,
        query="What may it <b>cost</b>?",
        answer="**120** euros",
        prompt=[{"role": "system", "text": "Be brief."}, {"role": "user", "text": "What may it cost?"}],
        provider="demo",
        model="demo-chat",
        prompt_tokens=1200,
        completion_tokens=34,
        total_price="0.0012300",
        latency_s=1.234,
        time_to_first_token_s=0.5,
        metadata={
            "retriever_resources": [{"position": 1, "document_name": "rules.md", "score": 0.5, "content": "No more."}]
        },
    )
    upload = attach_upload(message, name="bill.png")
    make_message(app, api_user(app), conversation, status="error", error="The key is wrong.", error_code="unauthorised")
    rate(app, message, "user", "dislike")
    page = browser.get(f"/apps/{app.pk}/logs/{conversation.pk}")
    html, text = page.content.decode(), text_of(page)
    assert "What may it &lt;b&gt;cost&lt;/b&gt;?" in html
    assert "<markdown-text>**120** euros</markdown-text>" in html
    assert f"/files/{upload.pk}/file-preview?" in html
    for said in (
        "city Oslo", "Hello **you**", "[1] rules.md 0.50", "No more.", "system Be brief.", "2 messages sent",
        "demo-chat demo",
        "1234 (1200 sent, 34 written)", "0.00123 USD", "1.23 s", "first words after 0.50 s", "Version 1",
        "The user disliked it", "The key is wrong. unauthorised", "Nothing was sent",
    ):  # fmt: skip
        assert said in text, said
    part = browser.get(f"/apps/{app.pk}/logs/{conversation.pk}", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith("<article")


def test_from_one_entry_to_the_next_in_the_order_of_the_list(browser, app):
    now = timezone.now()
    entries = [talk(app, f"Trip {number}", at=now - timedelta(hours=number)) for number in range(3)]
    talk(app, "Other", at=now - timedelta(minutes=30), query="?", answer="!")

    def steps(number: int, query: str) -> list[tuple[str, str]]:
        page = browser.get(f"/apps/{app.pk}/logs/{entries[number].pk}?{query}").content.decode()
        return re.findall(r'rel="(prev|next)"[^>]*href="[^"]*/logs/([^"?]*)', page)

    query = "q=trip"
    assert steps(1, query) == [("prev", str(entries[0].pk)), ("next", str(entries[2].pk))]
    assert steps(0, query) == [("next", str(entries[1].pk))]
    assert steps(1, f"{query}&sort=created_at") == [("prev", str(entries[2].pk)), ("next", str(entries[0].pk))]


def test_log_04_an_operator_rates_and_takes_it_back(browser, app, owner):
    message = talk(app).messages.get()
    path = f"/apps/{app.pk}/messages/{message.pk}/rating"
    part = browser.post(path, {"rating": "like"}, headers={"HX-Request": "true"})
    assert re.search(r'value="" aria-pressed="true" aria-label="Good answer"', part.content.decode())
    assert Feedback.objects.get().account_id == owner.pk
    browser.post(path, {"rating": "dislike"})
    assert Feedback.objects.get().rating == "dislike"
    assert browser.post(path, {"rating": "so-so"}).status_code == 400
    response = browser.post(path, {"rating": ""})
    assert response["Location"] == f"/apps/{app.pk}/logs/{message.conversation_id}"
    assert not Feedback.objects.exists()


def test_log_04_an_answer_is_improved_edited_and_put_back(browser, app):
    message = talk(app, query="Why?").messages.get()
    path = f"/apps/{app.pk}/messages/{message.pk}/annotation"
    assert "Because." in text_of(browser.get(path))
    part = browser.post(path, {"answer": " Better. "}, headers={"HX-Request": "true"})
    assert "The improved answer is saved." in part["HX-Trigger"]
    assert "Better." in text_of(part)
    annotation = Annotation.objects.get()
    assert (annotation.question, annotation.answer, annotation.conversation_id) == (
        "Why?",
        "Better.",
        message.conversation_id,
    )
    refused = browser.post(path, {"answer": " "}, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert "Write the answer" in text_of(refused)
    assert browser.post(path, {"answer": "x" * 50_001}).status_code == 422
    browser.post(f"{path}/delete")
    browser.post(f"{path}/delete")
    assert not Annotation.objects.exists()


def test_log_06_what_users_think_is_shown_beside_the_operators_rating(browser, app):
    message = talk(app).messages.get()
    rate_message(message=message, caller=api_user(app), rating="dislike", content="Too long <b>")
    browser.post(f"/apps/{app.pk}/messages/{message.pk}/rating", {"rating": "like"})
    text = text_of(browser.get(f"/apps/{app.pk}/logs/{message.conversation_id}"))
    assert "The user disliked it Too long <b>" in text
    assert sorted(Feedback.objects.values_list("source", "rating")) == [("admin", "like"), ("user", "dislike")]


def test_log_09_the_page_reminds_of_a_privacy_policy(browser, app):
    assert "privacy policy" in text_of(browser.get(f"/apps/{app.pk}/logs"))
    browser.post(f"/apps/{app.pk}/page", {"default_language": "en-US", "privacy_policy": "https://example.org/privacy"})
    app.site.refresh_from_db()
    assert app.site.privacy_policy == "https://example.org/privacy"


def test_log_05_the_last_of_several_members_counts_and_the_others_are_kept(browser, app, workspace):
    message = talk(app).messages.get()
    editor = make_user("editor@example.org", name="Edith")
    add_member(workspace=workspace, user=editor, role="editor")
    other = Client()
    other.force_login(editor)
    for client, answer in ((browser, "First."), (other, "Second.")):
        client.post(f"/apps/{app.pk}/messages/{message.pk}/annotation", {"answer": answer})
        client.post(
            f"/apps/{app.pk}/messages/{message.pk}/rating", {"rating": "like" if client is browser else "dislike"}
        )
    assert Annotation.objects.get().answer == "Second."
    assert (Feedback.objects.get().rating, Feedback.objects.get().account_id) == ("dislike", editor.pk)
    assert "Edith" in text_of(browser.get(f"/apps/{app.pk}/logs/{message.conversation_id}"))
    kept = AuditEvent.objects.filter(action="annotation.write").latest("pk")
    assert kept.data["before"] == "First."


def test_a_text_generators_log_lists_its_answers(browser, workspace):
    app = make_app(workspace, mode="completion")
    message = make_message(app, api_user(app), query="", inputs={"topic": "Fjords of Norway"}, answer="Deep.")
    assert titles(browser, app) == ["Fjords of Norway"]
    assert titles(browser, app, q="FJORDS") == ["Fjords of Norway"]
    assert titles(browser, app, q="hills", annotated="no") == []
    assert "topic Fjords of Norway" in text_of(browser.get(f"/apps/{app.pk}/logs/{message.pk}"))
    browser.post(f"/apps/{app.pk}/messages/{message.pk}/annotation", {"answer": "Deep and long."})
    assert titles(browser, app, annotated="yes") == ["Fjords of Norway"]


def test_who_only_uses_apps_sees_no_log(app, workspace):
    conversation = talk(app)
    client = Client()
    user = make_user("normal@example.org")
    add_member(workspace=workspace, user=user, role="normal")
    client.force_login(user)
    for path in ("logs", f"logs/{conversation.pk}", "logs/export.csv", "logs/export.jsonl", "statistics"):
        assert client.get(f"/apps/{app.pk}/{path}").status_code == 403
    assert f"/apps/{app.pk}/logs" not in client.get(f"/apps/{app.pk}").content.decode()


def test_entries_of_another_app_are_not_found(browser, app, workspace):
    other = make_app(workspace)
    conversation = talk(other)
    message = conversation.messages.get()
    assert browser.get(f"/apps/{app.pk}/logs/{conversation.pk}").status_code == 404
    assert browser.post(f"/apps/{app.pk}/messages/{message.pk}/rating", {"rating": "like"}).status_code == 404
    assert not Feedback.objects.exists()


@pytest.mark.parametrize(
    ("key", "start"),
    [
        ("today", "2026-11-26"), ("7", "2026-11-20"), ("28", "2026-10-30"), ("month", "2026-11-01"),
        ("quarter", "2026-10-01"), ("year", "2026-01-01"), ("?", "2026-11-20"),
    ],
)  # fmt: skip
def test_periods_begin_at_midnight_where_the_reader_is(key, start):
    with timezone.override("Asia/Tokyo"):
        # 20:00 UTC of the 25th is the morning of the 26th there.
        period = read_period(key, now=datetime.fromisoformat("2026-11-25T20:00:00+00:00"))
    assert period.start is not None
    assert period.start.isoformat() == f"{start}T00:00:00+09:00"
    assert read_period("all").start is None
    assert "all" in LABELS
