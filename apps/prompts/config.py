"""The `model_config` map of chat, agent and text-generation apps, read into frozen values.

Field names and defaults follow the app file format (contracts: DSL 1.7). Files in the wild omit almost anything,
so every key has a default, null counts as absent and unknown keys are kept in the stored map, not here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from apps.common.ids import parse_uuid
from apps.files.references import FileRules
from apps.models.chains import Name, read_chain

from .features import feature_maps, read_field_rules, read_upload_rules
from .shapes import as_list, as_map, as_number, as_texts, as_whole

ADVANCED: Final = "advanced"
BY_WEIGHTS: Final = "weighted_score"
FILTERING: Final = ("manual", "automatic")
DEFAULT_TOP_K: Final = 2
MAX_TOP_K: Final = 10
DEFAULT_THRESHOLD: Final = 0.7  # where a threshold is switched on and none is named
MAX_STOP: Final = 4
ROLES: Final = ("system", "user", "assistant")
USER_PREFIX: Final = "Human"
ASSISTANT_PREFIX: Final = "Assistant"


@dataclass(frozen=True, slots=True)
class Variable:
    """A form field of the app.

    Args:
        kind: text-input, paragraph, select, number, checkbox, file, file-list (of others the values are passed on
            as they come).
        max_length: in characters, None for no limit.
        files: what a field of files takes.
    """

    kind: str
    name: str
    label: str
    required: bool = False
    max_length: int | None = None
    default: Any = None
    options: tuple[str, ...] = ()
    files: FileRules | None = None


@dataclass(frozen=True, slots=True)
class FilterSettings:
    """Which documents of its knowledge an app looks at.

    Args:
        mode: disabled, manual (the conditions below), automatic (a model makes them of the question).
        conditions: field, operator, value; values may hold `{{name}}` of the form.
        meets_any: one condition is enough.
        model: provider and model of the automatic mode; None: the app's own.
    """

    mode: str = "disabled"
    conditions: tuple[tuple[str, str, Any], ...] = ()
    meets_any: bool = False
    model: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ContextSettings:
    """Which knowledge an app reads and how much of it.

    Args:
        top_k: 1 to 10.
        score_threshold: 0 to 1, None for none.
        one_base: its model chooses the base to be searched (N-to-1); else all are.
        rerank: provider and model that order what all bases bring; None: as each base says.
        weights: of vectors and words where those order it.
        filters: which documents are looked at.
    """

    dataset_ids: tuple[UUID, ...] = ()
    top_k: int = DEFAULT_TOP_K
    score_threshold: float | None = None
    query_variable: str = ""
    one_base: bool = False
    rerank: tuple[str, str] | None = None
    weights: tuple[float, float] | None = None
    filters: FilterSettings = FilterSettings()


@dataclass(frozen=True, slots=True)
class PromptBlock:
    """One message of an expert prompt; `role` system, user or assistant."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class ExpertPrompt:
    """A prompt written out: `blocks` for chat models, one `text` for completion models.

    Args:
        user_prefix, assistant_prefix: who speaks, in the history of a `text`.
    """

    blocks: tuple[PromptBlock, ...] = ()
    text: str = ""
    user_prefix: str = USER_PREFIX
    assistant_prefix: str = ASSISTANT_PREFIX


@dataclass(frozen=True, slots=True)
class BasicConfig:
    """What one version of a chat or text-generation app does.

    Args:
        provider, model: empty for the workspace's default model.
        stand_ins: provider and name of the models asked where that one does not answer; None: the workspace's.
        parameters: completion parameters without `stop`.
        expert: None in basic mode.
        files: what it takes in `files`.
        takes_files: whether any field of its form does.
        features: the maps behind /v1/parameters, as stored.
    """

    provider: str
    model: str
    parameters: Mapping[str, Any]
    stop: tuple[str, ...]
    expert: ExpertPrompt | None
    pre_prompt: str
    variables: tuple[Variable, ...]
    context: ContextSettings
    opening_statement: str
    cite_sources: bool
    files: FileRules
    takes_files: bool
    features: Mapping[str, Any]
    stand_ins: Sequence[Name] | None = None

    @property
    def instructions(self) -> str:
        """All that the app's author wrote for the model."""
        if self.expert is None:
            return self.pre_prompt
        return "\n".join([self.pre_prompt, self.expert.text, *(block.text for block in self.expert.blocks)])


def read_config(raw: Mapping[str, Any]) -> BasicConfig:
    """Reads a stored or imported map; never fails on content, only ignores what has the wrong shape."""
    model = as_map(raw.get("model"))
    parameters = dict(as_map(model.get("completion_params")))
    expert = _expert(raw) if raw.get("prompt_type") == ADVANCED else None
    stop = _stop(parameters.pop("stop", None), model, expert)
    variables = tuple(_variables(raw.get("user_input_form")))
    return BasicConfig(
        provider=str(model.get("provider") or ""),
        model=str(model.get("name") or ""),
        parameters=parameters,
        stop=stop,
        expert=expert,
        pre_prompt=str(raw.get("pre_prompt") or ""),
        variables=variables,
        context=_context(raw),
        opening_statement=str(raw.get("opening_statement") or ""),
        cite_sources=bool(as_map(raw.get("retriever_resource")).get("enabled")),
        files=read_upload_rules(raw),
        takes_files=any(variable.files for variable in variables),
        features=feature_maps(raw),
        stand_ins=read_stand_ins(model),
    )


