"""Notion: pages and databases of a workspace (its API of version 2025-09-03, developers.notion.com/reference)."""

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final
from urllib.parse import quote, urlencode

from apps.knowledge.errors import SourceGone, SourceRefused, SourceUnavailable
from apps.knowledge.source_contract import (
    MAX_TEXT_BYTES,
    Access,
    Account,
    Content,
    Listing,
    OAuthApp,
    Source,
    SourceField,
    SourceItem,
    digest_of,
    sources,
)

from ._notion_blocks import SKIPPED, Block, attributes, title_of, to_markdown
from ._web import call_json

API_URL = "https://api.notion.com"
VERSION: Final = "2025-09-03"
PAGE_SIZE: Final = 100
MAX_DEPTH: Final = 12
MAX_BLOCKS: Final = 20_000
MAX_ROWS: Final = 5_000
# Notion tells times to the minute, so a change right after another one shows no new time.
SETTLED_AFTER: Final = timedelta(minutes=2)


@sources.register
class Notion(Source):
    """Pages as Markdown; databases as a section for each row, its attributes above its page.

    An item is `page:ID` or `database:ID`; a bare id is looked for as both.
    """

    key: ClassVar[str] = "notion"
    label: ClassVar[str] = "Notion"
    data_source_type: ClassVar[str] = "notion_import"
    fields: ClassVar = (
        SourceField(
            "secret",
            "Internal integration secret",
            secret=True,
            help="From notion.so/my-integrations. In Notion, share the pages with the integration.",
        ),
    )
    has_oauth: ClassVar[bool] = True

    async def check(self, access: Access) -> Account:
        """See the base class."""
        bot = await _call(access, "GET", "users/me")
        about = bot.get("bot") or {}
        name = about.get("workspace_name") or bot.get("name") or self.label
        account = str(about.get("workspace_id") or bot.get("id") or "")
        return Account(account, str(name), {"icon": about.get("workspace_icon"), "workspace_id": account})

    async def browse(self, access: Access, query: str = "", cursor: str | None = None) -> Listing:
        """See the base class."""
        payload = {"query": query, "page_size": PAGE_SIZE, **({"start_cursor": cursor} if cursor else {})}
        found = await _call(access, "POST", "search", payload)
        items = [_item(row) for row in found.get("results", ()) if not _is_deleted(row)]
        return Listing(items, found.get("next_cursor") if found.get("has_more") else None)

    async def fetch(
        self, access: Access, item: str, *, info: Mapping[str, Any], known_version: str = ""
    ) -> Content | None:
        """See the base class."""
        kind, _, id = item.rpartition(":")
        if (kind or info.get("type")) == "database":
            return await _database(access, id, known_version)
        try:
            return await _page(access, id, known_version)
        except SourceGone:
            if kind:
                raise
            return await _database(access, id, known_version)

    def authorize_url(self, app: OAuthApp, state: str) -> str:
        """See the base class."""
        query = {
            "client_id": app.client_id,
            "response_type": "code",
            "owner": "user",
            "redirect_uri": app.redirect_uri,
            "state": state,
        }
        return f"{API_URL}/v1/oauth/authorize?{urlencode(query)}"

    async def exchange(self, access: Access, app: OAuthApp, code: str) -> tuple[Mapping[str, str], Account]:
        """See the base class."""
        basic = b64encode(f"{app.client_id}:{app.client_secret}".encode()).decode()
        answer = await call_json(
            access,
            "POST",
            f"{API_URL}/v1/oauth/token",
            who="Notion",
            headers={"Authorization": f"Basic {basic}", "Notion-Version": VERSION},
            payload={"grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect_uri},
        )
        token, account = answer.get("access_token"), answer.get("workspace_id")
        if not token or not account:
            raise SourceRefused("Notion gave no access. Start again.")
        info = {"icon": answer.get("workspace_icon"), "workspace_id": account}
        return {"secret": str(token)}, Account(str(account), str(answer.get("workspace_name") or "Notion"), info)


async def _call(access: Access, method: str, path: str, payload: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {access.credentials.get('secret', '')}", "Notion-Version": VERSION}
    answer = await call_json(access, method, f"{API_URL}/v1/{path}", who="Notion", headers=headers, payload=payload)
    if not isinstance(answer, dict):
        raise SourceUnavailable("Notion answered with something unexpected.")
    return answer


async def _pages(access: Access, method: str, path: str) -> AsyncIterator[Mapping[str, Any]]:
    """Results of a paged list, one after the other."""
    cursor: str | None = None
    while True:
        where, payload = path, None
        if method == "POST":
            payload = {"page_size": PAGE_SIZE, **({"start_cursor": cursor} if cursor else {})}
        else:
            where += "?" + urlencode({"page_size": PAGE_SIZE, **({"start_cursor": cursor} if cursor else {})})
        found = await _call(access, method, where, payload)
        for row in found.get("results", ()):
            yield row
        cursor = found.get("next_cursor") if found.get("has_more") else None
        if cursor is None:
            return


def _item(row: Mapping[str, Any]) -> SourceItem:
    kind = "page" if row.get("object") == "page" else "database"
    parent = row.get("parent") or {}
    inside = parent.get(parent.get("type", ""))
    return SourceItem(
        id=f"{kind}:{row['id']}",
        kind=kind,
        title=title_of(row) or "Untitled",
        icon=row.get("icon"),
        parent=inside if isinstance(inside, str) else None,
    )


def _is_deleted(row: Mapping[str, Any]) -> bool:
    return bool(row.get("in_trash") or row.get("archived"))


async def _page(access: Access, id: str, known_version: str) -> Content | None:
    page = await _call(access, "GET", f"pages/{quote(id, safe='')}")
    if _is_deleted(page):
        raise SourceGone("This page is in Notion's trash.")
    version = _version([page])
    if version and version == known_version:
        return None
    title = title_of(page) or "Untitled"
    parts = [f"# {title}", "\n".join(attributes(page.get("properties") or {})), await _Reader(access).text(id)]
    return _content(page, "page", title, parts, version)


async def _database(access: Access, id: str, known_version: str) -> Content | None:
    """A data source, or all data sources of a database."""
    try:
        about = await _call(access, "GET", f"data_sources/{quote(id, safe='')}")
        tables = [id]
    except SourceGone:
        about = await _call(access, "GET", f"databases/{quote(id, safe='')}")
        tables = [str(table["id"]) for table in about.get("data_sources") or ()]
    if _is_deleted(about):
        raise SourceGone("This database is in Notion's trash.")
    rows: list[Mapping[str, Any]] = []
    for table in tables:
        rows += await _rows(access, table)
    version = _version([about, *rows])
    if version and version == known_version:
        return None
    title, reader = title_of(about) or "Untitled", _Reader(access)
    parts = [f"# {title}"]
    for row in rows:
        parts += [f"## {title_of(row) or 'Untitled'}", "\n".join(attributes(row.get("properties") or {}))]
        parts.append(await reader.text(str(row["id"])))
    return _content(about, "database", title, parts, version)


async def _rows(access: Access, id: str) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    async for row in _pages(access, "POST", f"data_sources/{quote(id, safe='')}/query"):
        if row.get("object") == "page" and not _is_deleted(row):
            rows.append(row)
        if len(rows) > MAX_ROWS:
            raise SourceRefused(f"This database has more than {MAX_ROWS} rows. Import parts of it.")
    return rows


def _version(things: list[Mapping[str, Any]]) -> str:
    """The last edit; of several the digest of all of them. "" while a further edit could bear the same time."""
    times = [str(thing.get("last_edited_time", "")) for thing in things]
    try:
        newest = max(datetime.fromisoformat(time) for time in times)
    except (TypeError, ValueError):
        return ""
    if datetime.now(UTC) - newest < SETTLED_AFTER:
        return ""
    if len(things) == 1:
        return times[0]
    return digest_of("\n".join(f"{thing['id']} {time}" for thing, time in zip(things, times, strict=True)))


def _content(about: Mapping[str, Any], kind: str, title: str, parts: list[str], version: str) -> Content:
    data = "\n\n".join(filter(None, parts)).encode()
    info = {
        "notion_page_id": about.get("id"),
        "notion_page_icon": about.get("icon"),
        "type": kind,
        "last_edited_time": about.get("last_edited_time"),
    }
    return Content(title, data, "md", version, info)


class _Reader:
    """Reads blocks, within limits that hold for the whole item."""

    def __init__(self, access: Access) -> None:
        self.access, self.blocks, self.size_bytes = access, 0, 0

    async def text(self, id: str) -> str:
        """A page's content. Raises SourceRefused: there is too much of it."""
        text = to_markdown(await self._children(id, 0))
        self.size_bytes += len(text.encode())
        if self.size_bytes > MAX_TEXT_BYTES:
            raise SourceRefused("This item holds too much text. Import parts of it.")
        return text

    async def _children(self, id: str, depth: int) -> list[Block]:
        found = []
        async for row in _pages(self.access, "GET", f"blocks/{quote(id, safe='')}/children"):
            self.blocks += 1
            if self.blocks > MAX_BLOCKS:
                raise SourceRefused(f"This item has more than {MAX_BLOCKS} blocks. Import parts of it.")
            found.append(await self._block(row, depth))
        return found

    async def _block(self, row: Mapping[str, Any], depth: int) -> Block:
        kind = str(row.get("type", ""))
        payload = row.get(kind) or {}
        children: list[Block] = []
        if row.get("has_children") and kind not in SKIPPED and depth < MAX_DEPTH:
            children = await self._children(_place(row, payload), depth + 1)
        return Block(kind, payload, children)


def _place(row: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
    """Where a block's children are: those of a synced copy stand with its original."""
    origin = payload.get("synced_from") or {}
    return str(origin.get("block_id") or row["id"])
