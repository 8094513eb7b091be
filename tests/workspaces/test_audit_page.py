"""The audit page: who did what, in sentences, filtered and paged."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

import apps
from apps.workspaces.contracts import deeds
from apps.workspaces.models import AuditEvent, Installation
from apps.workspaces.services import audit
from apps.workspaces.services.members import change_role
from tests.factories import make_app, make_workspace

from .people import browser, member, owner_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace():
    Installation.objects.create()
    return make_workspace()


def shown(client, **query: str) -> str:
    return client.get("/settings/audit", query).content.decode().split("<main")[1]


def test_events_are_told_in_sentences(workspace):
    boss, ben = owner_of(workspace), member(workspace)
    change_role(workspace=workspace, user_id=ben.pk, role="admin", by=boss)
    make_app(workspace)
    text = shown(browser(boss))
    assert "<strong>owner@example.org</strong> changed the role of <strong>ben@example.org</strong>" in text
    assert "normal → admin" in text
    assert "<strong>The system</strong> created the app <strong>Helper</strong>" in text


def test_names_are_text(workspace):
    audit.record(workspace=workspace, user=None, action="tag.create", data={"name": "<img src=x>{who}"})
    audit.record(workspace=workspace, user=None, action="thing.made", object_id="{0}<b>")
    text = shown(browser(owner_of(workspace)))
    assert "&lt;img src=x&gt;{who}" in text
    assert "thing.made" in text
    assert "<img" not in text


def test_filters_by_person_group_and_period(workspace):
    boss, ben = owner_of(workspace), member(workspace, role="admin")
    audit.record(workspace=workspace, user=ben, action="tag.create", data={"name": "Bens"})
    audit.record(workspace=workspace, user=boss, action="app.create", data={"name": "Bosses"})
    AuditEvent.objects.filter(action="app.create").update(created_at=timezone.now() - timedelta(days=8))
    client = browser(boss)
    assert "Bens" in shown(client, person=str(ben.pk))
    assert "Bosses" not in shown(client, person=str(ben.pk))
    assert "Bens" not in shown(client, about="apps")
    assert "Bosses" in shown(client, about="apps", period="30")
    assert "Nothing found" in shown(client, about="apps", period="7")
    assert "Bens" in shown(client, person="x", about="nothing-known", period="-1")


def test_only_managers_see_it_and_only_their_own(workspace):
    other = make_workspace("Other", "eve@example.org")
    audit.record(workspace=workspace, user=None, action="tag.create", data={"name": "Canary"})
    assert "Canary" not in shown(browser(owner_of(other)))
    for role, status in (("admin", 200), ("editor", 403), ("normal", 403), ("dataset_operator", 403)):
        client = browser(member(workspace, f"{role}@example.org", role))
        assert client.get("/settings/audit").status_code == status


def test_many_events_are_paged_with_a_fixed_number_of_queries(workspace, django_assert_max_num_queries):
    boss = owner_of(workspace)
    AuditEvent.objects.bulk_create(
        AuditEvent(workspace=workspace, user=boss, action="member.add", object_type="user", object_id=str(boss.pk))
        for _ in range(10_000)
    )
    client = browser(boss)
    with django_assert_max_num_queries(13):
        answer = client.get("/settings/audit", {"page": "2"})
    assert len(answer.context["events"]) == 50
    assert answer.context["page"].paginator.num_pages == 200


def test_every_deed_that_is_recorded_is_told():
    told = {action for group in deeds.all().values() for action in group.sentences}
    recorded = set()
    for file in Path(apps.__path__[0]).rglob("*.py"):
        for call in re.findall(r"(?:audit\.record|_record)\((?:[^()]|\([^()]*\))*\)", file.read_text()):
            recorded |= set(re.findall(r'"([a-z_]+\.[a-z_]+)"', call))
    assert len(recorded) > 50
    assert recorded - told == set()
