"""What a search must know of a base, read once per process and forgotten at word of a change."""

from dataclasses import dataclass
from uuid import UUID

from apps.common import db
from apps.common.caching import NotifiedCache
from apps.common.ids import parse_uuid

from .choices import DocForm, IndexKind
from .contracts import Scope
from .wire import parse_external_retrieval, stored_retrieval

TOPIC = "dataset"


@dataclass(frozen=True, slots=True)
class BaseConfig:
    """A base as its searches need it."""

    workspace_id: UUID
    enable_api: bool
    embedding_provider: str
    embedding_model: str
    scope: Scope
    description: str = ""
    is_external: bool = False

    @property
    def has_vectors(self) -> bool:
        """Whether segments were embedded."""
        return bool(self.embedding_model)


_LOAD = """
select d.id, d.name, d.workspace_id, d.enable_api, d.indexing_technique, d.embedding_provider, d.embedding_model,
       d.retrieval_model, coalesce(s.chunks, 0), d.description, d.doc_form,
       d.provider = 'external', d.external_retrieval_model,
       array(select i.kind || i.model from knowledge_searchindex i where i.dataset_id = d.id and i.ready_at is not null)
from knowledge_dataset d left join knowledge_lexicalstat s on s.dataset_id = d.id
where d.id = %s"""


async def _load(key: str) -> tuple[str, BaseConfig] | None:
    row = await db.fetch_one(_LOAD, parse_uuid(key))
    if row is None:
        return None
    id, name, workspace_id, enable_api, technique, provider, model, retrieval, chunks, description, form = row[:11]
    is_external, external_retrieval, indexes = row[11:]
    settings = parse_external_retrieval(external_retrieval) if is_external else stored_retrieval(retrieval)
    model = model if technique == "high_quality" else ""
    model_key = f"{provider}/{model}" if model else ""
    has_children = form == DocForm.HIERARCHICAL
    scope = Scope(
        id, name, model_key, chunks,
        has_vector_index=bool(model_key) and f"{IndexKind.VECTORS}{model_key}" in indexes,
        has_word_index=IndexKind.WORDS in indexes,
        has_children=has_children, settings=settings,
    )  # fmt: skip
    return key, BaseConfig(workspace_id, enable_api, provider, model, scope, description, is_external)


_cache: NotifiedCache[BaseConfig] = NotifiedCache(TOPIC, _load)


async def get_config(*, workspace_id: UUID, dataset_id: UUID) -> BaseConfig | None:
    """The workspace's base; None where it was deleted or is another workspace's."""
    config = await _cache.get(str(dataset_id))
    return config if config is not None and config.workspace_id == workspace_id else None
