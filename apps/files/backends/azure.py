"""STORAGE_TYPE=azure-blob: a container of Azure Blob storage."""

from collections.abc import Iterator
from typing import Any, ClassVar

from azure.core.exceptions import AzureError, ResourceNotFoundError
from storages.backends.azure_storage import AzureStorage

from .contract import Stored

RETRIES: dict[str, Any] = {"retry_total": 3, "retry_backoff_factor": 0.2, "connection_timeout": 5, "read_timeout": 30}


class Container(AzureStorage):  # type: ignore[misc]  # the package has no types
    """Blobs of a container, reached with the account's key."""

    failures: ClassVar[tuple[type[Exception], ...]] = (AzureError, OSError)
    missing: ClassVar[tuple[type[Exception], ...]] = (ResourceNotFoundError, FileNotFoundError)

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"overwrite_files": True, **options})

    def _get_service_client(self) -> Any:
        from azure.storage.blob import BlobServiceClient

        return BlobServiceClient.from_connection_string(self.connection_string, **RETRIES)

    def list_keys(self, prefix: str) -> Iterator[Stored]:
        """Every blob whose name begins so, page by page."""
        for blob in self.client.list_blobs(name_starts_with=prefix or None):
            yield Stored(blob.name, blob.size, blob.last_modified)

    def address(self, key: str, *, disposition: str, mime_type: str, expires_s: int) -> str:
        """With a shared access signature that allows to read this blob."""
        headers = {"content_disposition": disposition, "content_type": mime_type}
        return str(self.url(key, expire=expires_s, parameters=headers))
