"""An app's API keys."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.common.tenancy import get_or_404
from apps.prompts.errors import TooManyKeys
from apps.prompts.selectors import get_app, list_keys
from apps.prompts.services.keys import create_app_key, revoke_key
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires

from .api_access import render_api_access


@require_POST
@requires(*BUILDERS)
def create(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    """Answers with the page itself: a redirect would have to carry the key through a session or an address."""
    app = get_app(workspace=request.workspace, app_id=app_id)
    try:
        key = create_app_key(app=app, user=request.user)
    except TooManyKeys as problem:
        messages.error(request, problem.message)
        return redirect("prompts:api", app_id)
    return render_api_access(request, app, new_key=key)


@require_POST
@requires(*BUILDERS)
def revoke(request: ConsoleRequest, app_id: UUID, token_id: UUID) -> HttpResponse:
    app = get_app(workspace=request.workspace, app_id=app_id)
    key = get_or_404(list_keys(app=app), token_id, "The key does not exist.")
    revoke_key(workspace=request.workspace, token_id=key.pk, user=request.user)
    messages.success(request, _("The key %(hint)s is worth nothing any more.") % {"hint": key.hint})
    return redirect("prompts:api", app_id)
