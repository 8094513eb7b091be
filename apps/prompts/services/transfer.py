"""App files in and out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from apps.common import http
from apps.common.perloop import run
from apps.prompts import dsl
from apps.prompts.choices import FLOW_MODES, AppMode
from apps.prompts.contracts import check_config, without_foreign
from apps.prompts.errors import AppUnavailable, FileNotFetched, InvalidAppConfig, NewerAppFile
from apps.prompts.flows import for_export
from apps.prompts.icons import DEFAULT_EMOJI, EMOJI, IMAGE
from apps.prompts.models import App
from apps.prompts.secret_values import open_secrets
from apps.workspaces.models import User, Workspace

from .apps import MAX_DESCRIPTION, create_app
from .icons import is_own_picture
from .versions import publish

RUNNABLE_MODES = frozenset({AppMode.CHAT, AppMode.COMPLETION}) | FLOW_MODES
NO_PICTURE: Final = "The icon is a picture, which app files do not carry. Choose another icon."
NOT_PUBLISHED: Final = "It was not published: put the configuration right first."
NEWER: Final = (
    "The file is of version {version}, which is newer than this product knows. What is unknown in it may not run."
)
_FIELD_LIMITS = {"description": MAX_DESCRIPTION, "icon_type": 16, "icon": 255, "icon_background": 16}
_BLOB: Final = re.compile(r"https://(?:www\.)?github\.com/([^/?#]+)/([^/?#]+)/blob/([^?#]+)")
_FETCH_TIMEOUT_S: Final = 15.0
_FETCH_PRIVATE = False
_REDIRECTS: Final = 3


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of a file: `completed`, or `completed-with-warnings` when something in it is missing here."""

    app_id: UUID
    mode: str
    status: str
    warnings: list[str]


def import_app(
    *,
    workspace: Workspace,
    content: str | bytes,
    name: str = "",
    user: User | None = None,
    publish_now: bool = False,
    accept_newer: bool = False,
) -> ImportResult:
    """Creates an app from an app file.

    Args:
        name: without one, the file's.
        publish_now: unless its configuration has faults; then the app is a draft, and a warning says so.
        accept_newer: also a file of a version that is not known here; what is unknown in it is kept.

    Raises:
        NewerAppFile: of such a version, and nobody has accepted that.
        BrokenAppFile: with the format's sentence for what is wrong.
        AppUnavailable: a file of an app mode this version cannot run.
    """
    file = dsl.parse(content)
    if file.needs_confirmation and not accept_newer:
        raise NewerAppFile(file.version)
    if file.mode not in RUNNABLE_MODES:
        raise AppUnavailable(f"Apps of mode {file.mode} cannot be run by this version yet.")
    fields, warnings = _fields(workspace, file.fields)
    if file.needs_confirmation:
        warnings.append(NEWER.format(version=file.version))
    warnings += check_config(workspace=workspace, mode=file.mode, config=file.config)
    config = without_foreign(workspace=workspace, mode=file.mode, config=file.config)
    with transaction.atomic():
        app = create_app(
            workspace=workspace, name=name or file.name, mode=file.mode, config=config, user=user, **fields
        )
        if publish_now:
            warnings += _publish(app, user)
    status = "completed-with-warnings" if warnings else "completed"
    return ImportResult(app.id, app.mode, status, warnings)


def _publish(app: App, user: User | None) -> list[str]:
    """Publishes the draft; where it has faults, which are among the warnings already, the app stays a draft."""
    try:
        publish(app=app, user=user)
    except InvalidAppConfig:
        return [NOT_PUBLISHED]
    return []


def fetch_app_file(url: str) -> bytes:
    """The app file at an http(s) address; GitHub's pages of a file stand for the file itself.

    Raises:
        AddressBlocked: an address of an inner network.
        OutboundError: no answer, or one that is too large.
        FileNotFetched: the server has no such file.
    """
    address = raw_address(url.strip())
    answer = run(
        http.fetch(
            "GET",
            address,
            private_allowed=_FETCH_PRIVATE,
            max_bytes=dsl.MAX_BYTES,
            timeout_s=_FETCH_TIMEOUT_S,
            redirects=_REDIRECTS,
        )
    )
    if answer.status != 200:
        raise FileNotFetched(f"The server of this address answered with status {answer.status}.")
    return answer.body


def raw_address(url: str) -> str:
    """Where the file itself lies that a GitHub page shows; other addresses as they are."""
    page = _BLOB.match(url)
    return f"https://raw.githubusercontent.com/{page[1]}/{page[2]}/{page[3]}" if page else url


def export_app(*, app: App, include_secrets: bool = False) -> str:
    """The app's draft as an app file.

    Args:
        include_secrets: with the values of a flow's secret environment variables; otherwise they are "".

    Raises:
        AppUnavailable: it has no draft.
        CredentialsUnreadable: SECRET_KEY has changed since the secrets were stored.
    """
    fields = {
        "name": app.name,
        "mode": app.mode,
        "description": app.description,
        "icon_type": app.icon_type,
        "icon": app.icon,
        "icon_background": app.icon_background,
        "use_icon_as_answer_icon": app.use_icon_as_answer_icon,
    }
    if app.draft is None:
        raise AppUnavailable
    config = app.draft.config
    if app.mode in FLOW_MODES:
        opened = open_secrets(app.workspace, config) if include_secrets else config
        config = for_export(opened, include_secrets=include_secrets)
    return dsl.render(app=fields, mode=app.mode, config=config)


def _fields(workspace: Workspace, given: Mapping[str, str | bool]) -> tuple[dict[str, Any], list[str]]:
    """What a file says of the app beside its configuration, cut to length, and what of it cannot be had here."""
    fields: dict[str, Any] = {
        name: value[: _FIELD_LIMITS[name]] if isinstance(value, str) else value for name, value in given.items()
    }
    if fields.get("icon_type") == IMAGE and not is_own_picture(workspace, str(fields.get("icon", ""))):
        return {**fields, "icon_type": EMOJI, "icon": DEFAULT_EMOJI}, [NO_PICTURE]
    return fields, []
