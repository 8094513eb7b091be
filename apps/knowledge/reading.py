"""From a file's bytes to drafts of segments, in the three stages a document shows. No database, no network."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256

from apps.common.tokens import estimate_tokens

from .contracts import Draft, Extracted, Extractor, Processing, Record, SplitRule, extractors, splitters
from .errors import UnreadableFile
from .text.clean import clean
from .text.pages import clean_pages, pages_of

BUILT_IN = "dify"
SPLITTER = "recursive"
NO_TEXT = "The file contains no text."


def readable_extensions(etl_type: str = BUILT_IN) -> frozenset[str]:
    """Extensions that some extractor reads under this ETL_TYPE."""
    return frozenset(extension for extractor in _available(etl_type) for extension in extractor.extensions)


def parse(data: bytes, extension: str, etl_type: str = BUILT_IN) -> Extracted:
    """The file's text or records.

    Args:
        extension: in lower case, without the dot.

    Raises:
        UnreadableFile: nothing reads the extension, or the file is broken.
    """
    return extractor_for(extension, etl_type)().extract(data)


def tidy(extracted: Extracted, processing: Processing) -> Extracted:
    """The same, cleaned."""
    if extracted.records is None:
        text, starts = clean_pages(extracted.text, extracted.page_starts, processing.cleaning)
        return replace(extracted, text=text, page_starts=starts)
    records = [replace(record, content=clean(record.content, processing.cleaning)) for record in extracted.records]
    return replace(extracted, records=[_storable(record) for record in records])


def cut(extracted: Extracted, processing: Processing) -> list[Draft]:
    """Drafts of all segments, with their children where the rule asks for some.

    Of a document of questions and answers those without an answer are passages a model is still to be asked about.

    Raises:
        UnreadableFile: there is no text.
    """
    drafts = [draft(position, record, page) for position, (record, page) in enumerate(_found(extracted, processing), 1)]
    if not drafts:
        raise UnreadableFile(NO_TEXT)
    children = processing.children
    return drafts if children is None else [with_children(passage, children) for passage in drafts]


def children_of(content: str, rule: SplitRule) -> Sequence[Draft]:
    """The chunks a passage is found by, numbered from 1; at least one.

    Args:
        rule: `Processing.children` of the document (`rules.processing`).
    """
    texts = splitters.get(SPLITTER)().split(content, rule) or [content]
    return [draft(position, Record(text)) for position, text in enumerate(texts, 1)]


def with_children(passage: Draft, rule: SplitRule) -> Draft:
    """The same passage, found by its chunks."""
    return replace(passage, children=children_of(passage.content, rule))


def _found(extracted: Extracted, processing: Processing) -> Iterator[tuple[Record, int | None]]:
    """What becomes a segment, and the page where it begins."""
    if extracted.records is None:
        texts = splitters.get(SPLITTER)().split(extracted.text, processing.split)
        pages = pages_of(texts, extracted.text, extracted.page_starts, processing.split.overlap)
        yield from zip(map(Record, texts), pages, strict=True)
    else:
        for record in extracted.records:
            found = _as_pair(record) if processing.is_pairs else record
            if found.content:
                yield found, None


def _as_pair(record: Record) -> Record:
    """The record as a question with its answer, where the source names them; "" where it leaves one of them empty."""
    if record.pair is not None:
        question, answer = record.pair
        return Record(question if answer else "", answer, record.keywords, metadata=record.metadata)
    return record if record.answer else replace(record, answer=None)


def extractor_for(extension: str, etl_type: str = BUILT_IN) -> type[Extractor]:
    """The extractor of the highest priority. Raises UnreadableFile where nothing reads the extension."""
    able = [extractor for extractor in _available(etl_type) if extension in extractor.extensions]
    if not able:
        raise UnreadableFile(f"Files of type .{extension} cannot be read.")
    return max(able, key=lambda extractor: extractor.priority)


def _available(etl_type: str) -> list[type[Extractor]]:
    return [extractor for extractor in extractors.all().values() if extractor.etl_type in {"", etl_type}]


def _storable(record: Record) -> Record:
    found = record.metadata or {}
    answer = clean(record.answer) if record.answer is not None else None
    keywords = [clean(word) for word in record.keywords] if record.keywords is not None else None
    pair = [clean(text) for text in record.pair] if record.pair is not None else None
    metadata = {clean(name): clean(value) if isinstance(value, str) else value for name, value in found.items()}
    return replace(record, answer=answer, keywords=keywords, pair=pair, metadata=metadata or None)


def draft(position: int, record: Record, page: int | None = None) -> Draft:
    """The draft of one passage, without children."""
    content = record.content
    return Draft(
        position=position,
        content=content,
        answer=record.answer,
        keywords=record.keywords,
        word_count=len(content),
        tokens=estimate_tokens(content),
        digest=sha256(content.encode()).hexdigest(),
        page=page,
        metadata=record.metadata,
    )
