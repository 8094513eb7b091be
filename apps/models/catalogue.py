"""The catalogue of providers: every `providers/<key>.yaml`, checked once at first use. Free of Django.

A file is all it takes to add a provider whose wire format a driver already speaks.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from .contracts import Driver, ModelMode, ModelSpec, ModelType, PricedBy, Prices, Voice, drivers
from .errors import ProviderNotInitialized

_NOT_OF_THE_SPEC = {"prompt_price", "completion_price", "currency", "price_per", "label", "voices", "parameters"}
FOLDER = Path(__file__).parent / "providers"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,))


class CredentialField(_Part):
    """One field of the provider's credential form.

    Args:
        name: `base_url` is where calls go; every other field is the driver's own affair.
        choices: the only values; the first is taken where nothing is entered.
    """

    name: str
    label: str
    secret: bool = False
    required: bool = False
    placeholder: str = ""
    help_text: str = ""
    choices: tuple[str, ...] = ()


class ParameterChange(_Part):
    """Where a provider or a model differs from the driver's rule of a parameter; what is left out stays."""

    minimum: float | None = None
    maximum: float | None = None
    default: float | str | bool | None = None
    options: tuple[str, ...] | None = None


class Trial(_Part):
    """What a workspace without a key of its own may try where the installation has one: calls in all, and models."""

    calls: int = Field(gt=0)
    models: tuple[str, ...]


class CatalogueModel(_Part):
    """One model as the file states it.

    Prices are of 1,000 tokens (or what `price_per` says), voices named by the provider, the default first.
    """

    name: str
    type: ModelType = "llm"
    label: str = ""
    context_tokens: int = Field(4096, gt=0)
    max_output_tokens: int | None = None
    features: frozenset[str] = frozenset()
    dimensions: int | None = None
    batch_size: int = Field(32, gt=0)
    drop_params: frozenset[str] = frozenset()
    mode: ModelMode = "chat"
    voices: tuple[str, ...] = ()
    parameters: dict[str, ParameterChange] = {}
    prompt_price: Decimal = Decimal(0)
    completion_price: Decimal = Decimal(0)
    currency: str = "USD"
    price_per: PricedBy = "tokens"

    def spec(self) -> ModelSpec:
        """As the rest of the product knows a model."""
        own = self.model_dump(exclude=_NOT_OF_THE_SPEC)
        prices = Prices(
            prompt=self.prompt_price, completion=self.completion_price, currency=self.currency, per=self.price_per
        )
        voices = tuple(Voice(key, key.title()) for key in self.voices)
        return ModelSpec(**own, label=self.label or self.name, prices=prices, voices=voices)


class Provider(_Part):
    """A provider's file.

    Args:
        key: the file's name without its ending.
        driver: key of the driver that speaks its wire format.
        aliases: further names that app files use for it.
        options: knobs for that driver.
        check_model: the llm that keys are checked with, where the provider has no list of its models.
        custom_models: whether a workspace enters its models itself.
        model_credentials: fields that a model of the workspace's own may have for itself (its server, its version);
            what is entered there counts before the provider's.
        usual_output_tokens: what the form of such a model begins with.
        custom_types: the types such models may have, the usual one first.
        parameters: where its models differ from the driver's rules.
        priced_on, prices_from: when and where the prices of its models were read.
    """

    key: str
    label: str
    driver: str
    aliases: tuple[str, ...] = ()
    description: str = ""
    help_text: str = ""
    help_url: str = ""
    options: dict[str, Any] = {}
    credentials: tuple[CredentialField, ...] = ()
    check_model: str = ""
    custom_models: bool = False
    custom_types: tuple[ModelType, ...] = ("llm", "text-embedding", "rerank", "speech2text", "tts")
    usual_output_tokens: int | None = None
    model_credentials: tuple[CredentialField, ...] = ()
    parameters: dict[str, ParameterChange] = {}
    models: tuple[CatalogueModel, ...] = ()
    trial: Trial | None = None
    priced_on: date | None = None
    prices_from: str = ""

    @model_validator(mode="after")
    def _options_fit_the_driver(self) -> "Provider":
        drivers.get(self.driver).Options.model_validate(self.options)
        return self

    @property
    def icon(self) -> str:
        """Its picture's path among the static files."""
        return f"icons/providers/{self.key}.svg"

    @property
    def needs_credentials(self) -> bool:
        """Whether a workspace must configure it before use."""
        return bool(self.credentials)

    @cached_property
    def specs(self) -> Mapping[tuple[ModelType, str], ModelSpec]:
        """The catalogue's models by type and name."""
        return {(model.type, model.name): model.spec() for model in self.models}

    @cached_property
    def driver_options(self) -> Mapping[str, Any]:
        """The options with the driver's defaults filled in."""
        return drivers.get(self.driver).Options.model_validate(self.options).model_dump()

    def make_driver(self) -> Driver:
        """The driver's one instance."""
        return _driver(self.driver)

    def secrets_of(self, values: Mapping[str, str]) -> Sequence[str]:
        """The secret ones among a credential's values."""
        fields = (*self.credentials, *self.model_credentials)
        return list({values[field.name] for field in fields if field.secret and values.get(field.name)})


def canonical_provider(name: str) -> str:
    """The catalogue's key of a provider name in any form: `langgenius/openai/openai` and aliases are `openai`."""
    short = name.strip().rpartition("/")[2]
    return _aliases().get(short, short)


def all_providers() -> Mapping[str, Provider]:
    """Every provider by key, sorted by key."""
    return _load()


def get_provider(name: str) -> Provider:
    """The provider of a name in either form.

    Raises:
        ProviderNotInitialized: no file has this key; the message lists those that exist.
    """
    known = _load()
    provider = known.get(canonical_provider(name))
    if provider is None:
        raise ProviderNotInitialized(f"There is no model provider {name!r}. Known: {', '.join(known)}.")
    return provider


@lru_cache(1)
def _load() -> Mapping[str, Provider]:
    return {path.stem: read_provider(path) for path in sorted(FOLDER.glob("*.yaml"))}


@lru_cache(1)
def _aliases() -> Mapping[str, str]:
    return {alias: key for key, provider in _load().items() for alias in provider.aliases}


def read_provider(path: Path) -> Provider:
    """One provider's file. Raises ValueError, naming the file, for a mistake in it."""
    try:
        return Provider(key=path.stem, **yaml.load(path.read_text(), yaml.CSafeLoader))  # noqa: S506 - it is a safe one
    except (ValidationError, yaml.YAMLError, TypeError, LookupError) as error:
        raise ValueError(f"{path.name}: {error}") from error


@lru_cache(32)
def _driver(key: str) -> Driver:
    return drivers.get(key)()
