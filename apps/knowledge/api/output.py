"""Rows as the knowledge API shows them (service API 7.1, 7.3, 7.5, 7.6)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from apps.files.models import UploadFile
from apps.knowledge.contracts import Hit
from apps.knowledge.metadata import fields_json, values_json
from apps.knowledge.models import Dataset, Document, ExternalKnowledgeApi, ProcessRule, Segment
from apps.knowledge.selectors import BaseFigures
from apps.knowledge.services.explaining import children_json
from apps.knowledge.services.external import shown_key
from apps.knowledge.services.index_changes import is_made
from apps.workspaces.models import Tag


def dataset_json(
    dataset: Dataset, figures: BaseFigures, *, app_count: int, embedding_available: bool, tags: Sequence[Tag]
) -> dict[str, Any]:
    """A base with what it holds."""
    return {
        "id": str(dataset.pk),
        "name": dataset.name,
        "description": dataset.description or None,
        "provider": dataset.provider,
        "permission": dataset.permission,
        "data_source_type": dataset.data_source_type,
        "indexing_technique": dataset.indexing_technique,
        "app_count": app_count,
        "document_count": figures.documents,
        "word_count": figures.characters,
        "created_by": _id(dataset.created_by_id),
        "created_at": _seconds(dataset.created_at),
        "updated_by": _id(dataset.updated_by_id),
        "updated_at": _seconds(dataset.updated_at),
        "embedding_model": dataset.embedding_model or None,
        "embedding_model_provider": dataset.embedding_provider or None,
        "embedding_available": embedding_available,
        "retrieval_model_dict": dataset.retrieval_model,
        "tags": [{"id": str(tag.pk), "name": tag.name, "type": tag.kind} for tag in tags],
        "doc_form": dataset.doc_form,
        "external_knowledge_info": _external(dataset),
        "external_retrieval_model": dataset.external_retrieval_model or None,
        "doc_metadata": fields_json(dataset),
        "built_in_field_enabled": dataset.built_in_field_enabled,
        "partial_member_list": [str(member.user_id) for member in dataset.members.all()],
        "author_name": (author.name or author.email) if (author := dataset.created_by) else None,
        "pipeline_id": None,
        "runtime_mode": "general",
        "chunk_structure": dataset.doc_form,
        "icon_info": None,
        "is_published": False,
        "is_multimodal": False,
        "summary_index_setting": None,
        "total_documents": figures.documents,
        "total_available_documents": figures.available,
        "enable_api": dataset.enable_api,
        "index_change": _index_change(dataset),
    }


def _external(dataset: Dataset) -> dict[str, Any] | None:
    api = dataset.external_api
    if api is None:
        return None
    return {
        "external_knowledge_id": dataset.external_knowledge_id,
        "external_knowledge_api_id": str(api.pk),
        "external_knowledge_api_name": api.name,
        "external_knowledge_api_endpoint": api.endpoint,
    }


def external_api_json(api: ExternalKnowledgeApi) -> dict[str, Any]:
    """A service of external knowledge, with the bases it keeps and a hint of its key."""
    return {
        "id": str(api.pk),
        "tenant_id": str(api.workspace_id),
        "name": api.name,
        "description": api.description,
        "settings": {"endpoint": api.endpoint, "api_key": shown_key(api)},
        "dataset_bindings": [{"id": str(dataset.pk), "name": dataset.name} for dataset in api.datasets.all()],
        "created_by": _id(api.created_by_id),
        "created_at": api.created_at.isoformat(),
    }


def document_json(document: Document) -> dict[str, Any]:
    """A document."""
    return {
        "id": str(document.pk),
        "position": document.position,
        "data_source_type": document.data_source_type,
        "data_source_info": document.data_source_info,
        "data_source_detail_dict": {},
        "dataset_process_rule_id": str(document.process_rule_id),
        "name": document.name,
        "created_from": document.created_from,
        "created_by": _id(document.created_by_id),
        "created_at": _seconds(document.created_at),
        "tokens": document.tokens,
        "indexing_status": document.indexing_status,
        "error": document.error,
        "enabled": document.enabled,
        "disabled_at": _seconds(document.disabled_at),
        "disabled_by": _id(document.disabled_by),
        "archived": document.archived,
        "display_status": document.display_status,
        "word_count": document.word_count,
        "hit_count": document.hit_count,
        "doc_form": document.doc_form,
        "doc_metadata": values_json(document),
        "summary_index_status": None,
        "need_summary": False,
    }


# What GET of a document shows by its parameter `metadata`.
DETAIL_PARTS = ("all", "only", "without")


def detail_json(document: Document, latest: ProcessRule | None, part: str) -> dict[str, Any]:
    """A document with its rules and figures.

    Args:
        latest: the rule that documents of the base without one take.
        part: `all`, `only` the metadata, or all `without` them.
    """
    metadata = {"doc_type": document.doc_type, "doc_metadata": values_json(document)}
    if part == "only":
        return {"id": str(document.pk), **metadata}
    rule, count = document.process_rule, document.segment_count
    shown = {
        **document_json(document),
        **metadata,
        "dataset_process_rule": _rule(latest) if latest else None,
        "document_process_rule": {"id": str(rule.pk), "dataset_id": str(rule.dataset_id), **_rule(rule)},
        "doc_language": document.doc_language,
        "completed_at": _seconds(document.completed_at),
        "updated_at": _seconds(document.updated_at),
        "indexing_latency": _latency_s(document),
        "segment_count": count,
        "average_segment_length": document.word_count // count if count else 0,
    }
    return shown if part == "all" else {name: value for name, value in shown.items() if name not in metadata}


def upload_json(upload: UploadFile, url: str) -> dict[str, Any]:
    """The file a document was read from, with links to see and to keep it."""
    return {
        "id": str(upload.pk),
        "name": upload.name,
        "size": upload.size_bytes,
        "extension": upload.extension,
        "url": url,
        "download_url": f"{url}&as_attachment=true",
        "mime_type": upload.mime_type,
        "created_by": _id(upload.created_by_user),
        "created_at": _seconds(upload.created_at),
    }


def status_json(document: Document) -> dict[str, Any]:
    """How far a document's indexing has come; `reason` says what it waits for."""
    return {
        "id": str(document.pk),
        "indexing_status": document.indexing_status,
        "processing_started_at": _seconds(document.processing_started_at),
        "parsing_completed_at": _seconds(document.parsing_completed_at),
        "cleaning_completed_at": _seconds(document.cleaning_completed_at),
        "splitting_completed_at": _seconds(document.splitting_completed_at),
        "completed_at": _seconds(document.completed_at),
        "paused_at": _seconds(document.paused_at),
        "error": document.error,
        "stopped_at": _seconds(document.stopped_at),
        "completed_segments": document.completed_segments,
        "total_segments": document.segment_count,
        "reason": document.waiting_reason,
        "waiting_reason": document.waiting_reason,
        "retry_at": _seconds(document.retry_at),
        "priority": document.priority,
    }


