"""Console pages about money: budgets with what was spent of them, and what models were used for."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from apps.common.forms import attempt
from apps.common.ids import parse_uuid
from apps.common.pages import done, render_part
from apps.workspaces.permissions import BUILDERS, MANAGERS, ConsoleRequest, requires

from .choices import Scope
from .forms import BudgetForm, ChangeForm
from .selectors import get_budget, list_budgets, list_warnings, usage_by_app, usage_by_day, usage_by_model
from .services.budgets import change_budget, create_budget, remove_budget
from .showing import app_rows, day_bars, model_rows, show_budgets, show_warnings, title_of, totals
from .subjects import choices_of

PAGE: Final = "billing:budgets"
_SPANS_DAYS: Final = (7, 30, 90)


@require_safe
@requires(*BUILDERS)
def budget_list(request: ConsoleRequest) -> HttpResponse:
    context = {
        "budgets": show_budgets(request.workspace, list_budgets(request.workspace)),
        "warnings": show_warnings(request.workspace, list_warnings(request.workspace)),
        "is_manager": request.membership.role in MANAGERS,
    }
    return render(request, "billing/budgets.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*MANAGERS)
def add(request: ConsoleRequest) -> HttpResponse:
    form = BudgetForm(request.workspace, request.POST if request.method == "POST" else None)
    save = partial(create_budget, workspace=request.workspace, user=request.user)
    if form.is_bound and attempt(form, lambda _values: save(**form.values())) is not None:
        return done(request, PAGE, _("The budget is set. It counts from now on."))
    return _form(request, {"form": form, "heading": _("New budget"), "action": reverse("billing:add_budget")})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*MANAGERS)
def change(request: ConsoleRequest, budget_id: UUID) -> HttpResponse:
    budget = get_budget(workspace=request.workspace, budget_id=budget_id)
    form = ChangeForm(budget, request.POST if request.method == "POST" else None)
    save = partial(change_budget, workspace=request.workspace, user=request.user, budget_id=budget_id)
    if form.is_bound and attempt(form, lambda values: save(**values)) is not None:
        return done(request, PAGE, _("The budget is changed."))
    context = {
        "form": form,
        "heading": title_of(request.workspace, budget),
        "action": reverse("billing:change_budget", args=[budget_id]),
    }
    return _form(request, context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*MANAGERS)
def remove(request: ConsoleRequest, budget_id: UUID) -> HttpResponse:
    """Asks first: what was spent of it goes with it."""
    budget = get_budget(workspace=request.workspace, budget_id=budget_id)
    if request.method == "POST":
        remove_budget(workspace=request.workspace, user=request.user, budget_id=budget_id)
        return done(request, PAGE, _("The budget is removed."))
    context = {
        "heading": _("Remove this budget?"),
        "name": title_of(request.workspace, budget),
        "action": reverse("billing:remove_budget", args=[budget_id]),
    }
    return render_part(request, "billing/remove.html", "billing/_remove.html", context)


@require_safe
@requires(*BUILDERS)
def usage(request: ConsoleRequest) -> HttpResponse:
    """Of the last days (UTC), of all apps or one."""
    days = next((span for span in _SPANS_DAYS if request.GET.get("days") == str(span)), _SPANS_DAYS[1])
    app_id = parse_uuid(request.GET.get("app"))
    until = datetime.now(UTC).date()
    since = until - timedelta(days=days - 1)
    span: dict[str, date] = {"since": since, "until": until}
    by_day = usage_by_day(request.workspace, **span, app_id=app_id)
    context = {
        "spans": [(span_days, _last_days(span_days), span_days == days) for span_days in _SPANS_DAYS],
        "apps": [(str(pk), name) for pk, name in choices_of(request.workspace, Scope.APP)],
        "app": str(app_id) if app_id else "",
        "days": days,
        "bars": day_bars(by_day, since, until),
        "chart_width": days * 10,
        "totals": totals(by_day),
        "models": model_rows(usage_by_model(request.workspace, **span, app_id=app_id)),
        "app_rows": [] if app_id else app_rows(request.workspace, usage_by_app(request.workspace, **span)),
    }
    return render(request, "billing/usage.html", context)


def _form(request: ConsoleRequest, context: Mapping[str, Any]) -> HttpResponse:
    """One that was refused comes back with what is wrong beside its fields."""
    status = 422 if context["form"].is_bound else 200
    return render_part(request, "billing/form.html", "billing/_form.html", context, status=status)


def _last_days(days: int) -> str:
    return ngettext("Last %(days)s day", "Last %(days)s days", days) % {"days": days}
