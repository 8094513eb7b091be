"""Addresses of the internet, for nodes of flows."""

from dataclasses import dataclass
from typing import Final

from apps.common import http
from apps.common.errors import AppError
from apps.workflows.engine.contracts import NodeFailed
from apps.workflows.engine.ports import WebAnswer, WebRequest

MAX_ANSWER_BYTES: Final = 10 * 2**20
REDIRECTS: Final = 10


@dataclass(frozen=True, slots=True)
class Internet:
    """See `engine.ports.Web`. Addresses of inner networks are refused."""

    async def fetch(self, request: WebRequest) -> WebAnswer:
        """Calls it by the guarded client, and follows where it is sent on to."""
        try:
            answer = await http.fetch(
                request.method,
                request.url,
                private_allowed=False,
                headers=request.headers,
                body=request.body,
                max_bytes=MAX_ANSWER_BYTES,
                timeout_s=request.timeout_s,
                redirects=REDIRECTS,
            )
        except AppError as error:
            raise NodeFailed(error.message, "HttpRequestNodeError") from error
        return WebAnswer(answer.status, answer.headers, answer.body)
