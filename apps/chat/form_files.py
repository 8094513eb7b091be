"""The files in forms that runs wait for: whose they are, and how they are kept with the other values."""

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from apps.common.errors import AppError
from apps.files.kinds import kind_of
from apps.files.references import LOCAL, TYPES, FileRules, Owner, load_references
from apps.files.services.uploads import store_by_kind
from apps.logs.models import HumanForm
from apps.logs.services.forms import InvalidFormData
from apps.workspaces.models import User, Workspace

ONE, MANY = "file", "file-list"


def file_fields(form: HumanForm) -> dict[str, str]:
    """The names of the fields that take files, with whether one or many."""
    return {one["output_variable_name"]: one["type"] for one in form.inputs if one.get("type") in (ONE, MANY)}


async def with_files(form: HumanForm, values: object) -> object:
    """The values with each file as a stored object; what is no map is left to `submit_form`.

    Raises:
        InvalidFormData: no file object, too many, or an upload of somebody else than the one whose run it is.
    """
    fields = file_fields(form)
    if not isinstance(values, Mapping) or not fields:
        return values
    owner = Owner(form.workspace_id, form.run.end_user_id, form.run.account_id)
    return {**values, **{name: await _loaded(name, kind, values.get(name), owner) for name, kind in fields.items()}}


def store_file(form: HumanForm, file: "UploadedFile[bytes]") -> dict[str, Any]:
    """Stores a file that came with the form's page, as one of the person whose run it is; returns its file object.

    Raises:
        PayloadTooLarge, EmptyFile, UnsupportedFileType, StorageUnavailable.
    """
    run = form.run
    upload = store_by_kind(
        workspace=Workspace.objects.get(pk=form.workspace_id),
        name=file.name or "",
        data=file,
        mime_type=file.content_type or "",
        user=User.objects.get(pk=run.account_id) if run.account_id else None,
        end_user_id=run.end_user_id,
    )
    return {"type": kind_of(upload.extension), "transfer_method": LOCAL, "upload_file_id": str(upload.pk)}


_EMPTY: Final[dict[str, Any]] = {ONE: None, MANY: []}


async def _loaded(name: str, kind: str, given: Any, owner: Owner) -> Any:
    if not given:
        return _EMPTY[kind]
    most = settings.WORKFLOW_FILE_UPLOAD_LIMIT if kind == MANY else 1
    rules = FileRules(enabled=True, types=frozenset(TYPES), number_limit=most)
    try:
        found = await load_references(given if isinstance(given, list) else [given], rules, owner)
    except AppError as error:
        raise InvalidFormData(f"{name}: {error.message}", params=name) from error
    stored = [file.as_json(owner.workspace_id) for file in found]
    return stored if kind == MANY else stored[0]
