"""From a file's bytes to drafts of segments, in the three stages a document shows. No database, no network."""

from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

from apps.common.tokens import estimate_tokens

from .contracts import Draft, Extracted, Extractor, Processing, Record, extractors, splitters
from .errors import UnreadableFile
from .text.clean import clean

BUILT_IN = "dify"
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
        return Extracted(clean(extracted.text, processing.cleaning))
    records = [replace(record, content=clean(record.content, processing.cleaning)) for record in extracted.records]
    return Extracted(records=[_storable(record) for record in records])


def cut(extracted: Extracted, processing: Processing) -> list[Draft]:
    """Drafts of all segments. Raises UnreadableFile where there is no text."""
    if extracted.records is None:
        texts = splitters.get("recursive")().split(extracted.text, processing.split)
        records: Iterable[Record] = map(Record, texts)
    else:
        records = (record for record in extracted.records if record.content)
    drafts = [draft(position, record) for position, record in enumerate(records, 1)]
    if not drafts:
        raise UnreadableFile(NO_TEXT)
    return drafts


def extractor_for(extension: str, etl_type: str = BUILT_IN) -> type[Extractor]:
    """The extractor of the highest priority. Raises UnreadableFile where nothing reads the extension."""
    able = [extractor for extractor in _available(etl_type) if extension in extractor.extensions]
    if not able:
        raise UnreadableFile(f"Files of type .{extension} cannot be read.")
    return max(able, key=lambda extractor: extractor.priority)


def _available(etl_type: str) -> list[type[Extractor]]:
    return [extractor for extractor in extractors.all().values() if extractor.etl_type in {"", etl_type}]


def _storable(record: Record) -> Record:
    answer = clean(record.answer) if record.answer is not None else None
    keywords = [clean(word) for word in record.keywords] if record.keywords is not None else None
    return replace(record, answer=answer, keywords=keywords)


def draft(position: int, record: Record) -> Draft:
    """The draft of one passage."""
    content = record.content
    return Draft(
        position=position,
        content=content,
        answer=record.answer,
        keywords=record.keywords,
        word_count=len(content),
        tokens=estimate_tokens(content),
        digest=sha256(content.encode()).hexdigest(),
    )
