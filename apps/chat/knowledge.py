"""What an app's settings say of the documents it looks at, made into a filter for one turn."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any
from uuid import UUID

from apps.billing.attribution import counted_by_run
from apps.common.errors import AppError
from apps.knowledge.contracts import Condition, MetadataFilter
from apps.knowledge.services.filter_choosing import choose_filter
from apps.models.handles import ModelHandle
from apps.models.services.resolve import resolve_model
from apps.prompts.blocks import fill, find_names
from apps.prompts.config import FilterSettings

from .state import TurnState


async def find_filter(turn: TurnState, dataset_ids: Sequence[UUID], query: str) -> MetadataFilter | None:
    """The filter of a turn's search; the tokens of the app's model, where that made it, count as the turn's own."""
    settings = turn.config.context.filters
    if settings.mode == "manual":
        form = {variable.name: turn.inputs.get(variable.name) for variable in turn.config.variables}
        # The one base that was chosen need not have the fields of the others.
        return _written(settings, form, is_strict=not turn.config.context.one_base)
    if settings.mode != "automatic":
        return None
    workspace_id = turn.request.app.workspace_id
    handle = await _model(workspace_id, settings, turn.handle)
    if handle is None:
        return None
    is_own = handle is turn.handle  # another model has prices of its own: it is charged as a call outside of the run
    with counted_by_run() if is_own else nullcontext():
        choice = await choose_filter(workspace_id=workspace_id, handle=handle, dataset_ids=dataset_ids, query=query)
    if is_own:
        prompt, completion = turn.aside_tokens
        turn.aside_tokens = prompt + choice.prompt_tokens, completion + choice.completion_tokens
    return choice.filters


async def _model(workspace_id: UUID, settings: FilterSettings, own: ModelHandle | None) -> ModelHandle | None:
    """The model named for filters, else the app's; None where the named one is not there."""
    if settings.model is None:
        return own
    provider, name = settings.model
    try:
        return await resolve_model(workspace_id=workspace_id, model_type="llm", provider=provider, name=name)
    except AppError:
        return None


def _written(settings: FilterSettings, inputs: Mapping[str, Any], *, is_strict: bool) -> MetadataFilter | None:
    """The author's conditions with the form's values; one that rests on a field left empty is not asked for.

    Args:
        inputs: of every field of the form.
    """
    filled = [
        Condition(name, operator, _filled(value, inputs))
        for name, operator, value in settings.conditions
        if not _waits(value, inputs)
    ]
    return MetadataFilter(filled, settings.meets_any, is_strict) if filled else None


def _filled(value: Any, inputs: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_filled(item, inputs) for item in value]
    return fill(value, inputs) if isinstance(value, str) else value


def _waits(value: Any, inputs: Mapping[str, Any]) -> bool:
    return isinstance(value, str) and any(inputs.get(name, name) in (None, "") for name in find_names(value))
