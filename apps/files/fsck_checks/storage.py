"""Rows of uploads against the bytes in storage."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import groupby
from typing import Final

from django.utils import timezone

from apps.common.fsck import EXAMPLES, Finding, FsckCheck, fsck_checks
from apps.files import storage
from apps.files.backends.contract import Stored
from apps.files.models import UploadFile

# Bytes are stored before their row is written; no upload and no import takes so long.
MARGIN: Final = timedelta(hours=24)
_NO_BYTES: Final = "Uploads whose bytes are not in storage. Put them back from a backup, or delete what they belong to."
_CUT: Final = "Uploads whose bytes in storage have another length. Put them back from a backup, or upload them again."
_NO_ROW: Final = "Files in storage, older than a day, that no upload stands for."


@fsck_checks.register
class StorageCheck(FsckCheck):
    """Compares one workspace's folder after the other, so that memory holds the keys of one."""

    key, label = "files.storage", "Uploads and their bytes"

    def find(self) -> Iterator[Finding]:
        """Rows without bytes, bytes of another length, bytes without a row."""
        missing, cut, unknown = _Tally(), _Tally(), _Tally()
        for rows, stored in _by_folder():
            for key, size in rows.items():
                found = stored.get(key)
                # A row deleted since it was read has lost its bytes rightly.
                if (found is None or found.size_bytes != size) and UploadFile.objects.filter(storage_key=key).exists():
                    (missing if found is None else cut).add(key)
            for key in _left_over(rows, stored):
                unknown.add(key)
        yield from missing.finding("rows_without_bytes", _NO_BYTES, repairable=False)
        yield from cut.finding("other_length", _CUT, repairable=False)
        yield from unknown.finding("bytes_without_row", _NO_ROW, repairable=True)

    def repair(self, problem: str) -> None:
        """Deletes bytes without a row."""
        for rows, stored in _by_folder():
            for key in _left_over(rows, stored):
                storage.delete(key)


class _Tally:
    def __init__(self) -> None:
        self.count, self.examples = 0, list[str]()

    def add(self, key: str) -> None:
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(key)

    def finding(self, problem: str, message: str, *, repairable: bool) -> Iterator[Finding]:
        if self.count:
            yield Finding(problem, message, self.count, sorted(self.examples), repairable)


def _by_folder() -> Iterator[tuple[Mapping[str, int], Mapping[str, Stored]]]:
    """Sizes of rows and listed files by key, for each first part of a key."""
    keys = UploadFile.objects.order_by("storage_key").values_list("storage_key", "size_bytes").iterator()
    seen = set()
    for folder, pairs in groupby(keys, key=lambda pair: _folder(pair[0])):
        seen.add(folder)
        yield dict(pairs), {stored.key: stored for stored in storage.list_keys(folder)}
    others: dict[str, Stored] = {}
    for stored in storage.list_keys():
        if _folder(stored.key) not in seen:
            others[stored.key] = stored
    yield {}, others


def _folder(key: str) -> str:
    return key.partition("/")[0] + "/" if "/" in key else key


def _left_over(rows: Mapping[str, int], stored: Mapping[str, Stored]) -> list[str]:
    before = timezone.now() - MARGIN
    old = [key for key, found in stored.items() if key not in rows and found.modified_at < before]
    there = set(UploadFile.objects.filter(storage_key__in=old).values_list("storage_key", flat=True)) if old else set()
    return [key for key in old if key not in there]
