"""Replicate's predictions over HTTP: language models, streamed or looked up again and again; embeddings."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, ClassVar, Final, TypeVar

from apps.common.http import AddressBlocked
from apps.common.tokens import estimate_tokens
from apps.models.contracts import (
    ChatPiece,
    ChatRequest,
    Driver,
    DriverOptions,
    Embeddings,
    Endpoint,
    Finish,
    ModelSpec,
    ParameterRule,
    TextDelta,
    drivers,
)
from apps.models.errors import ProviderConnectionError, ProviderError

from . import _calls, _problems
from . import _replicate_wire as wire
from ._openai_vectors import read_vectors
from ._replicate_events import OutputParser
from ._replicate_wire import Prediction

AFTERWARDS_S: Final = 3.0  # for what follows an answer: its token counts, or the end of a prediction nobody reads
_PAUSE_GROWTH: Final = 1.5
S = TypeVar("S")
T = TypeVar("T")


@drivers.register
class ReplicateDriver(Driver):
    """See the module. A prediction whose reader leaves is cancelled, for it costs by the second."""

    key: ClassVar[str] = "replicate"
    label: ClassVar[str] = "Replicate predictions"
    Options: ClassVar[type[DriverOptions]] = wire.ReplicateOptions
    parameters: ClassVar[Sequence[ParameterRule]] = wire.PARAMETERS

    async def stream_chat(
        self, endpoint: Endpoint, model: ModelSpec, request: ChatRequest
    ) -> AsyncGenerator[ChatPiece, None]:
        """Streams an answer."""
        endpoint = _with_cold_start(endpoint)
        prediction = await _create(endpoint, model, wire.chat_inputs(endpoint, model, request), stream=True)
        streams = wire.may_stream_from(endpoint, prediction.stream_url)
        is_over = False
        try:
            pieces = _streamed(endpoint, prediction) if streams else _polled(endpoint, prediction)
            async with aclosing(pieces):
                async for piece in pieces:
                    is_over = isinstance(piece, Finish)
                    yield piece
        finally:
            if not is_over:
                await _afterwards(endpoint, prediction, "/cancel", "POST")

    async def embed(self, endpoint: Endpoint, model: ModelSpec, texts: Sequence[str]) -> Embeddings:
        """Vectors of at most `model.batch_size` texts."""
        endpoint = _with_cold_start(endpoint)
        rows: list[Any] = []
        for inputs in wire.embedding_inputs(endpoint, [text or " " for text in texts]):
            output = await _result(endpoint, await _create(endpoint, model, inputs, stream=False))
            rows += _understood(endpoint, wire.read_rows, output)
        vectors = _understood(
            endpoint, lambda found: read_vectors({"vectors": found}, len(texts), model.dimensions), rows
        )
        return Embeddings(vectors, sum(map(estimate_tokens, texts)))

    async def check(self, endpoint: Endpoint, model: ModelSpec | None) -> None:
        """What the vendor says of the model, or of the account: a prediction would start a machine."""
        if model is None:
            url, field = f"{wire.base_url(endpoint)}/v1/account", "username"
        else:
            url, field = wire.model_url(endpoint, model), "id" if wire.version_of(endpoint, model) else "name"
        await _calls.call(endpoint, url, wire.headers(endpoint), None, lambda answer: answer[field], "GET")


async def _create(endpoint: Endpoint, model: ModelSpec, inputs: Mapping[str, Any], *, stream: bool) -> Prediction:
    body = wire.create_body(endpoint, model, inputs, stream=stream)
    headers = wire.headers(endpoint) if stream else {**wire.headers(endpoint), "Prefer": "wait"}
    return await _calls.call(endpoint, wire.create_url(endpoint, model), headers, body, wire.read_prediction)


async def _streamed(endpoint: Endpoint, prediction: Prediction) -> AsyncGenerator[ChatPiece, None]:
    """The output as it comes; the tokens are asked for afterwards."""
    url = prediction.stream_url
    headers = wire.stream_headers(endpoint, url)
    async with aclosing(_calls.chat(endpoint, url, headers, None, OutputParser(endpoint), "GET")) as pieces:
        async for piece in pieces:
            yield piece
    yield _finish(await _afterwards(endpoint, prediction, "", "GET") or prediction)


async def _polled(endpoint: Endpoint, prediction: Prediction) -> AsyncGenerator[ChatPiece, None]:
    """The output as it has grown from one look to the next."""
    sent = 0
    async with aclosing(_states(endpoint, prediction)) as states:
        async for prediction in states:
            text = _understood(endpoint, lambda state: state.text, prediction)
            if len(text) > sent:
                yield TextDelta(text[sent:])
                sent = len(text)
    if not sent:
        raise _problems.bad_answer(endpoint, "the answer is empty")
    yield TextDelta("")
    yield _finish(prediction)


async def _result(endpoint: Endpoint, prediction: Prediction) -> Any:
    """The output of a prediction that is waited for; it is cancelled where the waiting ends without it."""
    try:
        async with aclosing(_states(endpoint, prediction)) as states:
            async for state in states:
                prediction = state
    finally:
        if not prediction.is_over:
            await _afterwards(endpoint, prediction, "/cancel", "POST")
    return prediction.output


async def _states(endpoint: Endpoint, prediction: Prediction) -> AsyncGenerator[Prediction, None]:
    """A prediction as it is, then as each look finds it, until it has succeeded.

    Raises:
        ProviderError: it failed or was cancelled, or has given nothing new within the endpoint's time-outs.
    """
    loop, pause_s = asyncio.get_running_loop(), float(endpoint.options["first_pause_s"])
    since, output = loop.time(), prediction.output
    yield prediction
    while not prediction.is_over:
        limit_s = endpoint.timeouts.idle_s if prediction.output else endpoint.timeouts.first_byte_s
        left_s = limit_s - (loop.time() - since)
        if left_s <= 0:
            text = f"The prediction has given nothing new for {limit_s:g} s (status: {prediction.status})"
            raise ProviderConnectionError(_problems.sentence(endpoint, text))
        await asyncio.sleep(min(pause_s, left_s))
        pause_s = min(pause_s * _PAUSE_GROWTH, float(endpoint.options["longest_pause_s"]))
        prediction = await _look(endpoint, prediction)
        if prediction.output != output:
            since, output = loop.time(), prediction.output
        yield prediction
    if prediction.status != "succeeded":
        raise _problems.from_event(endpoint, f"the prediction ended before it was finished: {prediction.status}")


async def _look(endpoint: Endpoint, prediction: Prediction, operation: str = "", method: str = "GET") -> Prediction:
    url, headers = wire.prediction_url(endpoint, prediction, operation), wire.headers(endpoint)
    return await _calls.call(endpoint, url, headers, None, wire.read_prediction, method)


async def _afterwards(endpoint: Endpoint, prediction: Prediction, operation: str, method: str) -> Prediction | None:
    """A look that may fail, for nobody waits for what it finds."""
    try:
        async with asyncio.timeout(AFTERWARDS_S):
            return await _look(endpoint, prediction, operation, method)
    except (ProviderError, AddressBlocked, TimeoutError):
        return None


def _finish(prediction: Prediction) -> Finish:
    return Finish("stop", prediction.tokens("input"), prediction.tokens("output"))


def _understood(endpoint: Endpoint, read: Callable[[S], T], value: S) -> T:
    """What `read` finds in a value of the answer. Raises ProviderBadAnswer."""
    try:
        return read(value)
    except (AttributeError, TypeError, KeyError, IndexError, ValueError) as error:
        raise _problems.bad_answer(endpoint, f"the answer is malformed ({error})") from error


def _with_cold_start(endpoint: Endpoint) -> Endpoint:
    """The endpoint with the time that a model which sleeps takes to start."""
    times, cold_start_s = endpoint.timeouts, float(endpoint.options["cold_start_s"])
    return replace(endpoint, timeouts=replace(times, first_byte_s=max(times.first_byte_s, cold_start_s)))
