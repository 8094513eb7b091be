"""What the model calls of a flow come to, as a message tells it (service API 3.5)."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from apps.models.contracts import Prices, Usage
from apps.workflows.engine.events import NodeFinished

_PRICES: Final = ("prompt_price", "completion_price", "total_price")
_COUNTS: Final = ("prompt_tokens", "completion_tokens", "total_tokens")


def usage_of(
    finished: Sequence[NodeFinished], *, latency_s: float, time_to_first_token_s: float | None
) -> dict[str, Any]:
    """The `usage` of a turn: tokens and prices of all its model calls; unit prices are those of the last one."""
    usages = list(_usages(finished))
    about = Usage(0, 0, Prices(), latency_s, time_to_first_token_s).as_metadata()
    if not usages:
        return about
    summed: dict[str, Any] = {name: sum(int(one.get(name) or 0) for one in usages) for name in _COUNTS}
    summed |= {name: str(sum((Decimal(str(one.get(name) or 0)) for one in usages), Decimal(0))) for name in _PRICES}
    times = {"latency": latency_s, "time_to_first_token": time_to_first_token_s}
    return {**about, **usages[-1], **summed, **times}


def asked_model(finished: Sequence[NodeFinished]) -> tuple[str, str]:
    """Provider and name of the model that was asked last; empty where none was."""
    for node in reversed(finished):
        process = node.process_data or {}
        if process.get("model_name"):
            return str(process.get("model_provider") or "")[:64], str(process["model_name"])[:255]
    return "", ""


def resources_of(finished: Sequence[NodeFinished]) -> list[dict[str, Any]]:
    """The passages that models were shown, each once, as `retriever_resources`."""
    found: dict[object, dict[str, Any]] = {}
    for passage in (passage for node in finished for passage in node.citations):
        metadata = passage["metadata"]
        shown = {name: value for name, value in metadata.items() if not name.startswith("_")}
        found.setdefault(metadata.get("segment_id") or id(passage), {**shown, "content": passage.get("content", "")})
    return [{**_as_resource(one), "position": position} for position, one in enumerate(found.values(), 1)]


def _as_resource(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Names of a node's result as those of a message."""
    names = {
        "segment_hit_count": "hit_count",
        "segment_word_count": "word_count",
        "segment_index_node_hash": "index_node_hash",
    }
    left_out = {"document_data_source_type"}
    return {names.get(name, name): value for name, value in shown.items() if name not in left_out}


def _usages(finished: Sequence[NodeFinished]) -> Iterator[Mapping[str, Any]]:
    for node in finished:
        usage = (node.process_data or {}).get("usage")
        if isinstance(usage, Mapping):
            yield usage
