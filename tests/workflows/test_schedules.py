"""Schedules: one run for each moment that is due, whoever looks and whoever dies."""

import asyncio
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from apps.chat import triggered
from apps.common import notify, perloop
from apps.common.errors import Conflict
from apps.common.ids import new_id
from apps.logs.models import NodeRun, WorkflowRun
from apps.logs.services.reap import reap_runs
from apps.prompts.errors import InvalidAppConfig
from apps.prompts.models import App
from apps.prompts.runtime import app_by_id
from apps.prompts.services.deletion import delete_app
from apps.prompts.services.versions import publish, save_draft
from apps.workflows.models import Firing, Trigger
from apps.workflows.services.firings import (
    KEPT,
    MAX_ATTEMPTS,
    begin_run,
    claim_firing,
    deliver,
    fire_due,
    fire_now,
    forget_old_firings,
)
from apps.workflows.services.triggers import set_trigger
from apps.workspaces.models import AuditEvent
from tests.factories import make_app, make_workspace

from .flows import flow, node

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOURLY = {"mode": "cron", "cron_expression": "0 * * * *"}


def scheduled(**data: Any) -> dict[str, Any]:
    end = node("end", "end", outputs=[{"variable": "at", "value_selector": ["sys", "timestamp"]}])
    return flow([node("clock", "trigger-schedule", **{**HOURLY, **data}), end], "clock -> end")


@pytest.fixture
def app() -> App:
    return make_app(make_workspace(), scheduled(), mode="workflow")


def due_at(moment: datetime, **changes: Any) -> Trigger:
    Trigger.objects.update(next_run_at=moment, **changes)
    return Trigger.objects.get()


def test_wf_26_a_frozen_clock_fires_once_and_the_run_is_stored(app):
    due_at(NOON)
    assert [fire_due(now=NOON) for _ in range(3)] == [1, 0, 0]
    assert Trigger.objects.get().next_run_at == NOON + timedelta(hours=1)
    assert perloop.run(triggered.run_waiting()) == 1
    run = WorkflowRun.objects.get()
    at = int(run.created_at.timestamp())
    assert (run.status, run.invoke_from, run.outputs) == ("succeeded", "schedule", {"at": at})
    assert run.pk == Firing.objects.get().pk
    assert NodeRun.objects.get(node_id="clock").outputs == {
        f"sys.{name}": value
        for name, value in {
            "app_id": str(app.pk), "files": [], "timestamp": at, "user_id": "",
            "workflow_id": str(app.published_id), "workflow_run_id": str(run.pk),
        }.items()
    }  # fmt: skip
    assert perloop.run(triggered.run_waiting()) == 0


def test_wf_26_two_workers_fire_and_run_a_moment_once(app):
    due_at(NOON)

    def work(_: int) -> tuple[int, int]:
        try:
            return fire_due(now=NOON), perloop.run(triggered.run_waiting())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(work, range(4)))
    assert sum(fired for fired, _ in found) == 1
    assert sum(started for _, started in found) <= 1
    perloop.run(triggered.run_waiting())
    assert WorkflowRun.objects.count() == Firing.objects.count() == 1


def test_a_worker_runs_the_version_that_is_live_now(app):
    async def keep_the_old_one() -> None:
        listener = notify.listener.get()
        while not listener.connected:
            await asyncio.sleep(0.01)
        await app_by_id(app.pk, app.workspace_id)

    perloop.run(keep_the_old_one())
    end = node("end", "end", outputs=[{"variable": "new", "value_selector": ["sys", "app_id"]}])
    save_draft(app=app, config=flow([node("clock", "trigger-schedule", **HOURLY), end], "clock -> end"))
    publish(app=app)
    fire_now(trigger=Trigger.objects.get())
    perloop.run(triggered.run_waiting())
    assert WorkflowRun.objects.get().outputs == {"new": str(app.pk)}


def test_the_task_looks_and_runs(app):
    Trigger.objects.update(next_run_at=timezone.now() - timedelta(seconds=5))
    assert [triggered.fire(), triggered.fire()] == [1, 0]


