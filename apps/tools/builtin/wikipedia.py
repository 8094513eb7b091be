"""Looks things up in Wikipedia (MediaWiki action API)."""

import json
from typing import Any, ClassVar
from urllib.parse import urlencode

from pydantic import Field

from apps.tools.contracts import Tool, ToolArgs, ToolFailed, ToolPorts, ToolResult, setting, tools

FAILED = 400
ARTICLES = 3


class LookUpArgs(ToolArgs):
    """See `ToolArgs`."""

    query: str = Field(description="What to look up.")
    language: str = setting("en", "The edition, such as en, zh or ja.")


@tools.register
class Wikipedia(Tool[LookUpArgs]):
    """The beginnings of the articles that fit best."""

    key: ClassVar[str] = "wikipedia/wikipedia_search"
    label: ClassVar[str] = "Wikipedia"
    description: ClassVar[str] = "Looks up people, places, events and things in Wikipedia."
    Args = LookUpArgs

    async def use(self, args: LookUpArgs, ports: ToolPorts) -> ToolResult:
        """See the base class."""
        language = args.language.strip().lower() or "en"
        if not language.replace("-", "").isalnum() or not language.isascii():
            raise ToolFailed(f"There is no edition {language[:20]!r}.")
        wanted = {
            "action": "query", "format": "json", "generator": "search", "gsrsearch": args.query, "gsrlimit": ARTICLES,
            "prop": "extracts", "exintro": 1, "explaintext": 1, "formatversion": 2,
        }  # fmt: skip
        page = await ports.read(f"https://{language}.wikipedia.org/w/api.php?{urlencode(wanted)}", {}, as_page=False)
        if page.status >= FAILED:
            raise ToolFailed(f"Wikipedia answered with status {page.status}.")
        articles = _articles(page.text)
        return ToolResult("\n\n".join(f"{one['title']}\n{one['extract']}" for one in articles) or "Nothing was found.")


def _articles(text: str) -> list[dict[str, Any]]:
    try:
        pages = json.loads(text).get("query", {}).get("pages", [])
        found = [page for page in pages if page.get("extract")]
        return sorted(found, key=lambda page: int(page.get("index", 0)))
    except (ValueError, AttributeError, TypeError) as error:
        raise ToolFailed("Wikipedia's answer cannot be read.") from error
