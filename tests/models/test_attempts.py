"""Keys that take turns and rest, models that stand in, and what a caller sees of it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from types import SimpleNamespace

import pytest

from apps.models import health
from apps.models.attempts import ONCE
from apps.models.catalogue import get_provider
from apps.models.configured import make_endpoint
from apps.models.contracts import (
    ChatMessage,
    ChatRequest,
    Driver,
    Embeddings,
    Endpoint,
    Finish,
    ModelSpec,
    Prices,
    Substitute,
    TextDelta,
)
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
from apps.models.handles import Key, ModelHandle

COMPATIBLE = get_provider("openai_api_compatible")
ASK = ChatRequest([ChatMessage("user", "hello")])
Answer = Callable[[], ProviderError | None]


class Scripted(Driver):
    """Each key, by its name, fails as its script says; an empty script or None answers."""

    key, label = "scripted", "Scripted"

    def __init__(self, **scripts: list[ProviderError | None]) -> None:
        self.scripts = scripts
        self.calls: Counter[str] = Counter()
        self.closed = 0

    def _turn(self, endpoint: Endpoint) -> str:
        name = endpoint.credentials["api_key"]
        self.calls[name] += 1
        script = self.scripts.get(name) or []
        if script and (error := script.pop(0) if len(script) > 1 else script[0]) is not None:
            raise error
        return name

    async def stream_chat(self, endpoint, model, request):
        name = self._turn(endpoint)
        try:
            yield TextDelta(name)
            if model.name == "breaks":
                raise ProviderConnectionError("[x] Error: cut")
            yield TextDelta("")
            yield Finish("stop", 1, 1)
        finally:
            self.closed += 1

    async def embed(self, endpoint: Endpoint, model: ModelSpec, texts: Sequence[str]) -> Embeddings:
        self._turn(endpoint)
        return Embeddings([[1.0]] * len(texts), 1)

    async def rerank(self, endpoint, model, query, documents, top_n):
        self._turn(endpoint)
        return []


def handle(driver: Driver, *names: str, model: str = "m", **more) -> ModelHandle:
    keys = [Key(name, make_endpoint(COMPATIBLE, {"base_url": "http://x/v1", "api_key": name})) for name in names]
    spec = ModelSpec(model, "llm", prices=Prices(), context_tokens=more.pop("context_tokens", 4096))
    return ModelHandle(more.pop("provider", "p"), spec, driver, keys, **more)


async def said(model: ModelHandle, request: ChatRequest = ASK) -> str:
    return "".join([piece.text async for piece in model.stream_chat(request) if isinstance(piece, TextDelta)])


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []

    async def note(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("apps.models.attempts.asyncio", SimpleNamespace(sleep=note))
    return waited


async def test_keys_take_turns() -> None:
    driver = Scripted()
    model = handle(driver, "a", "b", "c")
    assert [await said(model) for _ in range(6)] == ["a", "b", "c", "a", "b", "c"]


async def test_a_hundred_calls_over_three_keys_of_which_two_fail_are_all_served(pauses: list[float]) -> None:
    driver = Scripted(a=[ProviderRateLimited("slow", retry_after_s=30)], b=[ProviderUnavailable("down")])
    model = handle(driver, "a", "b", "c")
    answers = await asyncio.gather(*(said(model) for _ in range(100)))
    assert answers == ["c"] * 100
    assert pauses == []
    later = [await said(model) for _ in range(20)]
    assert later == ["c"] * 20
    assert driver.calls["a"] <= 34  # those that were under way at once; then it rests
    assert health.health_of(model.keys[0], "m").rest_s == pytest.approx(30, abs=1)


@pytest.mark.parametrize("error", [ProviderUnauthorised("no"), ProviderQuotaExceeded("broke")])
async def test_a_key_that_is_refused_or_broke_rests_for_all_models(error: ProviderError) -> None:
    driver = Scripted(a=[error])
    first, second = handle(driver, "a", "b"), handle(driver, "a", "b", model="other")
    assert await said(first) == "b"
    assert await said(second) == "b"
    assert driver.calls["a"] == 1


async def test_a_key_that_is_called_too_often_rests_for_one_model_alone() -> None:
    driver = Scripted(a=[ProviderRateLimited("slow"), None])
    first, second = handle(driver, "a", "b"), handle(driver, "a", "b", model="other")
    assert await said(first) == "b"
    assert await said(second) == "a"


async def test_a_key_comes_back_when_its_rest_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Scripted(a=[ProviderRateLimited("slow", retry_after_s=7), None])
    told: list[str | None] = []
    model = handle(driver, "a", "b", watch=lambda key, name, state: told.append(state and state.kind))
    assert await said(model) == "b"
    now = health.time.monotonic()
    monkeypatch.setattr(health, "time", SimpleNamespace(monotonic=lambda: now + 8))
    assert {await said(model) for _ in range(4)} == {"a", "b"}
    assert told == ["rate_limited", None]


async def test_the_only_key_is_waited_for_if_its_provider_says_how_long_and_it_is_worth_it(pauses: list[float]) -> None:
    driver = Scripted(a=[ProviderRateLimited("slow", retry_after_s=3), None])
    assert await said(handle(driver, "a")) == "a"
    assert pauses == [pytest.approx(3, abs=0.1)]


async def test_who_must_wait_too_long_is_told_at_once_and_the_provider_is_left_alone(pauses: list[float]) -> None:
    driver = Scripted(a=[ProviderRateLimited("come back in a minute", retry_after_s=60)])
    model = handle(driver, "a")
    for _ in range(3):
        with pytest.raises(ProviderRateLimited, match="in a minute"):
            await said(model)
    assert (driver.calls["a"], pauses) == (1, [])


@pytest.mark.parametrize("error", [ProviderUnauthorised("no"), ProviderQuotaExceeded("broke")])
async def test_the_only_key_is_tried_again_at_once_when_somebody_may_have_mended_it(error: ProviderError) -> None:
    driver = Scripted(a=[error, None])
    model = handle(driver, "a")
    with pytest.raises(type(error)):
        await said(model)
    assert await said(model) == "a"


async def test_after_five_faults_in_a_row_a_dead_server_is_left_alone_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    driver = Scripted(a=[ProviderConnectionError("dead")])
    model = handle(driver, "a")
    for _ in range(6):
        with pytest.raises(ProviderConnectionError):
            await said(model)
    assert driver.calls["a"] == health.OPENS_AFTER
    driver.scripts = {}
    now = health.time.monotonic()
    monkeypatch.setattr(health, "time", SimpleNamespace(monotonic=lambda: now + 16))
    assert await said(model) == "a"
    assert health.health_of(model.keys[0], "m") == health.Health()


async def test_a_passing_fault_of_a_chat_is_tried_once_more(pauses: list[float]) -> None:
    driver = Scripted(a=[ProviderUnavailable("down"), None])
    assert await said(handle(driver, "a")) == "a"
    assert pauses == [pytest.approx(0.5, rel=0.2)]


@pytest.mark.parametrize("error", [ProviderBadAnswer("empty"), ProviderBadRequest("bad"), PromptTooLong()])
async def test_what_would_fail_again_is_not_asked_again(error: ProviderError, pauses: list[float]) -> None:
    driver = Scripted(a=[error])
    with pytest.raises(type(error)):
        await said(handle(driver, "a"))
    assert (driver.calls["a"], pauses) == (1, [])


async def test_what_was_already_shown_is_not_said_again_by_another() -> None:
    driver = Scripted()
    model = handle(driver, "a", "b", model="breaks", fallbacks=[handle(driver, "z", model="n")])
    with pytest.raises(ProviderConnectionError):
        await said(model)
    assert (sum(driver.calls.values()), driver.closed) == (1, 1)


async def test_a_stand_in_answers_and_it_is_said_who_it_is(pauses: list[float]) -> None:
    driver = Scripted(a=[ProviderUnavailable("down")])
    other = handle(driver, "z", model="n", provider="q")
    model = handle(driver, "a", fallbacks=[other])
    pieces = [piece async for piece in model.stream_chat(ASK)]
    assert pieces[:2] == [Substitute("q", other.spec), TextDelta("z")]
    assert pieces[-1] == Finish("stop", 1, 1)
    assert len(pauses) == 1  # a short one: the fault may have passed


async def test_stand_ins_are_asked_in_their_order_and_resting_ones_are_passed_over() -> None:
    driver = Scripted(a=[ProviderBadAnswer("x")], y=[ProviderQuotaExceeded("broke")])
    chain = [handle(driver, "y", model="n"), handle(driver, "z", model="o")]
    model = handle(driver, "a", fallbacks=chain)
    assert [await said(model) for _ in range(3)] == ["z"] * 3
    assert driver.calls == {"a": 3, "y": 1, "z": 3}


@pytest.mark.parametrize("error", [ProviderBadRequest("bad"), ProviderContentFiltered("no")])
async def test_nobody_stands_in_for_a_request_that_is_at_fault(error: ProviderError) -> None:
    driver = Scripted(a=[error])
    with pytest.raises(type(error)):
        await said(handle(driver, "a", fallbacks=[handle(driver, "z", model="n")]))
    assert driver.calls["z"] == 0


async def test_a_prompt_that_is_too_long_goes_to_a_model_with_a_larger_window() -> None:
    driver = Scripted(a=[PromptTooLong()])
    chain = [handle(driver, "y", model="n", context_tokens=2048), handle(driver, "z", model="o", context_tokens=9999)]
    assert await said(handle(driver, "a", fallbacks=chain)) == "z"
    assert driver.calls["y"] == 0


async def test_a_prompt_that_cannot_fit_is_not_sent() -> None:
    driver = Scripted()
    long = ChatRequest([ChatMessage("user", "word " * 3_000)])
    chain = [handle(driver, "y", model="n", context_tokens=2048), handle(driver, "z", model="o", context_tokens=9999)]
    assert await said(handle(driver, "a", context_tokens=1024, fallbacks=chain), long) == "z"
    with pytest.raises(PromptTooLong):
        await said(handle(driver, "a", context_tokens=1024, fallbacks=chain[:1]), long)
    assert driver.calls == {"z": 1}


@pytest.mark.parametrize("error", [ProviderUnauthorised("second"), ProviderBadRequest("second")])
async def test_where_everything_fails_the_model_that_was_asked_says_why(error: ProviderError) -> None:
    driver = Scripted(a=[ProviderUnavailable("first")], z=[error], y=[error])
    chain = [handle(driver, "z", model="n"), handle(driver, "y", model="o")]
    with pytest.raises(ProviderUnavailable, match="first"):
        await said(handle(driver, "a", fallbacks=chain))
    assert driver.calls == {"a": 2, "z": 1, "y": 1}


async def test_a_request_that_suits_one_stand_in_badly_may_suit_the_next() -> None:
    driver = Scripted(a=[ProviderUnavailable("down")], z=[ProviderBadRequest("no such parameter")])
    chain = [handle(driver, "z", model="n"), handle(driver, "y", model="o")]
    assert await said(handle(driver, "a", fallbacks=chain)) == "y"


async def test_calls_that_fail_together_count_as_one_fault() -> None:
    driver = Scripted(a=[ProviderRateLimited("slow")], b=[ProviderUnavailable("down")])
    limited, down = handle(driver, "a"), handle(driver, "b")
    await asyncio.gather(*(said(limited) for _ in range(8)), return_exceptions=True)
    assert health.health_of(limited.keys[0], "m").rest_s <= 10
    await asyncio.gather(*(said(down) for _ in range(10)), return_exceptions=True)
    assert health.health_of(down.keys[0], "m").rest_s <= 15


async def test_after_a_rest_one_call_tries_and_the_others_go_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = asyncio.Event()

    class Slow(Scripted):
        async def stream_chat(self, endpoint, model, request):
            name = self._turn(endpoint)
            if name == "a":
                await tried.wait()
            yield TextDelta(name)
            yield Finish("stop")

    driver = Slow(a=[ProviderRateLimited("slow", retry_after_s=7), None])
    model = handle(driver, "a", "b")
    assert await said(model) == "b"
    now = health.time.monotonic()
    monkeypatch.setattr(health, "time", SimpleNamespace(monotonic=lambda: now + 8))
    calls = [asyncio.create_task(said(model)) for _ in range(6)]
    done, _ = await asyncio.wait(calls, timeout=1)
    assert [one.result() for one in done] == ["b"] * 5
    tried.set()
    assert sorted([one.result() for one in (await asyncio.wait(calls))[0]]) == ["a", *["b"] * 5]
    assert driver.calls["a"] == 2


async def test_a_fault_in_the_middle_of_an_answer_counts_too() -> None:
    driver = Scripted()
    model = handle(driver, "a", model="breaks")
    for _ in range(health.OPENS_AFTER):
        with pytest.raises(ProviderConnectionError):
            await said(model)
    with pytest.raises(ProviderConnectionError, match="cut"):
        await said(model)
    assert driver.calls["a"] == health.OPENS_AFTER


async def test_an_error_that_is_remembered_is_raised_anew() -> None:
    driver = Scripted(a=[ProviderRateLimited("in a minute", retry_after_s=60)])
    model, raised = handle(driver, "a"), []
    for _ in range(3):
        with pytest.raises(ProviderRateLimited) as caught:
            await said(model)
        raised.append(caught.value)
    assert len({id(error) for error in raised}) == 3


async def test_a_key_with_which_no_request_can_be_made_is_passed_over() -> None:
    class Early(Scripted):
        def stream_chat(self, endpoint, model, request):
            if endpoint.credentials["api_key"] == "a":
                raise ProviderUnauthorised("no secret")
            return super().stream_chat(endpoint, model, request)

    assert await said(handle(Early(), "a", "b")) == "b"


async def test_what_a_key_may_not_use_rests_for_that_model_alone() -> None:
    driver = Scripted(a=[ProviderForbidden("not this model"), None])
    first, second = handle(driver, "a", "b"), handle(driver, "a", "b", model="other")
    assert await said(first) == "b"
    assert await said(second) == "a"


async def test_keys_serve_embeddings_too() -> None:
    driver = Scripted(a=[ProviderUnavailable("down")])
    assert (await handle(driver, "a", "b").embed(["x"])).vectors == [[1.0]]


async def test_once_means_once(pauses: list[float]) -> None:
    driver = Scripted(a=[ProviderUnavailable("down")])
    with pytest.raises(ProviderUnavailable):
        await handle(driver, "a").rerank("q", ["d"], 1, ONCE)
    assert (driver.calls["a"], pauses) == (1, [])
