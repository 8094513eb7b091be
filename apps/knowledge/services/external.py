"""External knowledge: the services a workspace knows, and the bases that are kept by them.

A service is asked once before it is stored, and its key goes nowhere but to the address it was entered for.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from apps.common import crypto, http, notify, perloop
from apps.common.errors import InvalidParam
from apps.common.text import storable
from apps.knowledge.choices import DatasetProvider
from apps.knowledge.configs import TOPIC
from apps.knowledge.errors import ExternalApiInUse, ExternalApiNameDuplicate, ExternalKnowledgeRefused
from apps.knowledge.models import Dataset, ExternalKnowledgeApi
from apps.knowledge.selectors import get_external_api
from apps.knowledge.wire import dump_external_retrieval, parse_external_retrieval
from apps.workspaces.models import User, Workspace
from apps.workspaces.services import audit

from .datasets import MAX_DESCRIPTION, check_name, create_dataset
from .external_search import Endpoint, ask

HIDDEN: Final = "[__HIDDEN__]"
MAX_URL: Final = 2_000
MAX_KEY: Final = 1_000
MAX_KNOWLEDGE_ID: Final = 255
_MASKED: Final = "****"
_CONTROL: Final = re.compile(r"[\x00-\x20\x7f-\U0010ffff]")
_PROBE: Final = "test"


def create_external_api(
    *,
    workspace: Workspace,
    name: object,
    endpoint: object,
    api_key: object,
    description: str = "",
    user: User | None = None,
) -> ExternalKnowledgeApi:
    """Stores a service, once it has accepted the key.

    Args:
        name: 1 to 40 characters, unique in the workspace.
        endpoint: the address to which `/retrieval` is added.

    Raises:
        InvalidParam, AddressBlocked: a field is not valid.
        ExternalApiNameDuplicate, ExternalKnowledgeRefused, ExternalKnowledgeFailed, OutboundError.
    """
    api = ExternalKnowledgeApi(workspace=workspace, created_by=user)
    api.name, api.endpoint, api.description = check_name(name), _url(endpoint), _description(description)
    key = _key(api_key)
    perloop.run(_check(Endpoint(api.endpoint, key)))
    _save(api, key, user, "external_api.create")
    return api


def update_external_api(
    *,
    api: ExternalKnowledgeApi,
    name: object = None,
    endpoint: object = None,
    api_key: object = None,
    description: str | None = None,
    user: User | None = None,
) -> ExternalKnowledgeApi:
    """Changes a service; None leaves a field as it is, and so does a key that comes back hidden.

    Raises:
        InvalidParam: the address has changed and the key was not entered again, or as `create_external_api`.
    """
    url = api.endpoint if endpoint is None else _url(endpoint)
    if api_key is None or api_key == HIDDEN or (isinstance(api_key, str) and _MASKED in api_key):
        if url != api.endpoint:
            raise InvalidParam("Enter the API key again: the endpoint has changed.", params="api_key")
        key = _opened(api)
    else:
        key = _key(api_key)
    perloop.run(_check(Endpoint(url, key)))
    api.endpoint = url
    if name is not None:
        api.name = check_name(name)
    if description is not None:
        api.description = _description(description)
    _save(api, key, user, "external_api.update")
    return api


def delete_external_api(*, api: ExternalKnowledgeApi, user: User | None = None) -> None:
    """Forgets a service. Raises ExternalApiInUse: bases are kept by it."""
    try:
        with transaction.atomic():
            _record(api, user, "external_api.delete")
            api.delete()
    except ProtectedError as error:
        raise ExternalApiInUse from error


def create_external_dataset(
    *,
    workspace: Workspace,
    name: str,
    external_api_id: UUID | str,
    external_knowledge_id: object,
    external_retrieval_model: Mapping[str, Any] | None = None,
    user: User | None = None,
    **options: Any,
) -> Dataset:
    """A base whose passages a service keeps, which is asked once for the knowledge of this id.

    Args:
        options: as of `create_dataset`.

    Raises:
        NotFound: the workspace knows no such service.
        InvalidParam, DatasetNameDuplicate, ExternalKnowledgeRefused, ExternalKnowledgeFailed, OutboundError.
    """
    columns = _columns(workspace, external_api_id, external_knowledge_id, external_retrieval_model)
    external = {"provider": DatasetProvider.EXTERNAL, **columns}
    return create_dataset(workspace=workspace, name=name, user=user, external=external, **options)


def update_external_dataset(
    *,
    dataset: Dataset,
    external_api_id: UUID | str | None = None,
    external_knowledge_id: object = None,
    external_retrieval_model: Mapping[str, Any] | None = None,
    user: User | None = None,
) -> None:
    """Changes where and how a base kept elsewhere is searched; None leaves a field as it is.

    Raises as `create_external_dataset`.
    """
    columns: dict[str, Any] = {}
    if external_api_id is not None or external_knowledge_id is not None:
        api_id = external_api_id or dataset.external_api_id
        knowledge_id = external_knowledge_id or dataset.external_knowledge_id
        columns = _columns(dataset.workspace, api_id or "", knowledge_id, dataset.external_retrieval_model)
    if external_retrieval_model is not None:
        settings_of = parse_external_retrieval(external_retrieval_model)
        columns["external_retrieval_model"] = dump_external_retrieval(settings_of)
    if not columns:
        return
    with transaction.atomic():
        Dataset.objects.filter(pk=dataset.pk).update(**columns)
        audit.record(
            workspace=dataset.workspace, user=user, action="dataset.update", object_type="dataset",
            object_id=dataset.pk, data={"fields": sorted(columns)},
        )  # fmt: skip
        notify.send(TOPIC, dataset.pk)


def shown_key(api: ExternalKnowledgeApi) -> str:
    """A hint of the key; nothing of it where it cannot be read any more."""
    try:
        return crypto.mask(_opened(api))
    except crypto.CredentialsUnreadable:
        return _MASKED


def _columns(
    workspace: Workspace, api_id: UUID | str, knowledge_id: object, retrieval_model: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Columns of a base kept by this service, after the service has found the knowledge."""
    api = get_external_api(workspace=workspace, api_id=api_id)
    cleaned = storable(knowledge_id).strip() if isinstance(knowledge_id, str) else ""
    if not 1 <= len(cleaned) <= MAX_KNOWLEDGE_ID:
        raise InvalidParam(
            f"external_knowledge_id must be 1 to {MAX_KNOWLEDGE_ID} characters.", params="external_knowledge_id"
        )
    retrieval = dump_external_retrieval(parse_external_retrieval(retrieval_model))
    perloop.run(ask(Endpoint(api.endpoint, _opened(api)), cleaned, _PROBE, top_k=1))
    return {"external_api": api, "external_knowledge_id": cleaned, "external_retrieval_model": retrieval}


