"""From what somebody picked to documents: files are kept meanwhile, looked at, previewed, then added as one batch."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any, Final
from uuid import UUID

from asgiref.sync import async_to_sync
from django.db import transaction

from apps.common.errors import AppError, InvalidParam, NotFound
from apps.common.ids import parse_uuid
from apps.common.perloop import run
from apps.common.tenancy import get_or_404
from apps.common.text import storable
from apps.files.models import UploadFile
from apps.files.names import extension_of
from apps.files.services.uploads import delete_unused_uploads, read_upload, store_upload
from apps.knowledge import extraction
from apps.knowledge.drafts import FILE, ITEM, PAGES, Entry
from apps.knowledge.models import Dataset, SourceConnection
from apps.knowledge.selectors import find_connection, get_crawl, list_pages
from apps.knowledge.source_contract import SourceItem
from apps.workspaces.models import User, Workspace

from .connections import get_source, open_access
from .crawls import import_pages
from .datasets import MAX_NAME, create_dataset, delete_dataset
from .documents import create_document, new_batch, text_file
from .imports import import_items
from .preview import Preview, preview_file

MAX_TOTALLED: Final = 50
LOOKED_AT: Final = 20_000  # characters of a file that are shown


def keep_file(*, workspace: Workspace, name: str, data: bytes | IO[bytes], user: User | None = None) -> Entry:
    """Stores a file that is to become a document.

    Raises:
        PayloadTooLarge, EmptyFile, UnsupportedFileType, StorageUnavailable.
    """
    upload = store_upload(
        workspace=workspace, name=name, data=data, user=user, extensions=extraction.accepted_extensions()
    )
    return Entry(FILE, upload.name, {"id": str(upload.pk), "size_bytes": upload.size_bytes})


def keep_text(*, workspace: Workspace, name: str, text: str, user: User | None = None) -> Entry:
    """The same of a text somebody pasted. Raises InvalidParam: no name or no text; and as `keep_file`."""
    title, file_name, data = text_file(name, text)
    entry = keep_file(workspace=workspace, name=file_name, data=data, user=user)
    return Entry(FILE, title, entry.about)


def drop(*, workspace: Workspace, entries: Sequence[Entry]) -> None:
    """Removes what was kept of entries that are not wanted after all."""
    ids = [entry.about["id"] for entry in entries if entry.kind == FILE]
    with transaction.atomic():
        delete_unused_uploads(UploadFile.objects.filter(workspace=workspace, pk__in=ids))


@dataclass(frozen=True, slots=True)
class Look:
    """The beginning of a text; `is_cut`: there is more."""

    text: str
    characters: int
    is_cut: bool


def look(*, workspace: Workspace, entry: Entry) -> Look:
    """What an entry's text says. Raises as reading it would: UnreadableFile, SourceRefused, NotFound ..."""
    name, data = _content(workspace, entry)
    extracted = async_to_sync(extraction.extract)(data, extension_of(name))
    records = extracted.records or ()
    text = extracted.text or "\n\n".join(
        "\n".join(part for part in (record.content, record.answer) if part) for record in records
    )
    return Look(text[:LOOKED_AT], len(text), len(text) > LOOKED_AT)


def preview(*, workspace: Workspace, dataset: Dataset | None, entry: Entry, options: Mapping[str, Any]) -> Preview:
    """What an entry would become; of pages the first one. Options and errors as of `preview_file`."""
    name, data = _content(workspace, entry)
    return preview_file(dataset=dataset or Dataset(workspace=workspace), name=name, data=data, **options)


@dataclass(frozen=True, slots=True)
class Total:
    """What several documents would become together; `price` None: not known."""

    documents: int
    segments: int
    tokens: int
    price: Decimal | None
    currency: str | None


def total(
    *, workspace: Workspace, dataset: Dataset | None, entries: Sequence[Entry], options: Mapping[str, Any]
) -> Total:
    """All that was picked, read and cut. Raises InvalidParam: more than 50 documents; and as `preview`."""
    if sum(entry.count for entry in entries) > MAX_TOTALLED:
        raise InvalidParam(f"At most {MAX_TOTALLED} documents can be added up. Look at some of them one by one.")
    base = dataset or Dataset(workspace=workspace)
    found = [
        preview_file(dataset=base, name=name, data=data, **options)
        for entry in entries
        for name, data in _contents(workspace, entry)
    ]
    prices = [each.price for each in found if each.price is not None]
    return Total(
        documents=len(found),
        segments=sum(each.total_segments for each in found),
        tokens=sum(each.tokens for each in found),
        price=sum(prices, Decimal()) if len(prices) == len(found) else None,
        currency=next((each.currency for each in found), None),
    )


