"""Runs the cases of `provider_check`: against a fake of a provider's protocol, or against the provider itself."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, Literal

from apps.common.errors import AppError, InvalidParam
from apps.common.exchanges import Exchange, recorded

from .catalogue import Provider
from .configured import WorkspaceModels, make_endpoint
from .contracts import Endpoint, ModelSpec, ModelType, Timeouts
from .diagnosis import code_of
from .fake_choice import at_once, entered_at, fake_for, has_fake, preparing
from .fake_servers import serving
from .faulty import Fault
from .masking import MASK, words
from .wire_checks import CaseFailed, Context, NotApplicable, WireCase, types_of, wire_cases

SHOWN_CHARACTERS: Final = 600
CASE_LIMIT_S: Final = 180.0  # of all calls of a case together, where a driver goes on for ever
PATIENCE: Final = Timeouts(10, 30, 30)
_PLAIN_HEADERS: Final = frozenset(
    {"accept", "content-type", "content-length", "content-encoding", "location", "retry-after", "server", "date",
     "x-request-id", "request-id", "anthropic-version", "user-agent", "transfer-encoding"}
)  # fmt: skip
Status = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Result:
    """One case: of a failed one the code and what was on the wire, secrets masked; of a skipped one why."""

    key: str
    label: str
    expects: str
    status: Status
    code: str = ""
    sentence: str = ""
    duration_ms: int = 0
    request: Mapping[str, Any] | None = None
    response: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One provider's cases.

    Args:
        models: those that were asked, by type.
        prompt_tokens, completion_tokens, spent: of live calls; prices by currency.
    """

    provider: str
    driver: str
    mode: Literal["fake", "live"]
    started_at: datetime
    models: Mapping[str, str]
    results: Sequence[Result]
    prompt_tokens: int = 0
    completion_tokens: int = 0
    spent: Mapping[str, Decimal] = field(default_factory=dict)

    def count(self, status: Status) -> int:
        """How many cases ended so."""
        return sum(result.status == status for result in self.results)


async def check_on_fake(
    provider: Provider, *, fault: Fault | None = None, timeouts: Timeouts | None = None, only: Sequence[str] = ()
) -> Report:
    """Every case that applies, against a fake; a provider without one (demo) is asked itself.

    Args:
        fault: that every call meets.
        timeouts: of calls that meet no silence on purpose.
        only: keys of cases, or what they begin with; none: all.
    """
    models = {type_: _fake_model(provider, type_) for type_ in types_of(provider)}
    if not has_fake(provider):
        context = Context(provider, provider.make_driver(), models, lambda values: make_endpoint(provider, values))
        return await _report(context, "fake", only)
    fake = fake_for(provider)
    async with serving(fake) as address:
        context = Context(
            provider,
            provider.make_driver(),
            models,
            lambda values: at_once(make_endpoint(provider, values)),
            fake=fake,
            address=address,
            prepare=preparing(fake),
            credentials=lambda where: entered_at(provider, fake, where),
            outer=fault,
            timeouts=timeouts or PATIENCE,
        )
        return await _report(context, "fake", only)


async def check_live(
    configured: WorkspaceModels, provider: Provider, specs: Sequence[ModelSpec], only: Sequence[str] = ()
) -> Report:
    """The cases that need no misbehaving server, against the provider with a workspace's credentials.

    Args:
        specs: at most one a type; for the other types the cheapest usable model is taken.

    Raises:
        AppError: `provider_not_initialize` and the like: the workspace cannot use the provider.
    """
    models = chosen_models(configured, provider, specs)
    endpoints: dict[ModelType, Endpoint] = {
        type_: configured.handle(type_, provider.key, spec.name, ()).keys[0].endpoint for type_, spec in models.items()
    }
    first = next(iter(endpoints.values()))
    context = Context(provider, provider.make_driver(), models, lambda _values: first, endpoints)
    return await _report(context, "live", only)


def chosen_models(
    configured: WorkspaceModels, provider: Provider, specs: Sequence[ModelSpec]
) -> dict[ModelType, ModelSpec]:
    """The model of each type that live calls go to. Raises AppError: none can be used."""
    named = {spec.type: configured.spec(spec.type, provider.key, spec.name) for spec in specs}
    found: dict[ModelType, ModelSpec] = {}
    for type_ in types_of(provider):
        usable = [spec for of, spec in configured.usable(type_) if of.key == provider.key]
        if type_ in named or usable:
            found[type_] = named.get(type_) or min(usable, key=_price)
    if not found:
        raise InvalidParam(
            f"The workspace has no model of provider {provider.key} to ask. Enter its credentials and a model first."
        )
    return found


def _price(spec: ModelSpec) -> tuple[bool, Decimal]:
    """Models whose price is unknown come last."""
    price = spec.prices.prompt + spec.prices.completion
    return price == 0, price


