"""What the editor of an app offers: models with the rules of their parameters, voices, limits."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from apps.models.chains import MAX_STAND_INS
from apps.models.parameters import PRESETS, preset_for, rules_of
from apps.models.selectors import ModelChoice, get_chain, list_defaults, list_models
from apps.workspaces.models import Workspace

from .blocks import BLOCKS
from .config import DEFAULT_THRESHOLD, DEFAULT_TOP_K, MAX_STOP, MAX_TOP_K
from .validation import MAX_BLOCKS


def get_offer(*, workspace: Workspace) -> dict[str, Any]:
    """All that can be chosen in the workspace for an app without a graph, as JSON for the editor.

    Models share rules and presets by their place in `rules` and `presets`.
    """
    rules: list[Any] = []
    presets: list[Any] = []
    choices = list_models(workspace=workspace, model_type="llm")
    defaults = list_defaults(workspace=workspace)
    return {
        "models": [_model(choice, rules, presets) for choice in choices],
        "stand_ins": [
            {"provider": provider, "name": name} for provider, name in get_chain(workspace=workspace, model_type="llm")
        ],
        "rules": rules,
        "presets": presets,
        "rerank": [_name(choice) for choice in list_models(workspace=workspace, model_type="rerank")],
        "hears": "speech2text" in defaults,
        "voices": _voices(defaults.get("tts"), list_models(workspace=workspace, model_type="tts")),
        "speaks": "tts" in defaults,
        "limits": {
            "stop": MAX_STOP,
            "stand_ins": MAX_STAND_INS,
            "top_k": MAX_TOP_K,
            "default_top_k": DEFAULT_TOP_K,
            "default_threshold": DEFAULT_THRESHOLD,
            "blocks": MAX_BLOCKS,
        },
        "block_names": list(BLOCKS),
    }


def _model(choice: ModelChoice, rules: list[Any], presets: list[Any]) -> dict[str, Any]:
    provider, spec = choice.provider, choice.spec
    values = {name: preset_for(name, provider, spec) for name in PRESETS}
    return {
        **_name(choice),
        "mode": spec.mode,
        "context_tokens": spec.context_tokens,
        "features": sorted(spec.features),
        "is_default": choice.is_default,
        "takes_stop": "stop" not in spec.drop_params,
        "rules": _place(rules, [asdict(rule) for rule in rules_of(provider, spec)]),
        "presets": _place(presets, values),
    }


def _name(choice: ModelChoice) -> dict[str, str]:
    provider, spec = choice.provider, choice.spec
    label = spec.label or spec.name
    return {"provider": provider.key, "provider_label": provider.label, "name": spec.name, "label": label}


def _place(known: list[Any], value: Any) -> int:
    """Where the value stands among those known, after adding it if it is new."""
    if value not in known:
        known.append(value)
    return known.index(value)


def _voices(default: tuple[str, str] | None, choices: Sequence[ModelChoice]) -> list[Mapping[str, str]]:
    """The voices of the model that apps speak with."""
    spec = next((choice.spec for choice in choices if (choice.provider.key, choice.spec.name) == default), None)
    return [{"key": voice.key, "label": voice.label} for voice in spec.voices] if spec else []
