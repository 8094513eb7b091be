"""The most that a flow may cost, before it runs."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from uuid import UUID

from apps.billing.attribution import current
from apps.billing.rules import places_of
from apps.common.errors import AppError
from apps.common.tokens import estimate_tokens
from apps.models.reserving import most_usd
from apps.prompts.shapes import as_map
from apps.prompts.window import tokens_for_answer
from apps.workflows.engine.graph import Graph, GraphNode

from .models import named_model


async def most_of(workspace_id: UUID, graph: Graph, ended: Collection[str] = ()) -> Decimal:
    """Of all nodes with a model, each run once, in US dollars; what loops and variables add is not known yet.

    Nothing where no budget applies to the running task.

    Args:
        ended: ids of nodes that ran already.
    """
    if not await places_of(workspace_id, current()):
        return Decimal(0)
    waiting = [node for node in graph.nodes.values() if node.id not in ended]
    asking = [node for node in waiting if isinstance(node.data.get("model"), Mapping)]
    return sum([await _most(workspace_id, node) for node in asking], Decimal(0))


async def _most(workspace_id: UUID, node: GraphNode) -> Decimal:
    model = as_map(node.data["model"])
    try:
        handle = await named_model(workspace_id, model)
    except AppError:  # the node will say so itself
        return Decimal(0)
    prompt = estimate_tokens(str(node.data.get("prompt_template") or ""))
    answer = tokens_for_answer(as_map(model.get("completion_params")), handle.spec.context_tokens)
    return most_usd(handle, prompt_tokens=prompt, answer_tokens=answer)
