"""Where a call of a model is tried, one place after the other, until one answers or none is left.

First the provider's keys in turn, those that rest left out; then, where the fault may pass, the key that is first to
wake, after the pause that the provider asks for or a growing one; then the models that stand in for it.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from . import health, ledger
from .contracts import Driver, Endpoint, ModelSpec
from .errors import PromptTooLong, ProviderBadAnswer, ProviderBadRequest, ProviderContentFiltered, ProviderError

if TYPE_CHECKING:
    from .handles import Key, ModelHandle

BACK_OFF_S: Final = 0.5  # doubled with each attempt
QUICK_S: Final = 1.0  # as long as a pause may be where another model stands by
SLOW_S: Final = 10.0  # a call that failed after longer is not made again at the same place
# The request itself is at fault: no other place would take it.
_HOPELESS: Final = (ProviderBadRequest, ProviderContentFiltered)


@dataclass(frozen=True, slots=True)
class Patience:
    """How much trouble a call is worth.

    Args:
        attempts: at one model, its keys counted once.
        longest_wait_s: before the next attempt; a provider that asks for more is not waited for.
        repeats_bad_answers: whether an answer that makes no sense is worth another call of the same model.
    """

    attempts: int
    longest_wait_s: float
    repeats_bad_answers: bool = True


WORK: Final = Patience(4, 30.0)  # nobody looks at the clock
TALK: Final = Patience(2, 5.0, repeats_bad_answers=False)  # somebody waits for the first word
ONCE: Final = Patience(1, 0.0)


class Route(NamedTuple):
    """One place to call: a model and one of the keys to it."""

    handle: "ModelHandle"
    key: "Key"

    @property
    def driver(self) -> Driver:
        """What speaks the provider's protocol."""
        return self.handle.driver

    @property
    def endpoint(self) -> Endpoint:
        """Where and with what it is called."""
        return self.key.endpoint

    @property
    def spec(self) -> ModelSpec:
        """Which model."""
        return self.handle.spec


class Pursuit:
    """The places for one call; its user says how each one went."""

    def __init__(self, handles: "Sequence[ModelHandle]", patience: Patience) -> None:
        self._patience = patience
        self._asked, *self._stand_ins = handles
        self._first_error: ProviderError | None = None
        self._enter(self._asked)

    async def start(self) -> Route:
        """The first place. Raises ProviderError: all of them rest, for longer than is worth waiting for."""
        route = self._next_key() or self._next_model()
        return route if route is not None else await self._rested()

    async def after(self, error: ProviderError) -> Route:
        """The next place, after a pause where that is due.

        Raises:
            ProviderError: none is left; what the model that was asked for has answered.
        """
        is_slow = time.monotonic() - self._began_at > SLOW_S
        self.failed(error)
        self._first_error = self._first_error or error
        if isinstance(error, _HOPELESS) and self._handle is self._asked:
            raise error
        route = None if isinstance(error, (PromptTooLong, *_HOPELESS)) else self._next_key()
        if route is None and error.retryable and not is_slow:
            route = await self._again(error)
        if route is None:
            route = self._next_model(larger=isinstance(error, PromptTooLong))
        if route is None:
            raise self._first_error
        return route

    def failed(self, error: ProviderError) -> None:
        """The last place has failed, before its answer or within it."""
        handle, key = self._route
        ledger.note_failure(self._route)
        state = health.failed(key, handle.name, error, self._began_at)
        if state is not None and handle.watch is not None:
            handle.watch(key, handle.name, state)

    def succeeded(self) -> None:
        """The last place has answered."""
        handle, key = self._route
        if health.succeeded(key, handle.name) and handle.watch is not None:
            handle.watch(key, handle.name, None)

    def _enter(self, handle: "ModelHandle") -> None:
        self._handle, self._attempt = handle, 1
        self._untried: list[Key] = handle.keys_in_turn()

    def _go(self, key: "Key") -> Route:
        self._route = Route(self._handle, key)
        self._began_at = time.monotonic()
        health.begin(key, self._handle.name)
        return self._route

    def _next_key(self) -> Route | None:
        while self._untried:
            key = self._untried.pop(0)
            if not health.health_of(key, self._handle.name).rest_s:
                return self._go(key)
        return None

    def _next_model(self, *, larger: bool = False) -> Route | None:
        """The first stand-in that does not rest, with a larger window where that is what is missing."""
        window = self._handle.spec.context_tokens
        while self._stand_ins:
            handle = self._stand_ins.pop(0)
            if larger and handle.spec.context_tokens <= window:
                continue
            self._enter(handle)
            if (route := self._next_key()) is not None:
                return route
        return None

    async def _again(self, error: ProviderError) -> Route | None:
        if self._attempt >= self._patience.attempts:
            return None
        if isinstance(error, ProviderBadAnswer) and not self._patience.repeats_bad_answers:
            return None
        key = _soonest(self._handle.keys, self._handle.name)
        pause_s = _binding_rest_s(key, self._handle.name) or _back_off_s(self._attempt)
        if pause_s > (QUICK_S if self._stand_ins else self._patience.longest_wait_s):
            return None
        await asyncio.sleep(pause_s)
        self._attempt += 1
        return self._go(key)

    async def _rested(self) -> Route:
        """Everything rests: the first key to wake, at once unless its rest is binding."""
        self._enter(self._asked)
        key = _soonest(self._untried, self._handle.name)
        self._untried.remove(key)
        if rest_s := _binding_rest_s(key, self._handle.name):
            refusal = health.health_of(key, self._handle.name).refusal()
            if rest_s > self._patience.longest_wait_s and refusal is not None:
                raise refusal
            await asyncio.sleep(rest_s)
        return self._go(key)


def _soonest(keys: "Sequence[Key]", model: str) -> "Key":
    return min(keys, key=lambda key: health.health_of(key, model).rest_s)


def _binding_rest_s(key: "Key", model: str) -> float:
    state = health.health_of(key, model)
    return state.rest_s if state.is_binding else 0.0


def _back_off_s(attempt: int) -> float:
    return BACK_OFF_S * (1 << (attempt - 1)) * random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries, no secret
