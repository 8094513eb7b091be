"""Which model parameters an app may set and how far, and sets of them to begin with. Free of Django."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from .catalogue import ParameterChange, Provider, all_providers, canonical_provider
from .contracts import ModelSpec, ParameterRule, drivers

PRESETS: Final[Mapping[str, Mapping[str, float]]] = {
    "creative": {"temperature": 1.0, "top_p": 0.95, "presence_penalty": 0.2, "frequency_penalty": 0.2},
    "balanced": {"temperature": 0.6, "top_p": 0.9, "presence_penalty": 0, "frequency_penalty": 0},
    "precise": {"temperature": 0.1, "top_p": 0.8, "presence_penalty": 0, "frequency_penalty": 0},
}


@dataclass(frozen=True, slots=True)
class ParameterProblem:
    """A parameter that its model does not take: `code` wrong_parameter_type or parameter_out_of_range."""

    code: str
    name: str
    message: str


def rules_of(provider: Provider, spec: ModelSpec) -> list[ParameterRule]:
    """The rules of a model's parameters, the model's own above its provider's above its driver's."""
    refused = spec.drop_params | frozenset(provider.driver_options.get("drop_params", ()))
    own = next(
        (model.parameters for model in provider.models if (model.type, model.name) == (spec.type, spec.name)), {}
    )
    rules = []
    for rule in drivers.get(provider.driver).parameters:
        if rule.name in refused or (rule.needs and rule.needs not in spec.features):
            continue
        for changes in (provider.parameters, own):
            rule = _changed(rule, changes.get(rule.name))
        if rule.name == "max_tokens" and spec.max_output_tokens:
            rule = replace(rule, maximum=float(spec.max_output_tokens))
        rules.append(rule)
    return rules


def preset_for(name: str, provider: Provider, spec: ModelSpec) -> dict[str, float]:
    """A preset's parameters as far as the model has them, each within its range."""
    values = PRESETS[name]
    return {rule.name: _within(rule, values[rule.name]) for rule in rules_of(provider, spec) if rule.name in values}


def check_parameters(provider_name: str, model: str, parameters: Mapping[str, Any]) -> list[ParameterProblem]:
    """What is wrong with an app's completion parameters; nothing where the provider is not known.

    Args:
        provider_name: in either form; a model that is not in its file is held to the provider's rules.
    """
    provider = all_providers().get(canonical_provider(provider_name))
    if provider is None:
        return []
    spec = provider.specs.get(("llm", model)) or ModelSpec(model, "llm")
    found = (_check(rule, parameters.get(rule.name), model) for rule in rules_of(provider, spec))
    return [problem for problem in found if problem is not None]


def _changed(rule: ParameterRule, change: ParameterChange | None) -> ParameterRule:
    return replace(rule, **change.model_dump(exclude_none=True)) if change else rule


def _within(rule: ParameterRule, value: float) -> float:
    low = value if rule.minimum is None else max(value, rule.minimum)
    return low if rule.maximum is None else min(low, rule.maximum)


def _check(rule: ParameterRule, value: Any, model: str) -> ParameterProblem | None:
    if value is None:
        return None
    if not _has_type(rule, value):
        kind = {"float": "a number", "int": "a whole number", "boolean": "true or false"}.get(rule.type, "text")
        return ParameterProblem("wrong_parameter_type", rule.name, f"{rule.name} must be {kind}.")
    if rule.options and value not in rule.options:
        words = ", ".join(rule.options)
        return ParameterProblem("parameter_out_of_range", rule.name, f"{rule.name} must be one of {words}.")
    if rule.type in ("float", "int") and _within(rule, value) != value:
        sentence = f"{rule.name} must be {_range(rule)} for {model}; it is {value:g}."
        return ParameterProblem("parameter_out_of_range", rule.name, sentence)
    return None


def _has_type(rule: ParameterRule, value: Any) -> bool:
    if rule.type == "boolean":
        return isinstance(value, bool)
    if rule.type == "string":
        return isinstance(value, str)
    kinds = int if rule.type == "int" else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and math.isfinite(value)


def _range(rule: ParameterRule) -> str:
    if rule.maximum is None:
        return f"at least {rule.minimum:g}"
    return f"between {rule.minimum:g} and {rule.maximum:g}" if rule.minimum is not None else f"at most {rule.maximum:g}"
