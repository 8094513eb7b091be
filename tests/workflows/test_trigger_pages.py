"""The page about an app's triggers."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from apps.logs.models import WorkflowRun
from apps.prompts.models import App
from apps.prompts.services.versions import save_draft
from apps.workflows.models import Firing, Trigger
from apps.workflows.services.firings import fire_now
from apps.workspaces.models import AuditEvent
from tests.factories import make_app, make_workspace

from .flows import flow, node

pytestmark = pytest.mark.django_db(transaction=True)
CLOCK = node("clock", "trigger-schedule", mode="cron", cron_expression="15 9 * * *", timezone="Europe/Berlin")
HOOK = node("hook", "trigger-webhook", method="post", body=[{"name": "id", "type": "string", "required": True}])
END = node("end", "end", outputs=[{"variable": "id", "value_selector": ["hook", "id"]}])
BOTH = flow([CLOCK, HOOK, END], "hook -> end", "clock -> end")


@pytest.fixture
def app() -> App:
    return make_app(make_workspace(), BOTH, mode="workflow")


@pytest.fixture
def browser(app) -> Client:
    client = Client()
    client.force_login(app.workspace.memberships.get().user)
    return client


def page(browser: Client, app: App) -> str:
    response = browser.get(f"/apps/{app.pk}/triggers")
    assert response.status_code == 200
    return response.content.decode()


def trigger(kind: str) -> Trigger:
    return Trigger.objects.get(kind=f"trigger-{kind}")


def test_wf_26_the_page_shows_next_moments_addresses_and_last_runs(app, browser):
    run_id = fire_now(trigger=trigger("schedule"))
    text = page(browser, app)
    assert len(re.findall(r"<time datetime=\"[\d-]+T09:15:00\+0[12]:00\"", text)) == 5
    assert f"http://testserver/triggers/webhook/{trigger('webhook').token}" in text
    assert f"http://testserver/triggers/webhook-debug/{trigger('webhook').debug_token}" in text
    assert "Waiting" in text
    WorkflowRun.objects.create(
        id=run_id, workspace_id=app.workspace_id, app_id=app.pk, version_id=app.published_id, task_id=run_id,
        status="succeeded",
    )  # fmt: skip
    text = page(browser, app)
    assert f"/apps/{app.pk}/runs/{run_id}" in text
    assert "Succeeded" in text


def test_switch_missed_run_now_and_new_addresses(app, browser):
    clock, hook = trigger("schedule"), trigger("webhook")
    base = f"/apps/{app.pk}/triggers"
    browser.post(f"{base}/{clock.pk}/set", {"missed": "skip"})
    browser.post(f"{base}/{hook.pk}/set", {"is_enabled": "off"})
    assert (trigger("schedule").missed, trigger("webhook").is_enabled) == ("skip", False)
    assert browser.post(f"{base}/{clock.pk}/set", {"missed": "never"}).status_code == 400
    assert browser.post(f"{base}/{clock.pk}/run").status_code == 302
    assert Firing.objects.get().trigger == clock
    assert browser.post(f"{base}/{hook.pk}/run").status_code == 409
    browser.post(f"{base}/{hook.pk}/address")
    assert trigger("webhook").token != hook.token
    told = re.sub("<[^>]+>", "", browser.get("/settings/audit").content.decode())
    assert "changed the trigger Clock" in told


def test_a_secret_is_shown_once_and_told_without_it(app, browser):
    hook = trigger("webhook")
    response = browser.post(f"/apps/{app.pk}/triggers/{hook.pk}/secret")
    shown = re.search(r"whsec_[\w+/=]+", response.content.decode())
    assert shown
    assert response["Cache-Control"] == "no-store"
    assert "whsec_" not in page(browser, app)
    assert trigger("webhook").secret is not None
    assert shown[0] not in str(list(AuditEvent.objects.values_list("data", flat=True)))
    browser.post(f"/apps/{app.pk}/triggers/{hook.pk}/secret/remove")
    assert trigger("webhook").secret is None
    assert browser.post(f"/apps/{app.pk}/triggers/{trigger('schedule').pk}/secret").status_code == 409


def test_a_test_is_sent_from_the_page(app, browser):
    url = f"/apps/{app.pk}/triggers/{trigger('webhook').pk}/test"
    sent = {"body": '{"id": "seven"}', "headers": "X-A: 1\nnonsense", "query": "?a=1"}
    fragment = browser.post(url, sent, headers={"HX-Request": "true"}).content.decode()
    assert "Succeeded" in fragment
    assert "seven" in fragment
    assert "<html" not in fragment
    assert "id is missing." in browser.post(url, {"body": "{}"}).content.decode()
    assert WorkflowRun.objects.get().account_id == app.workspace.memberships.get().user_id


def test_a_test_is_told_to_scripts_as_json(app, browser):
    url = f"/apps/{app.pk}/triggers/{trigger('webhook').pk}/test"
    told = browser.post(url, {"body": '{"id": "seven"}'}, HTTP_ACCEPT="application/json").json()
    assert (told["status"], told["variables"]["id"]) == ("succeeded", "seven")
    assert told["outputs"] == {"id": "seven"}
    assert WorkflowRun.objects.get().pk == UUID(told["run_id"])
    refused = browser.post(url, {"body": "{}"}, HTTP_ACCEPT="application/json")
    assert refused.json() == {"run_id": None, "status": "refused", "error": "id is missing."}
    other = f"/apps/{app.pk}/triggers/{app.pk}/test"
    assert browser.post(other, {"body": "{}"}, HTTP_ACCEPT="application/json").status_code == 404


def test_a_draft_gets_a_test_address_before_it_is_published(app, browser):
    late = node("late", "trigger-webhook", title="Late one")
    save_draft(app=app, config=flow([late, END], "late -> end"))
    assert "Make a test address" in page(browser, app)
    browser.post(f"/apps/{app.pk}/triggers/prepare", {"node_id": "late"})
    row = Trigger.objects.get(node_id="late")
    assert row.version_id is None
    assert f"webhook-debug/{row.debug_token}" in page(browser, app)


def test_without_triggers_it_says_how_to_get_some(browser, app):
    plain = make_app(app.workspace, flow([node("s", "start"), node("end", "end")], "s -> end"), mode="workflow")
    assert "No triggers" in page(browser, plain)


def test_settings_that_cannot_be_read_are_said_and_break_nothing(app, browser):
    Trigger.objects.filter(kind="trigger-webhook").update(data={"body": [{"name": {"a": 1}}]})
    Trigger.objects.filter(kind="trigger-schedule").update(data={"mode": "cron", "cron_expression": "x"})
    text = page(browser, app)
    assert "settings cannot be read" in text
    assert "the schedule cannot be read" in text


def times(browser: Client, app: App, config: object) -> Any:
    address = f"/apps/{app.pk}/triggers/times"
    return browser.post(address, {"config": config}, content_type="application/json", HTTP_ACCEPT="application/json")


def test_the_moments_of_a_schedule_are_told_before_it_is_saved(app, browser):
    told = times(browser, app, {"mode": "cron", "cron_expression": "30 8 * * 1", "timezone": "Asia/Tokyo"}).json()
    assert (len(told["times"]), told["error"]) == (5, "")
    moments = [datetime.fromisoformat(text) for text in told["times"]]
    assert all((one.hour, one.minute, one.isoweekday()) == (8, 30, 1) for one in moments)
    assert all(text.endswith("T08:30:00+09:00") for text in told["times"])
    assert moments == sorted(moments)


@pytest.mark.parametrize(
    ("config", "error"),
    [
        ({"mode": "cron", "cron_expression": "x"}, "A cron line has five fields"),
        ({"mode": "cron", "cron_expression": "0 0 30 2 *"}, "The cron line never comes"),
        ({"timezone": "Mars"}, "Mars is no time zone."),
        ({"frequency": []}, "Its settings cannot be read."),
    ],
)
def test_what_is_no_schedule_is_said(app, browser, config, error):
    told = times(browser, app, config).json()
    assert told["times"] == []
    assert told["error"].startswith(error)


def test_the_moments_of_a_saved_schedule_are_told_by_its_node(app, browser):
    told = browser.get(f"/apps/{app.pk}/triggers/times?node_id=clock").json()
    assert all("T09:15:00+0" in text for text in told["times"])
    assert len(told["times"]) == 5
    for wrong in ("hook", "nobody", ""):
        assert browser.get(f"/apps/{app.pk}/triggers/times?node_id={wrong}").status_code == 400
    assert times(browser, app, "daily").status_code == 400
    stranger = Client()
    stranger.force_login(make_workspace("Other", "other@example.org").memberships.get().user)
    assert times(stranger, app, {}).status_code == 404


def test_the_canvas_is_told_where_a_webhook_is_called(app, browser):
    address = f"/apps/{app.pk}/triggers/addresses"
    hook = trigger("webhook")
    assert browser.get(f"{address}?node_id=hook").json() == {
        "url": f"http://testserver/triggers/webhook/{hook.token}",
        "debug_url": f"http://testserver/triggers/webhook-debug/{hook.debug_token}",
        "is_live": True,
        "id": str(hook.pk),
        "takes_body": True,
        "example": '{\n  "id": "text"\n}',
    }
    nothing = {"id": None, "url": "", "debug_url": "", "is_live": False, "takes_body": False, "example": ""}
    assert browser.get(f"{address}?node_id=clock").json() == browser.get(address).json() == nothing
