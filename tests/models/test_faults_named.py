"""A fault between driver and server: the first case that fails has the code that names the cause."""

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from apps.models import checking, diagnosis
from apps.models.catalogue import get_provider
from apps.models.checking import Report, Result, check_on_fake
from apps.models.contracts import ChatPiece, Finish, TextDelta, Timeouts
from apps.models.diagnosis import CODES
from apps.models.drivers import _problems
from apps.models.drivers._openai_chunks import ChunkParser
from apps.models.errors import ProviderBadRequest
from apps.models.fake_servers import KEY
from apps.models.faulty import Fault, spoiling
from apps.models.wire_cases.errors import HTML, JSON, STREAM, closed_port
from apps.models.wire_report import as_json, as_text
from tests.docs.pages import read

QUICK = {"silent": Timeouts(2.0, 0.1, 0.1), "stalls": Timeouts(2.0, 2.0, 0.1)}
GUIDE = read("guides/provider-check.md")


@dataclass(frozen=True)
class Planted:
    """A fault and what it must be called.

    Args:
        case: where the cases begin that meet it.
    """

    code: str
    fault: Fault
    case: str = "chat.hello"
    provider: str = "openai"


def error(status: int, sentence: str = "No.", code: str | None = None) -> Fault:
    body = json.dumps({"error": {"message": sentence, "type": "x", "code": code}}).encode()
    return Fault(status, body, JSON)


def events(*chunks: Mapping[str, object]) -> bytes:
    return b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks)


def said(text: str | None, reason: str | None = None) -> Mapping[str, object]:
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}]}


def swapped(pattern: bytes, other: bytes) -> Fault:
    return Fault(replace=((pattern, other),))


VECTOR = rb'"embedding":\s*"[^"]+"'  # base64
RANK = '{"results": [{"index": %s, "relevance_score": %s}, {"index": 1, "relevance_score": 0.4}, %s]}'
LAST = '{"index": 2, "relevance_score": 0.2}'

