"""The last values of drafts: edited, pinned, kept of nodes that ran alone, and reset."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.common.batches import delete_in_batches
from apps.common.errors import InvalidParam, NotFound
from apps.common.text import storable_json
from apps.logs.kept_values import masked
from apps.prompts.choices import FLOW_MODES
from apps.prompts.inputs import unmarked
from apps.prompts.locks import lock_app
from apps.prompts.models import App
from apps.prompts.secret_values import open_secrets
from apps.workflows.choices import ValueSource
from apps.workflows.engine.graph import Graph, GraphNode
from apps.workflows.engine.validation import name_of
from apps.workflows.models import NodeValue
from apps.workflows.opening import secrets_of
from apps.workflows.pinning import why_not_pinned
from apps.workflows.value_selectors import RESET_ID, LastValue, Whose, get_last_values, own_outputs
from apps.workspaces.models import User

MAX_BYTES: Final = 2**20  # of the outputs of a node, as JSON
MAX_NAME: Final = 255
NO_NODE: Final = "The draft has no such node. Save it and try again."


def flow_of(app: App) -> Mapping[str, Any]:
    """The `workflow` map of an app's draft. Raises NotFound: the app is no graph."""
    if app.mode not in FLOW_MODES or app.draft is None:
        raise NotFound("This app has no nodes.")
    config: Mapping[str, Any] = app.draft.config
    return config


def edit_value(*, app: App, user: User, node_id: str, name: object, value: object) -> None:
    """Changes one variable of what a node brings; what is sent as it was shown stays what it is.

    Raises:
        NotFound: the draft has no such node.
        InvalidParam: it stands inside an iteration or a loop, the name is none, or there would be too much of it.
    """
    if not isinstance(name, str) or not name or len(name) > MAX_NAME or "." in name:
        raise InvalidParam(f"name must be a text of 1 to {MAX_NAME} characters without dots.", params="name")
    with transaction.atomic():
        last = _locked_value(app, user, node_id)
        before = last.outputs if last else {}
        _keep_edited(app, user, node_id, before, {**before, name: value})


def edit_outputs(*, app: App, user: User, node_id: str, outputs: object) -> None:
    """Changes all that a node brings. Raises as `edit_value`."""
    if not isinstance(outputs, dict):
        raise InvalidParam("outputs must be an object.", params="outputs")
    with transaction.atomic():
        last = _locked_value(app, user, node_id)
        _keep_edited(app, user, node_id, last.outputs if last else {}, outputs)


def pin_node(*, app: App, user: User, node_id: str, is_pinned: object) -> None:
    """Pins what a node brought last, or lets it run again.

    Raises:
        NotFound: the draft has no such node.
        InvalidParam: it must run, has brought nothing yet, or brought too much.
    """
    if not isinstance(is_pinned, bool):
        raise InvalidParam("is_pinned must be true or false.", params="is_pinned")
    node = _node(app, node_id)
    if is_pinned and (reason := why_not_pinned(node)):
        raise InvalidParam(reason, params="node_id")
    with transaction.atomic():
        last = _locked_value(app, user, node_id)
        if not is_pinned:
            _unpin(app, user, node_id)
        elif last is None:
            raise InvalidParam(f"{name_of(node)} has brought nothing yet. Run it, or write its values.")
        elif not last.is_pinned:
            fields = {"outputs": _fitting(last.outputs), "source": last.source, "updated_at": last.updated_at}
            _rows(app, user).update_or_create(
                app=app,
                account=user,
                node_id=node_id,
                defaults={**fields, "is_pinned": True, "workspace_id": app.workspace_id},
            )


