"""Reads of runs of workflows and chatflows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from apps.common.tenancy import get_or_404
from apps.prompts.models import EndUser
from apps.workspaces.models import User

from .flow_records import THE_RUN
from .models import BigValue, WorkflowRun


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are listed; what is None or "" does not narrow.

    Args:
        keyword: part of what went in or came out, or of the caller's own name for the end user.
        before, after: aware.
        session_id: the caller's own name for the end user.
        email: of the member who ran it.
    """

    keyword: str = ""
    status: str = ""
    before: datetime | None = None
    after: datetime | None = None
    session_id: str = ""
    email: str = ""


def list_runs(*, workspace_id: UUID, app_id: UUID, wanted: RunFilter | None = None) -> "QuerySet[WorkflowRun]":
    """An app's runs, newest first."""
    runs = WorkflowRun.objects.filter(workspace_id=workspace_id, app_id=app_id).order_by("-created_at", "-pk")
    if wanted is None:
        return runs
    exact = {"status": wanted.status, "created_at__lte": wanted.before, "created_at__gte": wanted.after}
    runs = runs.filter(**{name: value for name, value in exact.items() if value})
    users = EndUser.objects.filter(app_id=app_id)
    if wanted.session_id:
        runs = runs.filter(end_user_id__in=users.filter(session_id=wanted.session_id).values("pk"))
    if wanted.email:
        runs = runs.filter(account_id__in=User.objects.filter(email__iexact=wanted.email).values("pk"))
    return _with_keyword(runs, wanted.keyword, users) if wanted.keyword else runs


def get_run(*, workspace_id: UUID, app_id: UUID, run_id: UUID | str) -> WorkflowRun:
    """A run of an app. Raises NotFound."""
    return get_or_404(list_runs(workspace_id=workspace_id, app_id=app_id), run_id, "Workflow run not found.")


def list_big_values(run: WorkflowRun) -> "QuerySet[BigValue]":
    """What did not fit into the rows of a run and its nodes, without the values themselves."""
    return run.big_values.defer("content").order_by("node_index", "field")


def get_big_value(*, run: WorkflowRun, value_id: UUID) -> BigValue:
    """One of them, with the value. Raises NotFound."""
    return get_or_404(run.big_values.all(), value_id, "The run has no such value.")


def whole_fields(run: WorkflowRun) -> dict[str, str]:
    """The JSON of those fields of a run's own row that hold but the start, by name."""
    return dict(run.big_values.filter(node_index=THE_RUN).values_list("field", "content"))


def callers_of(runs: Iterable[WorkflowRun]) -> tuple[dict[UUID, EndUser], dict[UUID, User]]:
    """The end users and the members who made these runs, by id."""
    runs = list(runs)
    end_users = EndUser.objects.in_bulk([run.end_user_id for run in runs if run.end_user_id])
    accounts = User.objects.in_bulk([run.account_id for run in runs if run.account_id])
    return end_users, accounts


def _with_keyword(runs: "QuerySet[WorkflowRun]", keyword: str, users: "QuerySet[EndUser]") -> "QuerySet[WorkflowRun]":
    texts = runs.annotate(inputs_text=Cast("inputs", TextField()), outputs_text=Cast("outputs", TextField()))
    named = users.filter(session_id__icontains=keyword).values("pk")
    return texts.filter(
        Q(inputs_text__icontains=keyword) | Q(outputs_text__icontains=keyword) | Q(end_user_id__in=named)
    )
