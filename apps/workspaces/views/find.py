"""What the command menu shows."""

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.common.navigation import places_in
from apps.common.text import storable
from apps.workspaces.contracts import Found, finders
from apps.workspaces.permissions import MEMBERS, ConsoleRequest, requires

LIMIT = 6


@require_safe
@requires(*MEMBERS)
def find(request: ConsoleRequest) -> HttpResponse:
    """`{"groups": [{"label", "items": [{"label", "url", "icon", "detail"}]}]}`."""
    words = storable(request.GET.get("q", "")).strip()[:100]
    groups = [(_("Pages"), _pages(request, words))]
    if words:
        groups += [
            (_(finder.label), list(finder().find(membership=request.membership, words=words, limit=LIMIT)))
            for finder in finders.all().values()
        ]
    return JsonResponse({"groups": [_group(label, items) for label, items in groups if items]})


def _pages(request: ConsoleRequest, words: str) -> list[Found]:
    role = request.membership.role
    found = [*places_in("main", role=role), *places_in("settings", role=role)]
    pages = [Found(_(place.label), reverse(place.url_name), place.icon) for place in found]
    return [page for page in pages if words.casefold() in page.label.casefold()]


def _group(label: str, items: list[Found]) -> dict[str, object]:
    entries = [{"label": item.label, "url": item.url, "icon": item.icon, "detail": item.detail} for item in items]
    return {"label": label, "items": entries}
