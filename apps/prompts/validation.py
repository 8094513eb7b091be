"""Is a configuration fit to be published? Says everything that is wrong with it, each in one sentence.

The sentences are for the person who edits the app; the codes stay as they are.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from apps.models.catalogue import all_providers, canonical_provider
from apps.models.contracts import ModelMode
from apps.models.parameters import check_parameters

from .blocks import BLOCKS, CONTEXT, HISTORIES, QUERY, find_blocks, marker
from .choices import PROMPT_MODES, AppMode
from .config import ADVANCED, MAX_STOP, MAX_TOP_K, ROLES, BasicConfig, read_config
from .errors import InvalidAppConfig
from .shapes import as_list, as_map, as_number, as_texts

MAX_BLOCKS: Final = 10
_MISSING: Final = {
    QUERY: "without it the model does not see the question",
    HISTORIES: "without it the model does not know what was said before",
    CONTEXT: "without it the model does not see the knowledge chosen for the app",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Args:
        code: stable: prompt_empty, too_many_blocks, unknown_role, repeated_block, missing_block, unknown_block,
            block_not_available, too_many_stop_sequences, top_k_out_of_range, score_threshold_out_of_range,
            duplicate_variable, wrong_parameter_type, parameter_out_of_range.
        field: where, as a path in the `model_config` map.
    """

    code: str
    message: str
    field: str


def validate_config(mode: str, config: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the `model_config` of an app of this mode; nothing for apps that have a graph instead."""
    if mode not in PROMPT_MODES:
        return []
    read = read_config(config)
    as_chat = mode != AppMode.COMPLETION
    found = [*_stop_problems(config), *_context_problems(config), *_variable_problems(read)]
    found += [
        Problem(problem.code, problem.message, f"model.completion_params.{problem.name}")
        for problem in check_parameters(read.provider, read.model, read.parameters)
    ]
    if config.get("prompt_type") == ADVANCED:
        found += _prompt_problems(read, config, as_chat=as_chat)
    return found


def require_valid(mode: str, config: Mapping[str, Any]) -> None:
    """Raises InvalidAppConfig with every problem there is."""
    problems = validate_config(mode, config)
    if problems:
        raise InvalidAppConfig([(problem.code, problem.message, problem.field) for problem in problems])


def offered_blocks(*, as_chat: bool, model_mode: ModelMode) -> tuple[str, ...]:
    """The blocks an editor offers: question and history have a place of their own in the prompts of chat models."""
    return BLOCKS if as_chat and model_mode == "completion" else (CONTEXT,)


def model_mode_of(config: Mapping[str, Any]) -> ModelMode:
    """What the app's model takes: as the catalogue says, else as the file does."""
    model = as_map(config.get("model"))
    provider = all_providers().get(canonical_provider(str(model.get("provider") or "")))
    spec = provider.specs.get(("llm", str(model.get("name")))) if provider else None
    if spec is not None:
        return spec.mode
    return "completion" if model.get("mode") == "completion" else "chat"


def _prompt_problems(read: BasicConfig, config: Mapping[str, Any], *, as_chat: bool) -> Iterator[Problem]:
    assert read.expert is not None
    if model_mode_of(config) == "completion":
        field, texts = "completion_prompt_config.prompt.text", [read.expert.text]
        required = [HISTORIES, QUERY] if as_chat else []
    else:
        field, texts, required = "chat_prompt_config.prompt", [block.text for block in read.expert.blocks], []
        yield from _message_problems(config, field)
    if read.context.dataset_ids:
        required = [CONTEXT, *required]
    if not as_chat and not any(text.strip() for text in texts):  # a chat has at least its question
        yield Problem("prompt_empty", "The prompt is empty. Write one, or begin with the template.", field)
        return
    counts = Counter(block for text in texts for block in find_blocks(text))
    yield from _block_problems(counts, field, as_chat=as_chat)
    for block in required:
        if block not in counts:
            sentence = f"The prompt needs the block {marker(block)}: {_MISSING[block]}."
            yield Problem("missing_block", sentence, field)


def _message_problems(config: Mapping[str, Any], field: str) -> Iterator[Problem]:
    messages = as_list(as_map(config.get("chat_prompt_config")).get("prompt"))
    if len(messages) > MAX_BLOCKS:
        sentence = f"A prompt has at most {MAX_BLOCKS} messages; this one has {len(messages)}."
        yield Problem("too_many_blocks", sentence, field)
    for number, message in enumerate(messages[:MAX_BLOCKS]):
        if as_map(message).get("role") not in ROLES:
            yield Problem("unknown_role", f"Message {number + 1} needs the role {', '.join(ROLES)}.", field)


def _block_problems(counts: Mapping[str, int], field: str, *, as_chat: bool) -> Iterator[Problem]:
    for block, count in counts.items():
        if block not in BLOCKS:
            known = ", ".join(marker(name) for name in BLOCKS)
            yield Problem("unknown_block", f"There is no block {marker(block)}; there are {known}.", field)
        elif count > 1:
            sentence = f"The block {marker(block)} stands {count} times in the prompt; it may stand there once."
            yield Problem("repeated_block", sentence, field)
        if block == HISTORIES and not as_chat:
            sentence = f"The block {marker(block)} has nothing to show in a text generator: it keeps no conversation."
            yield Problem("block_not_available", sentence, field)


def _stop_problems(config: Mapping[str, Any]) -> Iterator[Problem]:
    stop = as_texts(as_map(as_map(config.get("model")).get("completion_params")).get("stop"))
    if len(stop) > MAX_STOP:
        sentence = f"A model takes at most {MAX_STOP} stop sequences; there are {len(stop)}."
        yield Problem("too_many_stop_sequences", sentence, "model.completion_params.stop")


def _context_problems(config: Mapping[str, Any]) -> Iterator[Problem]:
    settings = as_map(config.get("dataset_configs"))
    top_k, threshold = settings.get("top_k"), settings.get("score_threshold")
    if top_k is not None and not (type(top_k) is int and 1 <= top_k <= MAX_TOP_K):
        sentence = f"top_k must be a whole number from 1 to {MAX_TOP_K}."
        yield Problem("top_k_out_of_range", sentence, "dataset_configs.top_k")
    if not settings.get("score_threshold_enabled") or threshold is None:
        return
    number = as_number(threshold)
    if number is None or not 0 <= number <= 1 or round(number, 2) != number:
        sentence = "score_threshold must be a number from 0 to 1 with at most two decimals."
        yield Problem("score_threshold_out_of_range", sentence, "dataset_configs.score_threshold")


def _variable_problems(read: BasicConfig) -> Iterator[Problem]:
    for name, count in Counter(variable.name for variable in read.variables).items():
        if count > 1:
            sentence = f"The form has {count} fields named {name}; each field needs a name of its own."
            yield Problem("duplicate_variable", sentence, "user_input_form")