def segment_json(segment: Segment, children: Sequence[Segment] = ()) -> dict[str, Any]:
    """A segment, with the chunks it is found by."""
    return {
        "id": str(segment.pk),
        "position": segment.position,
        "document_id": str(segment.document_id),
        "content": segment.content,
        "answer": segment.answer,
        "word_count": segment.word_count,
        "tokens": segment.tokens,
        "keywords": segment.keywords,
        "metadata": segment.metadata,
        "index_node_id": str(segment.pk),
        "index_node_hash": segment.index_node_hash,
        "hit_count": segment.hit_count,
        "enabled": segment.enabled,
        "disabled_at": _seconds(segment.disabled_at),
        "disabled_by": _id(segment.disabled_by),
        "status": segment.status,
        "created_by": _id(segment.created_by),
        "created_at": _seconds(segment.created_at),
        "indexing_at": _seconds(segment.indexing_at),
        "completed_at": _seconds(segment.completed_at),
        "error": segment.error,
        "stopped_at": _seconds(segment.stopped_at),
        "updated_at": _seconds(segment.updated_at),
        "updated_by": _id(segment.updated_by),
        "child_chunks": [child_json(child) for child in children],
    }


def child_json(chunk: Segment) -> dict[str, Any]:
    """A child chunk."""
    return {
        "id": str(chunk.pk),
        "segment_id": _id(chunk.parent_id),
        "content": chunk.content,
        "position": chunk.position,
        "word_count": chunk.word_count,
        "type": chunk.origin,
        "created_at": _seconds(chunk.created_at),
        "updated_at": _seconds(chunk.updated_at),
    }