FAULTS = {
    "401": Planted("unauthorised", error(401)),
    "403": Planted("forbidden", error(403)),
    "404 by a wrong path": Planted("not_found", Fault(404, b"404 page not found", {"Content-Type": "text/plain"})),
    "405": Planted("method_refused", error(405)),
    "400": Planted("refused", error(400, "Unrecognized request argument supplied: colour")),
    "400 for the prompt's length": Planted(
        "prompt_too_long", error(400, "This model's maximum context length is 8192 tokens.", "context_length_exceeded")
    ),
    "402": Planted("quota", error(402)),
    "429": Planted("rate_limited", error(429, "Slow down.")),
    "429 without credit": Planted("quota", error(429, "You exceeded your current quota.", "insufficient_quota")),
    "500": Planted("server_error", error(500)),
    "503": Planted("unavailable", error(503)),
    "504": Planted("unavailable", error(504)),
    "502 with a page": Planted("bad_gateway_html", Fault(502, HTML, {"Content-Type": "text/html"})),
    "302": Planted("redirected", Fault(302, b"", {"Location": "https://example.com/"})),
    "200 with a page": Planted("html_answer", Fault(200, HTML, {"Content-Type": "text/html"})),
    "200 with an error": Planted("error_in_success", error(200, "The model crashed.")),
    "key repeated": Planted("unauthorised", error(401, f"Incorrect API key provided: {KEY}")),
    "unknown host": Planted("dns_failed", Fault(address="http://nobody.invalid")),
    "nobody listens": Planted("connect_refused", Fault(address=f"http://127.0.0.1:{closed_port()}")),
    "silence before headers": Planted("slow_headers", Fault(fate="silent")),
    "silence in the middle": Planted("stalled", Fault(fate="stalls")),
    "closed without an answer": Planted("hung_up", Fault(fate="hangs_up")),
    "cut": Planted("cut", Fault(fate="cut")),
    "half an answer": Planted("missing_finish", Fault(fate="ends_early")),
    "no finish": Planted("missing_finish", Fault(200, events(said("Hi")), STREAM)),
    "nothing": Planted("empty_answer", Fault(200, b"", STREAM)),
    "no text": Planted("empty_answer", Fault(200, events(said("", "stop")), STREAM)),
    "no JSON": Planted("not_json", Fault(200, b'data: {"choices": [{"del\n\n', STREAM)),
    "JSON of another form": Planted("malformed", Fault(200, events({"choices": "none"}), STREAM)),
    "bytes that are no UTF-8": Planted("bad_utf8", swapped(b"tok5 ", b"\xff\xfe")),
    "a stream that is called JSON": Planted("wrong_content_type", Fault(headers={"Content-Type": "application/json"})),
    "a line of 5 MB": Planted("too_large", Fault(200, b"data: " + b"x" * (5 * 2**20), STREAM)),
    "garbage that is called gzip": Planted(
        "compressed_garbage", Fault(200, b"\x00\x01garbage" * 20, {**STREAM, "Content-Encoding": "gzip"})
    ),
    "no counts": Planted("missing_usage", swapped(rb'"usage"', b'"used"'), "chat.usage"),
    "counts of zero": Planted(
        "wrong_usage", swapped(rb'"completion_tokens":\s*50', b'"completion_tokens":0'), "chat.usage"
    ),
    "counts too high": Planted(
        "wrong_usage", swapped(rb'"completion_tokens":\s*50', b'"completion_tokens":99999'), "chat.usage"
    ),
    "a chunk twice": Planted("duplicate_chunk", swapped(rb"tok6 ", b"tok5 tok6 "), "chat.pieces"),
    "chunks confused": Planted(
        "reordered", Fault(replace=((b"tok6 ", b"tok00 "), (b"tok5 ", b"tok6 "), (b"tok00 ", b"tok5 "))), "chat.pieces"
    ),
    "a chunk lost": Planted("lost_chunk", swapped(rb"tok6 ", b" "), "chat.pieces"),
    "max_tokens ignored": Planted("ignores_max_tokens", swapped(rb'"length"', b'"stop"'), "chat.max_tokens"),
    "stop ignored": Planted("ignores_stop", swapped(rb"tok9 ", b"HALT "), "chat.stop"),
    "no thoughts": Planted(
        "missing_thoughts", swapped(rb'"reasoning_content"', b'"musing"'), "chat.thoughts", "deepseek"
    ),
    "no call": Planted(
        "no_tool_call", Fault(200, events(said("I would add."), said(None, "stop")), STREAM), "tools.call"
    ),
    "a call without a name": Planted("tool_name_missing", swapped(rb'"name":\s*"add"', b'"name":""'), "tools.call"),
    "a call of another tool": Planted("unknown_tool", swapped(rb'"name":\s*"add"', b'"name":"rm"'), "tools.call"),
    "arguments cut": Planted("tool_arguments_not_json", swapped(rb": 1\}", b": "), "tools.call"),
    "arguments confused": Planted("wrong_tool_calls", swapped(rb": 1\}", b": 7}"), "tools.call"),
    "JSON mode ignored": Planted(
        "answer_not_json", Fault(200, events(said("{Yes"), said(None, "stop")), STREAM), "formats.json_object"
    ),
    "vectors missing": Planted("too_few_vectors", Fault(200, b'{"data": []}', JSON), "embedding.one"),
    "vectors too short": Planted(
        "wrong_dimensions", Fault(200, b'{"data": [{"index": 0, "embedding": [1.0, 0.5]}]}', JSON), "embedding.one"
    ),
    "a vector of zeros": Planted(
        "zero_vector", Fault(200, b'{"data": [{"index": 0, "embedding": [0.0, 0.0]}]}', JSON), "embedding.one"
    ),
    "a vector that is not finite": Planted(
        "nan_vector", Fault(200, b'{"data": [{"index": 0, "embedding": "AADAfwAAwH8="}]}', JSON), "embedding.one"
    ),
    "a vector of zeros in base64": Planted(
        "zero_vector", Fault(200, b'{"data": [{"index": 0, "embedding": "AAAAAAAAAAA="}]}', JSON), "embedding.one"
    ),
    "vectors in no JSON": Planted("not_json", Fault(200, b'{"data": [', JSON), "embedding.one"),
    "a rank too high": Planted(
        "rank_index_out_of_range", Fault(200, (RANK % (9, 0.9, LAST)).encode(), JSON), "rerank.order", "jina"
    ),
    "a score that is no number": Planted(
        "rank_score_nan", Fault(200, (RANK % (0, '"NaN"', LAST)).encode(), JSON), "rerank.order", "jina"
    ),
    "ranks missing": Planted(
        "wrong_rank_count",
        Fault(200, b'{"results": [{"index": 1, "relevance_score": 0.9}]}', JSON),
        "rerank.order",
        "jina",
    ),
    "the wrong document first": Planted(
        "wrong_order", Fault(200, (RANK % (0, 0.9, LAST)).encode(), JSON), "rerank.order", "jina"
    ),
    "no transcription": Planted("transcription_missing", Fault(200, b'{"words": []}', JSON), "speech2text"),
    "sound that is text": Planted(
        "speech_not_audio", Fault(200, b"Hello there.", {"Content-Type": "text/plain"}), "tts.text"
    ),
    "sound that is no MP3": Planted(
        "speech_not_audio", Fault(200, b"RIFF" + bytes(40), {"Content-Type": "audio/wav"}), "tts.text"
    ),
    "a harmless text flagged": Planted(
        "harmless_flagged", swapped(rb'"flagged":\s*false', b'"flagged":true'), "moderation"
    ),
    "429 through Anthropic's protocol": Planted("rate_limited", error(429), "chat.hello", "anthropic"),
    "cut through Google's protocol": Planted("cut", Fault(fate="cut"), "chat.hello", "google"),
    "503 through Cohere's protocol": Planted("unavailable", error(503), "chat.hello", "cohere"),
    "silence through Bedrock's protocol": Planted("slow_headers", Fault(fate="silent"), "chat.hello", "bedrock"),
}


