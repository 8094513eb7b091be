"""Creating, changing and deleting knowledge bases."""

from collections.abc import Mapping
from copy import copy
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.common import notify
from apps.common.errors import AppError, InvalidParam
from apps.common.perloop import call
from apps.common.text import storable
from apps.files.models import UploadFile
from apps.files.services.uploads import delete_uploads
from apps.knowledge.access import require_sharer
from apps.knowledge.choices import DatasetProvider, IndexingTechnique, Permission
from apps.knowledge.configs import TOPIC
from apps.knowledge.errors import DatasetInUse, DatasetIsExternal, DatasetNameDuplicate
from apps.knowledge.locks import lock_dataset, lock_dataset_to_delete
from apps.knowledge.models import Dataset
from apps.knowledge.selectors import count_apps
from apps.knowledge.wire import dump_retrieval, parse_retrieval
from apps.models.services.resolve import resolve_model
from apps.workspaces.models import User, Workspace
from apps.workspaces.services import audit
from apps.workspaces.services.tags import forget_target

from .index_changes import default_retrieval, start_change
from .index_rows import delete_dataset_rows
from .members import read_members, require_members, set_members

MAX_NAME: Final = 40
MAX_DESCRIPTION: Final = 400


def create_dataset(
    *,
    workspace: Workspace,
    name: str,
    user: User | None = None,
    description: str = "",
    indexing_technique: str | None = None,
    permission: str = Permission.ONLY_ME,
    embedding_provider: str | None = None,
    embedding_model: str | None = None,
    retrieval_model: Mapping[str, Any] | None = None,
    members: Any = None,
    external: Mapping[str, Any] | None = None,
) -> Dataset:
    """A new, empty knowledge base.

    Args:
        name: 1 to 40 characters, unique in the workspace.
        indexing_technique: `high_quality` or `economy`; None: the first document's.
        embedding_provider, embedding_model: for `high_quality`; without them the workspace's default.
        retrieval_model: as the service API writes it; None: vector search, in an economical base by words.
        members: who sees a base with the permission `partial_members`, as the service API writes it.
        external: columns of a base kept elsewhere (`services.external`).

    Raises:
        InvalidParam, DatasetNameDuplicate, ProviderNotInitialized, ModelNotFound.
    """
    dataset = Dataset(
        workspace=workspace,
        name=check_name(name),
        description=_description(description),
        permission=_choice(permission, Permission.values, "permission"),
        created_by=user,
        updated_by=user,
        **(external or {}),
    )
    chosen = read_members(workspace, members)
    require_members(dataset.permission, None, chosen)
    choose_technique(dataset, indexing_technique, embedding_provider, embedding_model)
    dataset.retrieval_model = _retrieval(retrieval_model, dataset.indexing_technique)
    try:
        with transaction.atomic():
            dataset.save(force_insert=True)
            set_members(dataset, chosen)
            audit.record(
                workspace=workspace, user=user, action="dataset.create", object_type="dataset", object_id=dataset.pk,
                data={"name": dataset.name},
            )  # fmt: skip
    except IntegrityError as error:
        raise DatasetNameDuplicate from error
    return dataset


def update_dataset(
    *,
    dataset: Dataset,
    user: User | None = None,
    name: str | None = None,
    description: str | None = None,
    permission: str | None = None,
    retrieval_model: Mapping[str, Any] | None = None,
    indexing_technique: str | None = None,
    embedding_provider: str | None = None,
    embedding_model: str | None = None,
    members: Any = None,
    enable_api: bool | None = None,
) -> Dataset:
    """Changes a base; None leaves a field as it is.

    Args:
        enable_api: whether keys of the knowledge API reach it.
        members: who sees a base with the permission `partial_members`, as the service API writes it; its creator
            always does.
        indexing_technique, embedding_provider, embedding_model: where the base has documents, vectors of the new
            model are made beside those in use (`index_changes`); fewer need none, so that happens at once.

    Raises:
        InvalidParam, DatasetNameDuplicate, ProviderNotInitialized, ModelNotFound.
        Forbidden: a knowledge operator changes who sees a base of others.
        NotFound: the base was deleted meanwhile.
    """
    chosen = read_members(dataset.workspace_id, members)
    if user is not None and (permission is not None or chosen is not None):
        require_sharer(user, dataset)
    require_members(permission, dataset.permission, chosen)
    technique = _new_technique(dataset, indexing_technique, embedding_provider, embedding_model)
    changes: dict[str, Any] = {}
    if name is not None:
        changes["name"] = check_name(name)
    if description is not None:
        changes["description"] = _description(description)
    if permission is not None:
        changes["permission"] = _choice(permission, Permission.values, "permission")
    if retrieval_model is not None:
        changes["retrieval_model"] = dump_retrieval(parse_retrieval(retrieval_model))
    if enable_api is not None:
        changes["enable_api"] = enable_api
    try:
        with transaction.atomic():
            lock_dataset(dataset)
            if technique and dataset.documents.exists():
                start_change(dataset=dataset, wanted=technique, user=user)
            else:
                changes |= technique
            for field, value in changes.items():
                setattr(dataset, field, value)
            dataset.updated_by, dataset.updated_at = user, timezone.now()
            dataset.save(update_fields=[*changes, "updated_by", "updated_at"])
            set_members(dataset, chosen)
            audit.record(
                workspace=dataset.workspace,
                user=user,
                action="dataset.update",
                object_type="dataset",
                object_id=dataset.pk,
                data={"fields": sorted({*changes, *technique, *(["members"] if chosen is not None else [])})},
            )
            notify.send(TOPIC, dataset.pk)
    except IntegrityError as error:
        raise DatasetNameDuplicate from error
    return dataset


