"""Console pages of a turn."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.prompts.config import BasicConfig, Variable, read_config
from apps.prompts.selectors import get_app
from apps.workspaces.permissions import APP_USERS, KNOWLEDGE_BUILDERS, ConsoleRequest, requires


@require_safe
@requires(*APP_USERS)
def chat_page(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    app = get_app(workspace=request.workspace, app_id=app_id)
    context: dict[str, object] = {"app": app, "sees_knowledge": request.membership.role in KNOWLEDGE_BUILDERS}
    if app.published is not None:
        context["pane"] = _pane(app.mode, read_config(app.published.config))
    return render(request, "chat/chat_page.html", context)


def _pane(mode: str, config: BasicConfig) -> dict[str, object]:
    """What the chat pane shows before the first turn."""
    return {
        "mode": mode,
        "opening_statement": config.opening_statement,
        "suggested_questions": config.features["suggested_questions"],
        "form": [_field(variable) for variable in config.variables],
    }


def _field(variable: Variable) -> dict[str, object]:
    return {
        "kind": variable.kind,
        "name": variable.name,
        "label": variable.label or variable.name,
        "required": variable.required,
        "max_length": variable.max_length,
        "default": variable.default,
        "options": variable.options,
    }
