"""Reads pages by the reader of jina.ai, which turns any address into Markdown."""

from typing import ClassVar

from pydantic import Field

from apps.tools.contracts import Tool, ToolArgs, ToolFailed, ToolPorts, ToolResult, setting, tools

READER = "https://r.jina.ai/"
FAILED = 400


class ReaderArgs(ToolArgs):
    """See `ToolArgs`."""

    url: str = Field(description="The address of the page.")
    target_selector: str = setting("", "CSS selector of the part that is wanted.")
    wait_for_selector: str = setting("", "CSS selector that the reader waits for.")


@tools.register
class JinaReader(Tool[ReaderArgs]):
    """A page as Markdown."""

    key: ClassVar[str] = "jina/jina_reader"
    label: ClassVar[str] = "Jina reader"
    description: ClassVar[str] = "Reads a page of the web, also one made by scripts, and gives its text."
    Args = ReaderArgs

    async def use(self, args: ReaderArgs, ports: ToolPorts) -> ToolResult:
        """See the base class."""
        if not args.url.startswith(("http://", "https://")):
            raise ToolFailed("The address must begin with http:// or https://.")
        wanted = {"X-Target-Selector": args.target_selector, "X-Wait-For-Selector": args.wait_for_selector}
        headers = {name: value for name, value in wanted.items() if value}
        page = await ports.read(f"{READER}{args.url}", headers, as_page=False)
        if page.status >= FAILED:
            raise ToolFailed(f"The reader answered with status {page.status}.")
        return ToolResult(page.text)
