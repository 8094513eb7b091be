"""One contract for every STORAGE_TYPE: what is written comes back, is listed, goes, and failures are named."""

import io
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from apps.files import storage
from apps.files.errors import FileMissing, StorageUnavailable
from apps.files.links import file_url
from apps.files.models import UploadFile
from apps.files.services.uploads import delete_uploads, read_upload, store_upload
from dify_project.settings.files import default_storage as entry
from tests.factories import make_workspace
from tests.fakes.stores import KEY, NAME, PLACE, AzureHandler, S3Handler, Store

S3 = {"STORAGE_TYPE": "s3", "S3_BUCKET_NAME": PLACE, "S3_ACCESS_KEY": NAME, "S3_SECRET_KEY": KEY}
AZURE = {
    "STORAGE_TYPE": "azure-blob", "AZURE_BLOB_ACCOUNT_NAME": NAME, "AZURE_BLOB_ACCOUNT_KEY": KEY,
    "AZURE_BLOB_CONTAINER_NAME": PLACE,
}  # fmt: skip
WRONG_KEY = {"s3": "S3_SECRET_KEY", "azure": "AZURE_BLOB_ACCOUNT_KEY"}


@pytest.fixture(scope="module")
def stores() -> Iterator[dict[str, Store]]:
    found = {"s3": Store(S3Handler), "azure": Store(AzureHandler)}
    yield found
    for store in found.values():
        store.stop()


@pytest.fixture
def choose(monkeypatch, settings, tmp_path, stores):
    """Makes one kind of storage the product's, by its environment variables."""

    def choose(kind: str, **changes: str) -> None:
        variables = {
            "disk": {},
            "s3": {**S3, "S3_ENDPOINT": stores["s3"].url},
            "azure": {**AZURE, "AZURE_BLOB_ACCOUNT_URL": stores["azure"].url},
        }[kind]
        for name, value in {**variables, **changes}.items():
            monkeypatch.setenv(name, value)
        settings.STORAGES = {**settings.STORAGES, "default": entry(tmp_path / "files")}

    return choose


@pytest.fixture(params=["disk", "s3", "azure"])
def kind(request, choose, stores) -> str:
    for store in stores.values():
        store.objects.clear()
        store.headers_seen.clear()
        store.parts.clear()
        store.refused = 0
    choose(request.param)
    return str(request.param)


def test_what_is_written_comes_back_and_goes(kind):
    storage.write("w/one", io.BytesIO(b"hello"))
    assert storage.read("w/one") == b"hello"
    assert storage.exists("w/one")
    with storage.open_file("w/one") as file:
        assert (file.read(2), file.read(2), file.read()) == (b"he", b"ll", b"o")
    storage.delete("w/one")
    assert not storage.exists("w/one")
    storage.delete("w/one")


def test_large_files_pass_through_a_file_and_not_through_memory(kind, stores):
    data = bytes(range(256)) * 36_000  # 9 MB, which S3 is sent in parts
    storage.write("w/large", io.BytesIO(data))
    with storage.open_file("w/large") as file:
        assert not isinstance(getattr(file.file, "_file", None), io.BytesIO)
        assert file.read() == data
    assert bool(stores["s3"].parts) == (kind == "s3")


def test_files_are_listed_by_prefix_over_several_pages(kind):
    for key in ("a/1", "a/2", "a/3", "a/11", "b/1"):
        storage.write(key, io.BytesIO(key.encode()))
    assert sorted(found.key for found in storage.list_keys("a/")) == ["a/1", "a/11", "a/2", "a/3"]
    assert [found.key for found in storage.list_keys("b")] == ["b/1"]
    every = list(storage.list_keys())
    assert len(every) == 5
    assert {found.size_bytes for found in every} == {3, 4}
    assert all(found.modified_at.tzinfo for found in every)


def test_a_file_that_is_not_there_is_missing(kind):
    with pytest.raises(FileMissing):
        storage.read("w/none")
    with pytest.raises(FileMissing):
        storage.open_file("w/none")


