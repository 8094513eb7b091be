"""What a failed call is called: one stable code for each cause, from the error and from what was on the wire."""

import re
from collections.abc import Mapping
from typing import Final

import orjson

from apps.common.exchanges import Exchange
from apps.common.guard import AddressBlocked
from apps.common.http import OutboundError, ResponseTooLarge, Stalled, cause_of

from .errors import (
    PromptTooLong,
    ProviderBadAnswer,
    ProviderBadRequest,
    ProviderConnectionError,
    ProviderContentFiltered,
    ProviderError,
    ProviderQuotaExceeded,
    ProviderRateLimited,
    ProviderUnauthorised,
    ProviderUnavailable,
)
from .wire_checks import CaseFailed

# What each code means and what to do about it.
CODES: Final[Mapping[str, str]] = {
    "address_blocked": "The address is one that calls may not go to. Correct it, or allow private addresses.",
    "dns_failed": "The host's name is unknown. Correct the address, or the name server of this machine.",
    "connect_refused": "Nobody listens at the address. Start the server, correct host and port, or open the firewall.",
    "connect_timed_out": "The host does not answer. A firewall may drop the packets, or the address is wrong.",
    "tls_failed": "No secure connection: a certificate is wrong, or the server speaks plain http.",
    "hung_up": "The connection was closed before an answer began. Look at the server's or the gateway's log.",
    "slow_headers": "No answer began in time. The server is overloaded or loads the model; raise the limit or wait.",
    "stalled": "The answer stopped in the middle. The server is stuck, or a gateway holds the stream back.",
    "never_ended": "The call went on although its limits were over. Report it with this text.",
    "cut": "The connection broke in the middle of the answer. Look for limits of time in gateways.",
    "compressed_garbage": "The body is not packed as its header says. A gateway changes it.",
    "too_large": "The answer or one of its lines is larger than is read. The server does not speak the protocol.",
    "missing_finish": "The answer ended without saying so. The server was stopped, or does not speak the protocol.",
    "unauthorised": "The key was refused (401). Enter a valid one.",
    "forbidden": "The key may not do this (403). Give it the right, or open the model to the account.",
    "quota": "The account has no credit left. Top it up.",
    "rate_limited": "Too many calls or tokens (429). Wait, or ask for a higher limit.",
    "server_error": "The provider failed (500). Try again; report it to the vendor.",
    "unavailable": "The provider cannot serve now (502 to 504). Try again later.",
    "bad_gateway_html": "A gateway in front of the provider answered with a page of its own. Look there.",
    "error_in_success": "The provider put an error into a successful answer. Read its words.",
    "not_found": "There is nothing at this address (404). Correct the base URL, or the model's name.",
    "method_refused": "The address takes no such call (405). The base URL is wrong.",
    "redirected": "The provider answers from elsewhere. Enter the address that it redirects to.",
    "refused": "The provider refused the request (400, 422). Read its words: a parameter, or the model's limits.",
    "prompt_too_long": "The prompt does not fit the model's window. Correct the entry's context size.",
    "content_filtered": "The provider's filter withheld the answer. Use other words or other settings of the filter.",
    "html_answer": "A web page came instead of an answer. The base URL is that of a site.",
    "bad_utf8": "The answer is not UTF-8. The server or a gateway spoils it.",
    "not_json": "The answer is not JSON. The server does not speak the protocol.",
    "malformed": "The answer is JSON of another form. The provider's protocol changed, or another driver is needed.",
    "wrong_content_type": "The answer's type is not that of a stream. The server or a gateway does not stream.",
    "empty_answer": "The answer has neither text nor call. Another model or version may help.",
    "driver_error": "The driver failed at the answer. Report it with this text.",
    "missing_usage": "The tokens were not counted. Costs are estimated; the server may need an option to count.",
    "wrong_usage": "The tokens counted cannot be right. Costs would be wrong; report it to the vendor.",
    "wrong_reason": "Why the model stopped is told wrongly. Report it to the vendor.",
    "missing_end_of_text": "The end of the text is not told. Report it with this text.",
    "duplicate_chunk": "A piece of the answer came twice. A gateway repeats it.",
    "reordered": "Pieces of the answer came in another order. A gateway confuses them.",
    "lost_chunk": "Pieces of the answer are missing. A gateway drops them.",
    "ignores_stop": "Stop sequences have no effect. Take `stop` from the app, or use another model.",
    "ignores_max_tokens": "The limit of tokens has no effect. Check the parameter's name for this provider.",
    "text_changed": "The text was changed on its way. Report it with this text.",
    "slow_to_leave": "A stream that is left goes on and costs. Report it with this text.",
    "missing_thoughts": "No thoughts came. The model does not think, or the provider names them otherwise.",
    "thoughts_open": "Thoughts are mixed with the answer. The provider marks them otherwise.",
    "no_tool_call": "The model called no tool. Take the feature tool-call from its entry.",
    "tool_name_missing": "A call names no tool. The server's parser of calls is wrong for the model.",
    "unknown_tool": "A call names a tool that was not given. Another model may help.",
    "tool_id_missing": "Calls cannot be told apart. The server's parser of calls is wrong for the model.",
    "tool_arguments_not_json": "A call's arguments are no JSON. The server's parser of calls is wrong for the model.",
    "wrong_tool_calls": "Calls came with other arguments than were sent. A gateway confuses them.",
    "answer_not_json": "The answer is not in the format asked for. Take the feature json from the model's entry.",
    "picture_lost": "The picture is not in the request. Report it with this text.",
    "too_few_vectors": "Texts are without vectors. Lower the batch size of the model's entry.",
    "nan_vector": "A vector holds numbers that are none. The server's precision is too low for the model.",
    "zero_vector": "A vector is zero. The server does not serve the model as one for vectors.",
    "wrong_dimensions": "Vectors have another length than stated. Correct the entry, and index the bases anew.",
    "vectors_reordered": "Vectors are not in the order of their texts. Set the batch size to 1.",
    "not_unit_length": "Vectors are not of length 1. Report it with this text.",
    "unrelated_vectors": "The vectors tell nothing of the meaning. The model is not one for vectors.",
    "rank_index_out_of_range": "The ranking names documents that were not sent. The server does not fit the driver.",
    "rank_score_nan": "A score is no number. The server's precision is too low for the model.",
    "wrong_rank_count": "More or fewer documents came than asked for. The server does not fit the driver.",
    "ranks_unsorted": "The best document is not first. Report it with this text.",
    "wrong_order": "The document that answers is not first. The model is not one for reranking.",
    "transcription_missing": "The answer holds no transcription. The server does not fit the driver.",
    "speech_not_audio": "The sound is not MP3. The server does not take the format that is asked for.",
    "too_few_verdicts": "Texts are without a verdict. The server does not fit the driver.",
    "harmless_flagged": "A harmless text is flagged. Another moderation model is needed.",
    "no_picture": "No picture came. Read the provider's words.",
    "not_a_picture": "What came is no picture. Read the provider's words.",
    "wrong_key_taken": "A wrong key was taken. The server asks for none; nobody is kept out.",
    "misnamed_error": "A fault is told as another. Report it with this text.",
    "unnoticed_fault": "A spoilt answer was taken for a good one. Report it with this text.",
    "key_shown": "A key is shown in a sentence. Report it with this text, and change the key.",
    "unnamed_provider": "A sentence does not name the provider. Report it with this text.",
    "retry_after_lost": "How long to wait was not understood. Report it with this text.",
}
_OWN_WORDS: Final = (
    (re.compile(r"vectors came back for \d+ texts"), "too_few_vectors"),
    (re.compile(r"vectors of \[[\d, ]+\] dimensions came back"), "wrong_dimensions"),
    (re.compile(r"ranking names documents that were not sent"), "rank_index_out_of_range"),
    (re.compile(r"relevance score is not finite"), "rank_score_nan"),
    (re.compile(r"the answer is not sound|the speech is empty"), "speech_not_audio"),
    (re.compile(r"is longer than 4 MB"), "too_large"),
    (re.compile(r"the answer is empty"), "empty_answer"),
)
_STATUS_CODES: Final[Mapping[int, str]] = {
    400: "refused",
    404: "not_found",
    405: "method_refused",
    413: "prompt_too_long",
    500: "server_error",
}
_KIND_CODES: Final[Mapping[type[ProviderError], str]] = {
    ProviderQuotaExceeded: "quota",
    ProviderRateLimited: "rate_limited",
    ProviderContentFiltered: "content_filtered",
    PromptTooLong: "prompt_too_long",
}
_CAUSE_CODES: Final[Mapping[str, str]] = {
    "name": "dns_failed",
    "encryption": "tls_failed",
    "silence": "connect_timed_out",
    "refusal": "connect_refused",
    "packing": "compressed_garbage",
}
_HTML: Final = re.compile(rb"\s*<(!doctype html|html|head|body)", re.IGNORECASE)
_ZERO: Final = re.compile(rb'\[\s*(0(\.0*)?\s*,\s*)+0(\.0*)?\s*\]|"A+=*"')  # numbers, or base64 of zeros


