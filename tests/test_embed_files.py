"""The chat bubble's files: built from this source, and served to every site."""

import hashlib
import re
from pathlib import Path

import pytest

from tests.http import Client

FOLDER = Path(__file__).resolve().parents[1] / "static/embed"


def test_the_minified_file_is_the_build_of_this_source():
    digest = hashlib.sha256((FOLDER / "embed.js").read_bytes()).hexdigest()
    banner, _, code = (FOLDER / "embed.min.js").read_text().partition("\n")
    assert banner == f"/*! embed.js sha256:{digest} */", "run `npm ci && npm run vendor` in frontend/"
    assert 5_000 < len(code) < 15_000


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["embed.js", "embed.min.js"])
def test_emb_02_the_script_is_open_to_every_site_and_kept_for_a_while(server, name):
    answer = Client(server.url).get(f"/{name}", headers={"Origin": "https://shop.example"})
    assert answer.status == 200
    assert answer.body == (FOLDER / name).read_bytes()
    assert answer.headers["content-type"] == 'text/javascript; charset="utf-8"'
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["cache-control"] == "public, max-age=3600, stale-while-revalidate=604800"
    assert "set-cookie" not in answer.headers
    again = Client(server.url).get(f"/{name}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


@pytest.mark.django_db(transaction=True)
def test_only_these_two_files_stand_at_the_root(server):
    assert sorted(path.name for path in FOLDER.iterdir()) == ["embed.js", "embed.min.js"]
    for path in ("/embed.mjs", "/..%2fvendor/vendor.json", "/tokens.css"):
        assert Client(server.url).get(path).status == 404


def test_every_key_of_the_configuration_is_described():
    script, page = (FOLDER / "embed.js").read_text(), (FOLDER.parents[1] / "docs/guides/embed.md").read_text()
    keys = set(re.findall(r"\bconfig\??\.(\w+)", script))
    for names in re.findall(r"\{([\w ,]+)\} = this\.config|function addressOf\(\{([\w ,]+)\}", script):
        keys |= {name.strip() for part in names for name in part.split(",") if name.strip()}
    keys -= {"base", "origin"}  # made from baseUrl
    assert len(keys) > 15
    assert sorted(key for key in keys if f"`{key}`" not in page) == []
    variables = re.findall(r"\$\{VARIABLE\}-([\w-]+)", script)
    assert sorted({name for name in variables if f"`{name}`" not in page}) == []
