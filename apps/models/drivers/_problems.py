"""What providers answer instead of an answer, as errors of ours: trimmed, with secrets masked."""

import re
from collections.abc import Mapping
from typing import Any, Final

from apps.common.http import AddressBlocked, ConnectionBroken, OutboundError
from apps.models.contracts import Endpoint
from apps.models.errors import (
    ProviderBadAnswer,
    ProviderBadRequest,
    ProviderConnectionError,
    ProviderError,
    ProviderQuotaExceeded,
    ProviderRateLimited,
    ProviderUnauthorised,
    ProviderUnavailable,
)

MAX_WORDS: Final = 1000
MASK: Final = "****"
# Keys that an upstream echoes although they are not the ones we sent (a gateway's own).
_KEY_LIKE: Final = re.compile(r"\b(sk|gsk|xai|hf|nvapi|pk|rk)[-_][A-Za-z0-9_-]{12,}|(?<=Bearer )[^\s\"']{8,}")

# How OpenAI and those who speak its protocol tell an empty account from too many calls, both 429.
_NO_CREDIT: Final = b"insufficient_quota"


def words(endpoint: Endpoint, text: str) -> str:
    """A provider's text as it may be shown: secrets masked first, so that trimming cannot leave half of one."""
    for secret in endpoint.secrets:
        text = text.replace(secret, MASK)
    return _KEY_LIKE.sub(MASK, text)[:MAX_WORDS].replace("\0", "").strip()


def sentence(endpoint: Endpoint, text: str) -> str:
    """The form every message of a provider has: `[<provider>] Error: <text>`."""
    return f"[{endpoint.provider}] Error: {words(endpoint, text)}"


def from_status(endpoint: Endpoint, status: int, body: bytes, headers: Mapping[str, str]) -> ProviderError:
    """The error for an HTTP status that is not a success."""
    text = words(endpoint, body.decode("utf-8", "replace"))
    message = f"[{endpoint.provider}] Error: API request failed with status code {status}: {text}"
    if status == 402 or (status == 429 and _NO_CREDIT in body):
        return ProviderQuotaExceeded(message)
    if status == 429:
        return ProviderRateLimited(message, retry_after_s=_seconds(headers.get("retry-after")))
    return _class_of(status)(message)


def from_event(endpoint: Endpoint, error: Any) -> ProviderError:
    """The error for an error object inside a successful answer (`{"error": {"message": ..., "code": ...}}`)."""
    fields = error if isinstance(error, Mapping) else {"message": str(error)}
    code = fields.get("code") or fields.get("status") or fields.get("status_code")
    status = int(code) if isinstance(code, int) or (isinstance(code, str) and code.isdigit()) else 500
    text = fields.get("message") or fields.get("detail") or str(error)
    message = sentence(endpoint, str(text))
    return ProviderRateLimited(message) if status == 429 else _class_of(status)(message)


def from_outbound(endpoint: Endpoint, error: OutboundError | AddressBlocked) -> ProviderError | AddressBlocked:
    """The error for a call that got no whole answer."""
    if isinstance(error, AddressBlocked):
        return error
    return ProviderConnectionError(sentence(endpoint, error.message))


def cut(endpoint: Endpoint) -> ProviderConnectionError:
    """The error for an answer that ended before it was finished."""
    return ProviderConnectionError(sentence(endpoint, ConnectionBroken.default_message))


def bad_answer(endpoint: Endpoint, text: str) -> ProviderBadAnswer:
    """The error for an answer that breaks the protocol."""
    return ProviderBadAnswer(sentence(endpoint, text))


def _class_of(status: int) -> type[ProviderError]:
    if status in (401, 403):
        return ProviderUnauthorised
    if status == 408 or status >= 500:
        return ProviderUnavailable
    return ProviderBadRequest


def _seconds(value: str | None) -> float | None:
    """Retry-After in seconds (RFC 9110 section 10.2.3; its date form is not worth a clock comparison)."""
    try:
        seconds = float(value or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds < 86_400 else None
