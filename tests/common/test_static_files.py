"""Static files over HTTP: compressed for whom it helps, cached, and whole."""

import gzip
from pathlib import Path

import pytest
from django.test import Client

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
