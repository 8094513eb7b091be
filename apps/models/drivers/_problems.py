"""What providers answer instead of an answer, as errors of ours: trimmed, with secrets masked."""

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

import orjson

from apps.common.http import AddressBlocked, ConnectionBroken, OutboundError
from apps.models.contracts import Endpoint
from apps.models.errors import (
    PromptTooLong,
    ProviderBadAnswer,
    ProviderBadRequest,
    ProviderConnectionError,
    ProviderContentFiltered,
    ProviderError,
    ProviderForbidden,
    ProviderQuotaExceeded,
    ProviderRateLimited,
    ProviderUnauthorised,
    ProviderUnavailable,
)
from apps.models.masking import words

from ._vendor_codes import READ_CHARACTERS, Complaint, complaint_in, known_kind, mapped_kind

_CLASSES: Final[Mapping[str, type[ProviderError]]] = {
    error.kind: error
    for error in (
        ProviderQuotaExceeded,
        ProviderRateLimited,
        ProviderUnauthorised,
        ProviderBadRequest,
        ProviderUnavailable,
        ProviderContentFiltered,
        PromptTooLong,
    )
}
_LEFT_TO_THE_STATUS: Final = frozenset({"", "bad_request", "unavailable"})  # a status says these better than a code
_QUOTED_CHARACTERS: Final = 200
_STATUS: Final = re.compile(r"[45]\d\d", re.ASCII)
LONGEST_PAUSE_S: Final = 86_400.0
_RETRY_DELAY: Final = re.compile(r'"retryDelay":\s*"(\d{1,5}(?:\.\d+)?)s"')
# MDL-34: what OpenAI's and Azure's older versions say to a request with functions.
_NO_FUNCTIONS: Final = re.compile(r"Unrecognized request argument supplied: (functions|tools)")
_FUNCTIONS_HINT: Final = (
    " This version of the model has no function calling: take the tool call feature from the model's entry or let "
    "the app use the ReAct strategy."
)

# AWS names the error in a header; these have a status that says something else elsewhere.
_AWS_STATUS: Final = {
    "ServiceQuotaExceededException": 429,
    "ModelErrorException": 503,
    "ModelStreamErrorException": 503,
    "ExpiredTokenException": 401,
    "UnrecognizedClientException": 401,
}


def sentence(endpoint: Endpoint, text: str) -> str:
    """The form every message of a provider has: `[<provider>] Error: <text>`."""
    return f"[{endpoint.provider}] Error: {words(endpoint, text)}"


def from_status(endpoint: Endpoint, status: int, body: bytes, headers: Mapping[str, str]) -> ProviderError:
    """The error for an HTTP status that is not a success."""
    text = body.decode("utf-8", "replace")
    message = f"[{endpoint.provider}] Error: API request failed with status code {status}: {words(endpoint, text)}"
    if _NO_FUNCTIONS.search(text):
        return ProviderBadRequest(message + _FUNCTIONS_HINT)
    status = _AWS_STATUS.get(headers.get("x-amzn-errortype", "").partition(":")[0], status)
    error = _class_for(endpoint, status, text)
    if error is ProviderRateLimited:
        pause = pause_s(headers)
        return ProviderRateLimited(message, retry_after_s=_told_pause_s(text) if pause is None else pause)
    return error(message)


def from_event(endpoint: Endpoint, error: Any) -> ProviderError:
    """The error for an error object inside a successful answer (`{"error": {"message": ..., "code": ...}}`)."""
    return _of_complaint(endpoint, complaint_in({"error": error}) or Complaint((), str(error)))


def found_in(endpoint: Endpoint, answer: Any) -> ProviderError | None:
    """The error that a successful answer holds in any of the vendors' forms; None where it is none."""
    complaint = complaint_in(answer)
    return _of_complaint(endpoint, complaint) if complaint else None


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


def breach(endpoint: Endpoint, payload: bytes) -> ProviderBadAnswer:
    """The error for a part of an answer that breaks the protocol; of it, the beginning, masked before it is cut."""
    text = words(endpoint, payload[:READ_CHARACTERS].decode("utf-8", "replace"))[:_QUOTED_CHARACTERS]
    return bad_answer(endpoint, f"the answer is not what the protocol promises: {text}")


def pause_s(headers: Mapping[str, str]) -> float | None:
    """How long the provider asks to wait, in seconds: `retry-after-ms`, or Retry-After as seconds or as a date.

    RFC 9110 section 10.2.3; the milliseconds are OpenAI's and Azure's. More than a day is not believed.
    """
    exact = _number(headers.get("retry-after-ms"))
    after = headers.get("retry-after")
    pause = exact / 1000 if exact is not None else _number(after)
    if pause is None and after:
        pause = _until(after)
    return pause if pause is not None and 0 <= pause < LONGEST_PAUSE_S else None


def _class_for(endpoint: Endpoint, status: int, text: str) -> type[ProviderError]:
    """The class of an error whose status may say less than its body."""
    complaint = _complaint(text)
    own = _error_map(endpoint)
    mapped, kind = mapped_kind(complaint, own) or own.get(str(status), ""), known_kind(complaint)
    if mapped:
        return _CLASSES[mapped]
    is_limit = status == 429 and kind == "prompt_too_long"  # of tokens in a minute
    return _class_of(status) if status == 402 or is_limit or kind in _LEFT_TO_THE_STATUS else _CLASSES[kind]


def _complaint(text: str) -> Complaint:
    """A body's codes, with so much of its words that what matters is among them, wherever it stands."""
    try:
        found = complaint_in(orjson.loads(text))
    except orjson.JSONDecodeError:
        found = None
    return (found or Complaint((), ""))._replace(text=text[:READ_CHARACTERS])


def _error_map(endpoint: Endpoint) -> Mapping[str, str]:
    own: Mapping[str, str] = endpoint.options.get("error_map", {})  # other protocols have none
    return own


def _of_complaint(endpoint: Endpoint, complaint: Complaint) -> ProviderError:
    kind = mapped_kind(complaint, _error_map(endpoint)) or known_kind(complaint)
    return _CLASSES.get(kind, _class_of(_status_in(complaint)))(sentence(endpoint, complaint.text))


def _status_in(complaint: Complaint) -> int:
    """An HTTP status among the codes; an error without one is the provider's own trouble."""
    numbers = (int(str(code)) for code in complaint.codes if _STATUS.fullmatch(str(code)))
    return next(numbers, 500)


def _class_of(status: int) -> type[ProviderError]:
    if status == 402:
        return ProviderQuotaExceeded
    if status == 429:
        return ProviderRateLimited
    if status == 401:
        return ProviderUnauthorised
    if status == 403:
        return ProviderForbidden
    if status == 408 or status >= 500:
        return ProviderUnavailable
    return ProviderBadRequest


def _told_pause_s(text: str) -> float | None:
    """The pause that Google names in the body alone (google.rpc.RetryInfo), in seconds."""
    match = _RETRY_DELAY.search(text)
    return _number(match[1]) if match else None


def _number(value: str | None) -> float | None:
    try:
        return float(value or "")
    except ValueError:
        return None


def _until(date: str) -> float | None:
    try:
        return max(parsedate_to_datetime(date).timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError):  # a year that no calendar has
        return None
