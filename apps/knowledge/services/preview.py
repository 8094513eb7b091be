"""What a document would become: its first segments, counts and the price of its vectors. Nothing is stored."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any, Final
from uuid import UUID

from apps.common.errors import InvalidParam
from apps.common.perloop import call
from apps.common.text import storable
from apps.files.services.uploads import read_unstored
from apps.knowledge import extraction, reading
from apps.knowledge.choices import IndexingTechnique, RuleMode
from apps.knowledge.contracts import Draft, Processing
from apps.knowledge.models import Dataset
from apps.knowledge.rules import AUTOMATIC, form_of, parse_rule, processing
from apps.knowledge.selectors import get_latest_rule
from apps.knowledge.text.pairs import Pair
from apps.models.catalogue import get_provider
from apps.models.handles import ModelHandle
from apps.models.services.resolve import resolve_model

from .documents import check_form, text_file
from .questions import ask

SHOWN: Final = 10
MAX_SHOWN: Final = 100
MAX_ASKED: Final = 5


@dataclass(frozen=True, slots=True)
class Preview:
    """A document before it is one.

    Args:
        segments: the first ones; of a document of questions and answers the passages a model would be asked about.
        total_segments: passages.
        total_chunks: what would be indexed: the passages' chunks, or the passages themselves.
        characters, tokens: of all that would be indexed.
        price: of embedding it, before what the workspace has embedded already is left out; None: not known.
        currency: of the price.
        pairs: what the model makes of the first passages, where that was asked for.
    """

    segments: Sequence[Draft]
    doc_form: str
    total_segments: int
    total_chunks: int
    characters: int
    tokens: int
    price: Decimal | None
    currency: str | None
    pairs: Sequence[Pair] = ()


def preview_text(*, dataset: Dataset, name: str, text: str, **options: Any) -> Preview:
    """Of a text. Options as in `preview_file`. Raises InvalidParam: no name or no text."""
    _, file_name, data = text_file(name, text)
    return preview_file(dataset=dataset, name=file_name, data=data, **options)


def preview_file(
    *,
    dataset: Dataset,
    name: str,
    data: bytes | IO[bytes],
    process_rule: Mapping[str, Any] | None = None,
    doc_form: str | None = None,
    doc_language: str = "English",
    indexing_technique: str | None = None,
    embedding_provider: str | None = None,
    embedding_model: str | None = None,
    shown: int = SHOWN,
    asked: int = 0,
) -> Preview:
    """What a file would become in the base.

    Args:
        process_rule, doc_form, doc_language: as in `create_document`.
        indexing_technique, embedding_provider, embedding_model: for a base that has none yet.
        shown: segments, 1 to 100.
        asked: first passages the workspace's chat model makes questions and answers of, 0 to 5; this costs tokens.

    Raises:
        PayloadTooLarge, EmptyFile, UnsupportedFileType, UnreadableFile, InvalidParam: as adding it would.
        ProviderNotInitialized, ModelNotFound: no such model.
        ProviderError: of the questions.
    """
    if not 1 <= shown <= MAX_SHOWN:
        raise InvalidParam(f"limit must be 1 to {MAX_SHOWN}.", params="limit")
    if not 0 <= asked <= MAX_ASKED:
        raise InvalidParam(f"qa_preview must be 0 to {MAX_ASKED}.", params="qa_preview")
    technique = dataset.indexing_technique or indexing_technique
    if technique not in IndexingTechnique.values:
        raise InvalidParam("indexing_technique is required.", params="indexing_technique")
    form, rule = _rule(dataset, process_rule, doc_form)
    extension, content = read_unstored(name=name, data=data, extensions=extraction.accepted_extensions())

    async def make() -> Preview:
        drafts = await _drafts(content, extension, rule)
        chunks = [chunk for draft in drafts for chunk in draft.indexed]
        tokens = sum(chunk.tokens for chunk in chunks)
        price: tuple[Decimal | None, str | None] = (None, None)
        if technique == IndexingTechnique.HIGH_QUALITY:
            provider = dataset.embedding_provider or embedding_provider
            price = await _price(dataset.workspace_id, provider, dataset.embedding_model or embedding_model, tokens)
        return Preview(
            segments=drafts[:shown],
            doc_form=form,
            total_segments=len(drafts),
            total_chunks=len(chunks),
            characters=sum(chunk.word_count for chunk in chunks),
            tokens=tokens,
            price=price[0],
            currency=price[1],
            pairs=await _pairs(dataset.workspace_id, drafts[:asked] if rule.is_pairs else (), doc_language),
        )

    return call(make())


def preview_json(preview: Preview) -> dict[str, Any]:
    """For the API and the command."""
    return {
        "doc_form": preview.doc_form,
        "total_segments": preview.total_segments,
        "total_chunks": preview.total_chunks,
        "word_count": preview.characters,
        "tokens": preview.tokens,
        "total_price": None if preview.price is None else f"{preview.price.normalize():f}",
        "currency": preview.currency,
        "preview": [_shown(segment) for segment in preview.segments],
        "qa_preview": [{"question": question, "answer": answer} for question, answer in preview.pairs],
    }


def _shown(segment: Draft) -> dict[str, Any]:
    return {
        "position": segment.position,
        "content": segment.content,
        "answer": segment.answer,
        "page": segment.page,
        "word_count": segment.word_count,
        "tokens": segment.tokens,
        "child_chunks": [child.content for child in segment.children],
    }


def _rule(dataset: Dataset, process_rule: Mapping[str, Any] | None, doc_form: str | None) -> tuple[str, Processing]:
    if doc_form is not None:
        check_form(doc_form)
    latest = get_latest_rule(dataset=dataset) if process_rule is None else None
    if process_rule is not None:
        mode, rules = parse_rule(process_rule)
    else:
        mode, rules = (latest.mode, latest.rules) if latest else (RuleMode.AUTOMATIC, dict(AUTOMATIC))
    form = form_of(doc_form, mode)
    return form, processing(mode, rules, form)


async def _drafts(data: bytes, extension: str, rule: Processing) -> Sequence[Draft]:
    extracted = await extraction.extract(data, extension)
    return await asyncio.to_thread(lambda: reading.cut(reading.tidy(extracted, rule), rule))


async def _price(
    workspace_id: UUID, provider: str | None, name: str | None, tokens: int
) -> tuple[Decimal | None, str | None]:
    """Of embedding so many tokens; a model without a price costs nothing where its provider asks for no key."""
    handle = await resolve_model(workspace_id=workspace_id, model_type="text-embedding", provider=provider, name=name)
    prices = handle.spec.prices
    if not prices.prompt and _is_paid(handle):
        return None, None
    return tokens * prices.prompt * prices.unit, prices.currency


def _is_paid(handle: ModelHandle) -> bool:
    return get_provider(handle.provider).needs_credentials


async def _pairs(workspace_id: UUID, passages: Sequence[Draft], language: str) -> Sequence[Pair]:
    given = [(passage.content, passage.answer) for passage in passages if passage.answer is not None]
    asked = [passage.content for passage in passages if passage.answer is None]
    if not asked:
        return given
    handle = await resolve_model(workspace_id=workspace_id, model_type="llm")
    made = await asyncio.gather(*(ask(handle, content, storable(language)[:64]) for content in asked))
    return [*given, *(pair for pairs in made for pair in pairs)]
