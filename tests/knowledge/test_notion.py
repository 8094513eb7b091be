"""Import from Notion, against a server of its API."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from apps.common.perloop import run
from apps.knowledge.errors import SourceNotConnected, SourceRateLimited, SourceRefused
from apps.knowledge.models import Document, Segment, SourceConnection
from apps.knowledge.services.connections import (
    connect,
    get_source,
    open_access,
    remove_connection,
    set_connection_enabled,
)
from apps.knowledge.services.imports import import_items
from apps.knowledge.services.indexing import index_pending
from apps.knowledge.services.sync import sync_due
from apps.knowledge.source_contract import SourceItem
from apps.knowledge.sources import notion as source
from apps.workspaces.models import Installation, Workspace
from tests.factories import make_workspace
from tests.fakes.notion import SECRET, Notion, block, page, text
from tests.visitor import Visitor


@pytest.fixture
def notion(monkeypatch, settings) -> Iterator[Notion]:
    server = Notion()
    monkeypatch.setattr(source, "API_URL", server.url)
    settings.SOURCE_PRIVATE_HOSTS = ["127.0.0.1"]
    yield server
    server.stop()


@pytest.fixture
def connection(workspace: Workspace, notion: Notion) -> SourceConnection:
    return connect(workspace=workspace, source="notion", values={"secret": SECRET})


def fetched(connection: SourceConnection, item: str) -> str:
    access = open_access(get_source("notion"), connection)
    content = run(get_source("notion").fetch(access, item, info={}))
    assert content is not None
    return content.data.decode()


EVERYTHING = [
    block("heading_1", "Travel"),
    block("paragraph", "Flights over six hours."),
    block("bulleted_list_item", "Hotels", [block("bulleted_list_item", "Oslo: 210 euros")]),
    block("numbered_list_item", "Book"),
    block("numbered_list_item", "Fly"),
    block("to_do", "Receipts", checked=True),
    block("toggle", "More", [block("paragraph", "Hidden but read.")]),
    block("quote", "Less is more."),
    block("callout", "Mind the gap.", icon={"type": "emoji", "emoji": "💡"}),
    block("code", "print(1)", language="python"),
    block(
        "table",
        children=[
            block("table_row", cells=[text("City"), text("Limit")]),
            block("table_row", cells=[text("Oslo"), text("210")]),
        ],
    ),
    block("image", type="external", external={"url": "http://127.0.0.1/secret.png"}),
    block("child_page", title="Another page"),
    block("column_list", children=[block("column", children=[block("paragraph", "In a column.")])]),
    block("heading_2", "A heading that folds", [block("paragraph", "Below it.")]),
    block("paragraph", rich_text=[*text("see "), *text("the rules", href="https://example.org/rules")]),
    block("bookmark", url="https://example.org/b"),
]
AS_MARKDOWN = """\
# Rules

# Travel

Flights over six hours.

- Hotels
  - Oslo: 210 euros
1. Book
2. Fly
- [x] Receipts

- More
  Hidden but read.

> Less is more.

> 💡 Mind the gap.

```python
print(1)
```

City | Limit
Oslo | 210

In a column.

## A heading that folds

Below it.