async def _check(endpoint: Endpoint) -> None:
    """Asks for knowledge that need not be there: only what is wrong with address or key is raised."""
    try:
        await ask(endpoint, "", _PROBE, top_k=1)
    except ExternalKnowledgeRefused as error:
        if error.is_about_access:
            raise


def _save(api: ExternalKnowledgeApi, key: str, user: User | None, action: str) -> None:
    try:
        with transaction.atomic():
            api.api_key = crypto.encrypt(_public_key(api.workspace_id), key).hex()
            api.save()
            _record(api, user, action)
            for dataset_id in api.datasets.values_list("pk", flat=True):
                notify.send(TOPIC, dataset_id)
    except IntegrityError as error:
        raise ExternalApiNameDuplicate from error


def _public_key(workspace_id: UUID) -> str:
    """Read inside the transaction: the pair may have been reset meanwhile."""
    return Workspace.objects.select_for_update().only("public_key").get(pk=workspace_id).public_key


def _opened(api: ExternalKnowledgeApi) -> str:
    return crypto.decrypt(bytes(api.workspace.wrapped_private_key), bytes.fromhex(api.api_key))


def _url(value: object) -> str:
    url = value.strip().rstrip("/") if isinstance(value, str) else ""
    if not url or len(url) > MAX_URL or _CONTROL.search(url):
        raise InvalidParam("endpoint must be the address of an external knowledge API.", params="endpoint")
    http.check_url(url, private_allowed=settings.EXTERNAL_KNOWLEDGE_PRIVATE_ADDRESSES_ALLOWED)
    return url


def _key(value: object) -> str:
    key = value.strip() if isinstance(value, str) else ""
    if not key or len(key) > MAX_KEY or _CONTROL.search(key):
        raise InvalidParam("api_key must be one line of letters, figures and signs.", params="api_key")
    return key


def _description(text: object) -> str:
    if not isinstance(text, str) or len(text) > MAX_DESCRIPTION:
        raise InvalidParam(f"Description cannot exceed {MAX_DESCRIPTION} characters.", params="description")
    return storable(text)


def _record(api: ExternalKnowledgeApi, user: User | None, action: str) -> None:
    audit.record(
        workspace=api.workspace, user=user, action=action, object_type="external_api", object_id=api.pk,
        data={"name": api.name},
    )  # fmt: skip
