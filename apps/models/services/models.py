"""The models a workspace enters itself, what it changes of the catalogue's, and its defaults."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from apps.common import notify, perloop
from apps.common.errors import InvalidParam, NotFound
from apps.models.catalogue import Provider, get_provider
from apps.models.chains import MAX_STAND_INS
from apps.models.configured import WITHOUT_STAND_INS, WorkspaceModels, bound, make_endpoint, overlaid, properties_of
from apps.models.contracts import MODEL_TYPES, ModelSpec, ModelType
from apps.models.errors import ProviderNotInitialized
from apps.models.models import DefaultModel, FallbackChain, WorkspaceModel
from apps.models.selectors import get_configured, get_own_model, is_on_trial
from apps.workspaces.models import User, Workspace
from apps.workspaces.services import audit

from .credentials import lock, seal
from .entered import has_new_secret, take_values

MAX_PRICE: Final = 1000  # of 1,000 tokens


def add_model(
    *,
    workspace: Workspace,
    user: User | None,
    provider: str,
    spec: ModelSpec,
    values: Mapping[str, object] | None = None,
    check: bool = True,
) -> WorkspaceModel:
    """Adds a model to a provider the workspace has configured, or changes what is known of it.

    Args:
        spec: `dimensions` may be None for an embedding model: the check finds out.
        values: credentials of this model alone, by the names of the provider's `model_credentials`; None: as they are.
        check: call the model once first.

    Raises:
        ProviderNotInitialized: unknown provider, or no credentials for it.
        InvalidParam: the provider's models are fixed, a field is out of range, or the model's own credentials were
            changed while it was called.
        ProviderError: the call failed; the provider's own words.
    """
    found = get_provider(provider)
    _validate(found, spec)
    configured = get_configured(workspace=workspace)
    own = _own_values(configured, found, spec, values)
    if not own and not configured.is_configured(found.key):
        raise ProviderNotInitialized(f"Configure {found.label} before you add models to it.")
    merged = overlaid(found, configured.values(found.key), own)
    if check:
        spec = perloop.run(_tried(found, merged, spec))
    which: dict[str, Any] = {"workspace": workspace, "provider": found.key, "type": spec.type, "name": spec.name}
    columns = {**_columns(spec), "is_enabled": True}
    with transaction.atomic():
        lock(workspace)
        if values is not None:
            _refuse_if_changed(which, configured.own_sealed.get((found.key, spec.type, spec.name)))
            columns["encrypted"] = seal(workspace, own) if own else None
        model, _ = WorkspaceModel.objects.update_or_create(**which, defaults=columns)
        _record(workspace, user, "model.add", model.pk, {"provider": found.key, "name": spec.name})
    return model


def change_model(
    *,
    workspace: Workspace,
    user: User | None,
    model_id: UUID | str,
    spec: ModelSpec,
    values: Mapping[str, object] | None = None,
) -> WorkspaceModel:
    """Changes what is known of a model the workspace entered; whether it is used stays as it is.

    Args:
        spec: of the same name and type.
        values: as in `add_model`.

    Raises:
        NotFound: there is no such model.
        InvalidParam: a field is out of range or malformed, or a secret must be entered again.
        AddressBlocked: the base URL is not allowed.
    """
    with transaction.atomic():
        lock(workspace)
        model = get_own_model(workspace=workspace, model_id=model_id)
        provider = get_provider(model.provider)
        _validate(provider, spec)
        own = _own_values(get_configured(workspace=workspace), provider, spec, values)
        columns = {**_columns(spec), "encrypted": seal(workspace, own) if own else None}
        for name, value in columns.items():
            setattr(model, name, value)
        model.save(update_fields=list(columns))
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
        row = _row_of(workspace, found, model_type, name)
        row.is_enabled = enabled
        _keep(row)
        if not enabled:
            DefaultModel.objects.filter(**which).delete()
        action = "model.enable" if enabled else "model.disable"
        _record(workspace, user, action, model_type, {"provider": found.key, "name": name})


def set_prices(
    *,
    workspace: Workspace,
    user: User | None,
    provider: str,
    model_type: ModelType,
    name: str,
    prices: tuple[Decimal, Decimal] | None,
) -> None:
    """Changes what a model costs from now on; what was used before stays priced as it was.

    Args:
        prices: of 1,000 tokens of prompt and answer, USD; None: those of the catalogue again.

    Raises:
        NotFound: the provider has no such model here.
        InvalidParam: a price is negative or beyond all reason.
    """
    found = get_provider(provider)
    if prices is not None and not all(0 <= price <= MAX_PRICE for price in prices):
        raise InvalidParam(f"A price is between 0 and {MAX_PRICE:,}.", params="price")
    with transaction.atomic():
        row = _row_of(workspace, found, model_type, name)
        row.properties.pop("prices", None)
        if prices is not None:
            row.properties["prices"] = {"prompt": str(prices[0]), "completion": str(prices[1])}
        _keep(row)
        _record(workspace, user, "model.price", model_type, {"provider": found.key, "name": name})


def _row_of(workspace: Workspace, provider: Provider, model_type: ModelType, name: str) -> WorkspaceModel:
    """The row of a model; of the catalogue's, one that is to be kept. Two first changes of one wait for each other.

    Raises:
        NotFound: the provider has no such model here.
    """
    lock(workspace)
    which = {"workspace": workspace, "provider": provider.key, "type": model_type, "name": name}
    row = WorkspaceModel.objects.filter(**which).first()
    if row is None and (model_type, name) not in provider.specs:
        raise NotFound("There is no such model.")
    return row or WorkspaceModel(**which, properties={"of_catalogue": True})


def _keep(row: WorkspaceModel) -> None:
    """Stores the row; one that changes nothing of the catalogue's model goes."""
    says_something = not row.is_enabled or not row.properties.get("of_catalogue") or "prices" in row.properties
    if says_something:
        row.save()
    elif not row._state.adding:
        row.delete()


