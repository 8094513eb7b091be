"""What calls of models cost: refused before they are made where nothing is left, written down when they have ended."""

from decimal import Decimal
from typing import TYPE_CHECKING

from apps.billing.services.budgets import refuse_if_spent
from apps.billing.services.meter import Measured, record
from apps.billing.services.trial import take
from apps.common.tokens import estimate_tokens

from .contracts import MOST_PRICE, ChatPiece, ChatRequest, Finish, TextDelta

if TYPE_CHECKING:
    from .attempts import Route
    from .handles import ModelHandle


async def admit(handle: "ModelHandle") -> None:
    """Called before every call.

    Raises:
        BudgetExceeded: `budget_exceeded`: a budget that stops is used up; free models may be called nevertheless.
    """
    if handle.workspace_id is None:
        return
    if any(one.spec.prices.prompt or one.spec.prices.completion for one in handle.with_stand_ins):
        await refuse_if_spent(handle.workspace_id)


async def use_trial(handle: "ModelHandle") -> None:
    """Called right before a call, when it is known where it goes.

    Raises:
        TrialUsedUp: `provider_quota_exceeded`: of a hosted provider, all calls are used.
    """
    if handle.workspace_id is not None and handle.trial_calls is not None:
        await take(handle.workspace_id, handle.provider, handle.trial_calls)


def note_call(
    route: "Route", *, text: str = "", tokens: int | None = None, completion_tokens: int = 0, length_s: float = 0.0
) -> None:
    """Writes down an unstreamed call that was answered.

    Args:
        text: what was sent, as far as it is paid for.
        tokens: as the provider counted; None: estimated.
        length_s: of the recording that was sent.
    """
    prompt = (estimate_tokens(text) if text else 0) if tokens is None else tokens
    amount = route.spec.prices.amount(tokens=prompt, characters=len(text), length_s=length_s)
    _write(route, prompt, completion_tokens, amount)


def note_failure(route: "Route") -> None:
    """Writes down a call that failed before its answer; it costs nothing."""
    _write(route, 0, 0, 0, is_failed=True)


class StreamCount:
    """Counts one streamed answer as it is read."""

    __slots__ = ("_finish", "_pieces", "_request", "_route", "is_failed")

    def __init__(self, route: "Route", request: ChatRequest) -> None:
        self._route, self._request = route, request
        self._pieces: list[str] = []
        self._finish = Finish("")
        self.is_failed = False

    def see(self, piece: ChatPiece) -> None:
        """The next piece."""
        if type(piece) is TextDelta:
            self._pieces.append(piece.text)
        elif isinstance(piece, Finish):
            self._finish = piece

    def end(self) -> None:
        """The stream has ended, by itself or not; what the provider did not count is estimated."""
        prompt, completion = self._finish.prompt_tokens, self._finish.completion_tokens
        if prompt is None:
            prompt = sum(map(estimate_tokens, self._request.texts()))
        if completion is None:
            completion = estimate_tokens("".join(self._pieces))
        _write(self._route, prompt, completion, prompt, is_failed=self.is_failed)


def _write(route: "Route", prompt: int, completion: int, amount: int | Decimal, *, is_failed: bool = False) -> None:
    handle, prices = route.handle, route.spec.prices
    if handle.workspace_id is None:
        return
    price = min((amount * prices.prompt + completion * prices.completion) * prices.unit, 2 * MOST_PRICE)
    record(
        Measured(
            workspace_id=handle.workspace_id,
            provider=handle.provider,
            model=handle.name,
            type=handle.spec.type,
            prompt_tokens=prompt,
            completion_tokens=completion,
            price=price,
            currency=prices.currency,
            is_failed=is_failed,
        )
    )