def test_nothing_is_public(kind, stores):
    storage.write("w/one", io.BytesIO(b"hello"))
    if kind != "disk":
        seen = stores[kind].headers_seen
        assert seen
        assert not any("acl" in name or "public-access" in name for headers in seen for name in headers)
        assert stores[kind].refused == 0


@pytest.mark.parametrize("kind", WRONG_KEY)
def test_a_store_that_refuses_is_unavailable_in_every_way(choose, kind, caplog):
    wrong = "bm90IHRoZSBrZXkgb2YgdGhpcyBzdG9yZQ=="
    choose(kind, **{WRONG_KEY[kind]: wrong})
    for act in (storage.read, storage.open_file, storage.exists, lambda key: list(storage.list_keys(key))):
        with pytest.raises(StorageUnavailable):
            act("w/one")
    with pytest.raises(StorageUnavailable):
        storage.write("w/one", io.BytesIO(b"x"))
    storage.delete("w/one")
    assert "fsck" in caplog.text
    assert wrong not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_env_22_23_24_uploads_lie_in_the_store(kind, stores):
    upload = store_upload(workspace=make_workspace(), name="a.txt", data=b"hello")
    assert read_upload(upload) == b"hello"
    assert [found.key for found in storage.list_keys()] == [upload.storage_key]
    if kind != "disk":
        assert stores[kind].objects == {upload.storage_key: b"hello"}
    delete_uploads([UploadFile.objects.get()])
    assert not list(storage.list_keys())


@pytest.mark.django_db(transaction=True)
def test_links_lead_to_the_store_only_where_that_is_wanted(kind, settings):
    client = Client()
    picture, page = (
        store_upload(workspace=make_workspace(name, f"{name}@example.org"), name=name, data=b"x", mime_type=mime_type)
        for name, mime_type in (("a.png", "image/png"), ("b.html", "text/html"))
    )
    assert client.get(file_url(picture.pk)).status_code == 200
    settings.STORAGE_REDIRECT = True
    answers = [client.get(file_url(upload.pk)) for upload in (picture, page)]
    if kind == "disk":
        assert [answer.status_code for answer in answers] == [200, 200]
        return
    assert [answer.status_code for answer in answers] == [302, 302]
    queries = [parse_qs(urlsplit(answer["Location"]).query) for answer in answers]
    if kind == "s3":
        assert [query["X-Amz-Expires"] for query in queries] == [["300"], ["300"]]
    else:
        assert all(query["sig"] and query["sp"] == ["r"] for query in queries)
    names = ("response-content-type", "response-content-disposition") if kind == "s3" else ("rsct", "rscd")
    sent = [[query[name][0] for name in names] for query in queries]
    assert sent == [
        ["image/png", 'inline; filename="a.png"'],
        ["application/octet-stream", 'attachment; filename="b.html"'],
    ]
    assert client.get(file_url(picture.pk).replace("sign=", "sign=0")).status_code == 403


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"STORAGE_TYPE": "ftp"}, "STORAGE_TYPE must be one of local, s3, azure-blob"),
        *(({**S3, name: ""}, f"set {name}") for name in list(S3)[1:]),
        *(({**AZURE, name: ""}, f"set {name}") for name in list(AZURE)[1:]),
        ({**S3, "S3_ENDPOINT": "minio:9000"}, "S3_ENDPOINT must begin with"),
        ({**AZURE, "AZURE_BLOB_ACCOUNT_URL": "x"}, "AZURE_BLOB_ACCOUNT_URL must begin with"),
    ],
)
def test_a_missing_variable_stops_the_start(monkeypatch, tmp_path, variables, sentence):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=sentence):
        entry(tmp_path)


def test_a_missing_package_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr("dify_project.settings.files.find_spec", lambda name: None)
    monkeypatch.setenv("STORAGE_TYPE", "s3")
    with pytest.raises(ImproperlyConfigured, match="requirements-storage.txt"):
        entry(tmp_path)


def test_only_the_chosen_kind_is_imported():
    import subprocess
    import sys

    code = (
        "import dify_project.settings.files, apps.files.storage, sys; print({'boto3', 'azure.core'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
