"""Reads pages of the web."""

from typing import ClassVar

from pydantic import Field

from apps.tools.contracts import Tool, ToolArgs, ToolFailed, ToolPorts, ToolResult, setting, tools

FAILED = 400


class PageArgs(ToolArgs):
    """See `ToolArgs`."""

    url: str = Field(description="The address of the page.")
    user_agent: str = setting("", "What the reader says it is; empty: this product.")


@tools.register
class WebScraper(Tool[PageArgs]):
    """The readable part of a page."""

    key: ClassVar[str] = "webscraper/webscraper"
    label: ClassVar[str] = "Web reader"
    description: ClassVar[str] = "Reads a page of the web and gives its text."
    Args = PageArgs

    async def use(self, args: PageArgs, ports: ToolPorts) -> ToolResult:
        """See the base class."""
        headers = {"User-Agent": args.user_agent} if args.user_agent else {}
        page = await ports.read(args.url, headers, as_page=True)
        if page.status >= FAILED:
            raise ToolFailed(f"The page answered with status {page.status}.")
        return ToolResult(page.text)
