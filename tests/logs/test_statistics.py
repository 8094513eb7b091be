"""The figures of an app's overview."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.logs.models import Conversation, Message
from apps.logs.periods import Period, read_period
from apps.logs.statistics import read_prices, read_series
from apps.prompts.callers import Caller
from apps.prompts.models import App
from tests.factories import api_user, make_app, make_conversation, make_message, make_workspace

from .test_pages import rate, text_of

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def app() -> App:
    return make_app(make_workspace())


def week() -> Period:
    return read_period("7", now=NOON + timedelta(hours=6))


def ask(
    app: App, *, who: str = "ada", at: datetime = NOON, source: str = "service-api", talk: Any = None, **fields: Any
) -> Message:
    caller = api_user(app, who)
    caller = Caller(source, caller.end_user_id, caller.session_id)
    return make_message(app, caller, talk, created_at=at, **fields)


def series(app: App, key: str, period: Period | None = None) -> tuple[list[float | None], float | None]:
    """The figure's days, oldest first, and its sum."""
    (found,) = [item for item in read_series(app=app, period=period or week()) if item.figure.key == key]
    return [value for _, value in found.points], found.total


def test_app_14_total_messages_without_debugging(app):
    for number in range(5):
        ask(app, at=NOON - timedelta(days=number % 2))
    for _ in range(3):
        ask(app, source="debugger")
    ask(app, at=NOON - timedelta(days=30))
    assert series(app, "messages") == ([0, 0, 0, 0, 0, 2, 3], 5)


def test_app_15_active_users_are_counted_once(app):
    for who, days in (("ada", 0), ("ada", 0), ("ada", 1), ("grace", 1)):
        ask(app, who=who, at=NOON - timedelta(days=days))
    ask(app, who="builder", source="debugger")
    assert series(app, "active-users") == ([0, 0, 0, 0, 0, 2, 1], 2)


def test_app_16_average_interactions_of_a_conversation(app):
    for messages in (1, 4):
        conversation = make_conversation(app, api_user(app))
        for _ in range(messages):
            ask(app, talk=conversation)
    assert series(app, "interactions") == ([None] * 6 + [2.5], 2.5)
    assert "interactions" not in keys_of(make_app(app.workspace, mode="completion"))


def test_app_17_satisfaction_is_likes_of_users_per_thousand_messages(app):
    row = {"workspace_id": app.workspace_id, "app_id": app.pk, "invoke_from": "web-app", "status": "normal"}
    messages = Message.objects.bulk_create(
        Message(**row, version_id=app.pk, task_id=f"00000000-0000-0000-0000-{number:012}", created_at=NOON)
        for number in range(1400)
    )
    for message in messages[:7]:
        rate(app, message, "user", "like")
    rate(app, messages[7], "user", "dislike")
    rate(app, messages[8], "admin", "like")
    rate(app, messages[0], "admin", "like")
    assert series(app, "satisfaction") == ([None] * 6 + [5], 5)
    assert series(app, "messages")[1] == 1400


def test_app_18_average_response_time_of_text_generators(app):
    generator = make_app(app.workspace, mode="completion")
    ask(generator, latency_s=1.5)
    ask(generator, latency_s=0.5, status="stopped")
    ask(generator, latency_s=90, status="error")
    assert series(generator, "response-time") == ([None] * 6 + [1000], 1000)
    assert "response-time" not in keys_of(app)


def test_app_19_tokens_and_what_they_cost(app):
    ask(app, prompt_tokens=100, completion_tokens=20, total_price="0.0012", currency="USD", latency_s=2)
    ask(app, prompt_tokens=10, completion_tokens=30, total_price="0.0003", currency="USD", latency_s=3)
    ask(app, at=NOON - timedelta(days=1), prompt_tokens=5, total_price="0.5", currency="RMB")
    ask(app, prompt_tokens=7000, total_price="9", source="debugger")
    assert series(app, "tokens") == ([0, 0, 0, 0, 0, 5, 160], 165)
    assert [(currency, str(price)) for currency, price in read_prices(app=app, period=week())] == [
        ("RMB", "0.5000000"),
        ("USD", "0.0015000"),
    ]
    assert series(app, "speed") == ([None] * 6 + [10], 10)


def keys_of(app: App) -> list[str]:
    return [item.figure.key for item in read_series(app=app, period=week())]


def test_days_are_those_of_the_reader(app):
    ask(app, at=datetime(2026, 11, 24, 20, tzinfo=UTC))  # the 25th in Tokyo
    assert series(app, "messages")[0][-2:] == [1, 0]
    with timezone.override("Asia/Tokyo"):
        assert series(app, "messages")[0][-2:] == [1, 0]  # NOON + 6 h is the 26th there
        days = [day for day, _ in read_series(app=app, period=week())[0].points]
    assert str(days[-1]) == "2026-11-26"


def test_all_time_begins_with_the_first_message(app):
    everything = Period("all", None, NOON)
    assert series(app, "messages", everything) == ([0], 0)
    ask(app, at=NOON - timedelta(days=400))
    days, total = series(app, "messages", everything)
    assert (len(days), days[0], total) == (401, 1, 1)


def test_apps_do_not_see_one_another(app):
    ask(make_app(app.workspace))
    assert series(app, "messages")[1] == 0


@pytest.mark.parametrize("path", ["statistics", "statistics?period=365", "statistics?period=nonsense"])
def test_the_part_of_the_overview(app, path, django_assert_num_queries):
    ask(app, at=timezone.now(), prompt_tokens=1200, completion_tokens=34, total_price="0.0012")
    client = Client()
    client.force_login(app.workspace.memberships.get().user)
    with django_assert_num_queries(6):
        part = client.get(f"/apps/{app.pk}/{path}", headers={"HX-Request": "true"})
    text = text_of(part)
    assert part.content.decode().lstrip().startswith("<section")
    assert "Token usage" in text
    assert re.search(r"1,234 tokens · 0\.0012 USD", text)
    assert "Likes of users for every 1,000 messages." in text
    drawn = re.findall(r'<time datetime="([\d-]+)">.*?data-value="([\d.]*)"', unescape(part.content.decode()))
    assert (str(timezone.localdate()), "1.0") in drawn
    whole = client.get(f"/apps/{app.pk}/{path}").content.decode()
    assert "<h1" in whole
    assert f'hx-get="/apps/{app.pk}/statistics"' in client.get(f"/apps/{app.pk}").content.decode()


def test_conversations_without_messages_count_for_nothing(app):
    Conversation.objects.create(workspace_id=app.workspace_id, app_id=app.pk, invoke_from="web-app")
    assert series(app, "interactions") == ([None] * 7, None)
