"""Files of a GitHub repository by its REST API (docs.github.com/rest, version 2022-11-28); Enterprise servers too."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final
from urllib.parse import quote

from apps.common import http
from apps.common.errors import InvalidParam
from apps.knowledge.errors import SourceRefused
from apps.knowledge.source_contract import (
    MAX_TEXT_BYTES,
    Access,
    Account,
    Content,
    Listing,
    Source,
    SourceField,
    SourceItem,
    sources,
)

from ._web import call, call_json

API_URL: Final = "https://api.github.com"
PAGE_SIZE: Final = 100
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
# Read as plain text; what an extractor knows by its own extension keeps it.
_CODE: Final = frozenset(
    "c cc cpp cs css go h hpp ini java js json jsx kt lua php pl ps1 py r rb rs rst scala sh sql swift toml ts tsx"
    " vue yaml yml adoc tex cfg conf proto graphql".split()
)
_KNOWN: Final = frozenset("md markdown mdx txt html htm pdf docx csv xlsx pptx epub jsonl odt rtf eml xml".split())


@sources.register
class GitHub(Source):
    """Files of one branch. An item is a path in the repository; its version is the hash Git has for the content."""

    key: ClassVar[str] = "github"
    label: ClassVar[str] = "GitHub"
    data_source_type: ClassVar[str] = "github_import"
    fields: ClassVar = (
        SourceField("repository", "Repository", help="owner/name"),
        SourceField("branch", "Branch", required=False, help="The default branch, if left empty."),
        SourceField("token", "Access token", secret=True, required=False, help="For private repositories."),
        SourceField("base_url", "Address of its API", required=False, default=API_URL),
    )

    async def check(self, access: Access) -> Account:
        """See the base class."""
        found = await call_json(access, "GET", _url(access), **_options(access))
        branch = access.credentials.get("branch") or found.get("default_branch") or ""
        name = str(found.get("full_name") or access.credentials["repository"])
        root = _root(access).removeprefix("https://").removeprefix("http://")
        return Account(f"{root} {name} {branch}"[:255], f"{name} ({branch})", {"repository": name, "branch": branch})

    async def browse(self, access: Access, query: str = "", cursor: str | None = None) -> Listing:
        """See the base class. `query` is looked for in the paths."""
        tree = await call_json(
            access, "GET", _url(access, f"/git/trees/{quote(await _branch(access), safe='')}?recursive=1"),
            **_options(access),
        )  # fmt: skip
        paths = [str(entry["path"]) for entry in tree.get("tree", ()) if entry.get("type") == "blob"]
        found = [path for path in paths if query.casefold() in path.casefold() and _extension(path)]
        start = int(cursor) if cursor and cursor.isdecimal() else 0
        items = [_item(path) for path in found[start : start + PAGE_SIZE]]
        return Listing(items, str(start + PAGE_SIZE) if start + PAGE_SIZE < len(found) else None)

    async def fetch(
        self, access: Access, item: str, *, info: Mapping[str, Any], known_version: str = ""
    ) -> Content | None:
        """See the base class."""
        extension = _extension(item)
        if not extension:
            raise SourceRefused("Files of this type cannot be read.")
        branch = await _branch(access)
        where = f"/contents/{quote(item, safe='/')}?ref={quote(branch, safe='')}"
        about = await call_json(access, "GET", _url(access, where), **_options(access))
        if not isinstance(about, dict) or about.get("type") != "file":
            raise SourceRefused("This path is no file.")
        version = str(about.get("sha", ""))[:64]
        if version and version == known_version:
            return None
        blob = await call(
            access, "GET", _url(access, f"/git/blobs/{quote(version, safe='')}"), max_bytes=MAX_TEXT_BYTES,
            **_options(access, "application/vnd.github.raw+json"),
        )  # fmt: skip
        told = {"repository": access.credentials["repository"], "path": item, "branch": branch, "sha": version}
        return Content(item, blob.body, extension, version, {**told, "url": about.get("html_url")})


def _root(access: Access) -> str:
    return (access.credentials.get("base_url") or API_URL).rstrip("/")


def _url(access: Access, path: str = "") -> str:
    repository = access.credentials.get("repository", "")
    if not _REPOSITORY.fullmatch(repository) or ".." in repository:
        raise InvalidParam("Write the repository as owner/name.", params="repository")
    url = f"{_root(access)}/repos/{repository}{path}"
    http.check_url(url, private_allowed=access.may_be_private(url))
    return url


def _options(access: Access, accept: str = "application/vnd.github+json") -> dict[str, Any]:
    headers = {"Accept": accept, "X-GitHub-Api-Version": "2022-11-28"}
    if access.credentials.get("token"):
        headers["Authorization"] = f"Bearer {access.credentials['token']}"
    return {"who": "GitHub", "headers": headers}


async def _branch(access: Access) -> str:
    """The branch that was chosen, else the repository's own."""
    chosen = access.credentials.get("branch")
    if chosen:
        return chosen
    found = await call_json(access, "GET", _url(access), **_options(access))
    return str(found.get("default_branch") or "main")


def _extension(path: str) -> str:
    """How the file is read; "" where nothing reads it."""
    name = path.rpartition("/")[2].casefold()
    extension = name.rpartition(".")[2] if "." in name.lstrip(".") else ""
    if extension in _KNOWN:
        return extension
    return "txt" if extension in _CODE or not extension else ""


def _item(path: str) -> SourceItem:
    return SourceItem(path, "file", path, parent=path.rpartition("/")[0] or None)
