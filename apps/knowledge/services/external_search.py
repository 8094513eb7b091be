"""Searches of bases kept elsewhere: the one call of the external knowledge API.

`POST {endpoint}/retrieval` with a bearer key and `{knowledge_id, query, retrieval_setting, metadata_condition}`; the
answer is `{records: [{content, score, title, metadata}]}`, or `{error_code, error_msg}`.
"""

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, ClassVar, Final
from uuid import UUID, uuid5

import orjson
from django.conf import settings

from apps.common import crypto, db, http
from apps.common.caching import NotifiedCache
from apps.common.errors import NotFound
from apps.common.ids import parse_uuid
from apps.common.text import storable, storable_json
from apps.common.tokens import estimate_tokens
from apps.knowledge.configs import TOPIC
from apps.knowledge.contracts import Hit, MetadataFilter, Query, RetrievalMethod, Scope
from apps.knowledge.errors import ExternalKnowledgeFailed, ExternalKnowledgeRefused
from apps.knowledge.selectors import DATASET_NOT_FOUND

CONNECT_S: Final = 5.0
TIMEOUT_S: Final = 30.0
MAX_BYTES: Final = 4 << 20
SOURCE: Final = "external"
UNNAMED: Final = "Untitled"
_PATH: Final = "/retrieval"
_SAID: Final = 300  # characters of the service's own words that are passed on
_TITLE: Final = 255

