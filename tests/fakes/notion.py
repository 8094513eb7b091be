"""A server of Notion's API (version 2025-09-03) as far as an import needs it, with pages of two results."""

from copy import deepcopy
from typing import Any

from tests.fakes.web import Asked, Said, WebServer, said_json

SECRET = "ntn_secret-of-the-workspace"
PAGE_SIZE = 2
OLD = "2024-05-01T10:00:00.000Z"


def text(words: str, **more: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "plain_text": words, "href": None, "annotations": {"code": False}, **more}]


def block(kind: str, words: str = "", children: "list[dict[str, Any]] | None" = None, **payload: Any) -> dict[str, Any]:
    body = {"rich_text": text(words), **payload} if words else payload
    return {"object": "block", "type": kind, kind: body, "children": children or []}


def page(id: str, title: str, blocks: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    properties = {"Name": {"type": "title", "title": text(title)}, **more.pop("properties", {})}
    return {
        "object": "page", "id": id, "last_edited_time": OLD, "icon": {"type": "emoji", "emoji": "📗"},
        "parent": {"type": "workspace", "workspace": True}, "in_trash": False, "properties": properties,
        "blocks": blocks, **more,
    }  # fmt: skip


class Notion(WebServer):
    """Pages and databases by id; `pauses` answers of 429 come before the next one."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.pages: dict[str, dict[str, Any]] = {}
        self.tables: dict[str, dict[str, Any]] = {}
        self.secrets = {SECRET}
        self.pauses = 0
        self.blocks: dict[str, list[dict[str, Any]]] = {}

    def add(self, *pages: dict[str, Any]) -> None:
        for found in map(deepcopy, pages):
            self._file(found["id"], found.pop("blocks"))
            self.pages[found["id"]] = found

    def write(self, id: str, blocks: list[dict[str, Any]], edited: str = "2024-06-01T10:00:00.000Z") -> None:
        self._file(id, deepcopy(blocks))
        self.pages[id]["last_edited_time"] = edited

    def add_table(self, id: str, title: str, rows: list[dict[str, Any]]) -> None:
        self.add(*rows)
        self.tables[id] = {
            "object": "data_source", "id": id, "title": text(title), "last_edited_time": OLD, "icon": None,
            "parent": {"type": "database_id", "database_id": f"container-of-{id}"}, "rows": [row["id"] for row in rows],
        }  # fmt: skip

    def _file(self, id: str, blocks: list[dict[str, Any]]) -> None:
        for number, found in enumerate(blocks):
            found["id"] = found.get("id", f"{id}-{number}")
            children = found.pop("children", [])
            found["has_children"] = bool(children)
            self._file(found["id"], children)
        self.blocks[id] = blocks

    def _answer(self, asked: Asked) -> Said:
        if asked.path == "/v1/oauth/token":
            return self._token(asked)
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.secrets:
            return said_json({"code": "unauthorized"}, 401)
        if asked.headers.get("notion-version") != "2025-09-03":
            return said_json({"code": "missing_version"}, 400)
        if self.pauses:
            self.pauses -= 1
            return said_json({"code": "rate_limited"}, 429, Retry_After="0")
        return self._content(asked)

    def _token(self, asked: Asked) -> Said:
        basic = "Basic Y2xpZW50OnNlY3JldA=="  # client:secret
        if asked.headers.get("authorization") != basic or asked.json().get("code") != "good-code":
            return said_json({"error": "invalid_grant"}, 400)
        self.secrets.add("ntn_of-the-consent")
        return said_json({
            "access_token": "ntn_of-the-consent", "bot_id": "bot", "workspace_id": "w-1",
            "workspace_name": "Ada's notes", "workspace_icon": "🦉",
        })  # fmt: skip

    def _content(self, asked: Asked) -> Said:
        kind, _, rest = asked.path.removeprefix("/v1/").partition("/")
        id, _, part = rest.partition("/")
        if kind == "users":
            return said_json({"id": "bot", "bot": {"workspace_name": "Acme", "workspace_id": "w-1"}})
        if kind == "search":
            found = [*self.pages.values(), *self.tables.values()]
            return self._paged([row for row in found if asked.json().get("query", "") in str(row)], asked.json())
        if kind == "pages" and id in self.pages:
            return said_json(self.pages[id])
        if kind == "blocks" and part == "children" and id in self.blocks:
            return self._paged(self.blocks[id], asked.query)
        if kind == "data_sources" and id in self.tables:
            rows = [self.pages[row] for row in self.tables[id]["rows"]]
            return self._paged(rows, asked.json()) if part == "query" else said_json(self.tables[id])
        if kind == "databases" and id.startswith("container-of-"):
            table = self.tables[id.removeprefix("container-of-")]
            return said_json({**table, "object": "database", "id": id, "data_sources": [{"id": table["id"]}]})
        return said_json({"code": "object_not_found"}, 404)

    def _paged(self, rows: list[Any], options: Any) -> Said:
        start = int(options.get("start_cursor") or 0)
        end = start + PAGE_SIZE
        more = end < len(rows)
        return said_json({
            "object": "list", "results": rows[start:end], "has_more": more, "next_cursor": str(end) if more else None
        })  # fmt: skip
