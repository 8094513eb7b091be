"""Prices of any currency as dollars, in which budgets count."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.conf import settings

STORED: Final = Decimal("0.0000001")  # as messages keep their price


def to_usd(price: Decimal, currency: str) -> Decimal:
    """A price in US dollars by the rates of `BUDGET_RATES`; a currency that is not among them counts 1:1."""
    return price if currency == "USD" else price * settings.BUDGET_RATES.get(currency, 1)


def as_stored(price: Decimal) -> Decimal:
    """The price of a run as its row keeps it, rounded as Postgres does: what is spent is what the rows add up to."""
    return price.quantize(STORED, ROUND_HALF_UP)
