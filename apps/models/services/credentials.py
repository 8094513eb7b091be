"""A workspace's access to its model providers. The provider is asked before anything is written."""

import json
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.common import crypto, notify, perloop
from apps.common.errors import InvalidParam, NotFound
from apps.models.catalogue import Provider, get_provider
from apps.models.configured import make_endpoint
from apps.models.contracts import ModelSpec
from apps.models.models import KeyTrouble, ProviderCredential, WorkspaceModel
from apps.models.selectors import get_configured, get_key, list_keys
from apps.models.uses import list_dependent_defaults
from apps.workspaces.models import User, Workspace
from apps.workspaces.services import audit

from .entered import take_values

MAX_KEYS: Final = 50  # of one provider
MAX_LABEL_LENGTH: Final = 60


def set_credentials(
    *,
    workspace: Workspace,
    user: User | None,
    provider: str,
    values: Mapping[str, object],
    key_id: UUID | str | None = None,
    label: str | None = None,
    check: bool = True,
    check_model: ModelSpec | None = None,
) -> ProviderCredential:
    """Stores a key of a provider, after the provider has accepted it.

    Args:
        values: by field name; see `take_values` for secrets that come back masked.
        key_id: the key to change; None: the provider's first one, which is made where there is none.
        label: what members call it; None: as it is.
        check: ask the provider first.
        check_model: ask with a call of this model instead of the list of models.

    Raises:
        ProviderNotInitialized: no such provider.
        NotFound: no such key, or it was removed while the provider was asked.
        InvalidParam: a field is missing, unknown or malformed, a secret must be entered again, the label is taken, or
            the key was changed while the provider was asked.
        AddressBlocked: the base URL is not allowed.
        ProviderError: the provider refuses; its own words.
    """
    found = get_provider(provider)
    key = get_key(workspace=workspace, key_id=key_id) if key_id else _first_key(workspace, found)
    if key is not None and key.provider != found.key:
        raise NotFound("There is no such key.")
    return _store(workspace, user, found, key, values, label, check=check, check_model=check_model)


def add_key(
    *,
    workspace: Workspace,
    user: User | None,
    provider: str,
    values: Mapping[str, object],
    label: str,
    check: bool = True,
) -> ProviderCredential:
    """Stores a further key of a provider; calls take its keys in turn. Raises as `set_credentials`."""
    found = get_provider(provider)
    if len(list_keys(workspace=workspace, provider=found.key)) >= MAX_KEYS:
        raise InvalidParam(f"A provider has at most {MAX_KEYS} keys; remove one first.")
    return _store(workspace, user, found, None, values, label, check=check, check_model=None)


def set_key_enabled(*, workspace: Workspace, user: User | None, key_id: UUID | str, enabled: bool) -> None:
    """Takes a key into use or out of it; it stays stored. With the last one in use go the defaults that rest on it.

    Raises:
        NotFound: there is no such key.
    """
    with transaction.atomic():
        lock(workspace)
        key = get_key(workspace=workspace, key_id=key_id)
        key.is_enabled = enabled
        key.save(update_fields=["is_enabled", "updated_at"])
        KeyTrouble.objects.filter(credential=key).delete()
        _forget_defaults(workspace, key.provider)
        action = "provider.key_enable" if enabled else "provider.key_disable"
        _record(workspace, user, action, key.provider, {"name": str(key)})


def remove_key(*, workspace: Workspace, user: User | None, key_id: UUID | str) -> None:
    """Forgets one key; with the last one in use, the defaults that rest on it. Raises NotFound."""
    with transaction.atomic():
        lock(workspace)
        key = get_key(workspace=workspace, key_id=key_id)
        ProviderCredential.objects.filter(pk=key.pk).delete()
        _forget_defaults(workspace, key.provider)
        _record(workspace, user, "provider.key_remove", key.provider, {"name": str(key)})


def remove_credentials(*, workspace: Workspace, user: User | None, provider: str) -> None:
    """Forgets a provider's keys and the defaults that rest on them; models entered for it stay listed.

    Raises:
        NotFound: there are none.
    """
    found = get_provider(provider)
    key = found.key
    with transaction.atomic():
        lock(workspace)
        deleted, _ = ProviderCredential.objects.filter(workspace=workspace, provider=key).delete()
        if not deleted:
            raise NotFound("This provider is not configured.")
        _forget_defaults(workspace, key)
        _record(workspace, user, "provider.remove", key, {"name": found.label})


