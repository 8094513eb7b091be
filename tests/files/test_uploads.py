import hashlib
import io
import resource
import stat
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.db import transaction

from apps.common.errors import PayloadTooLarge
from apps.files import storage
from apps.files.errors import EmptyFile, FileMissing, StorageUnavailable, UnsupportedFileType
from apps.files.models import UploadFile
from apps.files.services.uploads import delete_uploads, read_upload, store_by_kind, store_upload
from tests.factories import make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace():
    return make_workspace()


@pytest.fixture
def folder(settings, tmp_path) -> Path:
    options = {**settings.STORAGES["default"]["OPTIONS"], "location": tmp_path / "files"}
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": options}}
    return tmp_path / "files"


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_bytes_come_back_and_nobody_else_may_read_them(workspace, folder):
    upload = store_upload(workspace=workspace, name="../a/Notes.TXT", data=b"hello", mime_type="text/plain")
    assert read_upload(upload) == b"hello"
    assert (upload.name, upload.extension, upload.size_bytes) == ("Notes.TXT", "txt", 5)
    assert upload.sha256 == hashlib.sha256(b"hello").hexdigest()
    [path] = files_below(folder)
    assert "notes" not in str(path).lower()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_file_object_is_read_from_where_it_stands(workspace, folder):
    source = io.BytesIO(b"skip the rest")
    source.seek(5)
    assert read_upload(store_upload(workspace=workspace, name="a.txt", data=source)) == b"the rest"


def test_what_arrives_waits_in_the_folder_for_it(workspace, folder, settings, tmp_path):
    """Not in /tmp, which is memory in a container."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    opened: set[Path] = set()

    class Watching(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            opened.update(path.resolve().parent for path in Path("/proc/self/fd").iterdir())
            return super().read(size)

    store_upload(workspace=workspace, name="a.txt", data=Watching(b"x" * 2**21))
    assert tmp_path in opened


def test_the_limit_is_the_limit(workspace, folder, settings):
    settings.UPLOAD_FILE_SIZE_LIMIT = 1
    store_upload(workspace=workspace, name="a.txt", data=b"x" * 2**20)
    with pytest.raises(PayloadTooLarge, match="1 MB"):
        store_upload(workspace=workspace, name="a.txt", data=b"x" * (2**20 + 1))
    assert len(files_below(folder)) == UploadFile.objects.count() == 1


def test_the_limit_is_that_of_the_kind_its_cleaned_name_tells(workspace, folder, settings):
    settings.UPLOAD_FILE_SIZE_LIMIT, settings.UPLOAD_AUDIO_FILE_SIZE_LIMIT = 1, 2
    data = b"x" * (2**20 + 1)
    assert store_by_kind(workspace=workspace, name="a.mp3\u200e ", data=data, mime_type="").extension == "mp3"
    with pytest.raises(PayloadTooLarge, match="1 MB"):
        store_by_kind(workspace=workspace, name="a.pdf", data=data, mime_type="")


def test_empty_and_foreign_types_are_refused(workspace, folder):
    with pytest.raises(EmptyFile):
        store_upload(workspace=workspace, name="a.txt", data=b"")
    with pytest.raises(UnsupportedFileType):
        store_upload(workspace=workspace, name="a.txt.exe", data=b"x", extensions={"txt"})
    with pytest.raises(UnsupportedFileType):
        store_upload(workspace=workspace, name="txt", data=b"x", extensions={"txt"})
    assert not UploadFile.objects.exists()
    assert not files_below(folder)


def test_the_same_name_twice_is_two_files(workspace, folder):
    one, two = (store_upload(workspace=workspace, name="a.txt", data=data) for data in (b"1", b"2"))
    assert (read_upload(one), read_upload(two)) == (b"1", b"2")


@contextmanager
def no_file_may_grow() -> Iterator[None]:
    """The kernel refuses to write to any file, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_nothing_behind(workspace, folder):
    with no_file_may_grow(), pytest.raises(StorageUnavailable):
        store_upload(workspace=workspace, name="a.txt", data=b"x")
    assert not UploadFile.objects.exists()
    assert not files_below(folder)


@pytest.mark.django_db(transaction=True)
def test_bytes_go_only_when_the_transaction_commits(workspace, folder):
    upload = store_upload(workspace=workspace, name="a.txt", data=b"x")
    with suppress(RuntimeError), transaction.atomic():
        delete_uploads([UploadFile.objects.get()])
        raise RuntimeError
    assert read_upload(upload) == b"x"
    delete_uploads([upload])
    assert not files_below(folder)
    with pytest.raises(FileMissing):
        storage.read(upload.storage_key)


def huge_pictures() -> dict[str, bytes]:
    """A few bytes each, of 50,000 by 50,000 pixels."""
    side = 50_000
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    extended = b"\0\0\0\0" + (side - 1).to_bytes(3, "little") * 2
    return {
        "png": b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + b"IHDR"
        + header
        + struct.pack(">I", zlib.crc32(b"IHDR" + header)),
        "jpg": b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 17, 8, side, side, 3) + b"\1\x22\0\2\x11\1\3\x11\1\xff\xd9",
        "gif": b"GIF89a" + struct.pack("<HH", side, side) + b"\0\0\0;",
        "webp": b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + extended,
    }


@pytest.mark.parametrize("extension", huge_pictures())
def test_u_07_a_picture_of_too_many_pixels_is_refused_by_its_head(workspace, folder, extension):
    with pytest.raises(PayloadTooLarge, match="50000 x 50000 pixels"):
        store_upload(workspace=workspace, name=f"a.{extension}", data=huge_pictures()[extension])
    assert not UploadFile.objects.exists()
    assert [path for path in folder.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "data", [*(picture[:8] for picture in huge_pictures().values()), b"\xff\xd8\xff" + b"\xff" * 99]
)
def test_u_07_a_damaged_head_is_kept_as_it_is(workspace, folder, data):
    assert read_upload(store_upload(workspace=workspace, name="a.png", data=data)) == data
