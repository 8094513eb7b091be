"""Calls an address of the internet (DSL 4.10)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from apps.workflows.engine.config import NodeConfig
from apps.workflows.engine.contracts import Node, NodeContext, NodeFailed, NodeResult, nodes
from apps.workflows.engine.ports import WebRequest
from apps.workflows.nodes.http_request.request import Request, request_of

ERROR: Final = "HttpRequestNodeError"
TEXTS: Final = ("text/", "application/json", "application/xml", "application/javascript", "application/yaml")


@nodes.register
class HttpRequest(Node[NodeConfig]):
    """Answers of any status count, unless retries or an error strategy ask for success."""

    key: ClassVar[str] = "http-request"
    label: ClassVar[str] = "HTTP request"

    async def run(self, config: NodeConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        request = request_of(context.data, context.pool)
        if not request.url.startswith(("http://", "https://")):
            raise NodeFailed("The address must begin with http:// or https://.", ERROR)
        process_data = {"request": _shown(request)}
        try:
            answer = await context.services.web.fetch(
                WebRequest(request.method, _address(request), request.headers, request.body, request.timeout_s)
            )
        except NodeFailed as error:
            raise NodeFailed(error.message, error.kind, process_data=process_data) from error
        if answer.status >= HTTPStatus.BAD_REQUEST and _wants_success(context.data):
            sentence = f"Request failed with status code {answer.status}"
            raise NodeFailed(sentence, "HTTPResponseCodeError", process_data=process_data)
        outputs = {
            "status_code": answer.status,
            "body": _text(answer.headers, answer.body),
            "headers": dict(answer.headers),
            "files": [],
        }
        return NodeResult(outputs, process_data=process_data)


def _address(request: Request) -> str:
    if not request.params:
        return request.url
    return f"{request.url}{'&' if '?' in request.url else '?'}{urlencode(request.params)}"


def _text(headers: Mapping[str, str], body: bytes) -> str:
    """The body as text; "" of pictures, sound and other files."""
    kind = headers.get("content-type", "text/plain").lower()
    is_file = headers.get("content-disposition", "").lower().startswith("attachment") or not kind.startswith(TEXTS)
    return "" if is_file else body.decode("utf-8", "replace")


def _wants_success(data: Mapping[str, Any]) -> bool:
    retry = data.get("retry_config")
    retries = isinstance(retry, Mapping) and retry.get("retry_enabled") is True
    return retries or data.get("error_strategy") in ("fail-branch", "default-value")


def _shown(request: Request) -> str:
    """The request as it is logged: credentials as asterisks."""
    lines = [f"{request.method} {_address(request)}"]
    lines += [
        f"{name}: {'*' * 8 if name == request.secret_header else value}" for name, value in request.headers.items()
    ]
    return "\n".join([*lines, "", request.body.decode("utf-8", "replace") if request.body else ""])
