"""Another file or rule for a document, as a new document: the old one is found until the new one is there.

When the new document is indexed, the old one is archived and switched off with the same commit (`jobs.complete`). If
that fails, the old one stays in use.
"""

from collections.abc import Mapping
from typing import IO, Any

from apps.files import storage
from apps.files.names import clean_name
from apps.knowledge.models import Document
from apps.knowledge.selectors import get_upload
from apps.workspaces.models import User

from .documents import create_document, stored, text_file
from .updates import check_available


def replace_document_from_text(*, document: Document, name: str, text: str, **options: Any) -> Document:
    """A new document of another text, in place of an old one. Options as in `replace_document`.

    Raises:
        InvalidParam: no name or no text.
    """
    name, file_name, data = text_file(name, text)
    return replace_document(
        document=document, name=name, file_name=file_name, data=data, mime_type="text/plain", **options
    )


def replace_document_from_file(
    *, document: Document, name: str, data: bytes | IO[bytes], mime_type: str = "", **options: Any
) -> Document:
    """A new document of another file, in place of an old one. Options as in `replace_document`.

    Raises:
        PayloadTooLarge, EmptyFile, UnsupportedFileType, StorageUnavailable, InvalidParam.
    """
    return replace_document(
        document=document, name=clean_name(name), file_name=name, data=data, mime_type=mime_type, **options
    )


def replace_document(
    *,
    document: Document,
    name: str | None = None,
    file_name: str | None = None,
    data: bytes | IO[bytes] | None = None,
    mime_type: str = "",
    process_rule: Mapping[str, Any] | None = None,
    doc_form: str | None = None,
    doc_language: str | None = None,
    created_from: str = "web",
    user: User | None = None,
) -> Document:
    """A new document in place of an old one; what is None is as in the old one.

    Args:
        process_rule: as the service API writes it.

    Raises:
        InvalidParam: the old one is not available, is being replaced already, or a field is not valid.
        FileMissing: its file is to be taken, and is gone.
        PayloadTooLarge, EmptyFile, UnsupportedFileType, StorageUnavailable, NotFound.
    """
    check_available(document)
    old = get_upload(document=document) if data is None else None
    rule = document.process_rule
    with stored(
        document.dataset,
        file_name or (old.name if old else document.name),
        storage.read(old.storage_key) if old else data or b"",
        old.mime_type if old else mime_type,
        user,
    ) as upload:
        return create_document(
            dataset=document.dataset,
            upload=upload,
            name=name or document.name,
            user=user,
            created_from=created_from,
            process_rule={"mode": rule.mode, "rules": rule.rules} if process_rule is None else process_rule,
            doc_form=doc_form or document.doc_form,
            doc_language=doc_language or document.doc_language,
            replaces=document,
        )
