"""Where documents come from when nobody uploads them, as their rows say it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from apps.files.models import UploadFile
from apps.knowledge.models import Document, SourceConnection

SYNC_TASK: Final = "knowledge.sync"
UPLOAD: Final = "upload_file"


@dataclass(frozen=True, slots=True)
class Origin:
    """A place in a source.

    Args:
        source: key of a registered source.
        item: what its `fetch` takes.
        info: what else `data_source_info` tells.
        version: of the content at hand; "": there is none yet, or it is not known.
        synced_at: when that was read.
    """

    data_source_type: str
    source: str
    item: str
    info: Mapping[str, Any]
    connection: SourceConnection | None = None
    version: str = ""
    synced_at: datetime | None = None


def source_columns(origin: Origin | None, upload: UploadFile | None) -> dict[str, Any]:
    """A new document's columns that say where it comes from."""
    file = {"upload_file_id": str(upload.pk)} if upload else {}
    if origin is None:
        return {"data_source_type": UPLOAD, "data_source_info": file}
    return {
        "data_source_type": origin.data_source_type,
        "data_source_info": {**origin.info, **file, "source": origin.source, "item": origin.item},
        "source": origin.connection,
        "source_version": origin.version,
        "synced_at": origin.synced_at,
    }


def be_an_upload(document: Document) -> None:
    """What somebody replaces by a file of their own no longer follows its source; the caller saves the document."""
    if document.data_source_type != UPLOAD:
        document.data_source_type, document.data_source_info = UPLOAD, {}
        document.source, document.source_version, document.synced_at = None, "", None
