"""A workspace's access to its model providers. The provider is asked before anything is written."""

import json
import re
from collections.abc import Mapping
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.common import crypto, http, notify, perloop
from apps.common.errors import InvalidParam, NotFound
from apps.models.catalogue import CredentialField, Provider, get_provider
from apps.models.configured import make_endpoint
from apps.models.contracts import ModelSpec
from apps.models.models import DefaultModel, ProviderCredential
from apps.models.selectors import get_configured
from apps.workspaces.models import User, Workspace
from apps.workspaces.services import audit

MAX_VALUE_LENGTH: Final = 8000
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_MASKED: Final = "****"


def set_credentials(
    *,
    workspace: Workspace,
    user: User | None,
    provider: str,
    values: Mapping[str, object],
    check: bool = True,
    check_model: ModelSpec | None = None,
) -> ProviderCredential:
    """Stores a provider's credentials, after the provider has accepted them.

    Args:
        values: by field name. A secret that comes back masked (`sk-****yz`) stays as it is, unless the base URL
            changes: then it must be entered again, so that nobody can have it sent elsewhere.
        check: ask the provider first.
        check_model: ask with a call of this model instead of the list of models.

    Raises:
        ProviderNotInitialized: no such provider.
        InvalidParam: a field is missing, unknown or malformed, or a secret must be entered again.
        AddressBlocked: the base URL is not allowed.
        ProviderError: the provider refuses; its own words.
    """
    found = get_provider(provider)
    if not found.needs_credentials:
        raise InvalidParam(f"{found.label} needs no credentials.")
    cleaned = _merge(found, _clean(found, values), _stored(workspace, found))
    if check:
        perloop.run(found.make_driver().check(make_endpoint(found, cleaned), check_model))
    with transaction.atomic():
        credential, _ = ProviderCredential.objects.update_or_create(
            workspace=workspace,
            provider=found.key,
            defaults={
                "encrypted": crypto.encrypt(_public_key(workspace), json.dumps(cleaned)),
                "validated_at": timezone.now() if check else None,
            },
        )
        _record(workspace, user, "provider.set", found.key, {"checked": check, "name": found.label})
    return credential


def remove_credentials(*, workspace: Workspace, user: User | None, provider: str) -> None:
    """Forgets a provider's credentials and the defaults that rest on them; models entered for it stay listed.

    Raises:
        NotFound: there are none.
    """
    found = get_provider(provider)
    key = found.key
    with transaction.atomic():
        deleted, _ = ProviderCredential.objects.filter(workspace=workspace, provider=key).delete()
        if not deleted:
            raise NotFound("This provider is not configured.")
        DefaultModel.objects.filter(workspace=workspace, provider=key).delete()
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
        dropped, _ = ProviderCredential.objects.filter(workspace=workspace).delete()
        _record(workspace, user, "workspace.reset_key_pair", "", {"dropped": dropped})
    return dropped


def _clean(provider: Provider, values: Mapping[str, object]) -> dict[str, str]:
    known = {field.name for field in provider.credentials}
    for name, value in values.items():
        if name not in known:
            allowed = ", ".join(sorted(known))
            raise InvalidParam(f"{provider.label} has no field {name!r}; its fields are {allowed}.", params=name)
        if not isinstance(value, str) or len(value) > MAX_VALUE_LENGTH or _CONTROL.search(value.strip()):
            raise InvalidParam(f"{name} must be one line of text.", params=name)
    cleaned = {name: str(value).strip() for name, value in values.items()}
    if cleaned.get("base_url"):
        http.check_url(cleaned["base_url"], private_allowed=settings.MODEL_PRIVATE_ADDRESSES_ALLOWED)
    return {name: value for name, value in cleaned.items() if value}


def _stored(workspace: Workspace, provider: Provider) -> dict[str, str]:
    """What is stored now; nothing if it cannot be read, so that new values can replace it."""
    try:
        return get_configured(workspace=workspace).values(provider.key)
    except crypto.CredentialsUnreadable:
        return {}


def _merge(provider: Provider, values: dict[str, str], stored: Mapping[str, str]) -> dict[str, str]:
    same_address = _address(values) == _address(stored)
    for field in provider.credentials:
        if field.secret and _MASKED in values.get(field.name, ""):
            values[field.name] = _kept(field, stored, same_address=same_address)
        if field.required and not values.get(field.name):
            raise InvalidParam(f"{field.label} is required.", params=field.name)
    return values


def _kept(field: CredentialField, stored: Mapping[str, str], *, same_address: bool) -> str:
    if not same_address:
        raise InvalidParam(f"Enter the {field.label} again: the base URL has changed.", params=field.name)
    if not stored.get(field.name):
        raise InvalidParam(f"Enter the {field.label}: none is stored.", params=field.name)
    return stored[field.name]


def _address(values: Mapping[str, str]) -> str:
    return values.get("base_url", "").rstrip("/")


def _public_key(workspace: Workspace) -> str:
    """Read inside the transaction: the pair may have been reset since `workspace` was loaded."""
    return Workspace.objects.select_for_update().only("public_key").get(pk=workspace.pk).public_key


def _record(workspace: Workspace, user: User | None, action: str, key: str, data: dict[str, object]) -> None:
    audit.record(workspace=workspace, user=user, action=action, object_type="provider", object_id=key, data=data)
    notify.send("models", workspace.pk)
