"""What the codes and words of vendors' errors mean, by the kinds that `apps.models.errors` has.

MiniMax's and Zhipu's tables are from the vendors' lists as they could be read in November 2026, Spark's from others'
copies; Qianfan's and DashScope's are from memory and are to be checked against a live answer. A code that is not there
is judged by the HTTP status. Numbers mean different things to different vendors, so each table is read for its own
form only.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

# platform.minimax.io, "Error Codes": `base_resp.status_code`.
_MINIMAX: Final = {
    1000: "unavailable", 1001: "unavailable", 1002: "rate_limited", 1004: "unauthorised", 1008: "quota",
    1013: "unavailable", 1024: "unavailable", 1026: "content_filtered", 1027: "content_filtered",
    1033: "unavailable", 1039: "rate_limited", 1041: "rate_limited", 2013: "bad_request", 2045: "rate_limited",
    2049: "unauthorised", 2056: "quota",
}  # fmt: skip
# cloud.baidu.com, Qianfan, "Error codes": `error_code` of the first version of its API.
_QIANFAN: Final = {
    4: "rate_limited", 6: "unauthorised", 17: "quota", 18: "rate_limited", 19: "quota", 100: "unauthorised",
    110: "unauthorised", 111: "unauthorised", 336000: "unavailable", 336100: "unavailable",
    336103: "prompt_too_long", 336501: "rate_limited", 336502: "rate_limited",
}  # fmt: skip
# www.xfyun.cn, Spark, "Error codes": a number in `code`.
_SPARK: Final = {
    10007: "rate_limited", 10010: "unavailable", 10012: "unavailable", 10013: "content_filtered",
    10014: "content_filtered", 10019: "content_filtered", 10110: "unavailable", 10907: "prompt_too_long",
    11200: "unauthorised", 11201: "quota", 11202: "rate_limited", 11203: "rate_limited",
}  # fmt: skip
# docs.z.ai, "Error codes" (Zhipu's: digits as text), help.aliyun.com, Model Studio, "Error codes", and the words that
# OpenAI, Azure and their likes have for `code` and `type`.
_WORDS: Final = {
    "1000": "unauthorised", "1001": "unauthorised", "1002": "unauthorised", "1003": "unauthorised",
    "1004": "unauthorised", "1112": "unauthorised", "1113": "quota", "1261": "prompt_too_long",
    "1301": "content_filtered", "1302": "rate_limited", "1303": "rate_limited", "1304": "quota",
    "1305": "rate_limited", "1308": "quota",
    "arrearage": "quota", "allocated_quota_exceeded": "quota", "throttling": "rate_limited",
    "throttling.ratequota": "rate_limited", "throttling.allocationquota": "rate_limited",
    "throttling.burstrate": "rate_limited", "invalidapikey": "unauthorised", "accessdenied": "unauthorised",
    "datainspectionfailed": "content_filtered", "data_inspection_failed": "content_filtered",
    "internalerror": "unavailable", "internalerror.algo": "unavailable", "internalerror.timeout": "unavailable",
    "invalidparameter": "bad_request", "modelnotfound": "bad_request",
    "insufficient_quota": "quota", "exceeded_current_quota_error": "quota", "billing_hard_limit_reached": "quota",
    "rate_limit_exceeded": "rate_limited", "rate_limit_error": "rate_limited",
    "rate_limit_reached_error": "rate_limited",
    "api_key_invalid": "unauthorised",
    "invalid_api_key": "unauthorised", "authentication_error": "unauthorised", "permission_error": "unauthorised",
    "content_filter": "content_filtered", "content_policy_violation": "content_filtered",
    "moderation_blocked": "content_filtered",
    "context_length_exceeded": "prompt_too_long", "string_above_max_length": "prompt_too_long",
    "server_error": "unavailable", "internal_error": "unavailable", "overloaded_error": "unavailable",
    "engine_overloaded_error": "unavailable",
    "invalid_request_error": "bad_request", "model_not_found": "bad_request",
}  # fmt: skip

READ_CHARACTERS: Final = 4000  # of an error, in search of words: what matters comes first

_TOO_LONG: Final = re.compile(
    r"maximum (context|prompt) length|maximum allowed length of \d+ tokens|prompt (is )?too long|input (is )?too long"
    r"|prompt contains \d+ tokens|token count .{0,40}exceeds|context window exceeds"
    r"|exceed\w{0,8} (the )?(model'?s? )?(maximum|max|available) (allowed )?(number of )?(context|token|input|message)"
    r"|exceed\w{0,8} .{0,60}(context (window|length|size|limit)|tokens? limit)"
    r"|reduce the length of (the|your) (messages|prompt|input)|too many (input )?tokens(?! per)"
    r"|range of input length should be|`inputs` (must have less than|tokens \+)|Prompt ?超长|输入.{0,6}超长",
    re.IGNORECASE,
)
_NO_CREDIT: Final = re.compile(
    r"insufficient[ _](user[ _])?(quota|balance|credits?|funds)|balance is (insufficient|not enough|too low)"
    r"|balance (insufficient|not enough)|exceeded (your )?current[ _]quota|billing[ _]hard[ _]limit|arrearage"
    r"|out of credits?|used all available credits|余额不足|欠费",
    re.IGNORECASE,
)
# Google says "exceeded your current quota" of a minute's quota too, and then when it comes back.
_REFILLS: Final = re.compile(r"RESOURCE_EXHAUSTED|retryDelay")


class Complaint(NamedTuple):
    """A vendor's error: its codes, the likeliest first, and its words."""

    codes: tuple[Any, ...]
    text: str
    kind: str = ""


