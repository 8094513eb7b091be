"""An app's figures, as a part of its overview."""

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.common.pages import render_part
from apps.logs.periods import LABELS, read_period
from apps.logs.statistics import Series, read_prices, read_series
from apps.prompts.selectors import get_app
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires


@require_safe
@requires(*BUILDERS)
def statistics(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    app = get_app(workspace=request.workspace, app_id=app_id)
    period = read_period(request.GET.get("period", ""))
    context = {
        "app": app,
        "period": period,
        "periods": [(key, _(label)) for key, label in LABELS.items()],
        "charts": [_chart(series) for series in read_series(app=app, period=period)],
        "prices": read_prices(app=app, period=period),
    }
    return render_part(request, "logs/statistics.html", "logs/_statistics.html", context)


def _chart(series: Series) -> dict[str, object]:
    figure = series.figure
    return {
        "key": figure.key,
        "label": _(figure.label),
        "explanation": _(figure.explanation),
        "unit": _(figure.unit),
        "decimals": figure.decimals,
        "shown_decimals": f"{figure.decimals}g",
        "total": series.total,
        "points": series.points,
    }
