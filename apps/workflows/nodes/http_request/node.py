"""Calls an address of the internet (DSL 4.10)."""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Final
from urllib.parse import unquote, urlsplit

from apps.workflows.engine.contracts import Family, Node, NodeContext, NodeFailed, NodeResult, nodes
from apps.workflows.engine.ports import WebAnswer
from apps.workflows.nodes.http_request.config import METHODS, HttpConfig
from apps.workflows.nodes.http_request.request import ERROR, prepare

MAX_TEXT_BYTES: Final = 2**20
_TEXTS: Final = re.compile(
    r"text/|application/(.*\+)?(json|xml|javascript|ecmascript|yaml|x-yaml|x-www-form-urlencoded|graphql)"
)
_FILES: Final = ("image/", "audio/", "video/", "application/", "font/")
_NAME: Final = re.compile(r"filename\*=(?:utf-8|UTF-8)''(?P<encoded>[^;]+)|filename=\"?(?P<plain>[^\";]+)")
_DISPOSITION: Final = re.compile(r"\s*attachment\b|.*\bfilename\*?=", re.IGNORECASE)


@nodes.register
class HttpRequest(Node[HttpConfig]):
    """Answers of any status count, unless retries or an error strategy ask for success."""

    key: ClassVar[str] = "http-request"
    label: ClassVar[str] = "HTTP request"
    family: ClassVar[Family] = "outside"
    icon: ClassVar[str] = "globe"
    can_fail: ClassVar[bool] = True
    fresh: ClassVar[Mapping[str, Any]] = {
        "method": "get",
        "url": "",
        "headers": "",
        "params": "",
        "body": {"type": "none", "data": []},
        "authorization": {"type": "no-auth", "config": None},
    }
    Config = HttpConfig
    outputs: ClassVar[Mapping[str, str]] = {
        "status_code": "number",
        "body": "string",
        "headers": "object",
        "files": "array[file]",
    }

    async def run(self, config: HttpConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        prepared = await prepare(config, context)
        process_data = {"request": prepared.shown}
        try:
            answer = await context.services.web.fetch(prepared.request)
            if answer.status >= HTTPStatus.BAD_REQUEST and _wants_success(context.data):
                raise NodeFailed(f"Request failed with status code {answer.status}", "HTTPResponseCodeError")
            body, files = await _content(prepared.request.url, answer, context)
        except NodeFailed as error:
            raise NodeFailed(error.message, error.kind, process_data=process_data) from error
        outputs = {"status_code": answer.status, "body": body, "headers": dict(answer.headers), "files": files}
        return NodeResult(outputs, process_data=process_data)

    @classmethod
    def missing(cls, config: HttpConfig) -> Iterator[str]:
        """See the base class."""
        if not config.url.strip():
            yield "there is no address."
        if config.method.lower() not in METHODS:
            yield f"there is no method {config.method[:20]}."


async def _content(url: str, answer: WebAnswer, context: NodeContext) -> tuple[str, list[Mapping[str, Any]]]:
    """The body as text, or as a file."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if answer.body and _is_file(kind, answer.headers.get("content-disposition", "")):
        name = _name(answer.headers.get("content-disposition", ""), url)
        return "", [await context.services.files.save(name, kind or "application/octet-stream", answer.body)]
    if len(answer.body) > MAX_TEXT_BYTES:
        raise NodeFailed(f"The text of the answer is larger than {MAX_TEXT_BYTES // 2**20} MB.", ERROR)
    return answer.body.decode(_charset(answer.headers), "replace"), []


def _is_file(kind: str, disposition: str) -> bool:
    return bool(_DISPOSITION.match(disposition)) or (kind.startswith(_FILES) and not _TEXTS.match(kind))


def _name(disposition: str, url: str) -> str:
    match = _NAME.search(disposition)
    if match:
        return unquote(match["encoded"]) if match["encoded"] else match["plain"].strip()
    return unquote(urlsplit(url).path.rpartition("/")[2]) or "file"


def _charset(headers: Mapping[str, str]) -> str:
    _, _, charset = headers.get("content-type", "").lower().partition("charset=")
    name = charset.split(";")[0].strip(" \"'")
    try:
        "".encode(name or "utf-8")
    except LookupError:
        return "utf-8"
    return name or "utf-8"


def _wants_success(data: Mapping[str, Any]) -> bool:
    retry = data.get("retry_config")
    retries = isinstance(retry, Mapping) and retry.get("retry_enabled") is True
    return retries or data.get("error_strategy") in ("fail-branch", "default-value")