def complaint_in(answer: Any) -> Complaint | None:
    """The error that an answer holds in any of the vendors' forms; None where it is none.

    Forms: `error` (an object or a text), an object of its own (`object: error`), MiniMax's `base_resp`, Qianfan's
    `error_code`, Spark's number in `code`, DashScope's and Zhipu's `code` with `message`.
    """
    if not isinstance(answer, Mapping):
        return None
    error, base = answer.get("error"), answer.get("base_resp")
    if error or answer.get("object") == "error":
        return _of_object(error or answer)
    if isinstance(base, Mapping) and base.get("status_code"):
        code = base["status_code"]
        return Complaint((code,), str(base.get("status_msg") or base), _named(_MINIMAX, code))
    if answer.get("error_code"):
        code = answer["error_code"]
        return Complaint((code,), str(answer.get("error_msg") or answer), _named(_QIANFAN, code))
    code, text = answer.get("code"), answer.get("message") or answer.get("msg")
    if code and text and str(code) not in ("200", "success", "Success"):
        return Complaint((code,), str(text), _named(_SPARK, code))
    return None


def _named(table: Mapping[int, str], code: Any) -> str:
    return table.get(code, "") if isinstance(code, int) else ""


def mapped_kind(complaint: Complaint, own: Mapping[str, str]) -> str:
    """What a vendor's error is by its provider's own `error_map`, "" where that does not tell."""
    return next((own[str(code)] for code in complaint.codes if str(code) in own), "")


def known_kind(complaint: Complaint) -> str:
    """What a vendor's error is by its words and codes, "" where they do not tell."""
    return _by_words(complaint.text[:READ_CHARACTERS]) or complaint.kind or _by_code(complaint.codes)


def _by_code(codes: Iterable[Any]) -> str:
    words = (code.lower() for code in codes if isinstance(code, str))
    return next((_WORDS[word] for word in words if word in _WORDS), "")


def _by_words(text: str) -> str:
    if _TOO_LONG.search(text):
        return "prompt_too_long"
    return "quota" if _NO_CREDIT.search(text) and not _REFILLS.search(text) else ""


def _of_object(error: Any) -> Complaint:
    if not isinstance(error, Mapping):
        return Complaint((), str(error))
    text = error.get("message") or error.get("detail") or error
    return Complaint(tuple(_codes(error)), str(text))


def _codes(error: Mapping[str, Any]) -> Iterator[Any]:
    for name in ("code", "status", "status_code", "type"):
        code = error.get(name)
        if isinstance(code, int | str) and not isinstance(code, bool):
            yield code
    # Google's ErrorInfo: a wrong key is a bad request whose reason says more (google.rpc, error_details.proto).
    details = error.get("details")
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, Mapping) and isinstance(detail.get("reason"), str):
            yield detail["reason"]