def with_model(config: BasicConfig, model: Mapping[str, Any]) -> BasicConfig:
    """The configuration on another model: `model` as the map has it (provider, name, completion_params)."""
    parameters = dict(as_map(model.get("completion_params")))
    stop = parameters.pop("stop", None)
    return replace(
        config,
        provider=str(model.get("provider") or ""),
        model=str(model.get("name") or ""),
        parameters=parameters,
        stop=config.stop if stop is None else as_texts(stop)[:MAX_STOP],
        stand_ins=read_stand_ins(model),
    )


def read_stand_ins(model: Mapping[str, Any]) -> Sequence[Name] | None:
    """The models that a `model` map names in `fallbacks`; None where it has no such list."""
    return read_chain(model["fallbacks"]) if isinstance(model.get("fallbacks"), list) else None


def _expert(raw: Mapping[str, Any]) -> ExpertPrompt:
    completion = as_map(raw.get("completion_prompt_config"))
    roles = as_map(completion.get("conversation_histories_role"))
    messages = [as_map(item) for item in as_list(as_map(raw.get("chat_prompt_config")).get("prompt"))]
    return ExpertPrompt(
        blocks=tuple(PromptBlock(_role(item.get("role")), str(item.get("text") or "")) for item in messages),
        text=str(as_map(completion.get("prompt")).get("text") or ""),
        user_prefix=str(roles.get("user_prefix") or USER_PREFIX),
        assistant_prefix=str(roles.get("assistant_prefix") or ASSISTANT_PREFIX),
    )


def _role(value: object) -> str:
    return value if isinstance(value, str) and value in ROLES else "user"


def _stop(given: object, model: Mapping[str, Any], expert: ExpertPrompt | None) -> tuple[str, ...]:
    """At most four; a completion prompt that names none ends where the model begins to speak for the user."""
    if given is None and expert is not None and model.get("mode") == "completion":
        return (f"{expert.user_prefix}:",)
    return as_texts(given)[:MAX_STOP]


def _context(raw: Mapping[str, Any]) -> ContextSettings:
    settings = as_map(raw.get("dataset_configs"))
    entries = as_list(as_map(settings.get("datasets")).get("datasets"))
    datasets = [as_map(as_map(entry).get("dataset")) for entry in entries]
    # Files from before dataset_configs list their knowledge among the agent's tools.
    datasets += [as_map(as_map(tool).get("dataset")) for tool in as_list(as_map(raw.get("agent_mode")).get("tools"))]
    ids = [parse_uuid(dataset.get("id")) for dataset in datasets if dataset.get("enabled", True)]
    one_base = settings.get("retrieval_model") == "single"
    return ContextSettings(
        dataset_ids=tuple(dict.fromkeys(id for id in ids if id is not None)),
        top_k=min(as_whole(settings.get("top_k")) or DEFAULT_TOP_K, MAX_TOP_K),
        score_threshold=_threshold(settings),
        query_variable=str(raw.get("dataset_query_variable") or ""),
        one_base=one_base,
        rerank=None if one_base else _rerank(settings),
        weights=None if one_base else _weights(settings),
        filters=_filters(settings),
    )


def _filters(settings: Mapping[str, Any]) -> FilterSettings:
    """`metadata_filtering_mode` and what belongs to it."""
    mode = settings.get("metadata_filtering_mode")
    if not isinstance(mode, str) or mode not in FILTERING:
        return FilterSettings()
    written = as_map(settings.get("metadata_filtering_conditions"))
    conditions = [as_map(condition) for condition in as_list(written.get("conditions"))]
    model = as_map(settings.get("metadata_model_config"))
    provider, name = model.get("provider"), model.get("name")
    return FilterSettings(
        mode=mode,
        conditions=tuple(
            (str(one.get("name") or ""), str(one.get("comparison_operator") or ""), one.get("value"))
            for one in conditions
        ),
        meets_any=written.get("logical_operator") == "or",
        model=(str(provider), str(name)) if provider and name else None,
    )


def _rerank(settings: Mapping[str, Any]) -> tuple[str, str] | None:
    """Older files name the model alone; newer ones have a switch and a mode as well."""
    model = as_map(settings.get("reranking_model"))
    provider, name = model.get("reranking_provider_name"), model.get("reranking_model_name")
    off = settings.get("reranking_enable") is False or settings.get("reranking_mode") == BY_WEIGHTS
    return None if off or not provider or not name else (str(provider), str(name))


def _weights(settings: Mapping[str, Any]) -> tuple[float, float] | None:
    if settings.get("reranking_mode") != BY_WEIGHTS:
        return None
    weights = as_map(settings.get("weights"))
    vectors = as_number(as_map(weights.get("vector_setting")).get("vector_weight"))
    words = as_number(as_map(weights.get("keyword_setting")).get("keyword_weight"))
    if vectors is None or words is None or not (0 <= vectors <= 1 and 0 <= words <= 1 and vectors + words):
        return None
    return vectors, words


def _threshold(settings: Mapping[str, Any]) -> float | None:
    if not settings.get("score_threshold_enabled"):
        return None
    given = as_number(settings.get("score_threshold"))
    return DEFAULT_THRESHOLD if given is None else min(max(given, 0.0), 1.0)


def _variables(form: object) -> list[Variable]:
    found = []
    for entry in as_list(form):
        for kind, field in as_map(entry).items():
            field = as_map(field)
            if field.get("variable"):
                found.append(_variable(str(kind), field))
    return found


def _variable(kind: str, field: Mapping[str, Any]) -> Variable:
    return Variable(
        kind=kind,
        name=str(field["variable"]),
        label=str(field.get("label") or field["variable"]),
        required=bool(field.get("required")),
        max_length=as_whole(field.get("max_length")),
        default=field.get("default"),
        options=as_texts(field.get("options")),
        files=read_field_rules(kind, field),
    )
