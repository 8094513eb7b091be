"""The runs of a workflow, and the trace of one."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from apps.common.pages import render_part
from apps.common.text import storable
from apps.logs.choices import FlowStatus, FormStatus
from apps.logs.flow_records import THE_RUN
from apps.logs.flow_selectors import RunFilter, callers_of, get_big_value, get_run, list_big_values, list_runs
from apps.logs.models import BigValue, NodeRun, WorkflowRun
from apps.prompts.selectors import get_app
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires

RUNS_PER_PAGE = 25
# Who started runs that no person started.
TRIGGERS = {"schedule": gettext_lazy("Schedule"), "trigger": gettext_lazy("Webhook")}


@require_safe
@requires(*BUILDERS)
def run_list(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    app = get_app(workspace=request.workspace, app_id=app_id)
    status = request.GET.get("status", "")
    words = storable(request.GET.get("q", "")).strip()[:200]
    wanted = RunFilter(keyword=words, status=status if status in FlowStatus.values else "")
    runs = list_runs(workspace_id=app.workspace_id, app_id=app.id, wanted=wanted)
    page = Paginator(runs, RUNS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "app": app,
        "page": page,
        "rows": with_callers(list(page)),
        "wanted": wanted,
        "statuses": FlowStatus.choices,
        "is_filtered": bool(wanted.keyword or wanted.status),
    }
    return render_part(request, "logs/runs.html", "logs/_runs.html", context)


@require_safe
@requires(*BUILDERS)
def run_page(request: ConsoleRequest, app_id: UUID, run_id: UUID) -> HttpResponse:
    app = get_app(workspace=request.workspace, app_id=app_id)
    run = get_run(workspace_id=app.workspace_id, app_id=app.id, run_id=run_id)
    (row,) = with_callers([run])
    big = list(list_big_values(run))
    nodes = [(node, _values(node, big, node.index)) for node in run.nodes.order_by("index")]
    forms = run.forms.filter(status=FormStatus.WAITING).order_by("created_at")
    context = {"app": app, "run": run, "forms": forms, "who": row[1], "values": _values(run, big), "nodes": nodes}
    return render(request, "logs/run.html", context)


@require_safe
@requires(*BUILDERS)
def run_value(request: ConsoleRequest, app_id: UUID, run_id: UUID, value_id: UUID) -> HttpResponse:
    """The whole of what a row holds but the start of, as a file."""
    app = get_app(workspace=request.workspace, app_id=app_id)
    run = get_run(workspace_id=app.workspace_id, app_id=app.id, run_id=run_id)
    value = get_big_value(run=run, value_id=value_id)
    response = HttpResponse(value.content, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{value.node_index}-{value.field}.json"'
    return response


def with_callers(runs: list[WorkflowRun]) -> list[tuple[WorkflowRun, str]]:
    """Runs, each with the name of whoever made it."""
    end_users, accounts = callers_of(runs)
    found = []
    for run in runs:
        account = accounts.get(run.account_id) if run.account_id else None
        end_user = end_users.get(run.end_user_id) if run.end_user_id else None
        by_itself = str(TRIGGERS.get(run.invoke_from, ""))
        found.append(
            (run, account.name or account.email if account else end_user.session_id if end_user else by_itself)
        )
    return found


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A field of a run or a node as a page shows it; `big` leads to all of it where `text` is but the start."""

    name: str
    text: str
    big: BigValue | None


def _values(of: WorkflowRun | NodeRun, big: Iterable[BigValue], index: int = THE_RUN) -> list[ShownValue]:
    whole = {one.field: one for one in big if one.node_index == index}
    fields: list[tuple[str, Any]] = [(name, getattr(of, name, None)) for name in ("inputs", "process_data", "outputs")]
    return [
        ShownValue(name, json.dumps(value, ensure_ascii=False, indent=2), whole.get(name))
        for name, value in fields
        if value
    ]
