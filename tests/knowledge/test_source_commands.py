"""Commands about sources, crawls and sync."""

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from apps.common.errors import InvalidParam, NotFound
from apps.knowledge.models import Dataset, Document
from apps.knowledge.sources import notion as source
from tests.fakes.notion import SECRET, Notion, block, page
from tests.fakes.web import Said, WebServer


@pytest.fixture
def notion(monkeypatch, settings) -> Iterator[Notion]:
    server = Notion()
    monkeypatch.setattr(source, "API_URL", server.url)
    settings.SOURCE_PRIVATE_HOSTS, settings.CRAWL_PAUSE_MS = ["127.0.0.1"], 0
    server.add(page("p1", "Rules", [block("paragraph", "Hotels in Oslo.")]))
    yield server
    server.stop()


def said(name: str, *arguments: str) -> Any:
    out = StringIO()
    call_command(name, *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_kb_29_30_31_32_notion_by_command(notion, economy):
    connected = said("source_connect", "notion", "--credentials", json.dumps({"secret": SECRET}))
    assert connected["name"] == "Acme"
    listed = said("source_browse", "notion", "--query", "Rules", "--connection", connected["connection_id"])
    assert [(item["id"], item["title"]) for item in listed["items"]] == [("page:p1", "Rules")]
    added = said("knowledge_import_source", str(economy.pk), "--source", "notion", "--item", "page:p1", "--wait")
    [document] = added["documents"]
    assert (document["status"], document["segments"], document["error"]) == ("completed", 1, None)
    [synced] = said("knowledge_sync", document["id"])["documents"]
    assert (synced["outcome"], synced["name"], synced["reason"]) == ("unchanged", "Rules", None)
    notion.write("p1", [block("paragraph", "Hotels in Bergen.")])
    assert said("knowledge_sync", str(economy.pk))["documents"][0]["outcome"] == "changed"
    assert said("knowledge_sync", str(economy.pk), "--every", "24")["every_h"] == 24
    assert Dataset.objects.get().sync_interval_h == 24
    said("knowledge_sync", str(economy.pk), "--every", "0")
    assert Dataset.objects.get().sync_interval_h is None


def test_env_30_the_servers_own_secret_by_command(notion, workspace, settings):
    with pytest.raises(InvalidParam, match="no integration secret"):
        said("source_connect", "notion")
    settings.NOTION_INTERNAL_SECRET = SECRET
    assert said("source_connect", "notion")["name"] == "Acme"


def test_kb_29_a_connection_must_be_there(notion, economy):
    with pytest.raises(NotFound, match="no connection"):
        said("source_browse", "notion")
    with pytest.raises(InvalidParam, match="no documents that follow"):
        said("knowledge_sync", str(economy.pk))
    with pytest.raises(NotFound):
        said("knowledge_sync", "00000000-0000-0000-0000-000000000000")


def test_kb_33_a_site_by_command(notion, economy):
    server = WebServer(lambda asked: Said("", 404) if asked.path == "/robots.txt" else Said(
        f"<title>Page {asked.path}</title><main><p>Words of {asked.path}. {'more ' * 60}</p><a href=/a>a</a></main>"
    ))  # fmt: skip
    found = said("knowledge_crawl", server.url, "--limit", "5", "--only-main-content", "--into", str(economy.pk))
    server.stop()
    assert found["status"] == "completed"
    assert [page["title"] for page in found["pages"]] == ["Page /", "Page /a"]
    assert len(found["documents"]) == Document.objects.count() == 2
