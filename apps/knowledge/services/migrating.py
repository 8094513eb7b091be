"""Knowledge bases out of another installation's vector store, with the vectors that are there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Max
from django.utils import timezone

from apps.common import notify
from apps.common.errors import Conflict, InvalidParam
from apps.common.ids import parse_uuid
from apps.common.perloop import call, run
from apps.common.tokens import estimate_tokens
from apps.knowledge.choices import IndexingStatus, IndexingTechnique
from apps.knowledge.configs import TOPIC
from apps.knowledge.locks import lock_dataset
from apps.knowledge.models import Dataset, Document, Segment
from apps.knowledge.store_contracts import VectorStore
from apps.knowledge.wire import dump_retrieval, parse_retrieval
from apps.models.services.resolve import resolve_model
from apps.workspaces.models import Workspace
from apps.workspaces.services import audit

from .bulk import Ready, counted_terms, is_seen, write_ready
from .datasets import check_name, is_embedding_available
from .documents import new_batch, take_rule
from .reweighing import reweigh_if_drifted
from .staging import Tell, stage

SAMPLE: Final = 1_000  # passages whose average length a new base's weights are made with
_PAGE: Final = 1_000
_FOUND: Final = """
select dataset_id, count(distinct document_id), count(distinct id), min(length(vector)) / 2, max(length(vector)) / 2
from staged group by 1 order by 1"""
_NEW_DOCUMENTS: Final = """
select distinct document_id from staged
where dataset_id = %s and document_id not in (select id from knowledge_document where dataset_id = %s) order by 1"""
_NEW_SEGMENTS: Final = """
select distinct on (document_id, id) document_id, id, content, vector from staged t
where dataset_id = %s and length(vector) = %s * 2
and not exists (select from knowledge_segment s where s.id = t.id)
order by document_id, id"""


@dataclass(slots=True)
class Migrated:
    """One base of the store.

    Args:
        documents, segments: new here; of a dry run: all there.
        dimensions: of its vectors.
    """

    dataset_id: UUID
    name: str
    documents: int
    segments: int
    dimensions: int


@dataclass(slots=True)
class Migration:
    """What was done, or would be.

    Args:
        skipped: points without text, vector or document.
    """

    bases: list[Migrated] = field(default_factory=list)
    skipped: int = 0
    warnings: list[str] = field(default_factory=list)


def migrate_vectors(
    *,
    workspace: Workspace,
    store: VectorStore,
    names: Mapping[str, Any] | None = None,
    embedding: tuple[str, str] | None = None,
    dry_run: bool = False,
    tell: Tell = lambda collection, done, total: None,
) -> Migration:
    """Makes knowledge bases of a store's collections. Bases and documents keep their ids; no model is called.

    Each base is one transaction. Run again it adds what is new.

    Args:
        names: of bases by their ids, of which alone the points are taken; None: all, named by their ids.
        embedding: provider and model that made the vectors; None: the workspace's default.
        tell: as in `stage`.

    Raises:
        VectorStoreFailed, OutboundError: the store gives no answer.
        InvalidParam, ProviderNotInitialized: a wrong name, or no model.
        Conflict: an id is another workspace's.
    """
    wanted = None if names is None else {_id(key): check_name(name) for key, name in names.items()}
    model = embedding or _default_model(workspace)
    migration = Migration(skipped=stage(store, wanted, tell))
    for dataset_id, documents, segments, least, most in _rows(_FOUND):
        name = (wanted or {}).get(dataset_id) or f"Migrated {str(dataset_id)[:8]}"
        base = Migrated(dataset_id, name, documents, segments, most)
        if least != most:
            migration.warnings.append(f"{name}: vectors of other dimensions than {most} are left out.")
        if not dry_run:
            _Base(workspace, base, model, migration.warnings).write()
        migration.bases.append(base)
    return migration


def _id(text: str) -> UUID:
    found = parse_uuid(text)
    if found is None:
        raise InvalidParam(f"--dataset-map: {text[:50]!r} is no id of a knowledge base.", params="dataset-map")
    return found


def _default_model(workspace: Workspace) -> tuple[str, str]:
    handle = call(resolve_model(workspace_id=workspace.pk, model_type="text-embedding"))
    return handle.provider, handle.name


def _rows(sql: str, *values: UUID | int) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


class _Base:
    """One base, out of the table of what was read."""

    def __init__(self, workspace: Workspace, found: Migrated, model: tuple[str, str], warnings: list[str]) -> None:
        self.workspace, self.found, self.model, self.warnings = workspace, found, model, warnings

    def write(self) -> None:
        """Writes what is new. Raises Conflict."""
        with transaction.atomic():
            dataset = self._dataset()
            if (dataset.embedding_provider, dataset.embedding_model) != self.model:
                self.found.documents = self.found.segments = 0
                self.warnings.append(f"{dataset.name} is here already, with another model; nothing was added to it.")
                return
            self._add(dataset)
        run(reweigh_if_drifted(dataset.pk))
        self._warn(dataset)

    def _add(self, dataset: Dataset) -> None:
        self.found.documents = self._documents(dataset)
        self.found.segments = write_ready(dataset, self._segments(dataset), average_length=self._average())
        Document.objects.filter(dataset=dataset).exclude(completed_segments=F("segment_count")).update(
            completed_segments=F("segment_count"), updated_at=timezone.now()
        )
        audit.record(
            workspace=self.workspace, user=None, action="dataset.migrate", object_type="dataset", object_id=dataset.pk,
            data={"name": dataset.name, "segments": self.found.segments},
        )  # fmt: skip
        notify.send(TOPIC, dataset.pk)

    def _warn(self, dataset: Dataset) -> None:
        what = f"{dataset.name}: its vectors ({self.found.dimensions} dimensions) are taken for those of "
        model = "/".join(self.model)
        if is_embedding_available(dataset):
            self.warnings.append(f"{what}{model}. If that is another model, nothing fitting will be found.")
        else:
            self.warnings.append(f"{what}{model}, which this workspace has not; configure it to ask questions.")

    def _dataset(self) -> Dataset:
        provider, model = self.model
        dataset, _ = Dataset.objects.get_or_create(
            pk=self.found.dataset_id,
            defaults={
                "workspace": self.workspace,
                "name": self._free_name(),
                "permission": "all_team_members",
                "data_source_type": "upload_file",
                "indexing_technique": IndexingTechnique.HIGH_QUALITY,
                "embedding_provider": provider,
                "embedding_model": model,
                "retrieval_model": dump_retrieval(parse_retrieval(None)),
            },
        )
        if dataset.workspace_id != self.workspace.pk:
            raise Conflict(f"The knowledge base {dataset.pk} is here already, in another workspace.")
        self.found.name = dataset.name
        return lock_dataset(dataset)

    def _free_name(self) -> str:
        taken = Dataset.objects.filter(workspace=self.workspace, name=self.found.name).exists()
        return f"{self.found.name[:31]} {str(self.found.dataset_id)[:8]}" if taken else self.found.name

    def _documents(self, dataset: Dataset) -> int:
        ids = [row[0] for row in _rows(_NEW_DOCUMENTS, dataset.pk, dataset.pk)]
        if Document.objects.filter(pk__in=ids).exists():
            raise Conflict(f"Documents of {dataset.name} are here already, in another knowledge base.")
        last = dataset.documents.aggregate(last=Max("position"))["last"] or 0
        rule, batch, now = take_rule(dataset, None, None), new_batch(), timezone.now()
        Document.objects.bulk_create(
            [
                Document(
                    id=id,
                    workspace=self.workspace,
                    dataset=dataset,
                    position=position,
                    name=f"Document {str(id)[:8]}",
                    process_rule=rule,
                    batch=batch,
                    indexing_status=IndexingStatus.COMPLETED,
                    completed_at=now,
                )
                for position, id in enumerate(ids, last + 1)
            ],
            batch_size=_PAGE,
        )
        return len(ids)

    def _average(self) -> float:
        sample = _rows("select content from staged where dataset_id = %s limit %s", self.found.dataset_id, SAMPLE)
        return counted_terms(row[0] for row in sample)

    def _segments(self, dataset: Dataset) -> Iterator[Ready]:
        """What is new, behind what the documents have already."""
        last = dict(
            Segment.objects.filter(dataset=dataset, parent=None).values_list("document").annotate(Max("position"))
        )
        documents = {document.pk: document for document in dataset.documents.all()}
        with connection.chunked_cursor() as cursor:
            cursor.execute(_NEW_SEGMENTS, [dataset.pk, self.found.dimensions])
            while rows := cursor.fetchmany(_PAGE):
                for document_id, id, content, vector in rows:
                    last[document_id] = last.get(document_id, 0) + 1
                    yield Ready(
                        id=id,
                        document_id=document_id,
                        position=last[document_id],
                        content=content,
                        tokens=estimate_tokens(content),
                        findable=is_seen(documents[document_id], True),
                        vector=bytes(vector),
                    )