@pytest.mark.parametrize(
    ("missed", "late", "runs"),
    [
        ("once", timedelta(seconds=30), ["2026-03-02T12:00:00+00:00"]),
        ("skip", timedelta(seconds=30), ["2026-03-02T12:00:00+00:00"]),
        ("once", timedelta(hours=5, minutes=30), ["2026-03-02T12:00:00+00:00"]),
        ("skip", timedelta(hours=5, minutes=30), []),
        ("once", timedelta(hours=5), ["2026-03-02T17:00:00+00:00"]),
        ("skip", timedelta(hours=5), ["2026-03-02T17:00:00+00:00"]),
    ],
)
def test_missed_moments_run_once_or_not_at_all(app, missed, late, runs):
    set_trigger(trigger=Trigger.objects.get(), missed=missed)
    due_at(NOON)
    fire_due(now=NOON + late)
    assert [firing.key for firing in Firing.objects.all()] == runs
    assert Trigger.objects.get().next_run_at > NOON + late


DIES = """
import os, signal, sys
import django
django.setup()
from apps.chat import triggered
from apps.common.perloop import run
def die(*a, **k): os.kill(os.getpid(), signal.SIGKILL)
async def adie(*a, **k): die()
if sys.argv[1] == "claimed":
    triggered.begin_run = adie
elif sys.argv[1] == "begun":
    triggered.launch_flow = die
run(triggered.run_waiting())
"""


