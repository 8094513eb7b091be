"""Batches and patience."""

from collections.abc import Sequence
from decimal import Decimal
from types import SimpleNamespace

import pytest

from apps.models.catalogue import get_provider
from apps.models.configured import make_endpoint
from apps.models.contracts import Driver, Embeddings, Endpoint, ModelSpec, Prices
from apps.models.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderUnauthorised,
    ProviderUnavailable,
)
from apps.models.handles import Key, ModelHandle
from apps.models.reserving import most_usd

DEMO = get_provider("demo")


class Flaky(Driver):
    """Fails as told, then answers with the length of each text."""

    key, label = "flaky", "Flaky"

    def __init__(self, *errors: ProviderError) -> None:
        self.errors = list(errors)
        self.sizes: list[int] = []

    def stream_chat(self, endpoint, model, request):
        raise NotImplementedError

    async def embed(self, endpoint: Endpoint, model: ModelSpec, texts: Sequence[str]) -> Embeddings:
        if self.errors:
            raise self.errors.pop(0)
        self.sizes.append(len(texts))
        return Embeddings([[float(len(text))] for text in texts], len(texts))


def handle(driver: Driver, **spec) -> ModelHandle:
    return ModelHandle("demo", ModelSpec("m", "text-embedding", **spec), driver, [Key("k", make_endpoint(DEMO, {}))])


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []

    async def note(seconds: float) -> None:
        waited.append(seconds)

    # The name in that module alone: the server's thread sleeps too.
    monkeypatch.setattr("apps.models.attempts.asyncio", SimpleNamespace(sleep=note))
    return waited


async def test_texts_go_in_batches_and_come_back_in_order() -> None:
    driver = Flaky()
    answer = await handle(driver, batch_size=3).embed(["a" * n for n in range(1, 8)])
    assert driver.sizes == [3, 3, 1]
    assert answer.vectors == [[float(n)] for n in range(1, 8)]
    assert answer.tokens == 7
    assert (await handle(driver).embed([])).vectors == []


async def test_a_passing_fault_is_waited_out_with_growing_pauses(pauses: list[float]) -> None:
    driver = Flaky(ProviderUnavailable("a"), ProviderUnavailable("b"), ProviderUnavailable("c"))
    assert (await handle(driver).embed(["x"])).vectors == [[1.0]]
    assert pauses == [pytest.approx(0.5, rel=0.2), pytest.approx(1, rel=0.2), pytest.approx(2, rel=0.2)]


async def test_the_providers_wish_is_respected(pauses: list[float]) -> None:
    await handle(Flaky(ProviderRateLimited("slow", retry_after_s=7))).embed(["x"])
    assert pauses == [pytest.approx(7, abs=0.1)]


@pytest.mark.parametrize(
    "errors",
    [
        [ProviderUnauthorised("no")],
        [ProviderRateLimited("come back tomorrow", retry_after_s=3600)],
        [ProviderUnavailable("down")] * 4,
    ],
)
async def test_what_does_not_pass_is_raised(pauses: list[float], errors: list[ProviderError]) -> None:
    with pytest.raises(type(errors[0])):
        await handle(Flaky(*errors)).embed(["x"])
    assert len(pauses) == len(errors) - 1


async def test_reranking_nothing_asks_nobody() -> None:
    assert await handle(Flaky()).rerank("q", [], 3) == []


def test_usage_carries_the_models_prices() -> None:
    spec = get_provider("openai").specs["llm", "gpt-4o"]
    usage = ModelHandle("openai", spec, Flaky(), [Key("k", make_endpoint(DEMO, {}))]).usage(
        prompt_tokens=1000, completion_tokens=2000, latency_s=1.5
    )
    assert (str(usage.prompt_price), str(usage.completion_price)) == ("0.0025000", "0.02000")


def test_no_count_of_a_server_makes_a_price_that_cannot_be_stored() -> None:
    spec = ModelSpec("m", "llm", prices=Prices(Decimal(1000), Decimal(1000)))
    model = ModelHandle("demo", spec, Flaky(), [Key("k", make_endpoint(DEMO, {}))])
    usage = model.usage(prompt_tokens=10**8, completion_tokens=10**8, latency_s=1)
    assert usage.prompt_price + usage.completion_price == 8_000_000
    assert most_usd(model, prompt_tokens=10**8, answer_tokens=10**8) == 8_000_000
