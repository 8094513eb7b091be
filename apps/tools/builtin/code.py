"""Runs code in the sandbox."""

import json
from typing import ClassVar, Literal

from pydantic import Field

from apps.tools.contracts import Tool, ToolArgs, ToolPorts, ToolResult, tools


class CodeArgs(ToolArgs):
    """See `ToolArgs`."""

    language: Literal["python3", "javascript"] = Field("python3", description="The language.")
    code: str = Field(description="Code with a function main that takes nothing and returns an object.")


@tools.register
class SimpleCode(Tool[CodeArgs]):
    """What `main` returns."""

    key: ClassVar[str] = "code/simple_code"
    label: ClassVar[str] = "Code"
    description: ClassVar[str] = "Runs Python or JavaScript and gives what its function main returns."
    Args = CodeArgs

    async def use(self, args: CodeArgs, ports: ToolPorts) -> ToolResult:
        """See the base class."""
        found = await ports.run_code(args.language, args.code, {})
        return ToolResult(json.dumps(found, ensure_ascii=False), [dict(found)])