def _fake_model(provider: Provider, type_: ModelType) -> ModelSpec:
    """The catalogue's first model of a type, else one as a workspace adds it; only some fakes know vector lengths."""
    owner = "acme/" if provider.driver in ("huggingface", "replicate") else ""
    spec = next((spec for spec in provider.specs.values() if spec.type == type_), ModelSpec(f"{owner}own-model", type_))
    return spec if provider.driver in ("openai", "demo") else replace(spec, dimensions=None)


async def _report(context: Context, mode: Literal["fake", "live"], only: Sequence[str]) -> Report:
    started_at = datetime.now(UTC)
    cases = [kind() for key, kind in wire_cases.all().items() if not only or key.startswith(tuple(only))]
    results = await _run_all([case for case in cases if case.applies(context.provider)], context)
    return Report(
        context.provider.key,
        context.provider.driver,
        mode,
        started_at,
        {type_: spec.name for type_, spec in context.models.items()},
        results,
        context.prompt_tokens if mode == "live" else 0,
        context.completion_tokens if mode == "live" else 0,
        {currency: price for currency, price in context.prices.items() if mode == "live" and price},
    )


async def _run_all(cases: Sequence[WireCase], context: Context) -> Sequence[Result]:
    """The results in the order of the cases. Those that wait for a silence wait side by side; the others take turns."""
    results = {case.key: await _run(case, context) for case in cases if not case.is_slow}
    waiting = [_run(case, replace(context)) for case in cases if case.is_slow]
    results |= {result.key: result for result in await asyncio.gather(*waiting)}
    return [results[case.key] for case in cases]


async def _run(case: WireCase, context: Context) -> Result:
    about = (case.key, case.label, case.expects)
    if reason := _why_not(case, context):
        return Result(*about, "skipped", sentence=reason)
    began = time.monotonic()
    with recorded() as exchanges:
        try:
            async with asyncio.timeout(CASE_LIMIT_S), context.spoilt(context.outer):
                await case.run(context)
        except NotApplicable as hindrance:
            return Result(*about, "skipped", sentence=str(hindrance))
        except Exception as error:  # noqa: BLE001 - whatever a driver raises is what the report is for
            took_ms = round(1000 * (time.monotonic() - began))
            return _failed(about, error, context, exchanges, took_ms)
    return Result(*about, "passed", duration_ms=round(1000 * (time.monotonic() - began)))


def _why_not(case: WireCase, context: Context) -> str:
    """Why the models at hand, or their provider, cannot be asked; "" where they can."""
    if case.model_type is not None and case.model_type not in context.models:
        return f"The workspace has no {case.model_type} model of this provider."
    if context.fake is not None:
        return ""
    if case.needs_fake:
        return "It needs a server that behaves as told."
    is_able = not case.feature or case.feature in context.models["llm"].features
    return "" if is_able else f"The model has not the feature {case.feature}."


def _failed(
    about: tuple[str, str, str], error: Exception, context: Context, exchanges: Sequence[Exchange], took_ms: int
) -> Result:
    endpoint = replace(context.endpoint(), secrets=context.secrets)
    exchange = exchanges[-1] if exchanges else None
    return Result(
        *about,
        "failed",
        code_of(error, exchange, about[0]),
        words(endpoint, _sentence(error)),
        took_ms,
        _asked(endpoint, exchange) if exchange else None,
        _answered(endpoint, exchange) if exchange and exchange.status else None,
    )


def _sentence(error: Exception) -> str:
    if isinstance(error, CaseFailed):
        return error.sentence
    return error.message if isinstance(error, AppError) else f"{type(error).__name__}: {error}"


def _asked(endpoint: Endpoint, exchange: Exchange) -> Mapping[str, Any]:
    return {
        "method": exchange.method,
        "url": words(endpoint, exchange.url),
        "headers": _shown(endpoint, exchange.headers),
        "body": _head(endpoint, exchange.body),
    }


def _answered(endpoint: Endpoint, exchange: Exchange) -> Mapping[str, Any]:
    return {
        "status": exchange.status,
        "headers": _shown(endpoint, exchange.answer_headers),
        "head": _head(endpoint, bytes(exchange.answer)),
    }


def _shown(endpoint: Endpoint, headers: Mapping[str, str]) -> dict[str, str]:
    """Headers; of those that may hold a key only the name."""
    return {name: words(endpoint, value) if name.lower() in _PLAIN_HEADERS else MASK for name, value in headers.items()}


def _head(endpoint: Endpoint, body: bytes) -> str:
    """A body's beginning; its secrets are masked before it is cut, so that no half of one is left."""
    return words(endpoint, body.decode("utf-8", "replace"))[:SHOWN_CHARACTERS]