def delete_dataset(*, dataset: Dataset, user: User | None = None) -> None:
    """Deletes a knowledge base with everything in every table and storage, also while it is being indexed.

    Raises:
        DatasetInUse: an app's context names it.
    """
    with transaction.atomic():
        lock_dataset_to_delete(dataset)
        if str(dataset.pk) in count_apps(workspace_id=dataset.workspace_id):
            raise DatasetInUse
        uploads = list(UploadFile.objects.filter(pk__in=dataset.documents.values("upload_file_id")))
        delete_dataset_rows(dataset)
        forget_target(target_id=dataset.pk)
        delete_uploads(uploads)
        audit.record(
            workspace=dataset.workspace, user=user, action="dataset.delete", object_type="dataset",
            object_id=dataset.pk, data={"name": dataset.name},
        )  # fmt: skip
        notify.send(TOPIC, dataset.pk)


def choose_technique(dataset: Dataset, technique: str | None, provider: str | None, model: str | None) -> None:
    """Sets technique and, for high quality, the embedding model; the row is the caller's to save.

    Raises:
        InvalidParam: unknown technique.
        ProviderNotInitialized, ModelNotFound: the workspace has no such model.
    """
    if technique is None:
        return
    dataset.indexing_technique = _choice(technique, IndexingTechnique.values, "indexing_technique")
    if technique == IndexingTechnique.HIGH_QUALITY:
        handle = call(
            resolve_model(workspace_id=dataset.workspace_id, model_type="text-embedding", provider=provider, name=model)
        )
        dataset.embedding_provider, dataset.embedding_model = handle.provider, handle.name


def is_embedding_available(dataset: Dataset) -> bool:
    """Whether the base's embedding model can be called; an economical base needs none."""
    if not dataset.embedding_model:
        return True
    try:
        call(
            resolve_model(
                workspace_id=dataset.workspace_id,
                model_type="text-embedding",
                provider=dataset.embedding_provider,
                name=dataset.embedding_model,
            )
        )
    except AppError:
        return False
    return True


def check_name(name: object) -> str:
    """The name as it is stored. Raises InvalidParam with the service API's sentence."""
    cleaned = storable(name).strip() if isinstance(name, str) else ""
    if not 1 <= len(cleaned) <= MAX_NAME:
        raise InvalidParam("type is required. Name must be between 1 to 40 characters.", params="name")
    return cleaned


def _new_technique(dataset: Dataset, technique: str | None, provider: str | None, model: str | None) -> dict[str, Any]:
    """Fields that would change."""
    if technique is None and provider is None and model is None:
        return {}
    if dataset.provider == DatasetProvider.EXTERNAL:
        raise DatasetIsExternal
    wanted = copy(dataset)
    technique = technique or dataset.indexing_technique
    if technique is None:
        raise InvalidParam("indexing_technique is required.", params="indexing_technique")
    if technique == IndexingTechnique.ECONOMY:
        wanted.embedding_provider = wanted.embedding_model = ""
    choose_technique(
        wanted, technique, provider or dataset.embedding_provider or None, model or dataset.embedding_model or None
    )
    fields = ("indexing_technique", "embedding_provider", "embedding_model")
    return {field: new for field in fields if (new := getattr(wanted, field)) != getattr(dataset, field)}


def _description(text: object) -> str:
    if not isinstance(text, str) or len(text) > MAX_DESCRIPTION:
        raise InvalidParam(f"Description cannot exceed {MAX_DESCRIPTION} characters.", params="description")
    return storable(text)


def _choice(value: object, allowed: list[str], field: str) -> str:
    if value not in allowed:
        raise InvalidParam(f"{str(value)[:40]} is not a valid choice", params=field)
    return str(value)


def _retrieval(value: Mapping[str, Any] | None, technique: str | None) -> dict[str, Any]:
    return default_retrieval(technique) if value is None else dump_retrieval(parse_retrieval(value))