async def checked(planted: Planted) -> Report:
    timeouts = QUICK.get(planted.fault.fate)
    return await check_on_fake(
        get_provider(planted.provider), fault=planted.fault, timeouts=timeouts, only=[planted.case]
    )


def first_failed(report: Report) -> Result:
    return next(result for result in report.results if result.status == "failed")


@pytest.mark.parametrize("name", FAULTS)
async def test_the_first_case_that_fails_names_the_fault(name: str) -> None:
    report = await checked(FAULTS[name])
    failed = first_failed(report)
    assert failed.code == FAULTS[name].code, failed
    assert KEY not in as_text(report)
    assert KEY not in json.dumps(as_json(report))


async def test_a_server_that_speaks_plain_http_where_tls_is_expected_is_named() -> None:
    async with spoiling("http://127.0.0.1:9", Fault(200, b"{}")) as address:
        planted = Planted("tls_failed", Fault(address=address.replace("http://", "https://")))
        assert first_failed(await checked(planted)).code == "tls_failed"


@pytest.mark.parametrize("name", ["cut", "nothing", "silence in the middle"])
async def test_without_the_fault_the_same_case_passes(name: str) -> None:
    planted = FAULTS[name]
    report = await check_on_fake(get_provider(planted.provider), only=[planted.case])
    assert (report.count("passed"), report.count("failed")) == (1, 0)


def test_every_code_is_on_the_page_with_what_to_do() -> None:
    rows = {line.split("`")[1]: line for line in GUIDE.splitlines() if line.startswith("| `")}
    missing = {code: text for code, text in CODES.items() if text not in rows.get(code, "")}
    assert missing == {}


def parsed_without_end(_self: ChunkParser) -> list[ChatPiece]:
    return [TextDelta(""), Finish("stop")]


@pytest.mark.parametrize(
    ("where", "name", "flaw", "case", "code"),
    [
        (_problems, "words", lambda _endpoint, text: text, "errors.key_echoed", "key_shown"),
        (_problems, "_class_of", lambda _status: ProviderBadRequest, "errors.500", "misnamed_error"),
        (_problems, "pause_s", lambda _headers: None, "errors.429", "retry_after_lost"),
        (_problems, "sentence", lambda _endpoint, text: text, "errors.cut", "unnamed_provider"),
        (ChunkParser, "end", parsed_without_end, "errors.ends_early", "unnoticed_fault"),
    ],
)
async def test_a_driver_that_tells_a_fault_wrongly_is_found_out(
    monkeypatch: pytest.MonkeyPatch, where: Any, name: str, flaw: Any, case: str, code: str
) -> None:
    monkeypatch.setattr(where, name, flaw)
    report = await check_on_fake(get_provider("openai"), only=[case])
    assert first_failed(report).code == code


async def test_a_driver_that_breaks_its_contract_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: ChunkParser, _data: bytes) -> list[ChatPiece]:
        raise ZeroDivisionError

    monkeypatch.setattr(ChunkParser, "feed", broken)
    report = await check_on_fake(get_provider("openai"), only=["chat.hello"])
    assert first_failed(report).code == "driver_error"


async def test_a_call_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "CASE_LIMIT_S", 0.1)
    report = await check_on_fake(get_provider("openai"), fault=Fault(fate="silent"), only=["chat.hello"])
    assert first_failed(report).code == "never_ended"


def codes_in(file: Path) -> set[str]:
    """The codes that a file of cases fails with: what `expect` and `CaseFailed` are given."""
    calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    places = {"expect": 1, "CaseFailed": 0}
    named = [(call.args, places.get(getattr(call.func, "id", ""))) for call in calls]
    found = [arguments[place] for arguments, place in named if place is not None]
    return {item.value for item in found if isinstance(item, ast.Constant) and isinstance(item.value, str)}


def test_every_code_of_a_case_is_a_known_one_and_every_known_one_is_used() -> None:
    folder = Path(diagnosis.__file__).parent
    of_cases = set().union(*map(codes_in, [folder / "wire_checks.py", *(folder / "wire_cases").glob("*.py")]))
    of_calls = {code for code in CODES if Path(diagnosis.__file__).read_text().count(f'"{code}"') > 1}
    assert of_cases <= set(CODES)
    assert of_cases | of_calls == set(CODES)


def test_every_planted_code_is_a_known_one() -> None:
    assert {planted.code for planted in FAULTS.values()} <= set(CODES)