NO_KNOWLEDGE: Final = "2001"
_CODES: Final[Mapping[str, str]] = {
    "1001": "The external knowledge service does not accept the form of the API key",
    "1002": "The external knowledge service refused the API key. Enter a valid one",
    NO_KNOWLEDGE: "The external knowledge service has no knowledge with this id. Check the external knowledge id",
}
_STATUSES: Final[Mapping[int, str]] = {
    401: _CODES["1002"],
    403: _CODES["1002"],
    404: "There is no external knowledge API at this address. Check the endpoint",
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A service of the external knowledge API."""

    url: str
    api_key: str = field(repr=False)

    @property
    def address(self) -> str:
        """Where its one call goes."""
        url = self.url.rstrip("/")
        return url if url.endswith(_PATH) else url + _PATH


@dataclass(frozen=True, slots=True)
class Source:
    """Where a base's passages are: the service, and what the service calls the knowledge."""

    api_id: UUID
    endpoint: Endpoint
    knowledge_id: str


@dataclass(frozen=True, slots=True)
class Found:
    """A record of the answer; `score` is 0 to 1."""

    content: str
    title: str
    score: float
    metadata: Mapping[str, Any]


async def ask(
    endpoint: Endpoint,
    knowledge_id: str,
    query: str,
    *,
    top_k: int,
    score_threshold: float | None = None,
    filters: MetadataFilter | None = None,
) -> list[Found]:
    """What the service finds, best first, in an answer of at most 4 MB within 30 s.

    Raises:
        ExternalKnowledgeRefused: it says what is wrong with key, knowledge id or address.
        ExternalKnowledgeFailed: it is down, or its answer is none.
        AddressBlocked, OutboundError.
    """
    body: dict[str, Any] = {
        "knowledge_id": knowledge_id,
        "query": query,
        "retrieval_setting": {"top_k": top_k, "score_threshold": score_threshold or 0.0},
    }
    if filters is not None:
        body["metadata_condition"] = _condition(filters)
    answer = await http.fetch(
        "POST",
        endpoint.address,
        private_allowed=settings.EXTERNAL_KNOWLEDGE_PRIVATE_ADDRESSES_ALLOWED,
        headers={"Authorization": f"Bearer {endpoint.api_key}", "Content-Type": "application/json"},
        body=json.dumps(body).encode(),
        max_bytes=MAX_BYTES,
        connect_s=CONNECT_S,
        timeout_s=TIMEOUT_S,
    )
    said = _parsed(answer.body)
    if answer.status != 200 or "error_code" in said:
        raise _problem(answer.status, said, endpoint.api_key)
    return sorted(_found(said), key=lambda record: -record.score)[:top_k]


class ExternalSearch(RetrievalMethod):
    """Finds passages of a base kept elsewhere. Not registered: no base of one's own can choose it.

    Args:
        score_threshold: 0 to 1, of the service's own scores.
        filters: for the service to apply.
    """

    key: ClassVar[str] = "external"
    label: ClassVar[str] = "External"
    needs_words: ClassVar[bool] = False

    def __init__(self, score_threshold: float | None = None, filters: MetadataFilter | None = None) -> None:
        self.score_threshold, self.filters = score_threshold, filters

    async def search(self, scope: Scope, query: Query, *, k: int) -> list[Hit]:
        """See the base class. Raises as `ask`, NotFound: the base was deleted meanwhile."""
        source = await _sources.get(str(scope.dataset_id))
        if source is None:
            raise NotFound(DATASET_NOT_FOUND)
        found = await ask(
            source.endpoint,
            source.knowledge_id,
            query.text,
            top_k=k,
            score_threshold=self.score_threshold,
            filters=self.filters,
        )
        hits = {hit.segment_id: hit for hit in reversed([_hit(scope, *item) for item in enumerate(found, 1)])}
        return sorted(hits.values(), key=lambda hit: hit.position)

    def scale(self, scope: Scope) -> Hashable:
        """See the base class: what a service's scores measure is its own affair."""
        return (self.key, scope.dataset_id)


_LOAD: Final = """
select a.id, a.endpoint, a.api_key, d.external_knowledge_id, w.wrapped_private_key
from knowledge_dataset d join knowledge_externalknowledgeapi a on a.id = d.external_api_id
join workspaces_workspace w on w.id = a.workspace_id
where d.id = %s and a.workspace_id = d.workspace_id"""


async def _load(dataset_id: str) -> tuple[str, Source] | None:
    row = await db.fetch_one(_LOAD, parse_uuid(dataset_id))
    if row is None:
        return None
    api_id, url, sealed, knowledge_id, wrapped_key = row
    return dataset_id, Source(api_id, Endpoint(url, crypto.decrypt(wrapped_key, bytes.fromhex(sealed))), knowledge_id)


_sources: NotifiedCache[Source] = NotifiedCache(TOPIC, _load)


def _hit(scope: Scope, position: int, found: Found) -> Hit:
    """The record as a passage. Equal records of a base have equal ids, in every process and at all times."""
    document_id = uuid5(scope.dataset_id, found.title)
    return Hit(
        segment_id=uuid5(document_id, found.content),
        document_id=document_id,
        dataset_id=scope.dataset_id,
        dataset_name=scope.dataset_name,
        document_name=found.title,
        data_source_type=SOURCE,
        content=found.content,
        answer=None,
        score=found.score,
        position=position,
        word_count=len(found.content),
        hit_count=0,
        index_node_hash=sha256(found.content.encode()).hexdigest(),
        tokens=estimate_tokens(found.content),
        doc_metadata=found.metadata,
    )


def _condition(filters: MetadataFilter) -> dict[str, Any]:
    return {
        "logical_operator": "or" if filters.meets_any else "and",
        "conditions": [
            {"name": one.name, "comparison_operator": one.operator, "value": one.value} for one in filters.conditions
        ],
    }


def _parsed(body: bytes) -> Mapping[str, Any]:
    """The answer's JSON object; an empty one for anything else."""
    try:
        found = storable_json(orjson.loads(body))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _problem(status: int, said: Mapping[str, Any], api_key: str) -> ExternalKnowledgeRefused | ExternalKnowledgeFailed:
    code = str(said.get("error_code", ""))
    words = str(said.get("error_msg") or "").replace(api_key, "****").strip()[:_SAID]
    own = f" It said: {words}" if words else ""
    if sentence := _CODES.get(code) or _STATUSES.get(status):
        return ExternalKnowledgeRefused(f"{sentence}.{own}", is_about_access=code != NO_KNOWLEDGE)
    if status >= 500 or status == 429 or not words:
        return ExternalKnowledgeFailed(f"The external knowledge service answered with status {status}.{own}")
    return ExternalKnowledgeRefused(
        f"The external knowledge service refused the request (error {code or status}).{own}"
    )


def _found(said: Mapping[str, Any]) -> list[Found]:
    records = said.get("records")
    if not isinstance(records, Sequence) or isinstance(records, str):
        raise ExternalKnowledgeFailed
    return [found for record in records if (found := _record(record)) is not None]


def _record(record: object) -> Found | None:
    """None: the record holds no text."""
    if not isinstance(record, Mapping):
        raise ExternalKnowledgeFailed
    content, metadata, title, score = (record.get(name) for name in ("content", "metadata", "title", "score"))
    if not isinstance(content, str) or not content.strip():
        return None
    name = storable(title).strip()[:_TITLE] if isinstance(title, str) else ""
    number = float(score) if isinstance(score, int | float) else 0.0
    return Found(content, name or UNNAMED, min(max(number, 0.0), 1.0), metadata if isinstance(metadata, dict) else {})
