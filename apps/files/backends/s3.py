"""STORAGE_TYPE=s3: a bucket of Amazon S3, or of a server that speaks its protocol."""

from collections.abc import Iterator
from typing import Any, ClassVar

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from .contract import Stored

# Checksums only where the protocol demands them: servers other than Amazon's do not know the newer trailers.
CLIENT = Config(
    signature_version="s3v4",
    connect_timeout=5,
    read_timeout=30,
    retries={"max_attempts": 3, "mode": "standard"},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class Bucket(S3Storage):  # type: ignore[misc]  # the package has no types
    """Private objects: no ACL is sent, so the bucket's own rules hold."""

    failures: ClassVar[tuple[type[Exception], ...]] = (BotoCoreError, ClientError, Boto3Error, OSError)
    missing: ClassVar[tuple[type[Exception], ...]] = (FileNotFoundError,)

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"client_config": CLIENT, "default_acl": None, "file_overwrite": True, **options})

    def list_keys(self, prefix: str) -> Iterator[Stored]:
        """Every object whose key begins so, a thousand for each request."""
        for found in self.bucket.objects.filter(Prefix=prefix):
            yield Stored(found.key, found.size, found.last_modified)

    def address(self, key: str, *, disposition: str, mime_type: str, expires_s: int) -> str:
        """Signed with the bucket's key."""
        headers = {"ResponseContentDisposition": disposition, "ResponseContentType": mime_type}
        return str(self.url(key, parameters=headers, expire=expires_s))
