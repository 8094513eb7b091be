"""What nodes reach outside of the engine, for one run: models and knowledge of its workspace, and the sandbox."""

import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from apps.common import http
from apps.common.errors import AppError
from apps.common.ids import parse_uuid
from apps.common.tokens import estimate_tokens
from apps.knowledge.contracts import Hit, RerankChoice
from apps.knowledge.services.retrieve import retrieve
from apps.models.contracts import ChatMessage, ChatRequest, Finish, TextDelta
from apps.models.services.resolve import resolve_model
from apps.prompts.shapes import as_list, as_map, as_number, as_whole

from .engine.contracts import ModelAnswer, NodeFailed

MODEL_ERROR: Final = "ModelInvokeError"
CODE_ERROR: Final = "CodeExecutionError"
NO_SANDBOX: Final = "The code sandbox does not run here. Ask whoever runs this server to start it."
TOP_K: Final = 4
LONGEST_RUN_S: Final = 60
MAX_ANSWER_BYTES: Final = 10 * 2**20
REDIRECTS: Final = 10


@dataclass(frozen=True, slots=True)
class RunServices:
    """See `engine.contracts.Services`."""

    workspace_id: UUID

    async def ask_model(
        self, model: Mapping[str, Any], messages: Sequence[tuple[str, str]]
    ) -> AsyncIterator[str | ModelAnswer]:
        """Streams a model of the workspace; the default one where the node names none."""
        began, first, pieces, finish = time.monotonic(), None, [], Finish("")
        parameters = dict(as_map(model.get("completion_params")))
        stop = [str(word) for word in as_list(parameters.pop("stop", None))]
        request = ChatRequest([ChatMessage(role, text) for role, text in messages], parameters, stop[:4])
        try:
            handle = await resolve_model(
                workspace_id=self.workspace_id,
                model_type="llm",
                provider=str(model.get("provider") or "") or None,
                name=str(model.get("name") or "") or None,
            )
            async with aclosing(handle.stream_chat(request)) as stream:
                async for piece in stream:
                    if isinstance(piece, TextDelta) and piece.text:
                        first = first or time.monotonic() - began
                        pieces.append(piece.text)
                        yield piece.text
                    elif isinstance(piece, Finish):
                        finish = piece
        except AppError as error:
            raise NodeFailed(error.message, MODEL_ERROR) from error
        text = "".join(pieces)
        asked = sum(estimate_tokens(content) for _, content in messages)
        usage = handle.usage(
            prompt_tokens=asked if finish.prompt_tokens is None else finish.prompt_tokens,
            completion_tokens=estimate_tokens(text) if finish.completion_tokens is None else finish.completion_tokens,
            latency_s=time.monotonic() - began,
            time_to_first_token_s=first,
        )
        yield ModelAnswer(text, usage.as_metadata(), finish.reason)

    async def run_code(self, language: str, code: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Runs it in the sandbox."""
        found = await _in_sandbox(language, code, inputs)
        if not isinstance(found, Mapping):
            raise NodeFailed("main must return an object (a dict).", CODE_ERROR, inputs=inputs)
        return found

    async def render(self, template: str, inputs: Mapping[str, Any]) -> str:
        """Renders it in the sandbox."""
        return str(await _in_sandbox("jinja2", template, inputs))

    async def fetch(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout_s: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Calls an address of the internet; those of inner networks are refused."""
        try:
            answer = await http.fetch(
                method,
                url,
                private_allowed=False,
                headers=headers,
                body=body,
                max_bytes=MAX_ANSWER_BYTES,
                timeout_s=timeout_s,
                redirects=REDIRECTS,
            )
        except AppError as error:
            raise NodeFailed(error.message, "HttpRequestNodeError") from error
        return answer.status, answer.headers, answer.body

    async def search(
        self, query: str, dataset_ids: Sequence[str], settings: Mapping[str, Any]
    ) -> Sequence[Mapping[str, Any]]:
        """Searches bases of the workspace as the node's multi-path settings say."""
        config = as_map(settings.get("multiple_retrieval_config"))
        model = as_map(config.get("reranking_model"))
        by_model = config.get("reranking_enable") is not False and config.get("reranking_mode") != "weighted_score"
        named = bool(model.get("provider") and model.get("model"))
        try:
            hits = await retrieve(
                workspace_id=self.workspace_id,
                dataset_ids=[found for one in dataset_ids if (found := parse_uuid(one))],
                query=query,
                top_k=as_whole(config.get("top_k")) or TOP_K,
                score_threshold=as_number(config.get("score_threshold")),
                rerank=RerankChoice(str(model["provider"]), str(model["model"])) if by_model and named else None,
                weights=_weights(config),
            )
        except AppError as error:
            raise NodeFailed(error.message, "KnowledgeRetrievalError", inputs={"query": query}) from error
        return [_as_result(hit, place) for place, hit in enumerate(hits, 1)]


def _weights(config: Mapping[str, Any]) -> tuple[float, float] | None:
    if config.get("reranking_mode") != "weighted_score":
        return None
    weights = as_map(config.get("weights"))
    vectors = as_number(as_map(weights.get("vector_setting")).get("vector_weight"))
    words = as_number(as_map(weights.get("keyword_setting")).get("keyword_weight"))
    return (vectors, words) if vectors is not None and words is not None else None


def _as_result(hit: Hit, position: int) -> dict[str, Any]:
    metadata = {
        "_source": "knowledge",
        "position": position,
        "dataset_id": str(hit.dataset_id),
        "dataset_name": hit.dataset_name,
        "document_id": str(hit.document_id),
        "document_name": hit.document_name,
        "data_source_type": hit.data_source_type,
        "document_data_source_type": hit.data_source_type,
        "segment_id": str(hit.segment_id),
        "retriever_from": "workflow",
        "score": hit.score,
        "segment_hit_count": hit.hit_count,
        "segment_word_count": hit.word_count,
        "segment_position": hit.position,
        "segment_index_node_hash": hit.index_node_hash,
        "doc_metadata": hit.doc_metadata,
    }
    return {"metadata": metadata, "title": hit.document_name, "content": hit.text}


async def _in_sandbox(language: str, code: str, inputs: Mapping[str, Any]) -> Any:
    """What a run of the sandbox brought. Raises NodeFailed: in the code's own words, or why none runs."""
    key = sandbox_key()
    if not key:
        raise NodeFailed(NO_SANDBOX, CODE_ERROR, inputs=inputs)
    body = json.dumps({"language": language, "code": code, "inputs": inputs}, default=str).encode()
    try:
        answer = await http.fetch(
            "POST",
            f"http://{settings.SANDBOX_HOST}:{settings.SANDBOX_PORT}/v1/run",
            private_allowed=True,
            headers={"X-Api-Key": key, "Content-Type": "application/json"},
            body=body,
            timeout_s=LONGEST_RUN_S + 10,
        )
        said = json.loads(answer.body)
    except (AppError, ValueError) as error:
        raise NodeFailed(NO_SANDBOX, CODE_ERROR, inputs=inputs) from error
    problem = said.get("error")
    if answer.status != HTTPStatus.OK or problem:
        raise NodeFailed(str((problem or {}).get("message") or NO_SANDBOX), CODE_ERROR, inputs=inputs)
    return said["result"]


def sandbox_key() -> str:
    """The key between the product and its sandbox: as configured, else the one made at the first start; "" for none."""
    if settings.SANDBOX_API_KEY:
        return str(settings.SANDBOX_API_KEY)
    path = settings.STORAGE_LOCAL_PATH / "keys" / "sandbox_key"
    return path.read_text().strip() if path.is_file() else ""
