"""What the pages about models are given, made of what selectors return: texts of prices, groups, cards."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from django.utils.translation import gettext_lazy as _

from .contracts import MODEL_TYPES, Prices
from .forms import FEATURE_NAMES, TYPE_NAMES, plain
from .models import KeyTrouble
from .selectors import ListedModel, ModelChoice, ProviderState, ShownKey

TROUBLES: Final = {
    "unauthorised": _("refused"),
    "quota": _("out of credit"),
    "rate_limited": _("rate limited"),
    "unavailable": _("provider failing"),
    "connection": _("not reached"),
}
_COUNTED: Final = {"characters": _("1,000 characters"), "calls": _("1,000 calls"), "minutes": _("1,000 minutes")}
_WITH_CONTEXT: Final = ("llm", "text-embedding", "rerank")


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A row of a provider's table of models.

    Args:
        price: with its currency; "" where nothing is charged.
        counted: what the price is for, where that is not 1,000 tokens.
        words: what a search finds it by.
    """

    model: ListedModel
    price: str
    counted: str
    features: Sequence[str]
    has_context: bool
    words: str


@dataclass(frozen=True, slots=True)
class Rest:
    """Why and until when a key is left alone; `model` is empty for all."""

    reason: str
    trouble: KeyTrouble


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A line of a provider's list of keys."""

    key: ShownKey
    rests: Sequence[Rest]


@dataclass(frozen=True, slots=True)
class Card:
    """A provider on the page of all."""

    state: ProviderState
    model_count: int
    types: Sequence[str]
    words: str


def model_row(model: ListedModel) -> ModelRow:
    """As the table shows it."""
    spec = model.spec
    return ModelRow(
        model,
        price=price_text(spec.prices),
        counted=str(_COUNTED.get(spec.prices.per, "")),
        features=[str(FEATURE_NAMES.get(name, name)) for name in sorted(spec.features)],
        has_context=spec.type in _WITH_CONTEXT,
        words=f"{spec.name} {spec.label}".lower(),
    )


def rows_by_type(models: Iterable[ListedModel]) -> list[tuple[str, list[ModelRow]]]:
    """The name of each type and the rows of its models, which come sorted by type."""
    groups = groupby(models, key=lambda model: model.spec.type)
    return [(str(TYPE_NAMES[key]), [model_row(model) for model in group]) for key, group in groups]


def price_text(prices: Prices) -> str:
    """Such as `0.0025 / 0.01 USD`: of prompt and answer, or of what else is counted."""
    if not prices.prompt and not prices.completion:
        return ""
    parts = [prices.prompt, prices.completion] if prices.completion else [prices.prompt]
    return f"{' / '.join(map(plain, parts))} {prices.currency}"


def key_rows(state: ProviderState) -> list[KeyRow]:
    """The provider's keys with what is the matter with them."""
    return [KeyRow(key, [Rest(str(TROUBLES.get(one.kind, one.kind)), one) for one in key.rests]) for key in state.keys]


def card(state: ProviderState) -> Card:
    """A provider with how many models it has, of which types."""
    provider = state.provider
    models = {(model.type, model.name) for model in state.own_models} | set(provider.specs)
    types = types_of(state)
    return Card(
        state,
        len(models),
        [str(TYPE_NAMES[key]) for key in MODEL_TYPES if key in types],
        f"{provider.label} {provider.key} {' '.join(provider.aliases)} {provider.description}".lower(),
    )


def types_of(state: ProviderState) -> set[str]:
    """The types its models have, or could have where the workspace names them."""
    types = {model.type for model in state.own_models} | {model_type for model_type, _name in state.provider.specs}
    return types | (set(state.provider.custom_types) if state.provider.custom_models and not types else set())


def option(choice: ModelChoice) -> tuple[str, str]:
    """Value and text of a model in a list to choose from."""
    label = choice.spec.label or choice.spec.name
    return f"{choice.provider.key} {choice.spec.name}", f"{label} · {choice.provider.label}"
