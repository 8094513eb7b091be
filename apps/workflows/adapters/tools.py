"""Tools for nodes of flows: those that come with the product, and workflows of the workspace."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.knowledge.errors import UnreadableFile
from apps.knowledge.web.page import read_page
from apps.tools.contracts import Page, ToolFailed, tool_of, use_tool
from apps.workflows.engine.contracts import NodeFailed
from apps.workflows.engine.ports import Sandbox, ToolAnswer, ToolCall, Web, WebRequest

TOOL_ERROR = "ToolInvokeError"
WORKFLOW = "workflow"
READ_TIMEOUT_S = 60.0
RunWorkflow = Callable[[ToolCall], Awaitable[ToolAnswer]]


@dataclass(frozen=True, slots=True)
class WorkspaceTools:
    """See `engine.ports.Tools`.

    Args:
        run_workflow: runs a workflow app of the workspace as a tool.
    """

    web: Web
    sandbox: Sandbox
    run_workflow: RunWorkflow

    async def use(self, call: ToolCall) -> ToolAnswer:
        """Finds the tool by what the file says of it."""
        if call.provider_type == WORKFLOW:
            return await self.run_workflow(call)
        found = (tool_of(provider, call.name) for provider in call.providers)
        kind = next((tool for tool in found if tool is not None), None)
        if kind is None:
            provider = call.providers[0] if call.providers else "no provider"
            sentence = f"The tool {call.name[:80]} of {provider[:80]} is not installed. Choose another in the node."
            raise NodeFailed(sentence, "ToolNotFoundError", inputs=call.arguments)
        try:
            result = await use_tool(kind, call.arguments, Ports(self.web, self.sandbox))
        except ToolFailed as error:
            raise NodeFailed(str(error), TOOL_ERROR, inputs=call.arguments) from error
        return ToolAnswer(result.text, result.json, result.files, result.variables)


@dataclass(frozen=True, slots=True)
class Ports:
    """See `tools.contracts.ToolPorts`."""

    web: Web
    sandbox: Sandbox

    async def read(self, url: str, headers: Mapping[str, str], *, as_page: bool) -> Page:
        """Gets it by the flow's own door to the internet."""
        try:
            answer = await self.web.fetch(WebRequest("GET", url, headers, timeout_s=READ_TIMEOUT_S))
            kind = answer.headers.get("content-type", "text/plain").lower()
            if as_page and "html" in kind:
                return Page(answer.status, read_page(answer.body, url, only_main_content=True).text)
        except NodeFailed as error:
            raise ToolFailed(error.message) from error
        except UnreadableFile as error:
            raise ToolFailed("The page cannot be read: it is no text, or nested too deeply.") from error
        return Page(answer.status, answer.body.decode("utf-8", "replace"))

    async def run_code(self, language: str, code: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Runs it in the sandbox."""
        try:
            return await self.sandbox.run_code(language, code, inputs)
        except NodeFailed as error:
            raise ToolFailed(error.message) from error
