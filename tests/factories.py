"""Rows for tests, made through the product's own services where those are quick."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from apps.common.crypto import new_key_pair
from apps.common.ids import new_id
from apps.files.services.uploads import store_upload
from apps.logs.models import Conversation, Message, MessageFile
from apps.models.contracts import ModelSpec
from apps.prompts.callers import Caller, end_user
from apps.prompts.choices import InvokeFrom
from apps.prompts.models import App
from apps.prompts.services.apps import create_app
from apps.prompts.services.end_users import ensure_end_user
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


def make_provider(workspace: Workspace, base_url: str, *models: str, **others: str) -> None:
    """Points `openai_api_compatible` at a server, with these chat models (window 16,000 tokens).

    Args:
        others: further models by name, with their type.
    """
    from apps.models.services.credentials import set_credentials
    from apps.models.services.models import add_model

    values = {"base_url": base_url, "api_key": "sk-secret-of-the-workspace"}
    set_credentials(workspace=workspace, user=None, provider="openai_api_compatible", values=values, check=False)
    for name, type_ in {**dict.fromkeys(models, "llm"), **others}.items():
        spec = ModelSpec(name, type_, context_tokens=16_000)  # type: ignore[arg-type]  # a test names only types that exist
        add_model(workspace=workspace, user=None, provider="openai_api_compatible", spec=spec, check=False)


def upstream_config(model: str, **more: Any) -> dict[str, Any]:
    """An app's configuration that runs on a model of `make_provider`."""
    return {"model": {"provider": "openai_api_compatible", "name": model, "mode": "chat"}, **more}


def make_passport(app: App, name: str = "") -> str:
    """What a visitor of the app's page holds, under a name or anonymous."""
    from apps.common.perloop import run
    from apps.prompts.runtime import app_by_id
    from apps.webapp import passports

    return passports.issue(run(app_by_id(app.pk, app.workspace_id)), name or None)


def api_user(app: App, name: str = "ada") -> Caller:
    """The end user whom callers of the service API name so."""
    return end_user(app.pk, InvokeFrom.SERVICE_API, name)


def make_conversation(app: App, caller: Caller, **fields: Any) -> Conversation:
    ensure_end_user(workspace_id=app.workspace_id, app_id=app.pk, caller=caller)
    return Conversation.objects.create(workspace_id=app.workspace_id, app_id=app.pk, **_whose(caller), **fields)


def make_message(app: App, caller: Caller, conversation: Conversation | None = None, **fields: Any) -> Message:
    """An answered question; without a conversation that of a text generator."""
    ensure_end_user(workspace_id=app.workspace_id, app_id=app.pk, caller=caller)
    values = {"query": "Why?", "answer": "Because.", "status": "normal", **fields}
    return Message.objects.create(
        workspace_id=app.workspace_id,
        app_id=app.pk,
        version_id=app.published_id or new_id(),
        conversation=conversation,
        task_id=new_id(),
        **_whose(caller),
        **values,
    )


def attach_upload(message: Message, data: bytes = b"\x89PNG", name: str = "a.png", mime_type: str = "image/png") -> Any:
    """An upload that a message's question brought."""
    workspace = Workspace.objects.get(pk=message.workspace_id)
    upload = store_upload(
        workspace=workspace, name=name, data=data, mime_type=mime_type, end_user_id=message.end_user_id
    )
    MessageFile.objects.create(
        workspace_id=message.workspace_id,
        app_id=message.app_id,
        message=message,
        position=message.files.count(),
        type="image",
        transfer_method="local_file",
        upload_file_id=upload.pk,
    )
    return upload


def _whose(caller: Caller) -> dict[str, Any]:
    return {"invoke_from": caller.invoke_from, "end_user_id": caller.end_user_id, "account_id": caller.account_id}
