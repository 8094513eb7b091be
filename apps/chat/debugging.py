"""Trying an app out while it is made: which version runs, on which model, as whom."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from apps.common.errors import InvalidParam
from apps.common.ids import parse_uuid
from apps.models.parameters import check_parameters
from apps.prompts.callers import Access, Caller
from apps.prompts.choices import InvokeFrom
from apps.prompts.config import with_model
from apps.prompts.runtime import AppRuntime, draft_by_id
from apps.workspaces.models import Membership


async def draft_access(app_id: UUID, membership: Membership) -> Access:
    """The app's draft, as a member tries it out; such turns are kept out of the app's logs and figures.

    Raises:
        NotFound: not an app of the member's workspace.
        Forbidden: the workspace is archived.
    """
    app = await draft_by_id(app_id, membership.workspace_id)
    return Access(app, Caller(InvokeFrom.DEBUGGER.value, account_id=membership.user_id))


async def as_asked(access: Access, message: Mapping[str, Any]) -> Access:
    """The version and the model a request names, where it names any.

    Args:
        message: may hold `version_id`, and `model` with provider, name and completion_params.

    Raises:
        InvalidParam: no id, no model, parameters that the model does not take.
        NotFound: the app has no such version.
    """
    app = access.app
    if message.get("version_id") is not None:
        version_id = parse_uuid(message["version_id"])
        if version_id is None:
            raise InvalidParam("version_id must be a UUID.", params="version_id")
        app = await draft_by_id(app.app_id, app.workspace_id, version_id)
    if message.get("model") is not None:
        app = _on_model(app, message["model"])
    return replace(access, app=app)


def _on_model(app: AppRuntime, model: object) -> AppRuntime:
    if not isinstance(model, dict) or not model.get("provider") or not model.get("name"):
        raise InvalidParam("model must name its provider and its name.", params="model")
    config = with_model(app.require_config(), model)
    problems = check_parameters(config.provider, config.model, config.parameters)
    if problems:
        raise InvalidParam(" ".join(problem.message for problem in problems), params="model")
    return replace(app, config=config)