def remove_model(*, workspace: Workspace, user: User | None, model_id: UUID | str) -> None:
    """Removes a model the workspace entered, and the default that rests on it. Raises NotFound."""
    with transaction.atomic():
        lock(workspace)
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


def set_chain(
    *, workspace: Workspace, user: User | None, model_type: ModelType, names: Sequence[tuple[str, str]]
) -> None:
    """Chooses the models that stand in for one of a type that does not answer.

    Args:
        names: provider and name, the first one first; none: nothing stands in.

    Raises:
        InvalidParam: no such type, embedding models (their vectors cannot be compared), too many, one twice, or one
            that the workspace has on trial: a trial is for who asks for its model.
        ProviderNotInitialized, ModelNotFound: the workspace cannot use one of these models.
    """
    _validate_type(model_type)
    if model_type in WITHOUT_STAND_INS:
        raise InvalidParam("No other model can stand in for an embedding model: vectors cannot be compared.")
    chain = [(get_provider(provider).key, name) for provider, name in names]
    if len(chain) > MAX_STAND_INS or len(set(chain)) < len(chain):
        raise InvalidParam(f"Choose at most {MAX_STAND_INS} models, each once.", params="chain")
    configured = get_configured(workspace=workspace)
    for provider, name in chain:
        configured.spec(model_type, provider, name)
        if is_on_trial(configured, model_type, provider, name):
            raise InvalidParam(
                f"Model {name!r} of provider {get_provider(provider).label} is on trial here and cannot stand in for "
                "others. Enter a key of your own first.",
                params="chain",
            )
    with transaction.atomic():
        FallbackChain.objects.update_or_create(
            workspace=workspace,
            type=model_type,
            defaults={"chain": [{"provider": provider, "name": name} for provider, name in chain]},
        )
        _record(workspace, user, "model.set_chain", model_type, {"name": model_type, "count": len(chain)})


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
    if ".." in spec.name.split("/"):  # names are parts of addresses
        raise InvalidParam("A model's name has no part that is only two dots.", params="name")
    if not 0 < spec.context_tokens <= 100_000_000:
        raise InvalidParam("The context must be a positive number of tokens.", params="context_tokens")


def _validate_type(model_type: str) -> None:
    if model_type not in MODEL_TYPES:
        raise InvalidParam(f"There is no model type {model_type!r}; types are {', '.join(MODEL_TYPES)}.", params="type")


def _own_values(
    configured: WorkspaceModels, provider: Provider, spec: ModelSpec, entered: Mapping[str, object] | None
) -> dict[str, str]:
    """What the model has for itself."""
    own = configured.model_values((provider.key, spec.type, spec.name))
    if entered is None:
        return own
    taken = take_values(provider.model_credentials, entered, own, provider.label)
    before = {} if has_new_secret(provider.model_credentials, entered) else own
    return bound(provider, configured.values(provider.key), taken, before)


def _refuse_if_changed(which: Mapping[str, object], sealed: bytes | None) -> None:
    """Raises InvalidParam: a model has other credentials of its own than those that were read."""
    row = WorkspaceModel.objects.filter(**which).first()
    if row is not None and (bytes(row.encrypted) if row.encrypted else None) != sealed:
        raise InvalidParam("The model's own credentials were changed meanwhile. Look at them and save again.")


async def _tried(provider: Provider, values: Mapping[str, str], spec: ModelSpec) -> ModelSpec:
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
