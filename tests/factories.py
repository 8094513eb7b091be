"""Rows for tests, made through the product's own services where those are quick."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from apps.common.crypto import new_key_pair
from apps.prompts.models import App
from apps.prompts.services.apps import create_app
from apps.prompts.services.keys import create_app_key
from apps.prompts.services.versions import publish
from apps.workspaces.choices import Role
from apps.workspaces.models import Membership, User, Workspace


@cache
def key_pair() -> tuple[str, bytes]:
    """One pair for all test workspaces: making one takes a tenth of a second."""
    return new_key_pair()


def make_user(email: str = "owner@example.org", password: str = "correct horse 7", **fields: Any) -> User:
    return User.objects.create_user(email, password, **fields)


def make_workspace(name: str = "Acme", email: str = "owner@example.org") -> Workspace:
    """A workspace with its owner."""
    public_key, private_key = key_pair()
    workspace = Workspace.objects.create(name=name, public_key=public_key, wrapped_private_key=private_key)
    Membership.objects.create(workspace=workspace, user=make_user(email), role=Role.OWNER)
    return workspace


def make_app(
    workspace: Workspace, config: Mapping[str, Any] | None = None, *, mode: str = "chat", published: bool = True
) -> App:
    """An app on the workspace's default model (the demo model where nothing is configured)."""
    app = create_app(workspace=workspace, name="Helper", mode=mode, config=config or {"pre_prompt": "Be brief."})
    if published:
        publish(app=app)
        app.refresh_from_db()
    return app


def make_key(app: App) -> str:
    return create_app_key(app=app)


def make_provider(workspace: Workspace, base_url: str, *models: str) -> None:
    """Points `openai_api_compatible` at a server, with these chat models (window 16,000 tokens)."""
    from apps.models.contracts import ModelSpec
    from apps.models.services.credentials import set_credentials
    from apps.models.services.models import add_model

    values = {"base_url": base_url, "api_key": "sk-secret-of-the-workspace"}
    set_credentials(workspace=workspace, user=None, provider="openai_api_compatible", values=values, check=False)
    for name in models:
        spec = ModelSpec(name, "llm", context_tokens=16_000)
        add_model(workspace=workspace, user=None, provider="openai_api_compatible", spec=spec, check=False)


def upstream_config(model: str, **more: Any) -> dict[str, Any]:
    """An app's configuration that runs on a model of `make_provider`."""
    return {"model": {"provider": "openai_api_compatible", "name": model, "mode": "chat"}, **more}