def code_of(error: Exception, exchange: Exchange | None, case: str = "") -> str:
    """The code of a failed case.

    Args:
        exchange: the last one of the case; None: nothing was sent.
        case: its key, which tells what the answer should have held.
    """
    if isinstance(error, CaseFailed):
        return error.code
    if isinstance(error, TimeoutError):
        return "never_ended"
    if isinstance(error, AddressBlocked):
        return "address_blocked"
    for kind, code in _KIND_CODES.items():
        if isinstance(error, kind):
            return code
    if isinstance(error, ProviderConnectionError):
        return _of_connection(error, exchange)
    if isinstance(error, ProviderBadAnswer):
        return _of_answer(error, exchange, case)
    return _of_status(error, exchange) if isinstance(error, ProviderError) else "driver_error"


def _of_connection(error: ProviderConnectionError, exchange: Exchange | None) -> str:
    outbound = error.__cause__
    if not isinstance(outbound, OutboundError):
        return _of_body(exchange) or "missing_finish"
    cause = cause_of(outbound)
    if cause in _CAUSE_CODES:
        return _CAUSE_CODES[cause]
    if isinstance(outbound, ResponseTooLarge):
        return "too_large"
    if isinstance(outbound, Stalled):
        return "stalled" if exchange and exchange.answer else "slow_headers"
    if exchange is None or exchange.status is None:
        return "hung_up"
    return "cut"


