"""The models a workspace enters itself, and its defaults."""

from dataclasses import replace
from uuid import UUID

from django.db import transaction

from apps.common import notify, perloop
from apps.common.errors import InvalidParam, NotFound
from apps.models.catalogue import Provider, get_provider
from apps.models.configured import make_endpoint, properties_of
from apps.models.contracts import MODEL_TYPES, ModelSpec, ModelType
from apps.models.errors import ProviderNotInitialized
from apps.models.models import DefaultModel, WorkspaceModel
from apps.models.selectors import get_configured, get_own_model
from apps.workspaces.models import User, Workspace
from apps.workspaces.services import audit


def add_model(
    *, workspace: Workspace, user: User | None, provider: str, spec: ModelSpec, check: bool = True
) -> WorkspaceModel:
    """Adds a model to a provider the workspace has configured, or changes what is known of it.

    Args:
        spec: `dimensions` may be None for an embedding model: the check finds out.
        check: call the model once first.

    Raises:
        ProviderNotInitialized: unknown provider, or no credentials for it.
        InvalidParam: the provider's models are fixed, or a field is out of range.
        ProviderError: the call failed; the provider's own words.
    """
    found = get_provider(provider)
    _validate(found, spec)
    values = _values(workspace, found)
    if check:
        spec = perloop.run(_tried(found, values, spec))
    with transaction.atomic():
        model, _ = WorkspaceModel.objects.update_or_create(
            workspace=workspace,
            provider=found.key,
            type=spec.type,
            name=spec.name,
            defaults={**_columns(spec), "is_enabled": True},
        )
        _record(workspace, user, "model.add", model.pk, {"provider": found.key, "name": spec.name})
    return model


def change_model(*, workspace: Workspace, user: User | None, model_id: UUID | str, spec: ModelSpec) -> WorkspaceModel:
    """Changes what is known of a model the workspace entered; whether it is used stays as it is.

    Args:
        spec: of the same name and type.

    Raises:
        NotFound: there is no such model.
        InvalidParam: a field is out of range.
    """
    with transaction.atomic():
        model = get_own_model(workspace=workspace, model_id=model_id)
        _validate(get_provider(model.provider), spec)
        for name, value in _columns(spec).items():
            setattr(model, name, value)
        model.save(update_fields=list(_columns(spec)))
        _record(workspace, user, "model.change", model.pk, {"provider": model.provider, "name": model.name})
    return model


def set_model_enabled(
    *, workspace: Workspace, user: User | None, provider: str, model_type: ModelType, name: str, enabled: bool
) -> None:
    """Switches a model, the workspace's or the catalogue's, on or off. A default that rests on it goes with it.

    Raises:
        NotFound: the provider has no such model here.
    """
    found = get_provider(provider)
    which = {"workspace": workspace, "provider": found.key, "type": model_type, "name": name}
    with transaction.atomic():
        own = WorkspaceModel.objects.select_for_update().filter(**which).first()
        listed = found.specs.get((model_type, name))
        if own is None and listed is None:
            raise NotFound("There is no such model.")
        if own is not None and own.properties.get("of_catalogue") and enabled:
            own.delete()
        elif own is not None:
            own.is_enabled = enabled
            own.save(update_fields=["is_enabled"])
        elif listed is not None and not enabled:
            WorkspaceModel.objects.create(**which, is_enabled=False, properties={"of_catalogue": True})
        if not enabled:
            DefaultModel.objects.filter(**which).delete()
        action = "model.enable" if enabled else "model.disable"
        _record(workspace, user, action, model_type, {"provider": found.key, "name": name})


def remove_model(*, workspace: Workspace, user: User | None, model_id: UUID | str) -> None:
    """Removes a model the workspace entered, and the default that rests on it. Raises NotFound."""
    with transaction.atomic():
        model = get_own_model(workspace=workspace, model_id=model_id)
        DefaultModel.objects.filter(
            workspace=workspace, type=model.type, provider=model.provider, name=model.name
        ).delete()
        _record(workspace, user, "model.remove", model.pk, {"provider": model.provider, "name": model.name})
        model.delete()


def set_default(
    *, workspace: Workspace, user: User | None, model_type: ModelType, provider: str, name: str
) -> DefaultModel:
    """Chooses the model of a type that is used where nothing is chosen.

    Raises:
        InvalidParam: no such type.
        ProviderNotInitialized, ModelNotFound: the workspace cannot use this model.
    """
    _validate_type(model_type)
    key = get_provider(provider).key
    get_configured(workspace=workspace).spec(model_type, key, name)
    with transaction.atomic():
        default, _ = DefaultModel.objects.update_or_create(
            workspace=workspace, type=model_type, defaults={"provider": key, "name": name}
        )
        _record(workspace, user, "model.set_default", model_type, {"provider": key, "name": name})
    return default


def clear_default(*, workspace: Workspace, user: User | None, model_type: ModelType) -> None:
    """Takes back the choice of a default. Raises NotFound where none was made."""
    with transaction.atomic():
        deleted, _ = DefaultModel.objects.filter(workspace=workspace, type=model_type).delete()
        if not deleted:
            raise NotFound("No default of this type is set.")
        _record(workspace, user, "model.clear_default", model_type, {})


def _columns(spec: ModelSpec) -> dict[str, object]:
    return {
        "context_tokens": spec.context_tokens,
        "max_output_tokens": spec.max_output_tokens,
        "dimensions": spec.dimensions,
        "features": sorted(spec.features),
        "properties": properties_of(spec),
    }


def _validate(provider: Provider, spec: ModelSpec) -> None:
    _validate_type(spec.type)
    if not provider.custom_models:
        raise InvalidParam(f"The models of {provider.label} are fixed.", params="provider")
    if not 0 < len(spec.name.strip()) <= 200:
        raise InvalidParam("A model's name has 1 to 200 characters.", params="name")
    if not 0 < spec.context_tokens <= 100_000_000:
        raise InvalidParam("The context must be a positive number of tokens.", params="context_tokens")


def _validate_type(model_type: str) -> None:
    if model_type not in MODEL_TYPES:
        raise InvalidParam(f"There is no model type {model_type!r}; types are {', '.join(MODEL_TYPES)}.", params="type")


def _values(workspace: Workspace, provider: Provider) -> dict[str, str]:
    configured = get_configured(workspace=workspace)
    if not configured.is_configured(provider.key):
        raise ProviderNotInitialized(f"Configure {provider.label} before you add models to it.")
    return configured.values(provider.key)


async def _tried(provider: Provider, values: dict[str, str], spec: ModelSpec) -> ModelSpec:
    """The spec after one call; an embedding model shows the length of its vectors by it."""
    driver, endpoint = provider.make_driver(), make_endpoint(provider, values)
    if spec.type != "text-embedding":
        await driver.check(endpoint, spec)
        return spec
    answer = await driver.embed(endpoint, replace(spec, dimensions=None), ["ping"])
    return replace(spec, dimensions=len(answer.vectors[0]))


def _record(workspace: Workspace, user: User | None, action: str, id: object, data: dict[str, object]) -> None:
    audit.record(workspace=workspace, user=user, action=action, object_type="model", object_id=id, data=data)
    notify.send("models", workspace.pk)
