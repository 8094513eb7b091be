"""Requests and answers: our own form and the original service's."""

import json
import math
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from .errors import Refusal
from .limits import (
    BATCH_JOBS,
    CODE_BYTES,
    INPUT_BYTES,
    JSON_DEPTH,
    JSON_VALUES,
    MAX_WALL_S,
    MB,
    MESSAGE_CHARACTERS,
    RESULT_BYTES,
    STDOUT_BYTES,
    TRACE_CHARACTERS,
    RunLimits,
)
from .run import BOOTED, Outcome

LANGUAGES = {
    "python3": "python",
    "python": "python",
    "javascript": "node",
    "nodejs": "node",
    "jinja2": "jinja2",
}
# It matches whatever follows the first quotation mark, so that no text makes it begin twice at one place.
STRING = re.compile(rb'"[^"\\]*+(?:\\.?[^"\\]*+)*+"?', re.DOTALL)
BRACKET = re.compile(rb"[\[\]{}]")
OWN_KINDS = frozenset({"exception", "syntax", "no_main", "arguments", "result", "memory"})  # what a process may say
CRASH_SIGNALS = frozenset({4, 5, 6, 7, 8, 11})  # ILL, TRAP, ABRT, BUS, FPE, SEGV: how V8 and C code meet a limit
KILLED = 9
NEAR_LIMIT = 0.5  # of the memory limit; half, since V8 gives up before it touches what it asked for


@dataclass(frozen=True, slots=True)
class Request:
    """Jobs of one run.

    Args:
        engine: "python", "node" or "jinja2".
        mode: "main", "script" or "template".
        payload: the jobs as the process reads them.
        job_count: how many answers there must be.
        limits: of the process.
    """

    engine: str
    mode: str
    payload: bytes
    job_count: int
    limits: RunLimits


def single(body: bytes, limits: RunLimits) -> Request:
    """`{language, code, inputs?, timeout?}`. Raises Refusal."""
    fields = _object(body, required={"language", "code"}, optional={"inputs", "timeout"})
    job = {"code": fields["code"], "inputs": fields.get("inputs", {})}
    return _request(fields["language"], [job], _with_timeout(limits, fields))


def batch(body: bytes, limits: RunLimits) -> Request:
    """`{language, jobs: [{code, inputs?}], timeout?}`. Raises Refusal."""
    fields = _object(body, required={"language", "jobs"}, optional={"timeout"})
    jobs = fields["jobs"]
    if not isinstance(jobs, list) or not 1 <= len(jobs) <= BATCH_JOBS:
        _refuse(f"`jobs` must be a list of 1 to {BATCH_JOBS} jobs.")
    checked = []
    for job in jobs:
        _check_keys(job, required={"code"}, optional={"inputs"})
        checked.append({"code": job["code"], "inputs": job.get("inputs", {})})
    return _request(fields["language"], checked, _with_timeout(limits, fields))


def original(body: bytes, limits: RunLimits) -> Request:
    """The original's `{language, code}`: a program whose output is its result.

    Its `preload` and `enable_network` are taken only where they ask for nothing. Raises Refusal.
    """
    fields = _object(body, required={"language", "code"}, optional={"preload", "enable_network"})
    if fields.get("preload") or fields.get("enable_network"):
        _refuse("`preload` and `enable_network` are not supported: nothing runs before the walls, and none has a door.")
    if fields["language"] not in {"python3", "nodejs"}:
        _refuse("`language` must be python3 or nodejs.")
    return _request(fields["language"], [{"code": fields["code"], "inputs": {}}], limits, mode="script")


def _request(language: Any, jobs: list[dict[str, Any]], limits: RunLimits, mode: str = "main") -> Request:
    engine = LANGUAGES.get(language) if isinstance(language, str) else None
    if engine is None:
        _refuse(f"`language` must be one of {', '.join(LANGUAGES)}.")
    if engine == "jinja2":
        mode = "template"
    for job in jobs:
        if not isinstance(job["code"], str):
            _refuse("`code` must be a string.")
        if not isinstance(job["inputs"], dict):
            _refuse("`inputs` must be an object.")
    payload = _encoded({"mode": mode, "jobs": jobs})
    code_bytes = sum(len(job["code"].encode("utf-8", "surrogatepass")) for job in jobs)
    if code_bytes > CODE_BYTES or _are_too_large(jobs, payload):
        raise Refusal(413, "too_large", f"At most {CODE_BYTES} bytes of code and {INPUT_BYTES} of inputs are taken.")
    return Request(engine, mode, payload, len(jobs), limits)


