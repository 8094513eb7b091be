"""The `model_config` map of chat, agent and text-generation apps, read into frozen values.

Field names and defaults follow the app file format (contracts: DSL 1.7). Files in the wild omit almost anything,
so every key has a default, null counts as absent and unknown keys are kept in the stored map, not here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.common.ids import parse_uuid

DEFAULT_TOP_K = 2
MAX_TOP_K = 100  # as the knowledge API has it
TEXT_KINDS = frozenset({"text-input", "paragraph", "select", "number"})


@dataclass(frozen=True, slots=True)
class Variable:
    """A form field of the app.

    Args:
        kind: text-input, paragraph, select, number (others are read, their values passed on as they come).
        max_length: in characters, None for no limit.
    """

    kind: str
    name: str
    label: str
    required: bool = False
    max_length: int | None = None
    default: Any = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContextSettings:
    """Which knowledge an app reads and how much of it."""

    dataset_ids: tuple[UUID, ...] = ()
    top_k: int = DEFAULT_TOP_K
    score_threshold: float | None = None
    query_variable: str = ""


@dataclass(frozen=True, slots=True)
class BasicConfig:
    """What one version of a chat or text-generation app does.

    Args:
        provider, model: empty for the workspace's default model.
        parameters: completion parameters without `stop`.
        features: the maps behind /v1/parameters, as stored.
    """

    provider: str
    model: str
    parameters: Mapping[str, Any]
    stop: tuple[str, ...]
    prompt_type: str
    pre_prompt: str
    variables: tuple[Variable, ...]
    context: ContextSettings
    opening_statement: str
    cite_sources: bool
    features: Mapping[str, Any]


def read_config(raw: Mapping[str, Any]) -> BasicConfig:
    """Reads a stored or imported map; never fails on content, only ignores what has the wrong shape."""
    model = _map(raw.get("model"))
    parameters = dict(_map(model.get("completion_params")))
    stop = _texts(parameters.pop("stop", None))[:4]
    return BasicConfig(
        provider=str(model.get("provider") or ""),
        model=str(model.get("name") or ""),
        parameters=parameters,
        stop=stop,
        prompt_type=str(raw.get("prompt_type") or "simple"),
        pre_prompt=str(raw.get("pre_prompt") or ""),
        variables=tuple(_variables(raw.get("user_input_form"))),
        context=_context(raw),
        opening_statement=str(raw.get("opening_statement") or ""),
        cite_sources=bool(_map(raw.get("retriever_resource")).get("enabled")),
        features=feature_maps(raw),
    )


def feature_maps(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The switches of an app in the shape /v1/parameters shows, defaults filled in."""
    off = {"enabled": False}
    speech = {"enabled": False, "voice": "", "language": ""}
    moderation = {"enabled": False, "type": "", "configs": []}
    return {
        "opening_statement": raw.get("opening_statement") or "",
        "suggested_questions": list(_texts(raw.get("suggested_questions"))),
        "suggested_questions_after_answer": {**off, **_map(raw.get("suggested_questions_after_answer"))},
        "speech_to_text": {**off, **_map(raw.get("speech_to_text"))},
        "text_to_speech": {**speech, **_map(raw.get("text_to_speech"))},
        "retriever_resource": {**off, **_map(raw.get("retriever_resource"))},
        "annotation_reply": {**off, **_map(raw.get("annotation_reply"))},
        "more_like_this": {**off, **_map(raw.get("more_like_this"))},
        "user_input_form": [item for item in _list(raw.get("user_input_form")) if isinstance(item, Mapping)],
        "sensitive_word_avoidance": {**moderation, **_map(raw.get("sensitive_word_avoidance"))},
        "file_upload": {"image": IMAGE_UPLOAD_OFF, **_map(raw.get("file_upload"))},
    }


IMAGE_UPLOAD_OFF: Mapping[str, Any] = {
    "enabled": False,
    "number_limits": 3,
    "detail": "high",
    "transfer_methods": ["remote_url", "local_file"],
}


def _context(raw: Mapping[str, Any]) -> ContextSettings:
    settings = _map(raw.get("dataset_configs"))
    entries = _list(_map(settings.get("datasets")).get("datasets"))
    datasets = [_map(_map(entry).get("dataset")) for entry in entries]
    # Files from before dataset_configs list their knowledge among the agent's tools.
    datasets += [_map(_map(tool).get("dataset")) for tool in _list(_map(raw.get("agent_mode")).get("tools"))]
    ids = [parse_uuid(dataset.get("id")) for dataset in datasets if dataset.get("enabled", True)]
    threshold = settings.get("score_threshold") if settings.get("score_threshold_enabled") else None
    return ContextSettings(
        dataset_ids=tuple(dict.fromkeys(id for id in ids if id is not None)),
        top_k=min(_whole(settings.get("top_k")) or DEFAULT_TOP_K, MAX_TOP_K),
        score_threshold=float(threshold) if isinstance(threshold, int | float) else None,
        query_variable=str(raw.get("dataset_query_variable") or ""),
    )


def _variables(form: object) -> list[Variable]:
    found = []
    for entry in _list(form):
        for kind, field in _map(entry).items():
            field = _map(field)
            if field.get("variable"):
                found.append(_variable(str(kind), field))
    return found


def _variable(kind: str, field: Mapping[str, Any]) -> Variable:
    return Variable(
        kind=kind,
        name=str(field["variable"]),
        label=str(field.get("label") or field["variable"]),
        required=bool(field.get("required")),
        max_length=_whole(field.get("max_length")),
        default=field.get("default"),
        options=_texts(field.get("options")),
    )


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in _list(value) if item not in (None, ""))


def _whole(value: object) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