def keep_step(
    *, whose: Whose, node_id: str, node_type: str, outputs: Mapping[str, Any], details: Mapping[str, Any]
) -> bool:
    """Keeps what a node brought that ran alone; False: the node is pinned, there is too much of it, the app is gone.

    Args:
        outputs, details: without secrets.
    """
    own, about = masked(own_outputs(node_type, outputs)), masked(details)  # as JSON can hold it
    if _size(own) > MAX_BYTES or _size(about) > MAX_BYTES:
        return False
    with transaction.atomic():
        app = App.objects.select_for_update().filter(pk=whose.app_id, workspace_id=whose.workspace_id).first()
        rows = NodeValue.objects.filter(app=app, account_id=whose.account_id, node_id=node_id)
        if app is None or rows.filter(is_pinned=True).exists():
            return False
        fields = {"source": ValueSource.STEP, "outputs": own, "details": about, "updated_at": timezone.now()}
        defaults = {**fields, "workspace_id": app.workspace_id}
        NodeValue.objects.update_or_create(app=app, account_id=whose.account_id, node_id=node_id, defaults=defaults)
    return True


def reset_node(*, app: App, user: User, node_id: str) -> None:
    """Forgets what was edited, pinned or kept of a node; what it brought in the last run counts again."""
    _node(app, node_id)
    _rows(app, user).filter(node_id=node_id).delete()


def reset_values(*, app: App, user: User) -> None:
    """Forgets all values of a member's draft; runs that were before this do not count any more."""
    flow_of(app)
    with transaction.atomic():
        lock_app(app.pk)
        _rows(app, user).delete()
        NodeValue.objects.create(
            app=app,
            account=user,
            node_id=RESET_ID,
            source=ValueSource.RESET,
            updated_at=timezone.now(),
            workspace_id=app.workspace_id,
        )


def delete_values(*, app_id: UUID) -> None:
    """Removes everybody's values of an app."""
    delete_in_batches(NodeValue.objects.filter(app_id=app_id))


def _rows(app: App, user: User) -> Any:
    return NodeValue.objects.filter(workspace_id=app.workspace_id, app=app, account=user)


def _node(app: App, node_id: str) -> GraphNode:
    node = Graph.parse(flow_of(app)).nodes.get(node_id)
    if node is None:
        raise NotFound(NO_NODE)
    return node


def _locked_value(app: App, user: User, node_id: str) -> LastValue | None:
    """What a node brought last, whole; nobody else changes it until the transaction ends."""
    node = _node(app, node_id)
    if node.inside:
        raise InvalidParam(f"{name_of(node)} stands inside an iteration or a loop. Its values are not kept.")
    lock_app(app.pk)
    whose = Whose(app.workspace_id, app.pk, user.pk)
    return get_last_values(whose, flow_of(app), whole=True).nodes.get(node_id)


def _keep_edited(app: App, user: User, node_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    secrets = secrets_of(open_secrets(app.workspace, flow_of(app)))
    outputs = {name: _edited(before.get(name), value, secrets) for name, value in after.items()}
    if outputs == before:
        return
    fields = {"source": ValueSource.EDITED, "outputs": _fitting(outputs), "details": {}, "updated_at": timezone.now()}
    _rows(app, user).update_or_create(
        app=app, account=user, node_id=node_id, defaults={**fields, "workspace_id": app.workspace_id}
    )


def _edited(before: Any, after: Any, secrets: Sequence[str]) -> Any:
    """What is still as it was shown stays as it was; who writes the mark of a stored file has not uploaded one."""
    if after == before or after == masked(before, secrets):
        return before
    return masked(unmarked(storable_json(after)), secrets)


def _unpin(app: App, user: User, node_id: str) -> None:
    rows = _rows(app, user).filter(node_id=node_id)
    rows.filter(source=ValueSource.RUN).delete()  # the run itself counts again
    rows.update(is_pinned=False)


def _fitting(outputs: Mapping[str, Any]) -> dict[str, Any]:
    if _size(outputs) > MAX_BYTES:
        raise InvalidParam("The values of a node may take 1 MB at most.", params="value")
    return dict(outputs)


def _size(value: Mapping[str, Any]) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())