def reset_key_pair(*, workspace: Workspace, user: User | None) -> int:
    """Gives the workspace a new key pair and drops every credential sealed under the old one.

    The way out after SECRET_KEY was lost: the credentials cannot be read any more and are entered again.

    Returns:
        How many credentials were dropped.
    """
    public_key, wrapped = crypto.new_key_pair()
    with transaction.atomic():
        Workspace.objects.filter(pk=workspace.pk).update(public_key=public_key, wrapped_private_key=wrapped)
        keys = ProviderCredential.objects.filter(workspace=workspace)
        dropped = keys.count()
        keys.delete()
        dropped += WorkspaceModel.objects.filter(workspace=workspace, encrypted__isnull=False).update(encrypted=None)
        _record(workspace, user, "workspace.reset_key_pair", "", {"dropped": dropped})
    return dropped


def lock(workspace: Workspace) -> Workspace:
    """The workspace as it is, until the end of the transaction for whoever changes its keys and models alone."""
    return Workspace.objects.select_for_update(no_key=True).only("public_key").get(pk=workspace.pk)


def seal(workspace: Workspace, values: Mapping[str, str]) -> bytes:
    """Values sealed for the workspace; called inside a transaction: the pair may just have been reset."""
    return crypto.encrypt(lock(workspace).public_key, json.dumps(values))


def _store(
    workspace: Workspace,
    user: User | None,
    provider: Provider,
    key: ProviderCredential | None,
    values: Mapping[str, object],
    label: str | None,
    *,
    check: bool,
    check_model: ModelSpec | None,
) -> ProviderCredential:
    if not provider.needs_credentials:
        raise InvalidParam(f"{provider.label} needs no credentials.")
    cleaned = take_values(provider.credentials, values, _opened(workspace, key), provider.label)
    name = _label(workspace, provider, key, label)
    if check:
        model = check_model or provider.specs.get(("llm", provider.check_model))
        perloop.run(provider.make_driver().check(make_endpoint(provider, cleaned), model))
    with transaction.atomic():
        sealed = seal(workspace, cleaned)
        stored = _unchanged(key) if key else ProviderCredential(workspace=workspace, provider=provider.key)
        stored.label = _label(workspace, provider, key, name)
        stored.encrypted, stored.validated_at = sealed, timezone.now() if check else None
        stored.save()
        KeyTrouble.objects.filter(credential=stored).delete()
        data = {"checked": check, "name": provider.label, "label": name}
        _record(workspace, user, "provider.set", provider.key, data)
    return stored


def _unchanged(key: ProviderCredential) -> ProviderCredential:
    """A key's row as it is now, the workspace being locked.

    Raises:
        NotFound: it is gone.
        InvalidParam: other values are stored than were read.
    """
    row = ProviderCredential.objects.filter(pk=key.pk).first()
    if row is None:
        raise NotFound("The key was removed meanwhile.")
    if bytes(row.encrypted) != bytes(key.encrypted):
        raise InvalidParam("The key was changed meanwhile. Look at it and save again.")
    return row


def _forget_defaults(workspace: Workspace, provider: str) -> None:
    """Once no key is in use, the defaults that rested on one go; those with credentials of their own stay."""
    if list_keys(workspace=workspace, provider=provider, only_enabled=True):
        return
    for default in list_dependent_defaults(workspace=workspace, provider=provider):
        default.delete()


def _first_key(workspace: Workspace, provider: Provider) -> ProviderCredential | None:
    return next(iter(list_keys(workspace=workspace, provider=provider.key)), None)


def _opened(workspace: Workspace, key: ProviderCredential | None) -> dict[str, str]:
    """What is stored now; nothing if it cannot be read, so that new values can replace it."""
    if key is None:
        return {}
    try:
        return get_configured(workspace=workspace).open(bytes(key.encrypted))
    except crypto.CredentialsUnreadable:
        return {}


def _label(workspace: Workspace, provider: Provider, key: ProviderCredential | None, label: str | None) -> str:
    if label is None:
        return key.label if key else ""
    name = label.strip()
    if len(name) > MAX_LABEL_LENGTH:
        raise InvalidParam(f"A key's name has at most {MAX_LABEL_LENGTH} characters.", params="label")
    others = [other for other in list_keys(workspace=workspace, provider=provider.key) if key is None or other != key]
    if name in {other.label for other in others}:
        raise InvalidParam("Another key of this provider has that name; choose one to tell them apart.", params="label")
    return name


def _record(workspace: Workspace, user: User | None, action: str, key: str, data: dict[str, object]) -> None:
    audit.record(workspace=workspace, user=user, action=action, object_type="provider", object_id=key, data=data)
    notify.send("models", workspace.pk)
