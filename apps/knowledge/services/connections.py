"""A workspace's ways into sources: made by credentials or by consent, switched off, removed."""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.common import crypto
from apps.common.errors import InvalidParam, NotFound
from apps.common.perloop import run
from apps.common.registry import UnknownKey
from apps.knowledge.errors import SourceNotConnected
from apps.knowledge.models import SourceConnection
from apps.knowledge.source_contract import Access, Account, OAuthApp, Source, sources
from apps.workspaces.models import User, Workspace
from apps.workspaces.services import audit

MAX_VALUE_LENGTH: Final = 4_000
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def get_source(key: str) -> Source:
    """A registered source. Raises NotFound."""
    try:
        return sources.get(key)()
    except UnknownKey as error:
        raise NotFound(f"There is no source {key[:40]!r}.") from error


def connect(
    *, workspace: Workspace, source: str, values: Mapping[str, object], user: User | None = None
) -> SourceConnection:
    """Stores the credentials of a source, after the source has accepted them; those of the same account are replaced.

    Args:
        values: by field name.

    Raises:
        NotFound: no such source.
        InvalidParam: a field is missing, unknown or malformed, or the source needs none.
        SourceRefused, SourceUnavailable, AddressBlocked, OutboundError: what the source says to them.
    """
    found = get_source(source)
    credentials = _clean(found, values)
    account = run(found.check(Access(credentials, _private_hosts())))
    return _store(workspace, user, found, credentials, account)


def connect_internal(*, workspace: Workspace, source: str, user: User | None = None) -> SourceConnection:
    """The same with the secret of the installation's own integration. Raises InvalidParam: there is none; as above."""
    secret = internal_secret(source)
    if not secret:
        raise InvalidParam("This server has no integration secret of its own. Enter one.", params="secret")
    return connect(workspace=workspace, source=source, values={"secret": secret}, user=user)


def oauth_app(source: str, redirect_uri: str) -> OAuthApp | None:
    """This installation as registered with a source (`<SOURCE>_CLIENT_ID`, `…_CLIENT_SECRET`); None: it is not."""
    if _setting(source, "INTEGRATION_TYPE") != "public":
        return None
    app = OAuthApp(_setting(source, "CLIENT_ID"), _setting(source, "CLIENT_SECRET"), redirect_uri)
    return app if app.client_id and app.client_secret else None


def internal_secret(source: str) -> str:
    """The secret of the installation's own integration; "": there is none, or consent is asked for instead."""
    return _setting(source, "INTERNAL_SECRET") if _setting(source, "INTEGRATION_TYPE") == "internal" else ""


def connect_by_consent(
    *, workspace: Workspace, source: str, app: OAuthApp, code: str, user: User | None = None
) -> SourceConnection:
    """Stores what a person's consent at the source opens.

    Raises:
        NotFound, SourceRefused, SourceUnavailable, OutboundError.
    """
    found = get_source(source)
    credentials, account = run(found.exchange(Access(private_hosts=_private_hosts()), app, code))
    return _store(workspace, user, found, credentials, account)


def set_connection_enabled(*, connection: SourceConnection, enabled: bool, user: User | None = None) -> None:
    """Switches a connection on or off; its documents stay, and are not synced while it is off."""
    with transaction.atomic():
        SourceConnection.objects.filter(pk=connection.pk).update(enabled=enabled, updated_at=timezone.now())
        connection.enabled = enabled
        _record(connection, user, "source.enable" if enabled else "source.disable")


def remove_connection(*, connection: SourceConnection, user: User | None = None) -> None:
    """Forgets a connection and its credentials; its documents stay."""
    with transaction.atomic():
        _record(connection, user, "source.remove")
        connection.delete()


def open_access(source: Source, connection: SourceConnection | None) -> Access:
    """The way into a source.

    Raises:
        SourceNotConnected: it needs a connection, and there is none or it is switched off.
        CredentialsUnreadable: SECRET_KEY has changed.
    """
    if not source.fields:
        return Access(private_hosts=_private_hosts())
    if connection is None or connection.source != source.key:
        raise SourceNotConnected(f"There is no connection to {source.label} any more. Connect it again.")
    if not connection.enabled:
        raise SourceNotConnected(f"The connection to {connection.name} is switched off.")
    workspace = Workspace.objects.only("wrapped_private_key").get(pk=connection.workspace_id)
    sealed = b64decode(connection.credentials)
    return Access(json.loads(crypto.decrypt(bytes(workspace.wrapped_private_key), sealed)), _private_hosts())


def _clean(source: Source, values: Mapping[str, object]) -> dict[str, str]:
    known = {field.name: field for field in source.fields}
    if not known:
        raise InvalidParam(f"{source.label} needs no connection.")
    for name, value in values.items():
        if name not in known:
            raise InvalidParam(f"{source.label} has no field {name[:40]!r}: {', '.join(known)}.", params=name[:40])
        if not isinstance(value, str) or len(value) > MAX_VALUE_LENGTH or _CONTROL.search(value.strip()):
            raise InvalidParam(f"{name} must be one line of text.", params=name)
    cleaned = {name: str(values.get(name) or "").strip() or field.default for name, field in known.items()}
    for name, field in known.items():
        if field.required and not cleaned[name]:
            raise InvalidParam(f"{field.label} is required.", params=name)
    return {name: value for name, value in cleaned.items() if value}


def _store(
    workspace: Workspace, user: User | None, source: Source, credentials: Mapping[str, str], account: Account
) -> SourceConnection:
    with transaction.atomic():
        # Read inside the transaction: the key pair may have been reset since.
        key = Workspace.objects.select_for_update(no_key=True).only("public_key").get(pk=workspace.pk).public_key
        connection, _ = SourceConnection.objects.update_or_create(
            workspace=workspace,
            source=source.key,
            account=account.id[:255],
            defaults={
                "name": account.name[:255],
                "info": dict(account.info),
                "credentials": b64encode(crypto.encrypt(key, json.dumps(dict(credentials)))).decode(),
                "enabled": True,
                "created_by": user,
                "updated_at": timezone.now(),
            },
        )
        _record(connection, user, "source.connect")
    return connection


def _record(connection: SourceConnection, user: User | None, action: str) -> None:
    audit.record(
        workspace=connection.workspace, user=user, action=action, object_type="source", object_id=connection.pk,
        data={"source": connection.source, "name": connection.name},
    )  # fmt: skip


def _private_hosts() -> frozenset[str]:
    return frozenset(host.casefold() for host in settings.SOURCE_PRIVATE_HOSTS)


def _setting(source: str, name: str) -> str:
    return str(getattr(settings, f"{source.upper()}_{name}", ""))