see [the rules](https://example.org/rules)

https://example.org/b"""


def test_kb_30_blocks_become_markdown_and_pictures_stay_out(notion, connection):
    notion.add(page("p1", "Rules", EVERYTHING))
    assert fetched(connection, "page:p1") == AS_MARKDOWN
    assert not any("secret.png" in path for path in notion.paths())


ROW = {
    "Status": {"type": "status", "status": {"name": "Done"}},
    "Tags": {"type": "multi_select", "multi_select": [{"name": "a"}, {"name": "b"}]},
    "Price": {"type": "number", "number": 12.0},
    "Due": {"type": "date", "date": {"start": "2024-01-01", "end": "2024-01-03"}},
    "Open": {"type": "checkbox", "checkbox": False},
    "Sum": {"type": "formula", "formula": {"type": "string", "string": "x"}},
    "All": {"type": "rollup", "rollup": {"type": "array", "array": [{"type": "number", "number": 3}]}},
    "Owner": {"type": "people", "people": [{"name": "Ada"}]},
    "Code": {"type": "unique_id", "unique_id": {"prefix": "T", "number": 7}},
    "Picture": {"type": "files", "files": [{"name": "x.png"}]},
    "Empty": {"type": "select", "select": None},
}


def test_kb_30_a_database_is_its_rows_with_their_attributes(notion, connection):
    rows = [page(f"r{n}", f"Task {n}", [block("paragraph", f"Text {n}.")], properties=ROW) for n in (1, 2, 3)]
    notion.add_table("t1", "Tasks", rows)
    for item in ("database:t1", "t1", "database:container-of-t1"):
        whole = fetched(connection, item)
        assert whole.startswith("# Tasks\n\n## Task 1\n\nAll: 3\nCode: T-7\nDue: 2024-01-01 to 2024-01-03\n")
        assert "Open: no\nOwner: Ada\nPrice: 12\nStatus: Done\nSum: x\nTags: a, b\n\nText 1.\n\n## Task 2" in whole
        assert whole.endswith("Text 3.")


def test_kb_30_pages_and_databases_are_picked_from_pages_of_results(notion, connection):
    notion.add(*(page(f"p{n}", f"Page {n}", []) for n in range(3)))
    notion.add_table("t1", "Tasks", [])
    access = open_access(get_source("notion"), connection)
    found: list[SourceItem] = []
    cursor = None
    while True:
        listing = run(get_source("notion").browse(access, "", cursor))
        found += listing.items
        cursor = listing.cursor
        if cursor is None:
            break
    assert [(item.id, item.kind, item.title) for item in found] == [
        ("page:p0", "page", "Page 0"), ("page:p1", "page", "Page 1"), ("page:p2", "page", "Page 2"),
        ("database:t1", "database", "Tasks"),
    ]  # fmt: skip
    assert found[0].icon == {"type": "emoji", "emoji": "📗"}


def test_kb_30_what_is_picked_becomes_a_document(notion, connection, economy):
    notion.add(page("p1", "Rules", [block("paragraph", "Hotels in Oslo cost 210 euros.")]))
    [document] = import_items(
        dataset=economy, source="notion", connection=connection, items=[SourceItem("page:p1", "page", "Rules")]
    )
    assert (document.indexing_status, document.upload_file) == ("waiting", None)
    assert [result.outcome for result in sync_due()] == ["changed"]
    run(index_pending())
    document.refresh_from_db()
    assert (document.indexing_status, document.name, document.error) == ("completed", "Rules", None)
    assert document.data_source_type == "notion_import"
    info = document.data_source_info
    assert info["notion_workspace_id"] == "w-1"
    assert info["notion_page_id"] == "p1"
    assert info["notion_page_icon"] == {"type": "emoji", "emoji": "📗"}
    assert info["type"] == "page"
    assert info["upload_file_id"] == str(document.upload_file_id)
    assert "Hotels in Oslo" in Segment.objects.get(document=document).content


def test_kb_29_an_internal_secret_is_checked_and_kept_encrypted(notion, workspace):
    with pytest.raises(SourceRefused, match="refuses"):
        connect(workspace=workspace, source="notion", values={"secret": "ntn_wrong"})
    assert not SourceConnection.objects.exists()
    found = connect(workspace=workspace, source="notion", values={"secret": SECRET})
    assert (found.name, found.account) == ("Acme", "w-1")
    assert SECRET not in str(SourceConnection.objects.values_list())
    assert open_access(get_source("notion"), found).credentials == {"secret": SECRET}
    again = connect(workspace=workspace, source="notion", values={"secret": SECRET})
    assert again.pk == found.pk


def test_kb_29_a_connection_that_is_off_or_gone_is_not_used(notion, connection):
    set_connection_enabled(connection=connection, enabled=False)
    with pytest.raises(SourceNotConnected, match="switched off"):
        open_access(get_source("notion"), connection)
    remove_connection(connection=connection)
    with pytest.raises(SourceNotConnected, match="any more"):
        open_access(get_source("notion"), None)


def test_kb_29_pauses_notion_asks_for_are_kept(notion, connection):
    notion.add(page("p1", "Rules", [block("paragraph", "One.")]))
    notion.pauses = 3
    assert "One." in fetched(connection, "page:p1")
    notion.pauses = 100
    with pytest.raises(SourceRateLimited):
        fetched(connection, "page:p1")


@pytest.fixture
def owner(server, notion, settings) -> Visitor:
    settings.NOTION_INTEGRATION_TYPE, settings.NOTION_CLIENT_ID = "public", "client"
    settings.NOTION_CLIENT_SECRET = "secret"
    Installation.objects.create()
    workspace = make_workspace()
    user = workspace.memberships.get().user
    visitor = Visitor(server.url)
    assert visitor.sign_in(user.email, "correct horse 7").status == 302
    return visitor


def consent(visitor: Visitor) -> dict[str, str]:
    answer = visitor.get("/data-sources/notion/authorize")
    assert answer.status == 302
    parts = urlsplit(answer.headers["location"])
    assert parts.path == "/v1/oauth/authorize"
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


@pytest.mark.parametrize("path", ["/data-sources/notion/callback", "/console/api/oauth/data-source/callback/notion"])
def test_kb_29_env_30_a_workspace_is_connected_by_consent(owner, notion, path):
    asked = consent(owner)
    assert (asked["client_id"], asked["response_type"]) == ("client", "code")
    assert asked["redirect_uri"].endswith("/console/api/oauth/data-source/callback/notion")
    answer = owner.get(f"{path}?code=good-code&state={asked['state']}")
    assert (answer.status, answer.headers["location"]) == (302, "/data-sources")
    found = SourceConnection.objects.get()
    assert (found.name, found.account, found.info["icon"]) == ("Ada's notes", "w-1", "🦉")
    assert open_access(get_source("notion"), found).credentials == {"secret": "ntn_of-the-consent"}
    page = owner.get("/data-sources").body.decode()
    assert "Ada&#x27;s notes" in page
    assert "ntn_" not in page


def test_kb_29_a_state_is_good_once_and_for_its_own_session_alone(owner, notion, server):
    state = consent(owner)["state"]
    for wrong in ("", "made-up", state[:-2]):
        owner.get(f"/data-sources/notion/callback?code=good-code&state={wrong}")
        assert not SourceConnection.objects.exists()
    # A wrong one uses the session's up: the right one comes too late.
    owner.get(f"/data-sources/notion/callback?code=good-code&state={state}")
    assert not SourceConnection.objects.exists()
    state = consent(owner)["state"]
    other = make_workspace("Other", "other@example.org")
    stranger = Visitor(server.url)
    stranger.sign_in("other@example.org", "correct horse 7")
    consent(stranger)
    stranger.get(f"/data-sources/notion/callback?code=good-code&state={state}")
    assert not SourceConnection.objects.filter(workspace=other).exists()
    owner.get(f"/data-sources/notion/callback?code=good-code&state={state}")
    owner.get(f"/data-sources/notion/callback?code=good-code&state={state}")
    assert [asked.path for asked in notion.asked].count("/v1/oauth/token") == 1
    assert SourceConnection.objects.count() == 1


def test_kb_29_env_30_the_servers_own_integration_is_one_click(owner, notion, settings):
    settings.NOTION_INTEGRATION_TYPE, settings.NOTION_INTERNAL_SECRET = "internal", SECRET
    assert "Connect with this server" in owner.get("/data-sources").body.decode()
    assert "not registered" in refused(owner, owner.get("/data-sources/notion/authorize").headers["location"])
    owner.post("/data-sources/notion/connect", {"internal": "1"})
    connection = SourceConnection.objects.get()
    owner.post(f"/data-sources/connections/{connection.pk}/switch", {"enabled": "off"})
    assert not SourceConnection.objects.get().enabled
    owner.post(f"/data-sources/connections/{connection.pk}/remove")
    assert not SourceConnection.objects.exists()
    assert SECRET not in owner.get("/data-sources").body.decode()


def refused(visitor: Visitor, path: str) -> str:
    return visitor.get(path).body.decode()


def test_kb_29_consent_without_a_code_says_so(owner):
    state = consent(owner)["state"]
    owner.get(f"/data-sources/notion/callback?error=access_denied&state={state}")
    assert "there was no consent" in owner.get("/data-sources").body.decode()
    assert Document.objects.count() == 0
