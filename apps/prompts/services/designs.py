"""Automatic design, taken over into an app's draft."""

from apps.common.perloop import run
from apps.prompts.choices import AppMode
from apps.prompts.designing import Design, design
from apps.prompts.errors import AppUnavailable
from apps.prompts.models import App, AppVersion
from apps.workspaces.models import User

from .versions import save_draft


def design_app(*, app: App, instruction: str) -> Design:
    """What the workspace's default model proposes for the app; nothing is stored.

    Args:
        instruction: what the app shall do, 1 to 4,000 characters.

    Raises:
        AppUnavailable: the app has no draft.
        InvalidParam, ExpertModeOnly, DesignFailed, ProviderNotInitialized, ProviderError: see `design`.
    """
    if app.draft is None:
        raise AppUnavailable
    return run(design(workspace_id=app.workspace_id, instruction=instruction, config=app.draft.config))


def take_over_design(*, app: App, proposal: Design, user: User | None = None) -> AppVersion:
    """Makes a draft of the present one with the proposal's instructions, form and opener.

    Raises:
        AppUnavailable: the app has no draft.
        InvalidAppConfig, ExpertModeOnly: see `save_draft`.
    """
    if app.draft is None:
        raise AppUnavailable
    config = {**app.draft.config, **proposal.as_config(as_chat=app.mode == AppMode.CHAT)}
    return save_draft(app=app, config=config, user=user, note="automatic design")