@pytest.mark.parametrize(("place", "left"), [("claimed", "succeeded"), ("begun", "failed")])
def test_wf_26_a_worker_killed_before_its_run_leaves_it_to_another(app, place, left):
    """Killed before the run's row is written, the run is another worker's; after that it has begun, and ends failed."""
    due_at(NOON)
    fire_due(now=NOON)
    database = {"DATABASE_URL": _url(), "DJANGO_SETTINGS_MODULE": "dify_project.settings.test"}
    ended = subprocess.run([sys.executable, "-c", DIES, place], env={**os.environ, **database}, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert perloop.run(triggered.run_waiting()) == 0  # the dead one's lease still runs
    Firing.objects.update(lease_until=NOON)
    WorkflowRun.objects.update(lease_until=NOON)
    perloop.run(triggered.run_waiting())
    reap_runs()
    assert WorkflowRun.objects.get().status == left
    assert Firing.objects.get().status == "started"


def _url() -> str:
    from django.db import connection

    values = connection.settings_dict
    return f"postgresql://{values['USER']}@/{values['NAME']}?host={values['HOST']}&port={values['PORT']}"


def test_a_worker_that_slept_past_its_lease_starts_nothing(app):
    due_at(NOON)
    fire_due(now=NOON)
    slow = perloop.run(claim_firing())
    assert slow is not None
    Firing.objects.update(lease_until=NOON)
    assert perloop.run(triggered.run_waiting()) == 1
    assert perloop.run(begin_run(slow, [])) is False
    assert WorkflowRun.objects.count() == 1


def test_a_firing_whose_worker_always_dies_is_given_up(app):
    due_at(NOON)
    fire_due(now=NOON)
    Firing.objects.update(attempt=MAX_ATTEMPTS)
    assert perloop.run(triggered.run_waiting()) == 0
    firing = Firing.objects.get()
    assert (firing.status, firing.error) == ("failed", "Its worker was stopped each time.")


def test_what_cannot_begin_says_why(app):
    due_at(NOON)
    fire_due(now=NOON)
    App.objects.update(published=None)
    perloop.run(triggered.run_waiting())
    assert Firing.objects.get().error == "Workflow not published"


def test_a_switched_off_schedule_and_an_archived_workspace_fire_nothing(app):
    trigger = Trigger.objects.get()
    set_trigger(trigger=trigger, is_enabled=False)
    assert Trigger.objects.get().next_run_at is None
    assert fire_due(now=timezone.now() + timedelta(days=1)) == 0
    set_trigger(trigger=trigger, is_enabled=True)
    soon = Trigger.objects.get().next_run_at
    assert soon is not None
    app.workspace.status = "archive"
    app.workspace.save()
    assert fire_due(now=soon) == 0
    assert AuditEvent.objects.filter(action="trigger.update").count() == 2


def test_a_new_version_moves_its_schedule_keeps_a_same_one_and_forgets_one_that_is_gone(app):
    due_at(NOON)
    publish(app=app)
    assert Trigger.objects.get().next_run_at == NOON
    save_draft(app=app, config=scheduled(cron_expression="30 * * * *"))
    assert Trigger.objects.get().next_run_at == NOON
    publish(app=app)
    moved = Trigger.objects.get()
    assert moved.next_run_at is not None
    assert (moved.next_run_at.minute, moved.data["cron_expression"]) == (30, "30 * * * *")
    save_draft(app=app, config=flow([node("start", "start"), node("end", "end")], "start -> end"))
    publish(app=app)
    assert not Trigger.objects.exists()


def test_a_trigger_only_in_the_draft_keeps_its_addresses_but_is_not_live(app):
    trigger = Trigger.objects.get()
    old = app.published
    save_draft(app=app, config=flow([node("start", "start"), node("end", "end")], "start -> end"))
    publish(app=app)
    save_draft(app=app, config=scheduled())
    publish(app=app, version_id=old.pk)  # a roll-back makes it anew
    assert Trigger.objects.get().pk != trigger.pk
    kept = Trigger.objects.get()
    plain = flow([node("start", "start"), node("end", "end")], "start -> end")
    version = save_draft(app=app, config=plain)
    save_draft(app=app, config=scheduled())
    publish(app=app, version_id=version.pk)
    kept.refresh_from_db()
    assert (kept.version_id, kept.next_run_at) == (None, None)
    with pytest.raises(Conflict):
        fire_now(trigger=kept)


def test_a_schedule_runs_by_hand(app):
    run_id = fire_now(trigger=Trigger.objects.get())
    assert perloop.run(triggered.run_waiting()) == 1
    assert WorkflowRun.objects.get(pk=run_id).status == "succeeded"


def test_a_deleted_apps_triggers_go_with_it(app):
    fire_now(trigger=Trigger.objects.get())
    delete_app(app=app)
    assert not Trigger.objects.exists()
    assert not Firing.objects.exists()


def test_a_delivery_to_a_trigger_that_was_deleted_meanwhile_is_told_so(app):
    delivery: dict[str, Any] = {
        "run_id": new_id(),
        "trigger_id": new_id(),
        "key": "a",
        "answer": None,
        "operations": [],
    }
    with pytest.raises(Conflict):
        perloop.run(deliver(**delivery))


def test_old_firings_are_forgotten_but_not_what_still_waits(app):
    for _ in range(2):
        fire_now(trigger=Trigger.objects.get())
    Firing.objects.filter(pk=Firing.objects.order_by("pk")[0].pk).update(status="started")
    forget_old_firings(now=timezone.now() + KEPT + timedelta(hours=1))
    assert Firing.objects.get().status == "waiting"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (scheduled(cron_expression="61 * * * *"), "61 cannot be read in a cron line."),
        (scheduled(timezone="Mars/Base"), "Mars/Base is no time zone."),
        (flow([node("p", "trigger-plugin"), node("end", "end")], "p -> end"), "triggers of plugins do not run here."),
        (flow([node("start", "start"), node("clock", "trigger-schedule")]), "with a start node or with triggers"),
    ],
)
def test_what_can_never_start_is_kept_but_not_published(config, said):
    app = make_app(make_workspace(), config, mode="workflow", published=False)
    assert app.draft.config == config
    with pytest.raises(InvalidAppConfig, match=said):
        publish(app=app)


def test_a_chatflow_has_no_triggers():
    config = flow([node("clock", "trigger-schedule", **HOURLY), node("a", "answer", answer="x")], "clock -> a")
    app = make_app(make_workspace(), config, mode="advanced-chat", published=False)
    with pytest.raises(InvalidAppConfig, match="a chatflow begins with a start node"):
        publish(app=app)


def test_several_triggers_each_begin_their_own_run():
    ends = [
        node(f"e{name}", "end", outputs=[{"variable": name, "value_selector": ["sys", "timestamp"]}]) for name in "ab"
    ]
    starts = [node(name, "trigger-schedule", **HOURLY) for name in "ab"]
    make_app(make_workspace(), flow([*starts, *ends], "a -> ea", "b -> eb"), mode="workflow")
    Trigger.objects.update(next_run_at=NOON)
    assert fire_due(now=NOON) == 2
    assert perloop.run(triggered.run_waiting()) == 2
    assert {name for run in WorkflowRun.objects.all() for name in run.outputs} == {"a", "b"}
