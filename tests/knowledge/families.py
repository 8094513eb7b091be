"""Passages with child chunks, as indexing makes them."""

from asgiref.sync import async_to_sync
from django.db import transaction

from apps.common.ids import new_id
from apps.knowledge.lexical.tokens import count_slots
from apps.knowledge.models import Document, Segment
from apps.knowledge.services.embedding import Embedder
from apps.knowledge.services.index_rows import add_entries, remove_entries
from apps.knowledge.services.segment_rows import Entry


def give_children(document: Document, separator: str = ". ") -> list[Segment]:
    """Cuts every passage of a document into chunks, which are found in its place."""
    children = [
        Segment(
            id=new_id(), workspace_id=document.workspace_id, dataset_id=document.dataset_id, document=document,
            parent=parent, position=number, content=text, word_count=len(text), tokens=1, index_node_hash="",
            status="completed",
        )
        for parent in Segment.objects.filter(document=document, parent=None).order_by("position")
        for number, text in enumerate(parent.content.split(separator), 1)
    ]  # fmt: skip
    embedder, vectors = async_to_sync(_embedded)(document, [child.content for child in children])
    with transaction.atomic():
        parents = Segment.objects.filter(document=document, parent=None)
        remove_entries(list(parents.values_list("pk", flat=True)), document.dataset_id)
        Segment.objects.bulk_create(children)
        entries = [
            Entry(child.pk, count_slots(child.content), vector)
            for child, vector in zip(children, vectors, strict=True)
        ]  # fmt: skip
        add_entries(document, entries, embedder.model)
    return children


async def _embedded(document: Document, texts: list[str]):
    embedder = await Embedder.of(workspace_id=document.workspace_id, dataset_id=document.dataset_id)
    assert embedder is not None
    return embedder, await embedder.embed(texts)
