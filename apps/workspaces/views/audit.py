"""Who did what in the workspace."""

from datetime import timedelta

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.common.ids import parse_uuid
from apps.workspaces.contracts import deeds
from apps.workspaces.history import actions_of, tell
from apps.workspaces.permissions import MANAGERS, ConsoleRequest, requires
from apps.workspaces.selectors import list_audit_events, list_members

PER_PAGE = 50
PERIODS = {"1": 1, "7": 7, "30": 30, "90": 90}


@require_safe
@requires(*MANAGERS)
def events(request: ConsoleRequest) -> HttpResponse:
    chosen = {name: request.GET.get(name, "") for name in ("person", "about", "period")}
    days = PERIODS.get(chosen["period"])
    found = list_audit_events(
        workspace=request.workspace,
        user_id=parse_uuid(chosen["person"]),
        actions=actions_of(chosen["about"]),
        since=timezone.now() - timedelta(days=days) if days else None,
    )
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "events": tell(list(page.object_list)),
        "chosen": chosen,
        "people": list_members(workspace=request.workspace)[:500],
        "groups": [(key, _(group.label)) for key, group in deeds.all().items()],
        "periods": [
            ("", _("All time")),
            ("1", _("Last day")),
            ("7", _("Last 7 days")),
            ("30", _("Last 30 days")),
            ("90", _("Last 90 days")),
        ],
    }
    return render(request, "workspaces/audit.html", context)
