"""Creating and revoking the bearer keys of the service API."""

from uuid import UUID

from django.db import transaction

from apps.common import notify
from apps.common.errors import NotFound
from apps.prompts import keys
from apps.prompts.choices import TokenKind
from apps.prompts.errors import TooManyKeys
from apps.prompts.models import ApiToken, App
from apps.prompts.runtime import APP_TOPIC
from apps.workspaces.models import User, Workspace
from apps.workspaces.services import audit

MAX_KEYS = 10


def create_app_key(*, app: App, user: User | None = None) -> str:
    """A new key of the app. This is the only time it can be read.

    Raises:
        TooManyKeys: the app has ten.
    """
    return _create(TokenKind.APP, workspace=app.workspace, app=app, user=user)


def create_dataset_key(*, workspace: Workspace, user: User | None = None) -> str:
    """A new key to all knowledge of the workspace. This is the only time it can be read. Raises TooManyKeys."""
    return _create(TokenKind.DATASET, workspace=workspace, app=None, user=user)


def revoke_key(*, workspace: Workspace, token_id: UUID, user: User | None = None) -> None:
    """Makes a key unusable in every process at once. Raises NotFound."""
    with transaction.atomic():
        token = ApiToken.objects.filter(workspace=workspace, id=token_id).first()
        if token is None:
            raise NotFound("The key does not exist.")
        topic, id = (APP_TOPIC, token.app_id) if token.app_id else ("dataset_key", workspace.id)
        audit.record(
            workspace=workspace, user=user, action="key.revoke", object_type="key", object_id=token.id,
            data={"hint": token.hint, "name": token.hint},
        )  # fmt: skip
        token.delete()
        notify.send(topic, id)


def _create(kind: TokenKind, *, workspace: Workspace, app: App | None, user: User | None) -> str:
    token = keys.new_token(kind)
    with transaction.atomic():
        # The workspace's row is the lock: two requests at once must not make an eleventh key.
        Workspace.objects.select_for_update().get(id=workspace.id)
        if ApiToken.objects.filter(workspace=workspace, app=app, kind=kind).count() >= MAX_KEYS:
            raise TooManyKeys
        row = ApiToken.objects.create(
            workspace=workspace,
            app=app,
            kind=kind,
            digest=keys.digest(token),
            hint=keys.hint(token),
            created_by=user,
        )
        audit.record(
            workspace=workspace, user=user, action="key.create", object_type="key", object_id=row.id,
            data={"hint": row.hint, "name": row.hint},
        )  # fmt: skip
    return token
