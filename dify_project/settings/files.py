"""STORAGE_TYPE and its variables, as Django's entry for the storage of uploads."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from . import env

TYPES = ("local", "s3", "azure-blob")


def default_storage(folder: Path) -> dict[str, Any]:
    """The entry `default` of STORAGES.

    Args:
        folder: where files lie if STORAGE_TYPE is `local`.

    Raises:
        ImproperlyConfigured: an unknown type, a variable or a package is missing.
    """
    kind = env.choice("STORAGE_TYPE", TYPES)
    return {"local": _disk, "s3": _s3, "azure-blob": _azure}[kind](folder)


def _disk(folder: Path) -> dict[str, Any]:
    """Random keys in folders only this user may open."""
    options = {
        "location": folder,
        "base_url": None,
        "file_permissions_mode": 0o600,
        "directory_permissions_mode": 0o700,
    }
    return {"BACKEND": "apps.files.backends.disk.Disk", "OPTIONS": options}


def _s3(_: Path) -> dict[str, Any]:
    _package("s3", "boto3")
    options = {
        "bucket_name": _needed("s3", "S3_BUCKET_NAME", env.text("S3_BUCKET_NAME")),
        "access_key": _needed("s3", "S3_ACCESS_KEY", env.text("S3_ACCESS_KEY")),
        "secret_key": _needed("s3", "S3_SECRET_KEY", env.text("S3_SECRET_KEY")),
        "region_name": env.text("S3_REGION", "us-east-1"),
        "endpoint_url": _address("S3_ENDPOINT", env.text("S3_ENDPOINT")) or None,
        "max_memory_size": 2**20,
    }
    return {"BACKEND": "apps.files.backends.s3.Bucket", "OPTIONS": options}


def _azure(_: Path) -> dict[str, Any]:
    _package("azure-blob", "azure.storage.blob")
    account = _needed("azure-blob", "AZURE_BLOB_ACCOUNT_NAME", env.text("AZURE_BLOB_ACCOUNT_NAME"))
    key = _needed("azure-blob", "AZURE_BLOB_ACCOUNT_KEY", env.text("AZURE_BLOB_ACCOUNT_KEY"))
    url = env.text("AZURE_BLOB_ACCOUNT_URL", f"https://{account}.blob.core.windows.net")
    options = {
        "connection_string": f"AccountName={account};AccountKey={key};BlobEndpoint="
        + _address("AZURE_BLOB_ACCOUNT_URL", url),
        "azure_container": _needed("azure-blob", "AZURE_BLOB_CONTAINER_NAME", env.text("AZURE_BLOB_CONTAINER_NAME")),
        "max_memory_size": 2**20,
    }
    return {"BACKEND": "apps.files.backends.azure.Container", "OPTIONS": options}


def _needed(kind: str, name: str, value: str) -> str:
    if not value:
        raise ImproperlyConfigured(f"STORAGE_TYPE is {kind}: set {name}.")
    return value


def _address(name: str, value: str) -> str:
    if value and not value.startswith(("http://", "https://")):
        raise ImproperlyConfigured(f"{name} must begin with https:// (or http://), not {value!r}.")
    return value.rstrip("/")


def _package(kind: str, package: str) -> None:
    try:
        found = find_spec(package) and find_spec("storages")
    except ModuleNotFoundError:  # of a parent package
        found = None
    if not found:
        raise ImproperlyConfigured(f"STORAGE_TYPE is {kind}: run pip install -r requirements-storage.txt first.")