def _of_status(error: ProviderError, exchange: Exchange | None) -> str:
    status = (exchange and exchange.status) or 0
    if exchange and _HTML.match(exchange.answer) and status >= 500:
        return "bad_gateway_html"
    if isinstance(error, ProviderUnauthorised):
        return "forbidden" if status == 403 else "unauthorised"
    if 200 <= status < 300:
        return "error_in_success"
    if isinstance(error, ProviderUnavailable):
        return _STATUS_CODES.get(status, "unavailable")
    if 300 <= status < 400:
        return "redirected"
    return _STATUS_CODES.get(status, "refused") if isinstance(error, ProviderBadRequest) else "refused"


def _of_answer(error: ProviderBadAnswer, exchange: Exchange | None, case: str) -> str:
    for pattern, code in _OWN_WORDS:
        if pattern.search(error.message):
            return "wrong_content_type" if code == "empty_answer" and _is_mistyped(exchange) else code
    if "zero or not finite" in error.message:
        return "zero_vector" if exchange and _ZERO.search(exchange.answer) else "nan_vector"
    if case.startswith("speech2text") and "malformed" in error.message and _of_body(exchange) == "":
        return "transcription_missing"
    return _of_body(exchange) or ("missing_finish" if _ends_midway(exchange) else "malformed")


def _ends_midway(exchange: Exchange | None) -> bool:
    """Whether a stream's last line is half of one."""
    return bool(exchange and exchange.answer.lstrip()[:5] == b"data:" and not exchange.answer.endswith(b"\n"))


def _is_mistyped(exchange: Exchange | None) -> bool:
    """Whether an answer with text was called something else than a stream."""
    return bool(exchange and b"data:" in exchange.answer and "json" in exchange.answer_headers.get("content-type", ""))


def _of_body(exchange: Exchange | None) -> str:
    """What is wrong with the form of a body, "" where it is in order."""
    if exchange is None or not exchange.answer:
        return "empty_answer" if exchange and exchange.status else ""
    body = bytes(exchange.answer)
    if _HTML.match(body):
        return "html_answer"
    try:
        body.decode()
    except UnicodeDecodeError:
        return "" if "eventstream" in exchange.answer_headers.get("content-type", "") else "bad_utf8"
    is_stream = body.lstrip().startswith((b"data:", b"event:", b":"))
    if is_stream and "json" in exchange.answer_headers.get("content-type", ""):
        return "wrong_content_type"
    return "" if (_is_json_stream(body) if is_stream else _is_json(body)) else "not_json"


def _is_json(body: bytes) -> bool:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True


def _is_json_stream(body: bytes) -> bool:
    """Whether every whole line of data is JSON; a word in brackets is a mark of the protocol."""
    lines = [line[5:].strip() for line in body.splitlines(keepends=True) if line[:5] == b"data:" and line[-1:] == b"\n"]
    return all(not line or line.startswith(b"[DONE") or _is_json(line) for line in lines)
