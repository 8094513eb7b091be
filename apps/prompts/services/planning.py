"""What an app file would bring, without storing anything."""

from typing import Any

from apps.common.errors import InvalidParam
from apps.prompts import dsl
from apps.prompts.contracts import check_config, without_foreign
from apps.prompts.models import App
from apps.prompts.planning import plan_config
from apps.workspaces.models import Workspace


def plan_import(*, workspace: Workspace, content: str | bytes, app: App | None = None) -> dict[str, Any]:
    """What importing the file would change: in a new app everything is added, in `app` the difference to its draft.

    Returns:
        name, mode, version, warnings, changes (see `planning`).

    Raises:
        BrokenAppFile: with the format's sentence for what is wrong.
        InvalidParam: the file is of another mode than the app.
    """
    file = dsl.parse(content)
    if app is not None and app.mode != file.mode:
        raise InvalidParam(f"The file is of mode {file.mode}, the app of mode {app.mode}.")
    before = app.draft.config if app is not None and app.draft is not None else {}
    after = without_foreign(workspace=workspace, mode=file.mode, config=file.config)
    return {
        "name": file.name,
        "mode": file.mode,
        "version": file.version,
        "warnings": check_config(workspace=workspace, mode=file.mode, config=file.config),
        "changes": plan_config(file.mode, before, after),
    }
