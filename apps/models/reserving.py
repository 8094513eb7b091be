"""The most that a call of a model may cost, as far as it is known before."""

from decimal import Decimal
from typing import Final

from apps.billing.money import to_usd

from .contracts import MOST_PRICE
from .handles import ModelHandle

# The estimate of tokens comes to 0.67 of the true count at worst, for Chinese and Japanese.
MARGIN: Final = Decimal("1.5")


def most_usd(handle: ModelHandle, *, prompt_tokens: int, answer_tokens: int) -> Decimal:
    """In US dollars: of the dearest of the model and those that stand in for it.

    Args:
        prompt_tokens: as estimated.
        answer_tokens: that the request allows.
    """
    return max(_most(one, prompt_tokens, answer_tokens) for one in (handle, *handle.fallbacks))


def _most(handle: ModelHandle, prompt_tokens: int, answer_tokens: int) -> Decimal:
    prices = handle.spec.prices
    price = (prompt_tokens * MARGIN * prices.prompt + answer_tokens * prices.completion) * prices.unit
    return min(to_usd(price, prices.currency), 2 * MOST_PRICE)
