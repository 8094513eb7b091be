"""Runs of workflows as they are stored: two writes, no secrets, an end in every case, and how they go."""

import math
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.common import perloop
from apps.common.ids import new_id
from apps.logs import writer
from apps.logs.app_cleanups.logs import LogsCleanup
from apps.logs.flow_records import FlowBeginning, FlowEnding, NodeRecord
from apps.logs.fsck_checks.flows import FlowRunsCheck
from apps.logs.kept_values import masked
from apps.logs.models import NodeRun, WorkflowRun
from apps.logs.services.prune import prune_logs
from apps.logs.services.reap import INTERRUPTED, reap_runs
from apps.logs.statements import Statement
from apps.prompts.callers import Caller
from apps.prompts.models import EndUser
from tests.factories import make_app, make_workspace

pytestmark = pytest.mark.django_db(transaction=True)


def begin(app=None, **changes) -> FlowBeginning:
    values: dict[str, Any] = {
        "run_id": new_id(), "task_id": new_id(), "workspace_id": app.workspace_id if app else new_id(),
        "app_id": app.id if app else new_id(), "version_id": new_id(), "caller": Caller("console", account_id=new_id()),
        "inputs": {"a": "ü"}, "lease_s": 30, "created_at": time.time(),
    }  # fmt: skip
    return FlowBeginning(**{**values, **changes})


def end(begun: FlowBeginning, *nodes: NodeRecord, **changes) -> FlowEnding:
    values: dict[str, Any] = {
        "run_id": begun.run_id, "workspace_id": begun.workspace_id, "app_id": begun.app_id, "status": "succeeded",
        "outputs": {"text": "done"}, "elapsed_s": 0.5, "total_tokens": 7, "total_steps": len(nodes), "nodes": nodes,
        "total_price": Decimal("0.001"),
    }  # fmt: skip
    return FlowEnding(**{**values, **changes})


def node(index: int, node_id: str, **changes) -> NodeRecord:
    return NodeRecord(index, node_id, "code", node_id, "succeeded", time.time(), time.time(), 0.1, **changes)


def store(*records) -> None:
    async def body() -> None:
        for record in records:
            await writer.write(*record.operations())

    perloop.run(body())


def test_a_run_is_two_writes_with_all_its_nodes_in_the_second():
    begun = begin()
    store(begun)
    assert (WorkflowRun.objects.get().status, NodeRun.objects.count()) == ("running", 0)
    store(end(begun, node(1, "start"), node(2, "code", outputs={"x": 1}, predecessor_node_id="start")))
    run = WorkflowRun.objects.get()
    assert (run.status, run.outputs, run.total_steps, run.lease_until) == ("succeeded", {"text": "done"}, 2, None)
    assert list(run.nodes.order_by("index").values_list("index", "node_id", "outputs")) == [
        (1, "start", None),
        (2, "code", {"x": 1}),
    ]


def test_a_write_repeated_after_a_lost_answer_changes_nothing():
    begun = begin()
    ended = end(begun, node(1, "start"))
    store(begun, begun, ended, end(begun, node(1, "start"), status="failed"))
    assert (WorkflowRun.objects.get().status, NodeRun.objects.count()) == ("succeeded", 1)


def test_a_new_end_user_comes_with_the_run():
    app = make_app(make_workspace())
    store(begin(app, caller=Caller("service-api", end_user_id=new_id(), session_id="ada")))
    assert EndUser.objects.get().session_id == "ada"


def test_a_run_whose_process_died_ends_as_failed_and_its_late_end_is_not_heard():
    begun, living = begin(lease_s=-1), begin()
    store(begun, living)
    assert reap_runs() == 1
    store(end(begun))
    run = WorkflowRun.objects.get(pk=begun.run_id)
    assert (run.status, run.error_code, run.lease_until) == ("failed", INTERRUPTED, None)
    assert run.finished_at is not None
    assert run.error
    assert WorkflowRun.objects.get(pk=living.run_id).status == "running"


def test_a_living_run_keeps_its_lease():
    begun = begin(lease_s=-1)
    store(begun)
    perloop.run(writer.write((Statement.EXTEND_RUN, (30, [begun.run_id]))))
    assert reap_runs() == 0


def test_secrets_are_masked_by_value_wherever_they_stand():
    begun = begin(inputs={"sk-hidden": ["x sk-hidden y"]}, secrets=["sk-hidden"])
    record = node(1, "http", process_data={"request": "Bearer sk-hidden"}, error="sk-hidden refused")
    store(begun, end(begun, record, error="sk-hidden", outputs={"a": {"b": "sk-hidden"}}, secrets=["sk-hidden"]))
    run, row = WorkflowRun.objects.get(), NodeRun.objects.get()
    assert (run.inputs, run.outputs, run.error) == ({"****": ["x **** y"]}, {"a": {"b": "****"}}, "****")
    assert (row.process_data, row.error) == ({"request": "Bearer ****"}, "**** refused")


def test_what_json_has_no_word_for_is_stored_as_text():
    deep: Any = "bottom"
    for _ in range(300):
        deep = [deep]
    assert "bottom" not in str(masked(deep))
    begun = begin(inputs={"n": math.nan, "nul": "a\x00b", "lone": "\ud800", "object": Decimal(1), "deep": deep})
    store(begun)
    inputs = WorkflowRun.objects.get().inputs
    assert (inputs["n"], inputs["nul"], inputs["lone"], inputs["object"]) == ("nan", "ab", "", "1")


def test_secrets_of_a_letter_are_not_looked_for():
    assert masked("a cat", ["a", ""]) == "a cat"
    assert masked("abcdef", ["abc", "abcdef"]) == "****"


def test_old_runs_are_pruned_but_for_those_under_way():
    workspace = make_workspace()
    app = make_app(workspace)
    old, running, recent = begin(app), begin(app), begin(app)
    store(old, running, recent, end(old, node(1, "start")), end(recent))
    long_ago = timezone.now() - timedelta(days=10)
    WorkflowRun.objects.exclude(pk=recent.run_id).update(created_at=long_ago)
    before = timezone.now() - timedelta(days=5)
    assert prune_logs(before=before, workspaces=[workspace], dry_run=True).workflow_runs == 1
    assert prune_logs(before=before, workspaces=[workspace]).workflow_runs == 1
    assert {run.pk for run in WorkflowRun.objects.all()} == {running.run_id, recent.run_id}
    assert not NodeRun.objects.exists()


def test_an_apps_runs_go_with_it_and_no_others():
    gone, stays = begin(), begin()
    store(gone, stays, end(gone, node(1, "a")), end(stays, node(1, "a")))
    LogsCleanup().clean(gone.app_id)
    assert [run.pk for run in WorkflowRun.objects.all()] == [stays.run_id]
    assert NodeRun.objects.count() == 1


def test_the_check_of_the_database_finds_runs_without_an_app():
    store(begin())
    assert [len(found) for found in _found()] == [0, 0]
    WorkflowRun.objects.update(created_at=timezone.now() - timedelta(hours=2))
    assert [len(found) for found in _found()] == [1, 0]


def _found() -> list[list[Any]]:
    found = []
    with connection.cursor() as cursor:
        for problem in FlowRunsCheck.problems:
            cursor.execute(problem.find)
            found.append(cursor.fetchall())
    return found
