"""Runs of workflows and chatflows, as the app's key may read them (service API 6.8)."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final
from uuid import UUID

from django.utils.dateparse import parse_datetime
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.errors import InvalidParam
from apps.common.paging import MAX_PAGE, read_choice, read_limit, read_number
from apps.common.text import shown, storable
from apps.logs.flow_selectors import RunFilter, callers_of, get_run, list_runs, whole_fields
from apps.logs.models import WorkflowRun
from apps.prompts.api.views import AppView
from apps.prompts.choices import FLOW_MODES
from apps.prompts.errors import NotWorkflowApp
from apps.prompts.models import EndUser
from apps.workspaces.models import User

STATUSES: Final = ("succeeded", "failed", "stopped", "partial-succeeded", "running", "paused")


class FlowAppView(AppView):
    """A view of apps that are a graph; keys of others are told so."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.app.mode not in FLOW_MODES:
            raise NotWorkflowApp


class RunView(FlowAppView):
    def get(self, request: Request, run_id: str, **kwargs: Any) -> Response:
        return Response(run_json(get_run(workspace_id=self.app.workspace_id, app_id=self.app.app_id, run_id=run_id)))


class RunsView(FlowAppView):
    def get(self, request: Request, **kwargs: Any) -> Response:
        query = self.fields
        page = read_number(query, "page", default=1, maximum=MAX_PAGE)
        limit = read_limit(query)
        runs = list_runs(workspace_id=self.app.workspace_id, app_id=self.app.app_id, wanted=_filter(query))
        total = runs.count()
        rows = list(runs[(page - 1) * limit : page * limit])
        end_users, accounts = callers_of(rows)
        data = [log_json(run, end_users, accounts) for run in rows]
        return Response({"page": page, "limit": limit, "total": total, "has_more": page * limit < total, "data": data})


def run_json(run: WorkflowRun) -> dict[str, Any]:
    """A run by itself: what went in and came out as JSON text, whole; times as RFC 822."""
    whole = whole_fields(run)
    return {
        "id": str(run.pk),
        "workflow_id": str(run.version_id),
        "status": run.status,
        "inputs": whole.get("inputs") or json.dumps(run.inputs, ensure_ascii=False),
        "outputs": None if run.outputs is None else whole.get("outputs") or json.dumps(run.outputs, ensure_ascii=False),
        "error": run.error or None,
        "total_steps": run.total_steps,
        "total_tokens": run.total_tokens,
        "created_at": _rfc822(run.created_at),
        "finished_at": _rfc822(run.finished_at) if run.finished_at else None,
        "elapsed_time": run.elapsed_s,
    }


def log_json(run: WorkflowRun, end_users: Mapping[UUID, EndUser], accounts: Mapping[UUID, User]) -> dict[str, Any]:
    """A run in the list of the app's runs, with whoever made it."""
    end_user = end_users.get(run.end_user_id) if run.end_user_id else None
    account = accounts.get(run.account_id) if run.account_id else None
    return {
        "id": str(run.pk),
        "workflow_run": {
            "id": str(run.pk),
            "version": str(run.version_id),
            "status": run.status,
            "error": run.error or None,
            "elapsed_time": run.elapsed_s,
            "total_tokens": run.total_tokens,
            "total_steps": run.total_steps,
            "created_at": _seconds(run.created_at),
            "finished_at": _seconds(run.finished_at) if run.finished_at else None,
            "exceptions_count": run.exceptions_count,
            "triggered_from": "app-run",
        },
        "created_from": run.invoke_from,
        "created_by_role": "account" if run.account_id else "end_user",
        "created_by_account": account and {"id": str(account.pk), "name": account.name, "email": account.email},
        "created_by_end_user": end_user and _end_user_json(end_user),
        "created_at": _seconds(run.created_at),
        "details": None,
    }


def _end_user_json(user: EndUser) -> dict[str, Any]:
    return {
        "id": str(user.pk),
        "type": user.kind,
        "is_anonymous": user.is_anonymous,
        "session_id": user.session_id,
    }


def _filter(query: Mapping[str, Any]) -> RunFilter:
    return RunFilter(
        keyword=_text(query, "keyword"),
        status=read_choice(query, "status", STATUSES, ""),
        before=_moment(query, "created_at__before"),
        after=_moment(query, "created_at__after"),
        session_id=_text(query, "created_by_end_user_session_id"),
        email=_text(query, "created_by_account"),
    )


def _text(query: Mapping[str, Any], name: str) -> str:
    return storable(str(query.get(name) or ""))[:255]


def _moment(query: Mapping[str, Any], name: str) -> datetime | None:
    """An ISO 8601 time; without an offset it is UTC."""
    given = query.get(name)
    if given in (None, ""):
        return None
    try:
        moment = parse_datetime(str(given))
    except ValueError:
        moment = None
    if moment is None:
        raise InvalidParam(f"{shown(given)} is not an ISO 8601 time.", params=name)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _rfc822(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC).replace(tzinfo=None))


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