def record_json(segment: Segment, hit: Hit) -> dict[str, Any]:
    """A passage found, with its document and the child chunks it was found by (service API 7.7)."""
    document = segment.document
    return {
        "segment": {
            **segment_json(segment),
            "document": {
                "id": str(document.pk),
                "data_source_type": document.data_source_type,
                "name": document.name,
                "doc_type": document.doc_type,
                "doc_metadata": document.doc_metadata,
            },
        },
        "child_chunks": children_json(hit),
        "score": hit.score,
        "tsne_position": None,
        "files": [],
        "summary": None,
    }


def external_record_json(hit: Hit) -> dict[str, Any]:
    """A passage found elsewhere: in the form of one's own, and as the external knowledge API writes it."""
    segment = {
        "id": str(hit.segment_id),
        "position": hit.position,
        "document_id": str(hit.document_id),
        "content": hit.content,
        "answer": None,
        "word_count": hit.word_count,
        "tokens": hit.tokens,
        "keywords": None,
        "hit_count": 0,
        "enabled": True,
        "status": "completed",
        "document": {
            "id": str(hit.document_id),
            "data_source_type": hit.data_source_type,
            "name": hit.document_name,
            "doc_type": None,
            "doc_metadata": hit.doc_metadata,
        },
    }
    return {
        "segment": segment,
        "child_chunks": None,
        "score": hit.score,
        "tsne_position": None,
        "files": [],
        "summary": None,
        "title": hit.document_name,
        "content": hit.content,
        "metadata": hit.doc_metadata,
    }


def page_json(data: Sequence[Mapping[str, Any]], *, page: int, limit: int, total: int) -> dict[str, Any]:
    """A page of a list; `has_more` is what the contract says, true also on an exactly full last page."""
    return {"data": data, "has_more": len(data) == limit, "limit": limit, "total": total, "page": page}


def _index_change(dataset: Dataset) -> dict[str, Any] | None:
    """Another technique or embedding model on its way, how far it is and what it waits for."""
    change = getattr(dataset, "index_change", None)  # None: no such row
    if change is None or is_made(dataset, change):
        return None
    status = "error" if change.error else "waiting" if change.waiting_reason else "running"
    return {
        "status": status,
        "indexing_technique": change.indexing_technique,
        "embedding_model": change.embedding_model or None,
        "embedding_model_provider": change.embedding_provider or None,
        "completed_segments": change.completed_segments,
        "total_segments": change.total_segments,
        "waiting_reason": change.waiting_reason,
        "retry_at": _seconds(change.retry_at),
        "error": change.error,
        "created_at": _seconds(change.created_at),
    }


def _rule(rule: ProcessRule) -> dict[str, Any]:
    return {"mode": rule.mode, "rules": rule.rules}


def _latency_s(document: Document) -> float | None:
    start, end = document.processing_started_at, document.completed_at
    return (end - start).total_seconds() if start and end else None


def _id(value: object) -> str | None:
    return str(value) if value is not None else None


def _seconds(value: datetime | None) -> int | None:
    return int(value.timestamp()) if value is not None else None
