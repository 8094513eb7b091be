"""Finds parts of texts by patterns."""

from typing import ClassVar

from pydantic import Field

from apps.tools.contracts import Tool, ToolArgs, ToolPorts, ToolResult, tools

# In the sandbox: a pattern can be made to run for ever, and Python's `re` cannot be stopped.
_CODE = """
import re
def main(content, expression):
    return {"found": [match.group(0) for match in re.finditer(expression, content)][:1000]}
"""


class PatternArgs(ToolArgs):
    """See `ToolArgs`."""

    content: str = Field(description="The text.")
    expression: str = Field(description="The regular expression, as Python has them.")


@tools.register
class Extract(Tool[PatternArgs]):
    """All matches, in order."""

    key: ClassVar[str] = "regex/regex_extract"
    label: ClassVar[str] = "Regular expression"
    description: ClassVar[str] = "Finds the parts of a text that a regular expression matches."
    Args = PatternArgs

    async def use(self, args: PatternArgs, ports: ToolPorts) -> ToolResult:
        """See the base class."""
        found = await ports.run_code("python3", _CODE, {"content": args.content, "expression": args.expression})
        return ToolResult(str(found["found"]), [{"found": found["found"]}])