def _encoded(value: Any) -> bytes:
    """JSON in UTF-8. What UTF-8 has no bytes for is escaped, which in JSON is the same."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "backslashreplace")


def _are_too_large(jobs: list[dict[str, Any]], payload: bytes) -> bool:
    return len(payload) > INPUT_BYTES and len(_encoded([job["inputs"] for job in jobs])) > INPUT_BYTES


def _with_timeout(limits: RunLimits, fields: dict[str, Any]) -> RunLimits:
    timeout = fields.get("timeout")
    if timeout is None:
        return limits
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout <= MAX_WALL_S:
        _refuse(f"`timeout` must be seconds, more than 0 and at most {MAX_WALL_S:g}.")
    return RunLimits(wall_s=float(timeout), memory_bytes=limits.memory_bytes)


def _object(body: bytes, *, required: set[str], optional: set[str]) -> dict[str, Any]:
    try:
        fields = parse(body)
    except ValueError as error:
        _refuse(f"The body is not acceptable JSON: {error}.")
    _check_keys(fields, required=required, optional=optional)
    result: dict[str, Any] = fields
    return result


def _check_keys(fields: Any, *, required: set[str], optional: set[str]) -> None:
    if not isinstance(fields, dict):
        _refuse("A JSON object is expected.")
    if missing := sorted(required - fields.keys()):
        _refuse(f"Missing: {', '.join(missing)}.")
    if unknown := sorted(fields.keys() - required - optional):
        _refuse(f"Unknown: {', '.join(unknown)[:200]}.")


def _refuse(message: str) -> NoReturn:
    raise Refusal(400, "invalid_request", message)


def parse(data: bytes) -> Any:
    """JSON that costs little to hold: no NaN or Infinity, a bounded number of values and depth.

    Raises:
        ValueError: with a reason that may be shown.
    """
    check_size(data)
    return json.loads(data, parse_constant=_no_constant, parse_float=_finite)


def check_size(data: bytes) -> None:
    """Raises ValueError, with a reason that may be shown, for too many values or too deep a nesting."""
    opened = data.count(b"[") + data.count(b"{")
    if opened <= JSON_DEPTH and opened + data.count(b",") <= JSON_VALUES:
        return
    bare = STRING.sub(b"", data)
    if bare.count(b",") + bare.count(b"[") + bare.count(b"{") > JSON_VALUES:
        raise ValueError(f"more than {JSON_VALUES} values")
    depth = 0
    for bracket in BRACKET.findall(bare):
        depth += 1 if bracket in b"[{" else -1
        if depth > JSON_DEPTH:
            raise ValueError("nested too deeply")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text[:20]} is too large a number")
    return value


def answer_single(request: Request, outcome: Outcome) -> dict[str, Any]:
    """`{result | error, stdout, duration_ms, memory_kb}`."""
    return {**answers(request, outcome)[0], **_facts(outcome)}


def answer_batch(request: Request, outcome: Outcome) -> dict[str, Any]:
    """`{results: [{result | error}], stdout, duration_ms, memory_kb}`, in the order of the jobs."""
    return {"results": answers(request, outcome), **_facts(outcome)}


def answer_original(request: Request, outcome: Outcome) -> dict[str, Any]:
    """`{code: 0, message, data: {stdout, error}}`."""
    error = answers(request, outcome, with_trace=True)[0].get("error")
    text = (error.get("trace") or error["message"]) if error else ""
    return {"code": 0, "message": "success", "data": {"stdout": _text(outcome.stdout), "error": text}}


def _facts(outcome: Outcome) -> dict[str, Any]:
    return {
        "stdout": _text(outcome.stdout),
        "duration_ms": round(outcome.duration_ms, 2),
        "memory_kb": outcome.peak_kb,
    }


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def answers(request: Request, outcome: Outcome, *, with_trace: bool = False) -> list[dict[str, Any]]:
    """One answer per job; jobs that were not reached share the reason why.

    What a process wrote is what its user's code chose to write: it is believed in no respect.
    """
    lines = outcome.result.removeprefix(BOOTED).split(b"\n", request.job_count)
    if lines.pop() and len(lines) == request.job_count:
        return [_wrong("The process wrote more than its answers.")] * request.job_count
    try:
        check_size(outcome.result)
    except ValueError as error:
        return [_wrong(f"The result is not acceptable JSON: {error}.")] * request.job_count
    found = [_checked(line, with_trace=with_trace) for line in lines]
    return found + [{"error": _why_it_ended(request, outcome)}] * (request.job_count - len(found))


def _checked(line: bytes, *, with_trace: bool) -> dict[str, Any]:
    try:
        answer: Any = parse(line)
    except ValueError as error:
        return _wrong(f"The result is not acceptable JSON: {error}.")
    if isinstance(answer, dict) and answer.keys() == {"result"}:
        return answer
    found = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(found, dict) or not isinstance(found.get("message"), str):
        return _wrong("The process wrote something else than an answer.")
    kind = found.get("kind")
    line_number = found.get("line") if type(found.get("line")) is int else None
    told = _error(
        kind if isinstance(kind, str) and kind in OWN_KINDS else "exception",
        found["message"][:MESSAGE_CHARACTERS],
        line_number,
    )
    return {"error": {**told, "trace": str(found.get("trace", ""))[:TRACE_CHARACTERS]} if with_trace else told}


def _wrong(message: str) -> dict[str, Any]:
    return {"error": _error("result", message)}


def _error(kind: str, message: str, line: int | None = None) -> dict[str, Any]:
    return {"kind": kind, "message": message, "line": line}


def _why_it_ended(request: Request, outcome: Outcome) -> dict[str, Any]:
    memory = request.limits.memory_bytes
    if outcome.stopped_for == "timeout":
        return _error("timeout", f"The time limit of {request.limits.wall_s:g} s is over.")
    if outcome.stopped_for in {"output_limit", "result_limit"}:
        what, limit = ("output", STDOUT_BYTES) if outcome.stopped_for == "output_limit" else ("result", RESULT_BYTES)
        return _error(outcome.stopped_for, f"The {what} is larger than {limit} bytes.")
    if outcome.signal_number in CRASH_SIGNALS and outcome.peak_kb * 1024 > memory * NEAR_LIMIT:
        return _error("memory", f"The memory limit of {memory // MB} MB is reached.")
    if outcome.signal_number == KILLED:
        return _error("timeout", f"The limit of {request.limits.cpu_s} s of processor time is reached.")
    if outcome.signal_number:
        return _error("crashed", f"The process crashed (signal {outcome.signal_number}).")
    return _error("crashed", "The process ended without a result.")
