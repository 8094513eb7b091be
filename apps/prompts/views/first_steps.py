"""What a newcomer does first: a list above the apps, ticked by facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from apps.common.pages import done, wants_fragment
from apps.workspaces.contracts import FirstStep, first_steps
from apps.workspaces.models import Workspace
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires
from apps.workspaces.selectors import list_demo_ids

COOKIE: Final = "first_steps"
_YEAR_S: Final = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Step:
    """A step as the list shows it; without a url there is no page for it."""

    label: str
    hint: str
    url: str
    is_done: bool


def steps_for(request: ConsoleRequest) -> list[Step]:
    """The steps in order; none for those who build nothing, who put the list away, or who have done all."""
    if request.membership.role not in BUILDERS or COOKIE in request.COOKIES:
        return []
    demo_ids = list_demo_ids(workspace=request.workspace)
    kinds = sorted((kind() for kind in first_steps.all().values()), key=lambda step: step.position)
    steps = [_look(kind, request.workspace, demo_ids) for kind in kinds]
    return [] if all(step.is_done for step in steps) else steps


def _look(kind: FirstStep, workspace: Workspace, demo_ids: Sequence[str]) -> Step:
    return Step(
        gettext(kind.label),
        gettext(kind.hint),
        kind.url(workspace=workspace, demo_ids=demo_ids),
        kind.is_done(workspace=workspace, demo_ids=demo_ids),
    )


@require_POST
@requires(*BUILDERS)
def put_away(request: ConsoleRequest) -> HttpResponse:
    """Shows the list no more in this browser."""
    response = HttpResponse() if wants_fragment(request) else done(request, "prompts:app_list")
    secure = settings.SESSION_COOKIE_SECURE
    response.set_cookie(COOKIE, "away", max_age=_YEAR_S, httponly=True, samesite="Lax", secure=secure)
    return response
