"""The steps of a turn between its first write and its model: each adds to the turn's state what it finds."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Final

from apps.billing.attribution import counted_by_run
from apps.knowledge.contracts import RerankChoice
from apps.knowledge.services.choosing import choose_base
from apps.knowledge.services.retrieve import retrieve
from apps.logs.history import pictures_of
from apps.models.errors import PromptTooLong
from apps.models.handles import ModelHandle
from apps.prompts.assembly import assemble
from apps.prompts.config import BasicConfig
from apps.prompts.material import Material, Prompt
from apps.prompts.window import takes_a_moment

from .knowledge import find_filter
from .pictures import readable
from .state import TurnState


async def find_passages(turn: TurnState) -> None:
    """Searches the app's knowledge for the question, or for the form's field that stands for it."""
    context = turn.config.context
    if not context.dataset_ids:
        return
    query = turn.request.query
    if context.query_variable:
        query = str(turn.inputs.get(context.query_variable) or query)
    if not query.strip():
        return
    workspace_id, dataset_ids = turn.request.app.workspace_id, list(context.dataset_ids)
    if context.one_base and turn.handle is not None:
        with counted_by_run():
            choice = await choose_base(
                workspace_id=workspace_id, handle=turn.handle, dataset_ids=dataset_ids, query=query
            )
        dataset_ids, turn.aside_tokens = list(choice.dataset_ids), (choice.prompt_tokens, choice.completion_tokens)
    filters = await find_filter(turn, dataset_ids, query)
    turn.hits = await retrieve(
        workspace_id=workspace_id,
        dataset_ids=dataset_ids,
        query=query,
        top_k=context.top_k,
        score_threshold=context.score_threshold,
        rerank=RerankChoice(*context.rerank) if context.rerank else None,
        weights=context.weights,
        filters=filters,
    )


async def recall_pictures(turn: TurnState) -> None:
    """Adds the pictures of earlier questions, where the app takes any and its model looks at them."""
    if not (turn.history and turn.config.files.enabled and turn.sees):
        return
    found = await pictures_of([past.message_id for past in turn.history if past.message_id])
    if found:
        turn.history = [
            replace(past, pictures=readable(found.get(past.message_id, ()))) if past.message_id else past
            for past in turn.history
        ]


async def write_prompt(turn: TurnState) -> None:
    """Puts the prompt together: for a stand-in with a larger window where it does not fit the model's.

    Raises PromptTooLong.
    """
    assert turn.handle is not None
    material = Material(
        inputs=turn.inputs,
        query=turn.request.query,
        history=turn.history,
        passages=[hit.text for hit in turn.hits],
        excerpts=[hit.excerpt for hit in turn.hits],
        pictures=readable((*turn.files, *turn.input_files)) if turn.sees else (),
        as_chat=turn.as_chat,
    )
    for handle in turn.handle.by_window():
        try:
            turn.prompt = await _assembled(turn.config, material, handle)
            return
        except PromptTooLong as error:
            problem = error
    raise problem


async def _assembled(config: BasicConfig, material: Material, handle: ModelHandle) -> Prompt:
    make = partial(assemble, config, material, provider=handle.provider, spec=handle.spec)
    return await asyncio.to_thread(make) if takes_a_moment(material, config, handle.spec) else make()


# In this order; what may answer in the model's place (annotations) comes first.
BEFORE_MODEL: Final[tuple[Callable[[TurnState], Awaitable[None]], ...]] = (
    find_passages,
    recall_pictures,
    write_prompt,
)