def found_base(
    *, workspace: Workspace, entries: Sequence[Entry], options: Mapping[str, Any], user: User
) -> tuple[Dataset, str]:
    """A new base, named after the first document, with its first documents; returns it and their batch.

    Nothing is left of the base where its documents cannot be added. Raises as `add_documents`.
    """
    dataset = create_dataset(
        workspace=workspace,
        name=_free_name(workspace, entries[0].name if entries else ""),
        user=user,
        retrieval_model=options.get("retrieval_model"),
        indexing_technique=options.get("indexing_technique"),
        embedding_provider=options.get("embedding_provider"),
        embedding_model=options.get("embedding_model"),
    )
    try:
        return dataset, add_documents(dataset=dataset, entries=entries, options=options, user=user)
    except AppError:
        delete_dataset(dataset=dataset, user=user)
        raise


def add_documents(*, dataset: Dataset, entries: Sequence[Entry], options: Mapping[str, Any], user: User) -> str:
    """Adds what was picked to a base as one batch; returns the batch.

    Args:
        options: as in `create_document`.

    Raises:
        InvalidParam: nothing was picked; and as `create_document`, `import_items`, `import_pages`.
    """
    if not entries:
        raise InvalidParam("Pick at least one document first.")
    batch = new_batch()
    options = {**options, "user": user, "batch": batch}
    for entry in entries:
        if entry.kind == PAGES:
            crawl = get_crawl(workspace=dataset.workspace_id, crawl_id=entry.about["crawl"])
            import_pages(dataset=dataset, crawl=crawl, page_ids=_ids(entry), **options)
    with transaction.atomic():
        for entry in entries:
            if entry.kind == FILE:
                upload = _upload(dataset.workspace, entry)
                create_document(dataset=dataset, upload=upload, name=entry.name, **options)
        for (source, connection_id), items in _by_connection(entries).items():
            connection = _connection(dataset.workspace, source, connection_id)
            import_items(dataset=dataset, source=source, items=items, connection=connection, **options)
    return batch


def _by_connection(entries: Sequence[Entry]) -> dict[tuple[str, str], list[SourceItem]]:
    found: dict[tuple[str, str], list[SourceItem]] = {}
    for entry in entries:
        if entry.kind == ITEM:
            about = entry.about
            item = SourceItem(about["id"], about["kind"], entry.name)
            found.setdefault((about["source"], about["connection"]), []).append(item)
    return found


def _content(workspace: Workspace, entry: Entry) -> tuple[str, bytes]:
    """The first of an entry's files: its name and bytes."""
    for name, data in _contents(workspace, entry):
        return name, data
    raise NotFound("The pages of this crawl are gone. Crawl the site again.")


def _contents(workspace: Workspace, entry: Entry) -> Iterator[tuple[str, bytes]]:
    if entry.kind == FILE:
        upload = _upload(workspace, entry)
        yield upload.name, read_upload(upload)
    elif entry.kind == PAGES:
        crawl = get_crawl(workspace=workspace, crawl_id=entry.about["crawl"])
        for page in list_pages(crawl=crawl).filter(pk__in=_ids(entry), content__isnull=False):
            yield "page.md", (page.content or "").encode()
    else:
        yield _fetched(workspace, entry)


def _fetched(workspace: Workspace, entry: Entry) -> tuple[str, bytes]:
    """An item's file, as its source gives it now."""
    source = get_source(entry.about["source"])
    access = open_access(source, _connection(workspace, source.key, entry.about["connection"]))
    content = run(source.fetch(access, entry.about["id"], info={"type": entry.about["kind"]}))
    if content is None:
        raise NotFound("The source has nothing under this name any more.")
    return f"item.{content.extension}", content.data


def _upload(workspace: Workspace, entry: Entry) -> UploadFile:
    return get_or_404(
        UploadFile.objects.filter(workspace=workspace), entry.about["id"], "The file is gone. Add it again."
    )


def _connection(workspace: Workspace, source: str, connection_id: str) -> SourceConnection | None:
    return find_connection(workspace=workspace, source=source, connection_id=connection_id) if connection_id else None


def _ids(entry: Entry) -> list[UUID]:
    return [id for text in entry.about["ids"] if (id := parse_uuid(text))]


def _free_name(workspace: Workspace, wanted: str) -> str:
    """A name that no base of the workspace bears: the first document's, with a number where it is taken."""
    stem = storable(wanted).rpartition(".")[0] or wanted or "Knowledge"
    taken = set(Dataset.objects.filter(workspace=workspace).values_list("name", flat=True))
    for number in range(1, len(taken) + 2):
        suffix = f" {number}" if number > 1 else ""
        name = f"{stem.strip()[: MAX_NAME - len(suffix)]}{suffix}"
        if name not in taken:
            return name
    raise AssertionError("there is always a free number")
