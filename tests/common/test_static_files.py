"""Static files over HTTP: compressed for whom it helps, cached, and whole."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import FileSystemFinder
from django.core.files.storage import FileSystemStorage
from django.templatetags.static import static
from django.test import Client

from apps.common import static_files

STATIC = Path(__file__).resolve().parents[2] / "static"
HTMX = (STATIC / "vendor" / "htmx.js").read_bytes()


def get(path: str, **headers: str):
    return Client().get(path, headers=headers)


def test_scripts_are_compressed_for_those_who_take_it():
    plain = get("/static/vendor/htmx.js")
    assert plain.content == HTMX
    assert plain["Vary"] == "Accept-Encoding"
    packed = get("/static/vendor/htmx.js", accept_encoding="br, gzip")
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == HTMX
    assert int(packed["Content-Length"]) == len(packed.content) < len(HTMX) / 2


@pytest.mark.parametrize(
    ("path", "kind"), [("/static/css/base.css", "text/css"), ("/static/vendor/icons.svg", "image/svg+xml")]
)
def test_styles_and_drawings_too(path: str, kind: str):
    answer = get(path, accept_encoding="gzip")
    assert answer["Content-Type"].startswith(kind)
    assert gzip.decompress(answer.content) == (STATIC / path.removeprefix("/static/")).read_bytes()


def test_a_part_of_a_file_and_an_unchanged_one_are_not_compressed():
    part = get("/static/vendor/htmx.js", accept_encoding="gzip", range="bytes=0-99")
    assert (part.status_code, part.content) == (206, HTMX[:100])
    assert "Content-Encoding" not in part
    known = get("/static/vendor/htmx.js", accept_encoding="gzip", if_none_match=get("/static/vendor/htmx.js")["ETag"])
    assert (known.status_code, known.content) == (304, b"")


def test_head_asks_for_no_content():
    answer = Client().head("/static/vendor/htmx.js", headers={"accept-encoding": "gzip"})
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.django_db
def test_a_page_names_the_version_and_what_it_names_is_never_asked_for_again():
    page = Client().get("/install").content.decode()
    addresses = set(re.findall(r"/static/[^\"#]+", page))
    assert static("css/base.css") in addresses
    assert all(re.match(r"/static/v-[0-9a-f]{12}/", address) for address in addresses)
    for address in addresses:
        answer = get(address)
        assert (answer.status_code, answer["Cache-Control"]) == (200, "public, max-age=31536000, immutable"), address


@pytest.mark.parametrize("address", ["/static/vendor/htmx.js", "/static/v-000000000000/vendor/htmx.js"])
def test_without_the_version_or_with_an_earlier_one_it_is_asked_for_soon(address: str):
    answer = get(address)
    assert (answer.content, answer["Cache-Control"]) == (HTMX, "max-age=60, public")


@pytest.mark.parametrize(
    "address", ["/static/v-000000000000/../manage.py", "/static/v-1/vendor/htmx.js", "/v-000000000000/embed.js"]
)
def test_what_only_looks_like_a_version_is_not_found(address: str):
    assert get(address).status_code == 404


def test_another_content_has_another_address(monkeypatch, tmp_path):
    before = static_files.version()
    (tmp_path / "more.js").write_text("1")
    monkeypatch.setattr(static_files, "get_finders", lambda: [FileSystemFinderOf(tmp_path)])
    one = static_files.version.__wrapped__()
    (tmp_path / "more.js").write_text("2")
    assert len({before, one, static_files.version.__wrapped__()}) == 3


class FileSystemFinderOf(FileSystemFinder):
    """Files of one folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.locations = [("", str(folder))]
        self.storages = {str(folder): FileSystemStorage(location=folder)}


def test_in_development_addresses_are_plain(settings):
    settings.DEBUG = True
    assert static("css/base.css") == "/static/css/base.css"
