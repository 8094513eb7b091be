"""An app's runs for its canvas, as JSON: the list, and one with all its nodes."""

from typing import Final
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from apps.common.paging import MAX_PAGE, read_number
from apps.logs.entries import version_numbers
from apps.logs.flow_selectors import get_run, list_big_values, list_runs
from apps.logs.replays import MAX_NODES, listed_json, node_json, run_json
from apps.logs.views.runs import with_callers
from apps.prompts.selectors import get_app
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires

RUNS_PER_PAGE: Final = 20


@require_safe
@requires(*BUILDERS)
def run_history(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    """?page=N: all runs of the app, whoever made them, the newest first."""
    app = get_app(workspace=request.workspace, app_id=app_id)
    number = read_number(request.GET.dict(), "page", default=1, maximum=MAX_PAGE)
    runs_of_app = list_runs(workspace_id=app.workspace_id, app_id=app.pk).defer("inputs", "outputs")
    pages = Paginator(runs_of_app, RUNS_PER_PAGE)
    page = pages.get_page(number)
    runs = list(page) if number <= pages.num_pages else []
    versions = version_numbers(runs)
    data = [listed_json(run, who, versions.get(run.version_id)) for run, who in with_callers(runs)]
    return JsonResponse({"page": number, "total": pages.count, "has_more": number < pages.num_pages, "data": data})


@require_safe
@requires(*BUILDERS)
def run_detail(request: ConsoleRequest, app_id: UUID, run_id: UUID) -> HttpResponse:
    """The run, and its nodes in the order they began; they are stored when it ends or waits."""
    app = get_app(workspace=request.workspace, app_id=app_id)
    run = get_run(workspace_id=app.workspace_id, app_id=app.pk, run_id=run_id)
    ((_, who),) = with_callers([run])
    big = {(value.node_index, value.field): value for value in list_big_values(run)}
    nodes = list(run.nodes.order_by("index")[: MAX_NODES + 1])
    told = run_json(run, listed_json(run, who, version_numbers([run]).get(run.version_id)), big)
    shown = [node_json(node, big) for node in nodes[:MAX_NODES]]
    return JsonResponse({"run": told, "nodes": shown, "has_more": len(nodes) > MAX_NODES})
