"""Reports of `provider_check` as JSON and as text that can be pasted into a ticket. No I/O."""

import platform
from collections.abc import Iterator, Mapping, Sequence
from textwrap import indent
from typing import Any

from apps.common import product

from .checking import Report, Result
from .diagnosis import CODES


def as_json(report: Report) -> dict[str, Any]:
    """One provider's report: what was asked, the counts and every case."""
    return {
        "provider": report.provider,
        "driver": report.driver,
        "mode": report.mode,
        "started_at": report.started_at.isoformat(timespec="seconds"),
        "models": dict(report.models),
        **counts([report]),
        **_costs(report),
        "cases": [_case(result) for result in report.results],
    }


def counts(reports: Sequence[Report]) -> dict[str, int]:
    """How many cases ended how."""
    return {
        "passed": sum(report.count("passed") for report in reports),
        "failed": sum(report.count("failed") for report in reports),
        "skipped": sum(report.count("skipped") for report in reports),
    }


def as_text(report: Report) -> str:
    """One provider's report: a line for each case that passed or was skipped, a paragraph for each that failed."""
    return "\n".join(_lines(report))


def _costs(report: Report) -> dict[str, Any]:
    if report.mode != "live":
        return {}
    tokens = {"prompt_tokens": report.prompt_tokens, "completion_tokens": report.completion_tokens}
    return {**tokens, "estimated_price": {name: str(price) for name, price in report.spent.items()}}


def _case(result: Result) -> dict[str, Any]:
    return {
        "key": result.key,
        "label": result.label,
        "status": result.status,
        "code": result.code,
        "sentence": result.sentence,
        "duration_ms": result.duration_ms,
        "request": result.request,
        "response": result.response,
    }


def _lines(report: Report) -> Iterator[str]:
    found = counts([report])
    yield f"{report.provider} ({report.driver} protocol, {_asked(report)}), {report.started_at:%Y-%m-%d %H:%M} UTC"
    yield f"{product.NAME} {product.VERSION}, Python {platform.python_version()}"
    yield "Models: " + ", ".join(f"{name} ({type_})" for type_, name in report.models.items())
    for result in report.results:
        if result.status != "failed":
            reason = f": {result.sentence}" if result.sentence else ""
            yield f"  {result.status:<8}{result.key:<26}{result.label}{reason}"
    for result in report.results:
        if result.status == "failed":
            yield ""
            yield from _paragraph(result)
    yield ""
    yield f"{found['passed']} passed, {found['failed']} failed, {found['skipped']} skipped"
    if report.mode == "live":
        price = ", ".join(f"{price:f} {name}" for name, price in report.spent.items()) or "unknown"
        yield f"Tokens: {report.prompt_tokens} read, {report.completion_tokens} written; estimated price: {price}"


def _asked(report: Report) -> str:
    return "asked itself" if report.mode == "live" else "against a fake"


def _paragraph(result: Result) -> Iterator[str]:
    yield f"FAILED {result.key} [{result.code}] {result.label}"
    yield f"  what came:  {result.sentence}"
    yield f"  expected:   {result.expects}"
    yield f"  what to do: {CODES[result.code]}"
    yield f"  after:      {result.duration_ms} ms"
    if result.request:
        yield f"  request:    {result.request['method']} {result.request['url']}"
        yield from _headers(result.request["headers"])
        yield indent(result.request["body"], "    ")
    if result.response:
        yield f"  response:   {result.response['status']}"
        yield from _headers(result.response["headers"])
        yield indent(result.response["head"], "    ")


def _headers(headers: Mapping[str, str]) -> Iterator[str]:
    for name, value in headers.items():
        yield f"    {name}: {value}"
